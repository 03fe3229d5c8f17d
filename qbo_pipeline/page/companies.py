"""The companies that the page shows: each connection with its settings and its store, opened once.

What belongs here: opening and closing. Connections of one store share its database.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from qbo_pipeline.pipeline.binding import bind_connection
from qbo_pipeline.pipeline.counts import DayCount, broken_counts
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.settings import Secrets, Settings, SettingsError, load_settings
from qbo_pipeline.store.attempts import head_of
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.opening import open_store

RECOUNT_SECONDS = 60.0


class Recount:
    """The days whose counts do not add up, counted anew when the journal has moved, and at least each minute: counting
    reads every record."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: tuple[int, float, list[DayCount]] | None = None

    def broken(self, run: Run) -> list[DayCount]:
        """As `counts.broken_counts`; several who ask at once are answered by one count."""
        with self._lock:
            with run.database.reading() as connection:
                seq = head_of(connection, run.name).seq
            now = time.monotonic()
            if self._counted is None or self._counted[0] != seq or now - self._counted[1] > RECOUNT_SECONDS:
                self._counted = (seq, now, broken_counts(run))
            return self._counted[2]


@dataclass(slots=True)
class Remembered:
    """What was asked of QuickBooks last, so that showing it again costs nothing; gone when the page ends."""

    preflight: list[Any] | None = None
    preflight_at: datetime | None = None


Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PageCompany:
    """One connection: `run` reads its store and decides about its postings, and is never closed by who uses it.

    `stamp` tells the settings file that was read from a later one; `trouble` says why a later one is not followed.
    """

    settings: Settings
    run: Run
    recount: Recount = field(default_factory=Recount, repr=False)
    remembered: Remembered = field(default_factory=Remembered, repr=False)
    stamp: Stamp | None = None
    trouble: str | None = None

    @property
    def name(self) -> str:
        return self.settings.connection.name

    @property
    def database(self) -> Database:
        return self.run.database

    @property
    def time_zone(self) -> str:
        return self.settings.connection.time_zone

    @contextmanager
    def own_run(self) -> Iterator[Run]:
        """A run of its own, for what asks QuickBooks or the source: client and store are closed at its end."""
        with open_run(self.settings) as run:
            yield run


@dataclass(frozen=True, slots=True)
class Store:
    """A store and the connections in it."""

    database: Database
    names: tuple[str, ...]


class Companies:
    """All connections of the page by name, and their stores."""

    def __init__(self, companies: Iterable[PageCompany]) -> None:
        self.by_name = {company.name: company for company in companies}
        self._renewing = threading.Lock()
        stores: dict[str, list[PageCompany]] = {}
        for company in self.by_name.values():
            stores.setdefault(company.settings.store_url(), []).append(company)
        self.stores = tuple(Store(own[0].database, tuple(one.name for one in own)) for own in stores.values())

    def present(self, name: str) -> PageCompany | None:
        """The connection by its settings of now: a file that was changed is read again, one with mistakes is not
        followed, and the connection says so."""
        company = self.by_name.get(name)
        if company is None or company.stamp == _stamp(company.settings):
            return company
        with self._renewing:
            company = self.by_name[name]
            stamp = _stamp(company.settings)
            if company.stamp != stamp:
                company = self.by_name[name] = _renewed(company, stamp)
            return company

    def close(self) -> None:
        for store in self.stores:
            store.database.close()


def _stamp(settings: Settings) -> Stamp | None:
    try:
        found = settings.file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _renewed(company: PageCompany, stamp: Stamp | None) -> PageCompany:
    before = company.settings
    try:
        settings = load_settings(before.file)
        moved = [
            what
            for what, then, now in (
                ("name", before.connection.name, settings.connection.name),
                ("store", before.store_url(), settings.store_url()),
                ("company", before.quickbooks.realm, settings.quickbooks.realm),
            )
            if then != now
        ]
        if moved:
            raise SettingsError(f"the connection's {' and '.join(moved)} changed: start the page anew to follow that")
        run = Run(settings, company.database, Secrets.read(settings), company.run.run_id)
    except SettingsError as error:
        return replace(company, stamp=stamp, trouble=str(error))
    return replace(company, settings=settings, run=run, stamp=stamp, trouble=None)


def open_companies(settings: Iterable[Settings]) -> Companies:
    """Open the stores of these connections; raises as `open_run` does, and `SettingsError` for a name given twice."""
    databases: dict[str, Database] = {}
    found: dict[str, PageCompany] = {}
    try:
        for one in settings:
            if one.connection.name in found:
                raise SettingsError(f"two settings files have the connection {one.connection.name!r}: name each once")
            url = one.store_url()
            if url not in databases:
                databases[url] = open_store(url)
            bind_connection(one, databases[url], only_look=True)
            run = Run(one, databases[url], Secrets.read(one), f"page {uuid.uuid4()}")
            found[one.connection.name] = PageCompany(one, run, stamp=_stamp(one))
    except BaseException:
        for database in databases.values():
            database.close()
        raise
    return Companies(found.values())
