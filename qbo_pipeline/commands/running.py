"""`qbo-pipeline run`: the pipeline without the Dagster UI, or its preview."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, parse_day, print_json

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

NOT_ALL_WELL = 1
LISTS = ("warnings", "postings", "set_aside")  # a line each: what a person must know, and what waits for one


def run(
    first: Annotated[date, typer.Option("--from", parser=parse_day, metavar="YYYY-MM-DD", help="First business date.")],
    last: Annotated[date, typer.Option("--to", parser=parse_day, metavar="YYYY-MM-DD", help="Last business date.")],
    settings: SettingsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Preview every posting; send nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Extract, transform, load and reconcile the business dates given.

    Exit status 0: everything is posted and no cent is unexplained. 1: something waits for a person (it is listed), or
    QuickBooks refused calls or reads: what was not done, and of when the ledger is, is said; the next run goes on.
    """
    if last < first:
        raise typer.BadParameter(f"--to {last} is before --from {first}")
    with command_run(settings) as opened:
        summary, well = _preview(opened, first, last) if dry_run else _run(opened, first, last)
    if as_json:
        print_json(summary)
    else:
        for name, value in summary.items():
            if name in LISTS:
                continue
            typer.echo(f"{name.replace('_', ' '):28} {value:,}" if isinstance(value, int) else f"{name:28} {value}")
        for text in summary["warnings"]:
            typer.echo(f"! {text}")
        for row in summary.get("postings", ()):
            typer.echo(
                f"  {row['day'] or '-':10}  {row['kind']:14} {row['amount']:>22}  {row['key']}  {row['reason'] or ''}"
            )
        for row in summary.get("set_aside", ()):
            typer.echo(f"  {row['day'] or '-':10}  set aside: {row['record']} {row['number']}: {row['message']}")
    raise typer.Exit(0 if well else NOT_ALL_WELL)


def _read(opened: Run, first: date, last: date) -> dict[str, Any]:
    from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
    from qbo_pipeline.pipeline.reference import refresh_reference_data
    from qbo_pipeline.pipeline.transform import transform

    extracted = [*extract_master_data(opened), *extract_days(opened, first, last)]
    reference = refresh_reference_data(opened)
    transformed = transform(opened, first, last)
    return {
        "records_read": sum(item.rows_read for item in extracted),
        "records_new": sum(item.counts.new for item in extracted),
        "records_changed": sum(item.counts.changed for item in extracted),
        "records_vanished": sum(item.counts.vanished for item in extracted),
        "records_set_aside": sum(item.counts.set_aside for item in extracted),
        **transformed.totals(),
        "warnings": [reference.warning] if reference.warning else [],
    }


def _waiting(opened: Run, states: tuple[str, ...]) -> tuple[dict[str, Any], bool]:
    """The postings in these states and the records that broke a rule; and whether none of them waits for a person.

    A draft of the inventory system waits for nobody here: it is read again when it is completed.
    """
    from qbo_pipeline.pipeline.counts import open_postings, set_aside_records
    from qbo_pipeline.pipeline.extract import DATED, MASTER_DATA

    postings = [
        {name: row[name] for name in ("key", "kind", "day", "amount", "state", "reason")}
        for row in open_postings(opened, states)
    ]
    names = ("record", "number", "day", "rule", "message")
    aside = [dict(zip(names, row, strict=True)) for row in set_aside_records(opened, MASTER_DATA + DATED)]
    waits = any(row["state"] != "ready" for row in postings) or any(row["rule"] != "draft" for row in aside)
    return {"postings": postings, "set_aside": aside}, not waits


def _run(opened: Run, first: date, last: date) -> tuple[dict[str, Any], bool]:
    from qbo_pipeline.pipeline.counts import broken_counts
    from qbo_pipeline.pipeline.ledger_refresh import refresh_ledger
    from qbo_pipeline.pipeline.load import load

    summary = _read(opened, first, last)
    loaded = load(opened, first, last)
    unfinished = loaded.unfinished
    side = refresh_ledger(opened, last, not_asked=unfinished and "the run ended before everything was sent")
    warnings = [*summary["warnings"], *filter(None, (loaded.remark, unfinished, side.warning))]
    broken = broken_counts(opened)
    waiting, nothing_waits = _waiting(opened, ("parked", "unknown", "drifted", "deleted_in_qbo"))
    summary |= {
        **loaded.totals(),
        **({"changed_in_quickbooks": sum(side.drifted.found.values())} if side.drifted else {}),
    }
    tied_out, explained = _reconcile(opened, last) if side.as_of else ({}, False)
    summary |= {
        **opened.api_calls(),
        **tied_out,
        "counts_add_up": "yes" if not broken else f"no, on {len(broken)} days (see status)",
        **waiting,
        "warnings": warnings,
    }
    return summary, loaded.summary.complete and nothing_waits and not broken and explained and not warnings


def _reconcile(opened: Run, last: date) -> tuple[dict[str, Any], bool]:
    """What the tie-out says, and whether every cent of it is explained."""
    from qbo_pipeline.pipeline.reconcile import reconcile_as_at

    result = reconcile_as_at(opened, last)
    found = {
        "as_at": result.as_at.isoformat(),
        "stock_value": f"{result.stock_value:,.2f} {result.currency}",
        "ledger_balance": f"{result.ledger_balance:,.2f} {result.currency}",
        "difference": f"{result.difference:,.2f}",
        "unexplained": f"{result.unexplained:,.2f}",
    }
    return found, result.status != "unexplained"


def _preview(opened: Run, first: date, last: date) -> tuple[dict[str, Any], bool]:
    summary = _read(opened, first, last)
    waiting, nothing_waits = _waiting(opened, ("ready", "parked"))
    return summary | waiting, nothing_waits and not summary["warnings"]
