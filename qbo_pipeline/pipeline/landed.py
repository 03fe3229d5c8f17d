"""A system that is read by API, as a source: landed first, then made into rows, then read as any database.

What belongs here: what joins the rooms. The objects lie in the store, their rows in a file beside the settings, which
may be deleted at any time. A run reads the system once, however many of its steps open the source, and one process at a
time reads it.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from qbo_pipeline.environment import where_to_set
from qbo_pipeline.errors import Signal
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.landing.turns import SignsOfLife, Turn
from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.pacing import CALL, Limits
from qbo_pipeline.quickbooks.transport import Call, Transport, TransportFailure
from qbo_pipeline.settings import Settings, SettingsError
from qbo_pipeline.sources.errors import Problem, SourceFailure, SourceUnavailable
from qbo_pipeline.sources.http.reader import HttpReader, NoReply, Reply
from qbo_pipeline.sources.http.writer import HttpWriter
from qbo_pipeline.sources.landed.account import AccountLook, Expected
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.projection import catch_up
from qbo_pipeline.sources.source import Batch, ChangedDays, StockValue
from qbo_pipeline.sources.sql import DATED_TYPES, SqlSource
from qbo_pipeline.sources.systems import SYSTEMS
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.pacing import StoredPacer

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

_POLL_SECONDS = 1.0
_NOT_KNOWN = (200, 400, 404, 422)  # what an account service answers to a login name that it does not know
_PATIENCE_SECONDS = 3600.0  # for another process that reads


class LandedSource:
    """`Source` over what has landed. The system is asked when it is first read from."""

    def __init__(self, ready: Callable[[], SqlSource], check: Callable[[], list[Problem]]) -> None:
        self._ready = ready
        self._check = check
        self._source: SqlSource | None = None

    def read_days(
        self, first: date, last: date, *, batch_size: int, record_types: Collection[str] = DATED_TYPES
    ) -> Iterator[Batch]:
        """As `SqlSource.read_days`."""
        return self._sql().read_days(first, last, batch_size=batch_size, record_types=record_types)

    def existing(self, record_type: str, ids: Sequence[str]) -> set[str]:
        """As `SqlSource.existing`."""
        return self._sql().existing(record_type, ids)

    def read_master_data(self, *, batch_size: int) -> Iterator[Batch]:
        """As `SqlSource.read_master_data`."""
        return self._sql().read_master_data(batch_size=batch_size)

    def stock_values(self, as_at: date) -> list[StockValue]:
        """What the system says that it has, less what moved since that day."""
        return self._sql().stock_values(as_at)

    def changed_days(self, since: str | None) -> ChangedDays:
        """The days of which rows changed since they were last made; all of them when they were made anew."""
        return self._sql().changed_days(since)

    def check(self) -> list[Problem]:
        """Whether the account can be read and fits the settings, then as `SqlSource.check`."""
        try:
            source = self._sql()
        except SourceFailure as error:
            return [replace(problem, unreadable=True) for problem in error.problems]
        try:
            return [*self._check(), *source.check()]
        except SourceFailure as error:
            return error.problems

    def close(self) -> None:
        """Give back connections; what has landed stays."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def _sql(self) -> SqlSource:
        if self._source is None:
            self._source = self._ready()
        return self._source


def open_landed(run: Run, database: Database) -> LandedSource:
    """The source of a connection that is read by API; `database` holds the landing. Nothing is read yet."""
    settings = run.settings
    door = SYSTEMS[settings.source.kind]
    landing = StoredLanding(database, run.name, settings.source.kind)
    system = door.system(settings.connection.zone, settings.connection.currency)

    def ready() -> SqlSource:
        _read_once(run, database, landing)
        path = _rows_file(run.surroundings.folder or settings.folder, run.name, settings.source.kind)
        catch_up(path, landing, system)
        return SqlSource(f"sqlite:///{path}", shown=f"what has landed of {door.api.system}")

    company = settings.connection
    expected = Expected(company.currency, company.time_zone, company.first_day)
    return LandedSource(ready, lambda: door.check(landing, expected, settings.source.parameters))


def look_at_account(run: Run) -> AccountLook:
    """A first look at the account, in about one call a list; nothing is landed."""
    transport, clock = Transport(), SystemClock()
    try:
        landing = StoredLanding(run.database, run.name, run.settings.source.kind)
        reader = _reader(run, run.database, transport, clock)
        return SYSTEMS[landing.system].look(Lists(reader, landing, run.progress, lambda: None))
    finally:
        transport.close()


def find_address(system: str, login: str, service: str | None) -> str:
    """The address of a company's API, as the vendor's account service tells it by the company's login name.

    `service` is that of the vendor unless it is given. No key is sent. Raises `SettingsError` where the system has one
    address for all, and where none is told.
    """
    door = SYSTEMS.get(system)
    if door is None or door.regions is None:
        raise SettingsError(f"--system-login: {system} has no address that depends on a login name")
    where = f"{(service or door.regions.service).rstrip('/')}/{door.regions.path}"
    transport = Transport()
    try:
        call = Call("POST", where, headers={"content-type": "application/json"}, body=door.regions.question(login))
        answer = transport.send(call, deadline=door.api.seconds, max_bytes=65_536)
    except TransportFailure as failure:
        raise SettingsError(f"--system-login: {where} did not tell the address: {failure.reason}") from None
    finally:
        transport.close()
    found = door.regions.address(answer.body) if answer.status == 200 else None
    if found is None and answer.status not in _NOT_KNOWN:
        raise SettingsError(
            f"--system-login: {where} did not tell the address, it answered {answer.status}: see that it is the "
            "account service, or give the address of the API itself with --system-url alone"
        )
    if found is None:
        raise SettingsError(
            f"--system-login: {where} knows no company {login!r} (it answered {answer.status}): write the name with"
            f" which people of the company log in, or the address itself with --system-url"
        )
    return found


def calls_per_minute(settings: Settings) -> int:
    """The pace at which a system is read: as the settings say, or its own limit."""
    return settings.source.calls_per_minute or int(SYSTEMS[settings.source.kind].api.calls_per_minute)


def _rows_file(folder: Path, name: str, kind: str) -> Path:
    return folder / ".cache" / f"{kind}_{name}.sqlite"


class _OutOfTime(Signal):
    """The time of whoever has somebody waiting is used up."""


def _read_once(run: Run, database: Database, landing: StoredLanding) -> None:
    """Read the system, unless this run has; where another process is reading, wait for it.

    A run with patience stops when that is used up, and takes what has landed until then: the next one goes on.
    """
    reader_name = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    turn = Turn(database, run.name, landing.system, run.run_id, reader_name)
    clock = SystemClock()
    until = clock.monotonic() + (_PATIENCE_SECONDS if run.patience is None else run.patience)
    while (answer := turn.take()) == "wait":
        if clock.monotonic() > until and run.patience is None:
            raise SourceUnavailable(
                Problem(
                    f"{landing.system} is being read", run.name, "another run has been at it for an hour", "Try later"
                )
            )
        if clock.monotonic() > until:
            return
        clock.sleep(_POLL_SECONDS)
    if answer == "done":
        return

    signs = SignsOfLife(turn.go_on, clock.monotonic)

    def alive() -> None:
        if run.patience is not None and clock.monotonic() > until:
            raise _OutOfTime
        signs.give()

    transport = Transport()
    try:
        lists = Lists(_reader(run, database, transport, clock), landing, run.progress, alive)
        company = run.settings.connection
        SYSTEMS[landing.system].fetch(lists, company.zone, company.first_day)
        turn.finish()
    except _OutOfTime:
        turn.give_up()
    except BaseException:
        turn.give_up()
        raise
    finally:
        transport.close()


def open_doors(run: Run, database: Database, transport: Transport, clock: Clock) -> tuple[HttpReader, HttpWriter, Path]:
    """The account to read and to write, at one pace, and the file with its rows."""
    reader = _reader(run, database, transport, clock)
    rows = _rows_file(run.surroundings.folder or run.settings.folder, run.name, run.settings.source.kind)
    wire = ReadingWire(transport)
    return reader, HttpWriter(reader.api, reader.base_url, wire, reader.pace, reader.headers, clock.monotonic), rows


def _reader(run: Run, database: Database, transport: Transport, clock: Clock) -> HttpReader:
    settings, door = run.settings, SYSTEMS[run.settings.source.kind]
    given = [getattr(run.secrets, name) for name in door.secrets]
    if None in given:
        names = [f"QBO_{run.name.upper()}_{name.upper()}" for name in door.secrets]
        where = where_to_set(names, settings.folder)
        raise SettingsError(f"{settings.file}: [source]: {door.api.system} lets in whoever has its key: {where}")
    secrets = [secret.get_secret_value() for secret in given]
    # A limit is an application's: whoever calls with the same key shares it.
    name = f"{settings.source.kind}:{sha256('/'.join(secrets).encode()).hexdigest()[:16]}"
    pace = _Pace(database, name, calls_per_minute(settings), clock)
    url = settings.source.url or door.base_url
    assert url is not None, "the settings were checked"
    return HttpReader(door.api, url, ReadingWire(transport), pace, door.headers(secrets), clock.sleep)


@dataclass(frozen=True, slots=True)
class ReadingWire:
    """The project's one HTTP transport, for reading and, where a system takes writes, for writing."""

    transport: Transport

    def get(self, url: str, headers: Mapping[str, str], *, seconds: float, max_bytes: int) -> Reply:
        return self.send("GET", url, headers, None, seconds=seconds, max_bytes=max_bytes)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, seconds: float, max_bytes: int
    ) -> Reply:
        """Send once; raises `NoReply`."""
        try:
            call = Call(method, url, headers=headers, body=body)
            answer = self.transport.send(call, deadline=seconds, max_bytes=max_bytes)
        except TransportFailure as failure:
            reason, too_large, sent = failure.reason, failure.kind == "too_large", failure.sent
        else:
            return Reply(answer.status, answer.body, _dated(answer.headers.get("date")))
        raise NoReply(reason, too_large=too_large, sent=sent)


def _dated(header: str | None) -> datetime | None:
    """The instant of a `Date` header; `None` where there is none, or none that can be read."""
    try:
        found = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None


class _Pace:
    """An application's limit, shared by all processes of the store as QuickBooks' is."""

    def __init__(self, database: Database, name: str, calls_per_minute: int, clock: Clock) -> None:
        limits = Limits(calls_per_minute=calls_per_minute, calls_per_second=max(10, calls_per_minute))
        self._pacer = StoredPacer(database, name, limits, clock=clock)
        self._clock = clock

    def wait(self) -> None:
        while (left := self._pacer.acquire(CALL, 60.0)) > 0:
            self._clock.sleep(left)

    def quiet(self, seconds: float) -> None:
        self._pacer.quiet(seconds)
