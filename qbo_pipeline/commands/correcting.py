"""`qbo-pipeline correct`: what can be done about the differences, shown first, carried out on a person's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, print_json, say
from qbo_pipeline.commands.reconciling import AsAt
from qbo_pipeline.counted import number_of

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.corrections import Correction, Outcome


def correct(
    as_at: AsAt,
    settings: SettingsOption = None,
    cause: Annotated[
        list[str] | None, typer.Option("--cause", help="Only differences of this cause; may be repeated.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option("--key", help="Only this step, by the key of the preview; may be repeated.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Carry it out; without it the steps are only shown.")] = False,
    who: Annotated[str, typer.Option(help="Who orders it; kept in the journal.")] = "",
    why: Annotated[str, typer.Option(help="Why; kept in the journal.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show what corrects the differences as at a date; with --yes, --who and --why, do it.

    An adjusting journal is only proposed: it waits for `approve`, by its key. Exit status 1 where a step that was
    ordered could not be done.
    """
    from qbo_pipeline.pipeline.corrections import carry_out, preview
    from qbo_pipeline.posting.persons import NotPossible
    from qbo_pipeline.reconciliation.causes import Cause

    unknown = sorted(set(cause or ()) - {one.value for one in Cause})
    if unknown:
        raise typer.BadParameter(f"no such cause: {', '.join(unknown)}; causes are {', '.join(Cause)}")
    if yes and not (who.strip() and why.strip()):
        raise typer.BadParameter("--yes needs --who and --why: both are kept in the journal")
    with command_run(settings, quiet=as_json) as run:
        chosen = _chosen(preview(run, as_at), cause, key)
        if not yes:
            _show(chosen, as_json)
            return
        try:
            outcomes = carry_out(run, as_at, [one.key for one in chosen], who, why)
        except NotPossible as error:
            say(str(error), err=True)
            raise typer.Exit(1) from None
    _tell(outcomes, as_json)
    raise typer.Exit(0 if all(outcome.done for outcome in outcomes) else 1)


def _chosen(offered: list[Correction], causes: list[str] | None, keys: list[str] | None) -> list[Correction]:
    if keys and (gone := sorted(set(keys) - {key for one in offered for key in one.action.difference_keys})):
        raise typer.BadParameter(f"no step corrects {', '.join(gone)}: see the preview without --key")
    return [
        one
        for one in offered
        if (not causes or one.action.cause in causes) and (not keys or set(keys) & set(one.action.difference_keys))
    ]


def _row(one: Correction) -> dict[str, Any]:
    action = one.action
    return {
        "key": one.key,
        "action": action.action,
        "cause": action.cause.value,
        "record": action.record_key,
        "posting": action.posting_key,
        "business_date": action.business_date,
        "amount": action.amount,
        "needs_approval": action.approval,
        "preview": action.preview,
    }


def _show(chosen: list[Correction], as_json: bool) -> None:
    if as_json:
        print_json([_row(one) for one in chosen])
        return
    for one in chosen:
        say(f"{one.key}  {one.action.action:10}  {one.action.cause.value:24}  {one.action.preview}")
    doing = "; --yes with --who and --why carries them out" if chosen else ""
    say(f"{number_of(len(chosen), 'step')}. Nothing was done{doing}.")


def _tell(outcomes: list[Outcome], as_json: bool) -> None:
    if as_json:
        print_json([_row(one.correction) | {"done": one.done, "message": one.message} for one in outcomes])
        return
    for one in outcomes:
        say(f"{one.correction.key}  {'done' if one.done else 'NOT DONE':8}  {one.message}")
    say(f"{sum(one.done for one in outcomes)} of {len(outcomes)} steps done.")
