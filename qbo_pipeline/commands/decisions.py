"""`retry`, `skip`, `approve`, `reverse`, `unlink`, `relink` and `recover`: what a person decides, with who and why."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from qbo_pipeline.commands.choosing import Chosen, choosable, tell
from qbo_pipeline.commands.common import SettingsOption, command_run, leave, parse_day, say
from qbo_pipeline.verdicts import Ground, Verdict

Key = Annotated[str, typer.Argument(help="The posting's key, as `status` and the reports show it.")]
Who = Annotated[str, typer.Option("--who", help="Who decides; kept in the journal.")]
Why = Annotated[str, typer.Option("--why", help="Why; kept in the journal.")]
OneKey = Annotated[str | None, typer.Argument(help="The posting's key, as `status` and the reports show it.")]
ByWhom = Annotated[str, typer.Option("--who", help="Who decides; kept in the journal.")]
Wherefore = Annotated[str, typer.Option("--why", help="Why; kept in the journal.")]
Dated = Annotated[
    date | None,
    typer.Option("--dated", parser=parse_day, metavar="YYYY-MM-DD", help="Post it on this day instead, and say so."),
]


@choosable
def retry(
    chosen: Chosen, key: OneKey = None, who: ByWhom = "", why: Wherefore = "", settings: SettingsOption = None
) -> None:
    """Send a parked posting again; the next run does it. With --all, all that the options name."""
    _decide_chosen(settings, key, chosen, who, why, "will be sent again by the next run", "retry")


@choosable
def skip(
    chosen: Chosen, key: OneKey = None, who: ByWhom = "", why: Wherefore = "", settings: SettingsOption = None
) -> None:
    """Leave a posting out for good; it counts as skipped. With --all, all parked ones that the options name."""
    _decide_chosen(settings, key, chosen, who, why, "is skipped", "skip")


@choosable
def approve(
    chosen: Chosen,
    key: OneKey = None,
    who: ByWhom = "",
    why: Wherefore = "",
    dated: Dated = None,
    settings: SettingsOption = None,
) -> None:
    """Let a posting go that policy holds back (approval, a closed period, a change in QBO).

    With --all, all that the options name: without --who and --why they are only shown, with what would become of each.
    Exit status 1 where one of them cannot be decided; the others are.
    """
    _decide_chosen(settings, key, chosen, who, why, "is approved; the next run sends it", "approve", dated=dated)


@choosable
def reverse(
    chosen: Chosen,
    key: OneKey = None,
    who: ByWhom = "",
    why: Wherefore = "",
    dated: Dated = None,
    settings: SettingsOption = None,
) -> None:
    """Take a posted document out of the books: void it, or with --dated post its reversal on that day.

    With --all, all that the options name, which must say something; `rollback` does it in the order that the documents
    depend on each other, and sends it.
    """
    _decide_chosen(settings, key, chosen, who, why, "will be reversed by the next run", "reverse", dated=dated)


def unlink(key: Key, who: Who, why: Why, settings: SettingsOption = None) -> None:
    """Forget which object in QBO a posting is; the object stays and is nobody's."""
    _decide(settings, key, who, why, "is unlinked", "unlink")


def relink(
    key: Key,
    qbo_id: Annotated[str, typer.Argument(help="The Id of the object in QBO.")],
    who: Who,
    why: Why,
    settings: SettingsOption = None,
) -> None:
    """Take an object of QBO, as it is now, for this posting's; a person's change there is accepted by this."""
    _decide(settings, key, who, why, f"is linked to Id {qbo_id}", "relink", qbo_id=qbo_id)


def recover(
    who: Who,
    why: Why,
    end: Annotated[bool, typer.Option("--end", help="The store has caught up: send at once again.")] = False,
    settings: SettingsOption = None,
) -> None:
    """After the store was restored from a copy: look for every posting in QuickBooks before it is sent.

    QuickBooks holds what was posted after the copy was made. Order it before the next run; end it after the runs that
    have read those days again.
    """
    from qbo_pipeline.pipeline.decide import recover as carry_out
    from qbo_pipeline.posting.persons import NotPossible

    with command_run(settings, quiet=True) as run:
        try:
            said = carry_out(run, who, why, end=end)
        except NotPossible as error:
            say(str(error), err=True)
            raise typer.Exit(1) from None
    say(said)


def adopt(
    theirs: Annotated[
        str, typer.Option("--theirs", metavar="TAG", help="The tag of the objects, as the refused run shows it.")
    ],
    who: Who,
    why: Why,
    settings: SettingsOption = None,
) -> None:
    """Let this connection post beside another one in the same company, whose documents are not in this source."""
    from qbo_pipeline.pipeline.ownership import accept_objects_of
    from qbo_pipeline.posting.persons import Person

    with command_run(settings, quiet=True) as run:
        accept_objects_of(run, theirs, Person(who, why))
    say(f"Objects with the tag {theirs} are another connection's; this one posts beside them.")


def rebind(
    preview: Annotated[bool, typer.Option("--preview", help="Only show what it would do.")] = False,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="A name in the settings that means another object in QBO now."),
    ] = None,
    who: Annotated[str, typer.Option("--who", help="Who decides; kept in the store.")] = "",
    why: Annotated[str, typer.Option("--why", help="Why; kept in the store.")] = "",
    settings: SettingsOption = None,
) -> None:
    """Bind the connection to what its settings say now: the source at another place (moved, renamed, another host), or
    another first day of the books.

    Records keep their ids at the new place: one with another id is another document, and would be posted beside the
    first. A first day that moves later leaves what is posted before it posted and reconciled; one that moves earlier
    opens the days before the old one, and a person moves the opening entry with it.

    With --name: an account, tax code, class or department that the settings name is another object in QuickBooks than
    when something was last posted with it, and the new one is meant from now on.
    """
    from qbo_pipeline.pipeline.rebinding import planned_rebinding
    from qbo_pipeline.pipeline.rebinding import rebind as carry_out
    from qbo_pipeline.posting.persons import Person
    from qbo_pipeline.settings import load_settings
    from qbo_pipeline.store.opening import open_store

    if preview == bool(who.strip() and why.strip()):
        raise typer.BadParameter("say --preview to look, or --who and --why to order it: both are kept in the store")
    if name is not None:
        if preview:
            raise typer.BadParameter("--name is ordered with --who and --why; `restate --preview` shows what differs")
        _rebind_name(settings, name, who, why)
        return
    loaded = load_settings(settings)
    database = open_store(loaded.store_url())
    try:
        plan = planned_rebinding(loaded, database) if preview else carry_out(loaded, database, Person(who, why))
    finally:
        database.close()
    say(*plan.lines())
    say("Nothing was changed." if preview else f"{loaded.connection.name} is bound to this now.")


def _rebind_name(settings: Path | None, name: str, who: str, why: str) -> None:
    from qbo_pipeline.pipeline.names_in_settings import rebind_name
    from qbo_pipeline.posting.persons import NotPossible, Person

    with command_run(settings, quiet=True) as run:
        try:
            changed = rebind_name(run, name, Person(who, why))
        except NotPossible as error:
            say(str(error), err=True)
            raise typer.Exit(1) from None
    for item in changed:
        say(f"{name} is the {item.word} with the Id {item.now} from now on; it was {item.before}.")
    say("What is posted stays as it is; `qbo-pipeline restate --preview` shows what would differ today.")


def _decide_chosen(
    settings: Path | None,
    key: str | None,
    chosen: Chosen,
    who: str,
    why: str,
    done: str,
    decision: str,
    **options: Any,
) -> None:
    if bool(who.strip()) != bool(why.strip()) or (key is not None and not who.strip()):
        raise typer.BadParameter("a decision needs --who and --why: both are kept in the journal")
    if key is not None:
        _decide(settings, key, who, why, done, decision, **options)
        return
    assert chosen.wanted is not None
    from qbo_pipeline.pipeline.deciding import decide_all
    from qbo_pipeline.posting.persons import NotPossible

    look = not who.strip()
    by = ("nobody", "only looking") if look else (who, why)
    with command_run(settings, quiet=chosen.as_json, only_look=look) as run:
        try:
            answers = decide_all(run, decision, chosen.wanted, *by, **options)
            told = tell(answers, csv_file=chosen.csv_file, as_json=chosen.as_json)
        except NotPossible as error:
            say(str(error), err=True)
            raise typer.Exit(1) from None
    could_not = sum(bool(one.refused) for one in told)
    if not chosen.as_json:
        said = f"{len(told) - could_not:,} of {len(told):,} postings"
        say(f"{said} would be decided so ({decision}). Nothing was changed." if look else f"{said}: each {done}.")
    reasons = [Ground(Verdict.WAITING, f"{could_not:,} of {len(told):,} postings cannot be decided so")] * bool(
        could_not
    )
    if not told and not look:
        reasons = [Ground(Verdict.WAITING, "no posting is meant by these options: nothing was decided")]
    leave(reasons)


def _decide(settings: Path | None, key: str, who: str, why: str, done: str, decision: str, **options: Any) -> None:
    from qbo_pipeline.pipeline.decide import decide
    from qbo_pipeline.posting.persons import NotPossible

    with command_run(settings, quiet=True) as run:
        try:
            decide(run, decision, key, who, why, **options)
        except NotPossible as error:
            say(str(error), err=True)
            raise typer.Exit(1) from None
    say(f"{key} {done}.")
