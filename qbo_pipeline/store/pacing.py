"""QBO's limits shared by all processes of the store: one row a realm, by the database's clock.

A transaction takes the next slot, or, while calls queue up, a small block of them, so that the database is asked a
few times a second at most. Whether the realm is quiet is looked up before each call. The database's clock may be set
forward or back at any time: a moment that the limits cannot have made is not believed, and the row is put right.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.pacing import (
    BATCH,
    BLOCK_SECONDS,
    CALL,
    FURTHEST_SECONDS,
    LATE_SECONDS,
    QUIET_SECONDS,
    Limits,
    Schedule,
)
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.quickbooks import pacing as table

_START = datetime(2000, 1, 1, tzinfo=UTC)
_KNOWN_SECONDS = 0.02  # for which nobody asks again whether the realm is quiet: less than a request takes to leave
_ROW = select(table).where(table.c.realm == bindparam("in_realm"))
_LOCKED = _ROW.with_for_update()
_MOVE = update(table).where(table.c.realm == bindparam("in_realm"))


class StoredPacer:
    """The `Pacer` of one realm for all processes. Safe to use from several threads."""

    def __init__(
        self, database: Database, realm: str, limits: Limits | None = None, *, clock: Clock | None = None
    ) -> None:
        self._database = database
        self._realm = realm
        self._limits = limits or Limits()
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._block: deque[float] = deque()  # slots for calls that are ours, by our monotonic clock
        with database.transaction() as connection:
            insert = (sqlite if database.dialect == "sqlite" else postgresql).insert(table)
            values = {"realm": realm, "next_call": _START, "next_batch": _START, "quiet_until": _START}
            connection.execute(insert.values(values).on_conflict_do_nothing())

    def acquire(self, kind: str, patience: float) -> float:
        until = self._clock.monotonic() + min(patience, FURTHEST_SECONDS)
        while True:
            with self._lock:
                slot, looked_at = self._next_slot(kind, until)
            now = self._clock.monotonic()
            if slot > until:
                return slot - now
            self._clock.sleep(slot - now)
            now = self._clock.monotonic()
            if now - slot <= LATE_SECONDS and (now - looked_at <= _KNOWN_SECONDS or not self._is_quiet()):
                return 0.0

    def quiet(self, seconds: float) -> None:
        with self._database.transaction() as connection:
            schedule, now = self._read(connection, lock=True)
            until = max(schedule.quiet_until, now + min(seconds, QUIET_SECONDS))
            connection.execute(update(table).where(table.c.realm == self._realm).values(quiet_until=_instant(until)))

    def _next_slot(self, kind: str, until: float) -> tuple[float, float]:
        """Our next slot, and when the database was asked whether the realm is quiet, by the monotonic clock; a slot
        later than `until` is not taken."""
        now = self._clock.monotonic()
        while self._block and self._block[0] < now - LATE_SECONDS:
            self._block.popleft()
        if kind == CALL and self._block:
            return self._block.popleft() if self._block[0] <= until else self._block[0], -math.inf
        return self._reserve(kind, until)

    def _reserve(self, kind: str, until: float) -> tuple[float, float]:
        with self._database.transaction() as connection:
            schedule, now = self._read(connection, lock=True)
            # Our clock minus the database's. Ours is read second, so that an error makes the slot later, never earlier.
            looked_at = self._clock.monotonic()
            shift = looked_at - now
            first = schedule.first_slot(kind, now)
            if first + shift > until:
                return first + shift, looked_at
            slots, after = schedule.reserve(kind, now, self._limits, self._count(kind, waiting=first > now))
            moved = {"next_call": _instant(after.next_call), "next_batch": _instant(after.next_batch)}
            connection.execute(_MOVE, {"in_realm": self._realm, **moved})
        if kind == CALL:
            self._block = deque(slot + shift for slot in slots[1:])
        return slots[0] + shift, looked_at

    def _count(self, kind: str, *, waiting: bool) -> int:
        if kind == BATCH or not waiting:
            return 1
        return max(1, int(BLOCK_SECONDS / self._limits.call_spacing(batches_active=False)))

    def _is_quiet(self) -> bool:
        with self._database.reading() as connection:
            schedule, now = self._read(connection)
        if schedule.quiet_until > now:  # true or not: `_reserve` puts right what is not
            with self._lock:
                self._block.clear()
            return True
        return False

    def _read(self, connection: Connection, *, lock: bool = False) -> tuple[Schedule, float]:
        """The realm's schedule and the database's clock, in seconds since 1970."""
        row = connection.execute(_LOCKED if lock else _ROW, {"in_realm": self._realm}).one()
        schedule = Schedule(row.next_call.timestamp(), row.next_batch.timestamp(), row.quiet_until.timestamp())
        now = self._database.now(connection).timestamp()
        believed = schedule.believed(now, self._limits)
        if lock and believed != schedule:
            moments = {name: _instant(seconds) for name, seconds in asdict(believed).items()}
            connection.execute(update(table).where(table.c.realm == self._realm).values(moments))
        return believed, now


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
