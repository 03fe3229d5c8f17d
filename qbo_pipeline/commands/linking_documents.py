"""`qbo-pipeline link-documents`: what another integration has posted already, shown first and linked on order."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qbo_pipeline.commands.choosing import CsvOption, csv_rows
from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, leave, parse_day, print_json, say
from qbo_pipeline.counted import number_of
from qbo_pipeline.verdicts import Ground, Verdict

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.linking_documents import DocumentsThere

_DAY: dict[str, Any] = {"parser": parse_day, "metavar": "YYYY-MM-DD"}
SIGNS = ("number", "party", "day", "amount", "stock")
_SIDES = [f"{sign}_{side}" for sign in SIGNS for side in ("here", "in_quickbooks")]
_COLUMNS = ("key", "answer", "why", "kind", "qbo_id", *_SIDES)


def link_documents(
    first: Annotated[date, typer.Option("--from", help="First business date.", **_DAY)],
    last: Annotated[date, typer.Option("--to", help="Last business date.", **_DAY)],
    who: Annotated[str, typer.Option("--who", help="Who orders it; kept in the journal.")] = "",
    why: Annotated[str, typer.Option("--why", help="Why; kept in the journal.")] = "",
    csv: CsvOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Documents, payments and journals that QuickBooks has already, posted by a vendor's own integration: which are
    ours.

    The days are read and built as in a run, and nothing is sent. Without --who and --why it is only shown what agrees
    in number, party, day, amount and what it does to the inventory accounts (the matches), and what is alike in part
    (the doubts). With them the matches are linked, so that they are never posted again, and the doubts wait for a
    person (`relink`, `retry` or `skip`). Exit status 1 where there are doubts, or where other entries of QuickBooks
    move an inventory account in these days.
    """
    if bool(who.strip()) != bool(why.strip()):
        raise typer.BadParameter("an order needs --who and --why: both are kept in the journal")
    if last < first:
        raise typer.BadParameter(f"--to {last} is before --from {first}")
    from qbo_pipeline.pipeline.linking_documents import of_days
    from qbo_pipeline.posting.persons import Person

    ordered = bool(who.strip())
    with command_run(settings, quiet=as_json, only_look=not ordered) as run:
        found = of_days(run, first, last, Person(who, why) if ordered else None)
    with csv_rows(csv, _COLUMNS) as write:
        for row in found.rows():
            write(row)
    _tell(found, as_json=as_json, ordered=ordered)
    doubts = number_of(len(found.doubts), "document is", "documents are")
    grounds = [Ground(Verdict.WAITING, f"{doubts} in doubt")] if found.doubts else []
    if found.others:
        told = f"{len(found.others):,} other entries move the inventory account by {found.moved_by_others:,.2f}"
        grounds.append(Ground(Verdict.WAITING, told))
    leave(grounds)


def _tell(found: DocumentsThere, *, as_json: bool, ordered: bool) -> None:
    counts: dict[str, Any] = {"matches": len(found.matches), "doubts": len(found.doubts), "new": found.new}
    others = found.others_told()
    if as_json:
        print_json({**counts, "pairs": list(found.rows()), "others": others, "remarks": found.remarks})
        return
    for row in found.rows():
        say(f"{row['answer']:6} {row['key']}  {row['kind']} {row['qbo_id']}: {row['why']}")
        if row["answer"] == "doubt":
            for sign in SIGNS:
                here, there = row[f"{sign}_here"], row[f"{sign}_in_quickbooks"]
                say(f"         {sign:8} {here or '-':40} | {there or '-'}")
    for one in others:
        say(f"other  {one['kind']} {one['qbo_id']} {one['number']} of {one['day']} moves the inventory account by "
            f"{one['moves']}")  # fmt: skip
    for remark in found.remarks:
        say(f"! {remark}")
    say(f"{counts['matches']:,} match, {counts['doubts']:,} are in doubt, {counts['new']:,} are like nothing there.")
    if others:
        say("The others are like none of ours: what they were posted for would stand twice. Delete them there, or skip "
            "what they stand for here.")  # fmt: skip
    say("The matches are linked; the doubts wait for a person." if ordered else "Nothing was changed.")
