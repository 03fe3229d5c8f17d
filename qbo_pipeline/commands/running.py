"""`qbo-pipeline run`: the pipeline without the Dagster UI, or its preview."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qbo_pipeline.commands.common import (
    JsonOption,
    SettingsOption,
    age_in_words,
    as_answer,
    command_run,
    leave,
    parse_day,
    print_json,
    say,
)
from qbo_pipeline.commands.previewing import echo_set_aside, echo_summary, show_preview
from qbo_pipeline.verdicts import Ground, Verdict

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run


def run(
    first: Annotated[date, typer.Option("--from", parser=parse_day, metavar="YYYY-MM-DD", help="First business date.")],
    last: Annotated[date, typer.Option("--to", parser=parse_day, metavar="YYYY-MM-DD", help="Last business date.")],
    settings: SettingsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Preview every posting; change nothing.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="With --dry-run: its ledger lines as CSV.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Extract, transform, load and reconcile the business dates given.

    The exit status is that of the table of verdicts. 0: everything is posted and both sides agree. 1: something waits
    for a person (it is listed), or a difference is explained. 3: QuickBooks refused calls or reads: what was not done,
    and of when the ledger is, is said; the next run goes on. 4: something is unexplained, lost or doubled.

    With --dry-run every document that the run would send is shown with its ledger lines, and what QuickBooks has of it
    now. Nothing that a later run reads is changed: only the calls to QuickBooks are counted, and its tokens kept fresh.
    """
    if last < first:
        raise typer.BadParameter(f"--to {last} is before --from {first}")
    if csv is not None and not dry_run:
        raise typer.BadParameter("--csv belongs to --dry-run: what was posted is in the reports of `reconcile`")
    with command_run(settings, only_look=dry_run) as opened:
        if dry_run:
            summary, reasons = _look(opened, first, last)
            # Whether the books agree is not asked here: only what waits, and the exit status, are told.
            summary |= {name: value for name, value in as_answer(reasons).items() if name != "verdict"}
            show_preview(opened, last, summary, as_json=as_json, csv_file=csv)
            leave(reasons)
        summary, reasons = _run(opened, first, last)
    summary |= as_answer(reasons)
    if as_json:
        print_json(summary)
    else:
        echo_summary(summary)
        for row in summary.get("postings", ()):
            why = f"{age_in_words(row['waits_days'])}{row['reason'] or ''}"
            say(f"  {row['day'] or '-':10}  {row['kind']:14} {row['amount']:>22}  {row['key']}  {why}")
        echo_set_aside(summary)
    leave(reasons)


def _read(opened: Run, first: date, last: date) -> dict[str, Any]:
    from qbo_pipeline.pipeline.days import still_to_come, within_the_books
    from qbo_pipeline.pipeline.extract import extract_days, extract_master_data, warned
    from qbo_pipeline.pipeline.reference import refresh_reference_data
    from qbo_pipeline.pipeline.restating import count_restatements
    from qbo_pipeline.pipeline.transform import transform
    from qbo_pipeline.pipeline.write_back_answers import take_answers

    future = still_to_come(opened.settings, last)
    first, last, outside = within_the_books(opened.settings, first, last)
    extracted = [*extract_master_data(opened), *extract_days(opened, first, last)]
    reference = refresh_reference_data(opened)
    answered = take_answers(opened)
    transformed = transform(opened, first, last)
    differ = count_restatements(opened)
    return {
        "records_read": sum(item.rows_read for item in extracted),
        "records_new": sum(item.counts.new for item in extracted),
        "records_changed": sum(item.counts.changed for item in extracted),
        "records_vanished": sum(item.counts.vanished for item in extracted),
        "records_set_aside": sum(item.counts.set_aside for item in extracted),
        **transformed.totals(),
        **({"entries_taken": answered.taken, "entries_refused": answered.refused} if answered.any else {}),
        "would_differ_today": differ,
        "warnings": [*filter(None, [*outside, future, reference.warning, answered.degraded]), *warned(extracted)],
        "refused": [text for text in (reference.warning, answered.degraded) if text],
    }


def _waiting(opened: Run, states: tuple[str, ...]) -> tuple[dict[str, Any], list[Ground]]:
    """The postings in these states and the records that broke a rule; and which of them wait for a person.

    A draft of the inventory system waits for nobody here: it is read again when it is completed.
    """
    from qbo_pipeline.pipeline.counts import open_postings, set_aside_records
    from qbo_pipeline.pipeline.extract import DATED, MASTER_DATA
    from qbo_pipeline.pipeline.standing import of_postings, of_set_aside

    postings = [
        {name: row[name] for name in ("key", "kind", "day", "amount", "state", "reason", "waits_days")}
        for row in open_postings(opened, states)
    ]
    names = ("record", "number", "day", "rule", "message")
    aside = [dict(zip(names, row, strict=True)) for row in set_aside_records(opened, MASTER_DATA + DATED)]
    waits = [
        *of_postings([row for row in postings if row["state"] != "ready"]),
        *of_set_aside([row["rule"] for row in aside]),
    ]
    return {"postings": postings, "set_aside": aside}, waits


def _run(opened: Run, first: date, last: date) -> tuple[dict[str, Any], list[Ground]]:
    from qbo_pipeline.pipeline.counts import broken_counts, copies_in_quickbooks, open_postings
    from qbo_pipeline.pipeline.ledger_refresh import refresh_ledger
    from qbo_pipeline.pipeline.load import load
    from qbo_pipeline.pipeline.standing import of_copies, of_counts, of_postings, of_refusals
    from qbo_pipeline.pipeline.write_back import write_back
    from qbo_pipeline.pipeline.write_back_standing import write_back_standing

    summary = _read(opened, first, last)
    loaded = load(opened, first, last)
    unfinished = loaded.unfinished
    came_back = write_back(opened)
    side = refresh_ledger(opened, last, not_asked=unfinished and "the run ended before everything was sent")
    refused = [*summary.pop("refused"), unfinished, came_back.degraded, side.warning]
    warnings = [*summary["warnings"], *filter(None, (loaded.remark, unfinished, came_back.degraded, side.warning))]
    way_back = write_back_standing(opened)
    broken = broken_counts(opened)
    waiting, waits = _waiting(opened, ("parked", "unknown", "drifted", "deleted_in_qbo"))
    unsent = open_postings(opened, ("ready", "sending"), last)
    doubled = [*of_copies(copies_in_quickbooks(opened))]
    summary |= {
        **loaded.totals(),
        **({**came_back.totals(), "write_back_waits": len(way_back.waiting)} if way_back.any else {}),
        **({"changed_in_quickbooks": sum(side.drifted.found.values())} if side.drifted else {}),
    }
    tied_out, differs = _reconcile(opened, last) if side.as_of else ({}, [])
    summary |= {
        **opened.api_calls(),
        **tied_out,
        "counts_add_up": "yes" if not broken else f"no, on {len(broken)} days (see status)",
        **waiting,
        "warnings": [*warnings, *(reason.why for reason in doubled)],
        "notes": list(loaded.notes),
    }
    said = [Ground(Verdict.WAITING, loaded.remark)] if loaded.remark else []
    waits += [*of_postings(unsent), *way_back.grounds()]
    return summary, [*said, *of_refusals(refused), *waits, *of_counts(broken), *doubled, *differs]


def _reconcile(opened: Run, last: date) -> tuple[dict[str, Any], list[Ground]]:
    """What the tie-out says, and why it does not agree."""
    from qbo_pipeline.pipeline.reconcile import reconcile_as_at
    from qbo_pipeline.pipeline.standing import of_reconciliation

    result = reconcile_as_at(opened, last)
    found = {
        "as_at": result.as_at.isoformat(),
        "stock_value": f"{result.stock_value:,.2f} {result.currency}",
        "ledger_balance": f"{result.ledger_balance:,.2f} {result.currency}",
        "difference": f"{result.difference:,.2f}",
        "unexplained": f"{result.unexplained:,.2f}",
    }
    return found, list(of_reconciliation(result))


def _look(opened: Run, first: date, last: date) -> tuple[dict[str, Any], list[Ground]]:
    from qbo_pipeline.pipeline.standing import of_refusals

    summary = _read(opened, first, last)
    refused = of_refusals(summary.pop("refused"))
    waiting, waits = _waiting(opened, ("parked",))
    del waiting["postings"]
    return summary | waiting, [*refused, *waits]
