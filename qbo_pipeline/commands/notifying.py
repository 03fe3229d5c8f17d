"""`qbo-pipeline notify`: tell people what is wrong, what is over, and the digest."""

from __future__ import annotations

from typing import Annotated

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, as_answer, command_run, leave, print_json, say
from qbo_pipeline.verdicts import Ground, Verdict


def notify(
    settings: SettingsOption = None,
    test: Annotated[
        bool, typer.Option("--test", help="Send a message that says it is a test, and nothing else.")
    ] = False,
    digest: Annotated[bool, typer.Option("--digest", help="Send the digest now, whatever the hour.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell whom the settings name what is new, what is over, and at its hour the digest; each cause once.

    For a schedule of your own, every ten minutes; in Dagster the sensor does it. Exit status 3 where a service did not
    take a message: it is told again the next time.
    """
    if test and digest:
        raise typer.BadParameter("--test sends a message of its own and nothing else: leave out --digest")
    from qbo_pipeline.alerts.sending import AppriseSender
    from qbo_pipeline.alerts.telling import NobodyTookIt, Told, tell

    with command_run(settings, quiet=True) as run:
        sender = AppriseSender(run.settings)
        if test:
            told = Told()
            try:
                told.failed += sender.send(f"{run.name}: a test", "Alerts of qbo-pipeline reach you. Nothing is wrong.")
                told.sent.append(f"{run.name}: a test")
            except NobodyTookIt as error:
                told.failed.append(str(error))
        else:
            told = tell(run, sender, digest=digest)
    reasons = [Ground(Verdict.UNAVAILABLE, text) for text in told.failed]
    if as_json:
        print_json({**as_answer(reasons), "sent": told.sent, "held": told.held, "failed": told.failed})
    else:
        for title in told.sent:
            say(f"told: {title}")
        for headline in told.held:
            say(f"held until the quiet hours are over: {headline}")
        if not (told.sent or told.held or told.failed):
            say("nothing to tell")
    leave(reasons)
