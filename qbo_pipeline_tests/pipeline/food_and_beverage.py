"""The sample company of Openbravo: its connections, its facts from SOURCE.md, and its tables read by the csv module.

What belongs here: what is known of the company independently of the code under test.
"""

from __future__ import annotations

import csv
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.csv_folder import load_folder
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, write_connection
from qbo_pipeline_tests.sources.openbravo import TABLES

US, SPAIN = "F&B US, Inc.", "F&B España, S.A"
FIRST_DAY, LAST_DAY = date(2011, 2, 1), date(2013, 12, 31)
US_STOCK_VALUE = Decimal("7219648.46")
US_STOCK_VALUES = {"US East Coast": Decimal("4127879.30"), "US West coast": Decimal("3091769.16")}
US_BANKS = {"Bank - Account 1": "Checking", "Bank - Account 2": "Checking", "Cash": "Checking"}
BOOKS, STORE, SETTINGS, SOURCE = "books.sqlite", "store.sqlite", "fb_us.toml", "source.sqlite"


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one of the company's CSV files."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def organisations(folder: Path, legal_entity: str) -> set[str]:
    """The ids of a legal entity and of the organisations that trade for it; their names begin alike."""
    begins = legal_entity.split(",")[0]
    return {row["AD_ORG_ID"] for row in table(folder, "AD_ORG") if row["NAME"].startswith(begins)}


def copy_tables(folder: Path, to: Path) -> Path:
    """The files that the mapping reads, to change them."""
    to.mkdir()
    for name in TABLES:
        shutil.copy2(folder / f"{name}.csv", to)
        (to / f"{name}.csv").chmod(0o644)
    return to


def edit(folder: Path, name: str, key: str, value: str, **changes: str) -> int:
    """Give the rows of a CSV file whose `key` is `value` other fields; answers how many there were."""
    found = table(folder, name)
    mine = [row for row in found if row[key] == value]
    for row in mine:
        row.update(changes)
    rewrite(folder, name, found)
    return len(mine)


def rewrite(folder: Path, name: str, found: list[dict[str, str]]) -> None:
    """Write a table's rows back."""
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, found[0])
        writer.writeheader()
        writer.writerows(found)


@dataclass(frozen=True, slots=True)
class Company:
    """A connection whose back-fill is done, with its emulator running."""

    folder: Path
    emulator: RunningEmulator

    @property
    def settings(self) -> Path:
        return self.folder / SETTINGS

    @contextmanager
    def run(self) -> Iterator[Run]:
        with open_run(load_settings(self.settings)) as run:
            yield run


def back_filled(data: Path, folder: Path) -> Path:
    """A folder with F&B US carried from beginning to end, its books, and its first reports; made once.

    Its source is the company's tables in a SQLite file beside it. Processes of one test run share it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _back_fill(data, folder.with_suffix(".part"))
            folder.with_suffix(".part").rename(folder)
    return folder


def _back_fill(data: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    load_folder(data, folder / SOURCE)
    with running_emulator("--limits", "off", "--state", str(folder / BOOKS)) as emulator:
        file = write_connection(folder, "fb_us", emulator, **us_settings(source_url=f"sqlite:///{SOURCE}"))
        with open_run(load_settings(file)) as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            write_reports(run, carried.result)
        emulator.stop()


def us_settings(**values: object) -> dict[str, object]:
    """F&B US as a connection, but for its source."""
    days = {"first_day": FIRST_DAY.isoformat(), "last_day": LAST_DAY.isoformat()}
    return (
        {"currency": "USD", "mapping": "openbravo", "parameters": {"legal_entity": US}, "hints": US_BANKS}
        | days
        | values
    )


@contextmanager
def reopened(template: Path, folder: Path) -> Iterator[Company]:
    """A copy of the back-filled company that may be changed, with an emulator of its own."""
    shutil.copytree(template, folder)
    before = load_settings(folder / SETTINGS).quickbooks.base_url
    with running_emulator("--limits", "off", "--state", str(folder / BOOKS)) as emulator:
        point_to(folder / SETTINGS, str(before), emulator.base_url)
        yield Company(folder, emulator)
