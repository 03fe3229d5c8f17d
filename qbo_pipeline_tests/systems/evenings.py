"""Syncro and Zuper read evening by evening, as they keep no history: the company works a day, then it is read.

What belongs here: the clock of both sides, the connection and the nights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from qbo_pipeline.demo.company import advance, generate
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.landed.without_paper import COST_CHANGE, NO_PAPER
from qbo_pipeline.systems.company import guid
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.systems.books import connection
from qbo_pipeline_tests.systems.boxes import API_KEY, TOKEN, RunningSyncro, RunningZuper
from qbo_pipeline_tests.systems.readings import FIRST

HINTS = {NO_PAPER: "Inventory Shrinkage", COST_CHANGE: "Inventory Shrinkage", "SHIPPING": "Purchases",
         "OTHER": "Purchases", **dict.fromkeys(("Check", "Card", "Bank transfer"), "Checking")}  # fmt: skip
LAST = FIRST + timedelta(days=3)
Running = TypeVar("Running")


class Evenings:
    """The account's clock: ten in the evening of a day. What it says of the time is what the pipeline goes by."""

    def __init__(self, box: RunningSyncro | RunningZuper) -> None:
        self.now = datetime.now(UTC)
        self._box = box
        box.box.world.changes.clock = lambda: self.now

    def end(self) -> None:
        """From here on the account goes by the real clock."""
        self._box.box.world.changes.clock = lambda: datetime.now(UTC)

    def of(self, day: date) -> None:
        self.now = datetime.combine(day, time(22), ZoneInfo("America/New_York")).astimezone(UTC)


@contextmanager
def company(
    folder: Path, seed: int, running: Callable[[Path], AbstractContextManager[Running]]
) -> Iterator[tuple[Path, Running]]:
    """A company before its first day, and a box that serves it."""
    path = folder / "inventory.sqlite"
    generate(path, seed=seed, first_day=FIRST, days=0)
    with running(path) as box:
        yield path, box


def syncro(folder: Path, emulator: RunningEmulator | None, box: RunningSyncro) -> Path:
    file = connection(folder, emulator, ["1", "2", "3"], source_kind="syncro", source_url=box.url,
                      calls_per_minute=1_000_000, hints=HINTS)  # fmt: skip
    with (folder / ".env").open("a") as out:
        out.write(f"QBO_DEMO_SOURCE_TOKEN={TOKEN}\n")
    return file


def zuper(folder: Path, emulator: RunningEmulator | None, box: RunningZuper) -> Path:
    places = [guid("warehouse", n) for n in (1, 2, 3)]
    file = connection(folder, emulator, places, source_kind="zuper", source_url=box.url, calls_per_minute=1_000_000,
                      hints=HINTS)  # fmt: skip
    with (folder / ".env").open("a") as out:
        out.write(f"QBO_DEMO_SOURCE_API_KEY={API_KEY}\n")
    return file


def nights(path: Path, file: Path, evenings: Evenings, last: date, first: date = FIRST - timedelta(days=1)) -> None:
    """Work and read, evening by evening, from the one before the first day on."""
    day = first
    while day <= last:
        advance(path, day)
        evenings.of(day)
        with open_run(load_settings(file)) as run, run.source() as source:
            source.stock_values(day)
        day += timedelta(days=1)
