"""`qbo-pipeline write-back`: what is written back to the inventory system, and what a person decides about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, as_answer, command_run, leave, print_json, say
from qbo_pipeline.commands.decisions import Who, Why

write_back = typer.Typer(
    help="What people enter in QuickBooks, on its way back to the inventory system.", no_args_is_help=True
)
Key = Annotated[str, typer.Argument(help="The key as `write-back list` shows it, such as Payment/123.")]


@write_back.command("list")
def list_all(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """Counts of what is written back, and each that waits for a person. Exit status 1 where one does, 4 where money
    stands twice."""
    from qbo_pipeline.pipeline.write_back_standing import write_back_standing

    with command_run(settings, quiet=True) as run:
        standing = write_back_standing(run)
    reasons = list(standing.grounds())
    if as_json:
        print_json({**as_answer(reasons), **standing.as_dict()})
    else:
        for row in standing.entries:
            say(f"{row['count']:>8,}  {row['kind']:18} {row['state']:10} {row['answer']}")
        for row in standing.objects:
            say(f"{row['count']:>8,}  {row['entity']:18} {row['disposition'].replace('_', ' '):12} {row['rule'] or ''}")
        if not standing.any:
            say("Nothing is written back: [ownership] of the settings says which kinds are.")
        for row in standing.waiting:
            say(f"{row['state']:10} {row['day']:10} {row['amount']:>20}  {row['key']}", f"         {row['why']}")
        for row in standing.doubled:
            say(f"twice      {row['key']} is {row['record']}, which is posted as {row['posted']}")
    leave(reasons)


@write_back.command("preview")
def preview_all(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """What the next run would write to the inventory system; nothing is written, there or here. Attached files are left
    out."""
    from qbo_pipeline.pipeline.write_back import preview

    with command_run(settings, quiet=True, only_look=True) as run:
        rows = [_shown(row) for row in preview(run)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        amount = f"{row['amount']:,.2f} {row['currency']}" if row["amount"] else ""
        what = f"{row['operation']:7} {row['kind']:17} {row['business_date']}"
        say(f"{what}  {amount:>18}  {row['number']}  {row['key']}")
    say(f"{len(rows):,} {'entry' if len(rows) == 1 else 'entries'} would be written.")


@write_back.command()
def compare(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """Compare documents, payments and contacts here and in QuickBooks, and say why each that differs does.

    What is found is kept for the page and the report. Exit status 1 where one differs; a metered read for each 1,000
    objects.
    """
    from dataclasses import asdict

    from qbo_pipeline.pipeline.two_way import told
    from qbo_pipeline.pipeline.two_way_kept import make_two_way
    from qbo_pipeline.verdicts import Ground, Verdict

    with command_run(settings, quiet=True) as run:
        kinds = make_two_way(run)
    count = sum(len(kind.differ) for kind in kinds)
    reasons = [Ground(Verdict.WAITING, f"{count:,} differ on the two sides")] if count else []
    if as_json:
        print_json({**as_answer(reasons), "kinds": [asdict(kind) for kind in kinds]})
    else:
        for line in told(kinds):
            say(line)
    leave(reasons)


@write_back.command()
def show(key: Key, settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """Every revision of one thing that is written back."""
    from qbo_pipeline.posting.persons import NotPossible
    from qbo_pipeline.store import write_backs as store

    with command_run(settings, quiet=True) as run, run.database.reading() as connection:
        found = [_shown(row) for row in store.revisions(connection, run.name, key)]
        if not found:
            raise NotPossible(
                f"nothing with the key {key!r} is written back: `qbo-pipeline write-back list` shows them"
            )
    if as_json:
        print_json(found)
        return
    for row in found:
        say(f"revision {row['revision']}: {row['operation']} {row['kind']} {row['number']} of {row['business_date']}")
        said = ("amount", "currency", "party_id", "state", "taken_as", "refused", "message", "payload")
        for name in said:
            if row[name]:
                say(f"  {name.replace('_', ' '):10} {row[name]}")


@write_back.command()
def retry(key: Key, who: Who, why: Why, settings: SettingsOption = None) -> None:
    """Write again what is parked, or what is another one than it looks like; the next run does it."""
    _decide(settings, key, "retry", who, why, "will be written by the next run")


@write_back.command()
def skip(key: Key, who: Who, why: Why, settings: SettingsOption = None) -> None:
    """Wait no longer for it to be written or taken; what lies in the inbox stays there."""
    _decide(settings, key, "skip", who, why, "is skipped")


@write_back.command()
def decide(
    key: Key,
    field: Annotated[str, typer.Option(help="The field in conflict, as `write-back list` names it.")],
    take: Annotated[str, typer.Option(help="Whose value is right: source or quickbooks.")],
    who: Who,
    why: Why,
    settings: SettingsOption = None,
) -> None:
    """Decide a field that both sides have changed; the next run carries it to the other side."""
    from qbo_pipeline.pipeline.deciding_conflicts import decide_conflict

    with command_run(settings, quiet=True) as run:
        decide_conflict(run, key, field, take, who=who, why=why)
    say(f"{key}: {field} is what {'the inventory system' if take == 'source' else 'QuickBooks'} says.")


@write_back.command("create-inbox")
def create_inbox(settings: SettingsOption = None) -> None:
    """Make the table qbo_inbox in the database that the settings name, or its folder, where it is not there yet."""
    from contextlib import closing

    from qbo_pipeline.settings import SettingsError
    from qbo_pipeline.sources.inbox import SqlInbox

    with command_run(settings, quiet=True) as run:
        if run.settings.write_back is None:
            raise SettingsError(f"{run.settings.file}: [write_back] is missing: it says where the inbox is")
        if not run.settings.write_back.has_inbox:
            why = "[write_back] names no database: the inventory system is written to by its own API"
            raise SettingsError(f"{run.settings.file}: {why}")
        if (folder := run.settings.inbox_folder()) is not None:
            folder.mkdir(parents=True, exist_ok=True)
            say(f"The folder is there: {folder}")
            return
        with closing(SqlInbox(run.settings.inbox_url())) as inbox:
            inbox.create()
            say(f"The table qbo_inbox is there: {inbox.shown}")


def _decide(settings: Any, key: str, decision: str, who: str, why: str, what: str) -> None:
    from qbo_pipeline.pipeline.write_back_standing import decide_write_back

    with command_run(settings, quiet=True) as run:
        decide_write_back(run, key, decision, who=who, why=why)
    say(f"{key} {what}.")


def _shown(row: Any) -> dict[str, Any]:
    names = ("key", "revision", "marker", "operation", "kind", "number", "business_date", "party_id", "currency",
             "amount", "payload", "state", "reason", "message", "taken_as", "refused", "superseded_by")  # fmt: skip
    return {name: row[name] for name in names}
