"""`qbo-pipeline link-parties` and `export`: master data at once, shown first and carried out on order."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qbo_pipeline.commands.choosing import CsvOption, csv_rows
from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, leave, print_json, say
from qbo_pipeline.counted import number_of
from qbo_pipeline.verdicts import Ground, Verdict

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.linking import Likenesses
    from qbo_pipeline.pipeline.run import Run


class ListName(StrEnum):
    """What people call the lists of master data."""

    CUSTOMERS = "customers"
    SUPPLIERS = "suppliers"
    PRODUCTS = "products"


Lists = Annotated[list[ListName] | None, typer.Argument(help="Which lists; all of them without it.")]
Who = Annotated[str, typer.Option("--who", help="Who orders it; kept in the journal.")]
Why = Annotated[str, typer.Option("--why", help="Why; kept in the journal.")]
_COLUMNS = (
    "key", "answer", "why", "qbo_list", "qbo_id", "agree",
    "name_here", "name_in_quickbooks", "number_here", "number_in_quickbooks", "email_here", "email_in_quickbooks",
    "tax_number_here", "tax_number_in_quickbooks",
)  # fmt: skip


def link_parties(
    lists: Lists = None,
    who: Who = "",
    why: Why = "",
    csv: CsvOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Customers, suppliers and products that QuickBooks has already: which are ours, by the setting `link_existing`.

    Without --who and --why they are only shown: the matches, the doubts with both sides' values, and how many are like
    nothing there. With them the matches are linked; a doubt is left to a person (`relink`, or `retry` for a new one).
    Exit status 1 where there are doubts.
    """
    if bool(who.strip()) != bool(why.strip()):
        raise typer.BadParameter("an order needs --who and --why: both are kept in the journal")
    from qbo_pipeline.pipeline.exporting import link_lists, linked_ahead
    from qbo_pipeline.posting.persons import Person

    names = _names(lists)
    with command_run(settings, quiet=as_json, only_look=not who.strip()) as run:
        if not run.settings.posting.link_signs():
            raise typer.BadParameter(
                'say in [posting] link_existing which signs must agree, such as ["number", "name"], or '
                '[["number"], ["email", "name"]] for either; with "same_name" each is linked by the run that needs it '
                "first, and there is nothing to order"
            )
        _read(run)
        found = link_lists(run, names, Person(who, why)) if who.strip() else linked_ahead(run, names)
    with csv_rows(csv, _COLUMNS) as write:
        for row in found.rows():
            write(row)
    told = f"{number_of(len(found.doubts), 'entry is', 'entries are')} in doubt"
    doubts = [Ground(Verdict.WAITING, told)] if found.doubts else []
    _tell(found, as_json=as_json, ordered=bool(who.strip()))
    leave(doubts)


def export(
    lists: Lists = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show; change nothing.")] = False,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send all active customers, suppliers or products to QuickBooks at once, not only those that documents name.

    With --preview it is counted what would be made, linked and refused, and nothing is sent. Exit status 1 where
    something waits for a person; `status` lists it.
    """
    from qbo_pipeline.pipeline.exporting import draft_lists, export_lists
    from qbo_pipeline.pipeline.linking import likenesses

    names = _names(lists)
    with command_run(settings, quiet=as_json, only_look=preview) as run:
        _read(run)
        if preview:
            drafted = draft_lists(run, names)
            with run.database.reading() as connection:
                found = likenesses(connection, run)
            said = {**drafted.totals(), "would_be_linked": len(found.matches), "in_doubt": len(found.doubts)}
            refused, waits = drafted.totals()["records_refused"], len(found.doubts)
        else:
            drafted, loaded = export_lists(run, names)
            said = {**drafted.totals(), **loaded.totals()}
            refused, waits = drafted.totals()["records_refused"], loaded.summary.states.get("parked", 0)
    if as_json:
        print_json(said)
    else:
        for name, count in said.items():
            say(f"{name.replace('_', ' '):28} {count:,}")
        say("Nothing was sent, and nothing is kept of this." if preview else "`qbo-pipeline status` lists what waits.")
    reasons = [Ground(Verdict.WAITING, f"{refused:,} records are refused")] if refused else []
    leave([*reasons, *([Ground(Verdict.WAITING, f"{waits:,} wait for a person")] if waits else [])])


def _names(lists: list[ListName] | None) -> list[str]:
    return [name.value for name in dict.fromkeys(lists or list(ListName))]


def _read(run: Run) -> None:
    from qbo_pipeline.pipeline.extract import extract_master_data
    from qbo_pipeline.pipeline.reference import read_reference_data

    extract_master_data(run)
    read_reference_data(run)


def _tell(found: Likenesses, *, as_json: bool, ordered: bool) -> None:
    counts: dict[str, Any] = {"matches": len(found.matches), "doubts": len(found.doubts), "new": found.new}
    if as_json:
        print_json({**counts, "pairs": list(found.rows())})
        return
    for row in found.rows():
        say(f"{row['answer']:6} {row['key']}  {row['qbo_list']} {row['qbo_id']}: {row['why']}")
        for sign in ("name", "number", "email", "tax_number"):
            here, there = row[f"{sign}_here"], row[f"{sign}_in_quickbooks"]
            if here or there:
                say(f"         {sign.replace('_', ' '):11} {here or '-':40} | {there or '-'}")
    say(f"{counts['matches']:,} match, {counts['doubts']:,} are in doubt, {counts['new']:,} are like nothing there.")
    say("The matches are linked." if ordered else "Nothing was changed.")
