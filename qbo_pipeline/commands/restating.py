"""`qbo-pipeline restate` and `post-history`: what is done about the past is shown first, then carried out on order."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, parse_day, print_json, say
from qbo_pipeline.commands.previewing import echo_lines

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.restating_preview import Restated

Who = Annotated[str, typer.Option("--who", "--by", help="Who orders it; kept in the journal.")]
Why = Annotated[str, typer.Option("--why", help="Why; kept in the journal.")]
Preview = Annotated[bool, typer.Option("--preview", help="Only show; change nothing.")]


def restate(
    settings: SettingsOption = None, preview: Preview = False, who: Who = "", why: Why = "", as_json: JsonOption = False
) -> None:
    """What is posted by earlier settings and would be posted otherwise today: show it, or order that it becomes that.

    The order makes revisions, which the next run sends: objects in QuickBooks are updated in place, or voided where
    nothing is to be there today. What lies in a closed period waits for approval. Exit status 1 with --preview where
    something would be posted otherwise, and for an order of which something waits or could not be built.
    """
    check_order(preview, who, why)
    if preview:
        _preview(settings, as_json)
        return
    from qbo_pipeline.pipeline.restating import restate as carry_out
    from qbo_pipeline.posting.persons import NotPossible

    with command_run(settings, quiet=as_json) as run:
        try:
            done = carry_out(run, who, why)
        except NotPossible as error:
            say(str(error), err=True)
            raise typer.Exit(1) from None
    if as_json:
        print_json(done)
    else:
        say(
            f"{done['restated']:,} records restated: the next run sends it. {done['parked']:,} of their postings wait "
            f"for a person (`status` lists them); {done['left']:,} could not be built and stay as they are."
        )
    raise typer.Exit(1 if done["parked"] or done["left"] else 0)


def post_history(
    last: Annotated[date, typer.Option("--to", parser=parse_day, metavar="YYYY-MM-DD", help="Last business date.")],
    first: Annotated[
        date | None, typer.Option("--from", parser=parse_day, metavar="YYYY-MM-DD", help="First business date.")
    ] = None,
    settings: SettingsOption = None,
    preview: Preview = False,
    who: Who = "",
    why: Why = "",
    as_json: JsonOption = False,
) -> None:
    """What is dated before the setting `history_before`: count what waits, or order that the next run posts it."""
    from qbo_pipeline.pipeline.history import post_history as carry_out
    from qbo_pipeline.pipeline.history import waiting_history
    from qbo_pipeline.posting.persons import NotPossible

    check_order(preview, who, why)
    with command_run(settings, quiet=as_json) as run:
        since = first or run.settings.connection.first_day
        if since > last:
            raise typer.BadParameter(f"--to {last} is before --from {since}")
        waiting, released = waiting_history(run, since, last), 0
        if not preview:
            try:
                released = carry_out(run, since, last, who, why)
            except NotPossible as error:
                say(str(error), err=True)
                raise typer.Exit(1) from None
    rows: list[dict[str, Any]] = [
        {"kind": one.entity, "count": one.count, "amount": one.amount, "currency": one.currency,
         "first_day": one.first_day, "last_day": one.last_day}
        for one in waiting
    ]  # fmt: skip
    if as_json:
        print_json({"waiting": rows, "released": released})
        return
    for row in rows:
        say(
            f"  {row['kind']:14} {row['count']:>9,} {row['amount']:>20,.2f} {row['currency']}  "
            f"{row['first_day']} to {row['last_day']}"
        )
    say(f"{released:,} postings released: the next run sends them." if released else "Nothing was changed.")


def _preview(settings: Any, as_json: bool) -> None:
    from qbo_pipeline.pipeline.restating_preview import preview_restatements

    shown: list[dict[str, Any]] = []
    count = 0
    with command_run(settings, quiet=as_json, only_look=True) as run:
        for one in preview_restatements(run):
            count += 1
            if as_json:
                shown.append(one.as_dict())
            else:
                _show(one)
    if as_json:
        print_json(shown)
    else:
        say(f"{count:,} records would be posted otherwise today. Nothing was changed.")
    raise typer.Exit(1 if count else 0)


def check_order(preview: bool, who: str, why: str) -> None:
    """A look says nothing of who and why, an order both; raises typer's `BadParameter`."""
    if preview and (who or why):
        raise typer.BadParameter("--preview only shows: leave --who and --why out")
    if not preview and not (who.strip() and why.strip()):
        raise typer.BadParameter("say --preview to look, or --who and --why to order it: both are kept in the journal")


def _show(one: Restated) -> None:
    say(f"  {one.day or '-':10}  {one.record_key}  {one.number}  {one.would}")
    echo_lines(one.old, "-")
    echo_lines(one.new, "+")
