"""The count of API calls, kept for each connection, realm, day and kind: what the month's metered reads cost."""

from __future__ import annotations

import logging
import threading
from collections import Counter

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.meter import CallTotals, MemoryMeter
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.quickbooks import api_calls

FLUSH_CALLS, FLUSH_SECONDS = 100, 10.0

log = logging.getLogger(__name__)


class StoredMeter:
    """Counts in memory and writes to the store every 100 calls or 10 seconds, and at `close`.

    `totals()` are those of this object, that is of one run. A process that is killed loses the count of its last
    seconds. Safe to use from several threads.
    """

    def __init__(self, database: Database, connection: str, realm: str, *, clock: Clock | None = None) -> None:
        self._database = database
        self._connection = connection
        self._realm = realm
        self._clock = clock or SystemClock()
        self._run = MemoryMeter()
        self._lock = threading.Lock()
        self._pending: Counter[tuple[str, str]] = Counter()
        self._flushed_at = self._clock.monotonic()

    def count(self, kind: str, *, calls: int = 1, items: int = 0) -> None:
        self._run.count(kind, calls=calls, items=items)
        with self._lock:
            self._pending[kind, "calls"] += calls
            self._pending[kind, "items"] += items
            waiting = sum(count for (_, what), count in self._pending.items() if what == "calls")
            due = waiting >= FLUSH_CALLS or self._clock.monotonic() - self._flushed_at >= FLUSH_SECONDS
        if due:
            try:
                self.flush()
            except SQLAlchemyError as error:
                # A call that was answered must not fail because it could not be counted; `close` raises.
                log.warning("the count of API calls could not be stored yet: %s", type(error).__name__)

    def totals(self) -> CallTotals:
        """What this object has counted."""
        return self._run.totals()

    def flush(self) -> None:
        """Write what is pending; raises SQLAlchemy's error where the store fails, and keeps the counts."""
        with self._lock:
            pending, self._pending = self._pending, Counter()
            self._flushed_at = self._clock.monotonic()
        try:
            self._add(pending)
        except BaseException:
            with self._lock:
                self._pending += pending
            raise

    def close(self) -> None:
        self.flush()

    def _add(self, pending: Counter[tuple[str, str]]) -> None:
        kinds = {kind for kind, _ in pending}
        if not kinds:
            return
        with self._database.transaction() as connection:
            day = self._database.now(connection).date()
            insert = (sqlite if self._database.dialect == "sqlite" else postgresql).insert(api_calls)
            add = insert.on_conflict_do_update(
                index_elements=["connection", "realm", "day", "kind"],
                set_={
                    "calls": api_calls.c.calls + insert.excluded.calls,
                    "batch_items": api_calls.c.batch_items + insert.excluded.batch_items,
                },
            )
            for kind in sorted(kinds):
                connection.execute(
                    add,
                    {
                        "connection": self._connection,
                        "realm": self._realm,
                        "day": day,
                        "kind": kind,
                        "calls": pending[kind, "calls"],
                        "batch_items": pending[kind, "items"],
                    },
                )
