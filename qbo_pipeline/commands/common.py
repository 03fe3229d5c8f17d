"""What the commands share: the settings option, a run with progress on the terminal, dates, printing JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from qbo_pipeline.commands.ends import note_left, note_phase
from qbo_pipeline.commands.left_behind import ONLY_LOOKED
from qbo_pipeline.surfaces import json_text, one_line
from qbo_pipeline.verdicts import Ground, Verdict, conclude

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Progress, Run
    from qbo_pipeline.settings import Settings

SettingsOption = Annotated[
    Path | None,
    typer.Option("--settings", "-s", help="The connection's settings file.", envvar="QBO_PIPELINE_SETTINGS"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def parse_day(text: str) -> date:
    """A business date as people type it; ends the command with a plain message for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write it as 2026-03-31") from None


Day = Annotated[date, typer.Option(parser=parse_day, metavar="YYYY-MM-DD")]


@contextmanager
def command_run(
    settings_file: Path | None, *, quiet: bool = False, only_look: bool = False, in_lines: bool = False
) -> Iterator[Run]:
    """A run of the pipeline started by a command; what takes longer shows its progress on standard error.

    Without a terminal it does so with `in_lines` alone: a line for what takes longer than two seconds.
    With `only_look` the run is that of `pipeline.looking`: nothing that it does is there afterwards.
    """
    from qbo_pipeline.settings import load_settings

    settings = load_settings(settings_file)
    if only_look:
        note_left(ONLY_LOOKED)
    if quiet or not sys.stderr.isatty():
        told = _Lines().progress if in_lines else lambda what, _: note_phase(what)
        with _opened(settings, told, only_look=only_look) as run:
            yield run
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("starting") as status:

        def progress(what: str, count: int) -> None:
            note_phase(what)
            status.update(escape(f"{one_line(what)}: {count:,}"))

        with _opened(settings, progress, only_look=only_look) as run:
            yield run


class _Lines:
    """Progress as lines on standard error, for whoever reads a log: the first after two seconds, then one in ten."""

    def __init__(self) -> None:
        self._next = time.monotonic() + 2

    def progress(self, what: str, count: int) -> None:
        note_phase(what)
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 10
            say(f"{what}: {count:,}" if count else what, err=True)


def say(*lines: object, err: bool = False) -> None:
    """Write lines on the terminal: the one way, so that nothing of the source's or QBO's acts on it.

    Each argument is one line and stays one: a name with a line's end in it begins none that looks like ours.
    """
    typer.echo("\n".join(one_line(str(line)) for line in lines), err=err)


def leave(reasons: Iterable[Ground]) -> NoReturn:
    """End the command with the exit status of the gravest reason, and say why on standard error where it is not 0."""
    found = conclude(reasons)
    if found.verdict is not Verdict.IN_BALANCE:
        say(f"exit {found.verdict.value}, {found.line}", err=True)
    raise typer.Exit(found.verdict.value)


def as_answer(reasons: Iterable[Ground]) -> dict[str, Any]:
    """The verdict for an answer in JSON."""
    found = conclude(reasons)
    return {"verdict": found.verdict.word, "exit": found.verdict.value, "why": [one.why for one in found.reasons]}


@contextmanager
def _opened(settings: Settings, progress: Progress, *, only_look: bool) -> Iterator[Run]:
    from qbo_pipeline.pipeline.run import open_run

    with open_run(settings, progress=progress, only_look=only_look) as run:
        if not only_look:
            yield run
            return
        from qbo_pipeline.pipeline.looking import looking

        with looking(run) as elsewhere:
            yield elsewhere


def print_json(value: Any) -> None:
    """JSON on standard output; decimals as strings, dates and instants in ISO form."""
    say_json(json.dumps(value, indent=2, default=plain_json, ensure_ascii=False) + "\n")


def say_json(text: str) -> None:
    """A piece of JSON on standard output; what acts on a terminal or is unseen is written as an escape."""
    sys.stdout.write(json_text(text))


def plain_json(value: object) -> str:
    """What JSON has no form for, as text: decimals with their digits, dates and instants in ISO form."""
    if isinstance(value, Decimal):
        return format(value, "f")
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat() if isoformat else value)


def age_in_words(days: int) -> str:
    """For how long a posting has been waiting, to stand before its reason; nothing on the first day."""
    return f"for {days:,} day{'' if days == 1 else 's'}: " if days else ""
