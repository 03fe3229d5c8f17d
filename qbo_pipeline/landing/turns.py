"""Who reads a system now: one process at a time, and each run reads it once.

What belongs here: the claim in the store, with a time after which whoever was reading is taken for dead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, select, update

from qbo_pipeline.landing.objects import make_landing
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.landing import landings

HELD = timedelta(minutes=10)
"""For how long a claim holds without a sign of life; longer than any one call with all its attempts."""
SIGN_EVERY = timedelta(seconds=30)
"""How often whoever reads gives one: before each call would be a transaction more for each."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The claim of one run to read one system for one connection; `reader` is this process's own name."""

    database: Database
    connection: str
    system: str
    run_id: str
    reader: str

    def take(self) -> str:
        """`taken`, `done` where this run has read it already, or `wait` where somebody else is reading."""
        with self.database.transaction() as transaction:
            make_landing(transaction, self.connection, self.system)
            row = transaction.execute(select(landings).where(self._mine()).with_for_update()).one()
            now = self.database.now(transaction)
            if row.run_id == self.run_id:
                return "done"
            if row.reader not in (None, self.reader) and row.reading_until > now:
                return "wait"
            values = {"reader": self.reader, "reading_until": now + HELD}
            transaction.execute(update(landings).where(self._mine()).values(values))
            return "taken"

    def go_on(self) -> None:
        """A sign of life: the claim holds for `HELD` from now."""
        with self.database.transaction() as transaction:
            self._set(transaction, reading_until=self.database.now(transaction) + HELD)

    def finish(self) -> None:
        """This run has read all of it."""
        with self.database.transaction() as transaction:
            now = self.database.now(transaction)
            self._set(transaction, run_id=self.run_id, finished_at=now, reader=None, reading_until=None)

    def give_up(self) -> None:
        """Reading ended early: the next one may begin at once."""
        with self.database.transaction() as transaction:
            self._set(transaction, reader=None, reading_until=None)

    def _mine(self) -> ColumnElement[bool]:
        return and_(landings.c.connection == self.connection, landings.c.system == self.system)

    def _set(self, transaction: Connection, **values: object) -> None:
        """Change the row while it is ours: whoever came too late was taken for dead, and another one reads."""
        transaction.execute(update(landings).where(self._mine(), landings.c.reader == self.reader).values(values))


class SignsOfLife:
    """Gives a sign when asked to, if the last one was `SIGN_EVERY` ago or more; `monotonic` is a clock in seconds. The
    claim was taken when this was made."""

    def __init__(self, sign: Callable[[], None], monotonic: Callable[[], float]) -> None:
        self._sign = sign
        self._monotonic = monotonic
        self._last = monotonic()

    def give(self) -> None:
        now = self._monotonic()
        if now - self._last >= SIGN_EVERY.total_seconds():
            self._sign()
            self._last = now
