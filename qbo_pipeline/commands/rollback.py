"""`qbo-pipeline rollback`: a day, a run or a kind leaves the books, or is posted again; shown first, then ordered."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qbo_pipeline.commands.choosing import CsvOption, csv_rows
from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, leave, parse_day, print_json, say
from qbo_pipeline.verdicts import Ground, Verdict

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.choosing import Filter
    from qbo_pipeline.pipeline.run import Run

Told = tuple[list[dict[str, Any]], list[Ground], str]  # rows, why it is not in balance, the last line


def rollback(
    day: Annotated[
        date | None, typer.Option("--day", parser=parse_day, metavar="YYYY-MM-DD", help="What is dated this day.")
    ] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="What was made of records that this run read.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="This kind of record, or document, movement, payment; may be repeated."),
    ] = None,
    first: Annotated[
        date | None, typer.Option("--from", parser=parse_day, metavar="YYYY-MM-DD", help="With --kind: from this day.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=parse_day, metavar="YYYY-MM-DD", help="With --kind: up to this day.")
    ] = None,
    dated: Annotated[
        date | None,
        typer.Option("--dated", parser=parse_day, metavar="YYYY-MM-DD", help="Reverse all on this day, void nothing."),
    ] = None,
    dependents: Annotated[
        bool, typer.Option("--dependents", help="Take along what settles or clears one of them: payments, bills.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Post again what was taken out.")] = False,
    who: Annotated[str, typer.Option("--who", help="Who orders it; kept in the journal.")] = "",
    why: Annotated[str, typer.Option("--why", help="Why; kept in the journal.")] = "",
    settings: SettingsOption = None,
    csv_file: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take what was posted for a day, a run or a kind out of QuickBooks.

    Each document is voided, deleted where there is no void, or in a closed period reversed on the first open day.

    Without --who and --why it only shows each document, how it would leave, what rests on it there and what a person
    changed since. With them it is done and sent, what rests on a document before it, and reconciled. It is not posted
    again unasked; --again does that. Killed in between, the same order goes on. Exit status 1 where something stays, or
    a difference is explained, as one is that a person made by this.
    """
    wanted = _wanted(day, run_id, kind, first, last)
    if bool(who.strip()) != bool(why.strip()):
        raise typer.BadParameter("an order needs --who and --why: both are kept in the journal")
    if again and (dated or dependents):
        raise typer.BadParameter("--dated and --dependents say how to take out: they do not go with --again")
    from qbo_pipeline.posting.persons import NotPossible

    look = not who.strip()
    with (
        csv_rows(csv_file, _columns(again, look=look)) as write,
        command_run(settings, quiet=as_json, only_look=look) as run,
    ):
        try:
            if again:
                rows, reasons, said = _again(run, wanted, who, why)
            elif look:
                rows, reasons, said = _shown(run, wanted, dated, dependents)
            else:
                rows, reasons, said = _done(run, wanted, dated, dependents, who, why)
        except NotPossible as error:
            say(str(error), err=True)
            raise typer.Exit(1) from None
        for row in rows:
            write(row)
    _tell(rows, said, as_json)
    leave(reasons)


def _columns(again: bool, *, look: bool) -> tuple[str, ...]:
    from qbo_pipeline.pipeline import posting_again, rollback, rolling_back

    if again:
        return posting_again.COLUMNS
    return rollback.COLUMNS if look else rolling_back.COLUMNS


def _wanted(
    day: date | None, run_id: str | None, kind: list[str] | None, first: date | None, last: date | None
) -> Filter:
    from qbo_pipeline.pipeline.choosing import Filter
    from qbo_pipeline.posting.persons import NotPossible

    if sum(map(bool, (day, run_id, kind))) != 1:
        raise typer.BadParameter("say which: one of --day, --run and --kind")
    if not kind and (first or last):
        raise typer.BadParameter("--from and --to belong to --kind")
    try:
        return Filter(kinds=tuple(kind or ()), run_id=run_id, first=day or first, last=day or last)
    except NotPossible as error:
        raise typer.BadParameter(str(error)) from None


def _shown(run: Run, wanted: Filter, dated: date | None, dependents: bool) -> Told:
    from qbo_pipeline.pipeline.rollback import planned

    steps = planned(run, wanted, dated=dated, dependents=dependents)
    stay = sum(bool(step.stays) for step in steps)
    said = f"{len(steps) - stay:,} of {len(steps):,} documents would leave, in this order. Nothing was changed."
    return [step.as_dict() for step in steps], _staying(stay, "would stay"), said


def _done(run: Run, wanted: Filter, dated: date | None, dependents: bool, who: str, why: str) -> Told:
    from qbo_pipeline.pipeline.rolling_back import reconciled_after, roll_back
    from qbo_pipeline.pipeline.standing import of_reconciliation

    outcomes = roll_back(run, wanted, who, why, dated=dated, dependents=dependents)
    result = reconciled_after(run, outcomes)
    rows = [one.as_dict() for one in outcomes]
    left = sum(one.done for one in outcomes)
    said = f"{left:,} of {len(outcomes):,} documents are out of the books"
    if result is not None:
        said += f"; as at {result.as_at}: difference {result.difference:,.2f}, unexplained {result.unexplained:,.2f}"
    reasons = _staying(len(outcomes) - left, "stay")
    return rows, [*reasons, *(of_reconciliation(result) if result is not None else ())], f"{said}."


def _again(run: Run, wanted: Filter, who: str, why: str) -> Told:
    from qbo_pipeline.pipeline.posting_again import post_again, taken_out

    look = not who.strip()
    found = taken_out(run, wanted) if look else post_again(run, wanted, who, why)
    out = sum(bool(one.refused) for one in found)
    said = f"{len(found) - out:,} of {len(found):,} documents {'would be' if look else 'are'} in the books again."
    return [one.as_dict() for one in found], _staying(out, "stay out"), said + " Nothing was changed." * look


def _staying(count: int, what: str) -> list[Ground]:
    return [Ground(Verdict.WAITING, f"{count:,} document{'s' * (count != 1)} {what}")] if count else []


# Column -> the words before it, in a line for people.
_TOLD = {
    "in_quickbooks": "in QuickBooks:",
    "needed_by": "rests on it:",
    "taken_out": "was",
    "stays": "STAYS:",
    "refused": "STAYS OUT:",
}


def _tell(rows: list[dict[str, Any]], said: str, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    for row in rows:
        what = row.get("now") or row.get("done") or row.get("would") or "stays"
        more = "; ".join(f"{words} {row[name]}" for name, words in _TOLD.items() if row.get(name))
        amount = f"{row['amount']} {row['currency']}"
        say(f"  {row['day']}  {row['entity']:14} {amount:>20}  {row['key']}  {row['number']}  {what}; {more}")
    say(said)
