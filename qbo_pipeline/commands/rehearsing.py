"""`qbo-pipeline rehearse`: one's own data through an emulated copy of one's own company, failures included."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, leave, parse_day, say, say_json
from qbo_pipeline.commands.ends import note_phase
from qbo_pipeline.verdicts import Ground

if TYPE_CHECKING:
    from qbo_pipeline.settings import Settings

_EVERY_SECONDS = 5.0  # between two lines about the same step


def rehearse(
    settings: SettingsOption = None,
    first: Annotated[
        date | None, typer.Option("--first", parser=parse_day, metavar="YYYY-MM-DD", help="First business date.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--last", parser=parse_day, metavar="YYYY-MM-DD", help="Last business date.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed makes other failures.")] = 1,
    faults: Annotated[
        Literal["none", "all"], typer.Option(help="all: once more with failures; none: only the run as it would be.")
    ] = "all",
    report: Annotated[Path | None, typer.Option(help="Folder for the report; beside the settings.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Rehearse a run on an emulated copy of the company, with the real settings and data; nothing is sent anywhere.

    The company is read (lists, preferences, balances of the day before) through a client that cannot write. The copy,
    its store and everything else are on this machine and gone at the end; the report stays. Without --first and --last
    the days are those from the books' first day to yesterday.

    The exit status is that of the table of verdicts: 0 all would be posted and agree, 1 something would wait or is
    explained, 4 something is unexplained, was made twice, or failures changed the books.
    """
    from qbo_pipeline.rehearsal.processes import NightFailed
    from qbo_pipeline.rehearsal.rehearsing import WantedRehearsal
    from qbo_pipeline.rehearsal.rehearsing import rehearse as carry_out
    from qbo_pipeline.rehearsal.telling import as_json as data_of
    from qbo_pipeline.rehearsal.telling import grounds, terminal_lines, write_files
    from qbo_pipeline.settings import load_settings

    loaded = load_settings(settings)
    days = _days(loaded, first, last)
    folder = report or loaded.folder / "reports" / loaded.connection.name / "rehearsal"
    folder.mkdir(parents=True, exist_ok=True)
    steps = _Steps()
    try:
        found = carry_out(loaded, WantedRehearsal(*days, seed, faults == "all", folder), steps.say, steps.progress)
    except NightFailed as error:
        say(str(error), err=True)
        leave([Ground(error.verdict, "the rehearsal could not be carried out")])
    page, data = write_files(found, loaded.quickbooks, folder)
    if as_json:
        say_json(data_of(found).decode() + "\n")
    else:
        say(*terminal_lines(found, loaded.quickbooks))
        say("", f"report           {page}", f"as data          {data}")
    leave(grounds(found))


def _days(settings: Settings, first: date | None, last: date | None) -> tuple[date, date]:
    from qbo_pipeline.pipeline.days import refuse_before_the_books
    from qbo_pipeline.rehearsal.rehearsing import period

    days = period(settings, first, last, datetime.now(settings.connection.zone).date())
    refuse_before_the_books(settings, days[1])
    if days[1] < days[0]:
        raise typer.BadParameter(f"--last {days[1]} is before {days[0]}")
    return days


class _Steps:
    """Lines on standard error that say where it is, with the seconds since the beginning; without a terminal too."""

    def __init__(self) -> None:
        self._began = self._said_at = time.monotonic()

    def say(self, text: str) -> None:
        """A step begins."""
        note_phase(text)
        self._said_at = time.monotonic()
        say(f"{self._said_at - self._began:5.0f} s  {text}", err=True)

    def progress(self, what: str, count: int) -> None:
        """How far a step has come."""
        if time.monotonic() - self._said_at >= _EVERY_SECONDS:
            self.say(f"  {what}: {count:,}")
