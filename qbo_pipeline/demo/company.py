"""The demo company: makes its database and works it day after day.

What belongs here: `generate`, `advance` and what they refuse. The same seed, size and days give the same rows,
whether they are worked in one go or one night at a time: a day's work follows from the database as the day before
left it, and from dice seeded by the day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

from qbo_pipeline.demo import plan, schema, tracking, warehouse
from qbo_pipeline.demo.boatyard import story
from qbo_pipeline.demo.catalogue import SIZES
from qbo_pipeline.demo.founding import found
from qbo_pipeline.demo.workday import Workday

_OLDEST_SQLITE = (3, 37, 0)  # the first with STRICT tables


def generate(
    path: Path | str,
    *,
    seed: int = 7,
    first_day: date,
    days: int,
    size: str | int = "small",
    country: str = "us",
    boatyard: bool = False,
) -> None:
    """Make the company's database and work its first `days` days, beginning with `first_day`.

    `size` is small, medium or large, or a number of documents on a business day; weekends are quieter. `country` is one
    of `catalogue.COUNTRIES`: it decides currency, time zone and tax. With `boatyard` the company has a boatyard too,
    in whose first month there is what the warehouse never does (`boatyard.story`). Raises `FileExistsError` where the
    file is there already, `ValueError` for a size or number of days that cannot be, `RuntimeError` where Python's
    SQLite is older
    than 3.37.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise RuntimeError(f"SQLite {sqlite3.sqlite_version} has no strict tables: 3.37 or later is needed")
    documents_per_day = _documents_per_day(size)
    if days < 0:
        raise ValueError(f"days is {days}: it must be 0 or more")
    if Path(path).exists():
        raise FileExistsError(f"{path} exists: choose another file, or advance() the company that is in it")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.create(db, boatyard=boatyard)
        with transaction(db):
            found(db, seed=seed, first_day=first_day, documents_per_day=documents_per_day, country=country)
            tracking.install(db)
    advance(path, first_day + timedelta(days=days - 1))


def advance(path: Path | str, to_day: date) -> list[date]:
    """Work the days from where the company stands up to and with `to_day`; return the days that were worked.

    Each day is one transaction. A day that was worked before is not worked again. Raises `FileNotFoundError`.
    """
    worked = []
    with open_company(path) as db:
        day = next_day(db)
        while day <= to_day:
            with transaction(db):
                _work(db, day)
            worked.append(day)
            day += timedelta(days=1)
    return worked


@contextmanager
def open_company(path: Path | str) -> Iterator[sqlite3.Connection]:
    """A connection to a company's database, each statement its own transaction.

    Raises `FileNotFoundError` where there is none.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} does not exist: make the company with generate() first")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


def next_day(db: sqlite3.Connection) -> date:
    """The first day that has not been worked yet."""
    ((day,),) = db.execute("SELECT next_day FROM company").fetchall()
    return date.fromisoformat(day)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing of what is written inside."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _work(db: sqlite3.Connection, day: date) -> None:
    tracking.remove(db)
    work = Workday(db, day)
    if work.is_first:
        warehouse.open_stock(work)
    plan.work_through(work)
    if schema.has_boatyard(db):
        story.happens(work)
    work.save()
    tracking.note_day(db, day, work.time_zone)
    tracking.install(db)


def _documents_per_day(size: str | int) -> int:
    documents = SIZES.get(size) if isinstance(size, str) else size
    if documents is None or isinstance(documents, bool) or documents < 1:
        raise ValueError(
            f"size is {size!r}: it must be one of {', '.join(SIZES)}, or a number of documents a day from 1"
        )
    return documents
