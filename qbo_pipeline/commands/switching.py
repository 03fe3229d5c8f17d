"""`qbo-pipeline switch-mode`: items that QuickBooks tracks are replaced by untracked ones of the same name."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from qbo_pipeline.commands.common import SettingsOption, command_run, parse_day, say
from qbo_pipeline.commands.restating import Preview, Who, Why, check_order


def switch_mode(
    last: Annotated[
        date, typer.Option("--as-at", parser=parse_day, metavar="YYYY-MM-DD", help="The last day of tracked items.")
    ],
    settings: SettingsOption = None,
    preview: Preview = False,
    who: Who = "",
    why: Why = "",
) -> None:
    """Replace items that QuickBooks tracks by untracked ones: show the steps, or order them.

    For a connection in tracked mode this is the way to external mode; for one that goes live in external mode, the way
    past items that stand there under the names of its products. Ordered again, it goes on where it was cut short.
    """
    from qbo_pipeline.pipeline.switching import planned_switch
    from qbo_pipeline.pipeline.switching import switch as carry_out
    from qbo_pipeline.posting.persons import NotPossible, Person

    check_order(preview, who, why)
    with command_run(settings, only_look=preview) as run:
        try:
            plan = planned_switch(run, last) if preview else carry_out(run, last, Person(who, why))
        except NotPossible as error:
            say(str(error), err=True)
            raise typer.Exit(1) from None
    for line in plan.lines():
        say(line)
    say("Nothing was changed." if preview else "Done.")
