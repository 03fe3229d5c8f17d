"""What QuickBooks did not let us read: why, since when, and of when what is stored is; kept until it is read again.

Posting goes on without it: writes are not metered. Whoever looks at what is stored is told of when it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select

from qbo_pipeline.instants import show_instant
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.errors import QuotaExhausted, Throttled
from qbo_pipeline.store.tables.reconciliation import ledger_windows
from qbo_pipeline.store.tables.records import reference_data, watermarks

REFUSED = (QuotaExhausted, Throttled)  # a read that may succeed another day, while writes may succeed now
REFERENCE_DATA, LEDGER = "reference_data", "ledger"
_PREFIX = "not_read:"
_WHAT: dict[str, tuple[Any, str, str]] = {
    REFERENCE_DATA: (
        reference_data,
        "The accounts, tax codes and preferences",
        "What was changed in QuickBooks since is not known here.",
    ),
    LEDGER: (
        ledger_windows,
        "QuickBooks' ledger",
        "What was posted or changed in QuickBooks since is not in it.",
    ),
}


@dataclass(frozen=True, slots=True)
class NotRead:
    """`as_of` is the instant of what is stored, `None` where nothing is; `since` that of the first refusal. `time_zone`
    is the company's."""

    what: str
    why: str
    since: datetime
    as_of: datetime | None
    time_zone: str

    @property
    def text(self) -> str:
        """All of it in plain words."""
        _, name, missing = _WHAT[self.what]
        if self.as_of is None:
            return f"{name} could not be read ({self.why}), and nothing of it is stored yet."
        verb = "is" if self.what == LEDGER else "are"
        read = show_instant(self.as_of, self.time_zone)
        return (
            f"{name} {verb} as of {read}, not of now: {self.why}. {missing} The next run that may read brings it up to "
            "date."
        )


def why_refused(error: QuotaExhausted | Throttled) -> str:
    """The refusal in a few words; QuickBooks' own are in the log."""
    if isinstance(error, QuotaExhausted):
        return "QuickBooks refuses reads, the metered reads of this month are used up"
    return "QuickBooks refuses calls because of its limits"


def keep_not_read(run: Run, what: str, why: str) -> NotRead:
    """Remember that something could not be read; since when stays that of the first time."""
    with run.database.transaction() as connection:
        known = connection.execute(select(watermarks).where(_named(run.name, what))).first()
        since = known.moved_at if known else run.database.now(connection)
        connection.execute(delete(watermarks).where(_named(run.name, what)))
        row = {"connection": run.name, "name": _PREFIX + what, "value": why, "moved_at": since}
        connection.execute(watermarks.insert(), row)
        return NotRead(what, why, since, as_of(connection, run.name, what), run.settings.connection.time_zone)


def keep_read(connection: Connection, name: str, what: str) -> None:
    """It was read; in the transaction that stores it."""
    connection.execute(delete(watermarks).where(_named(name, what)))


def not_read(connection: Connection, run: Run, what: str) -> NotRead | None:
    """Whether what is stored is older than the last try to read it."""
    row = connection.execute(select(watermarks).where(_named(run.name, what))).first()
    if row is None:
        return None
    known = as_of(connection, run.name, what)
    return NotRead(what, row.value, row.moved_at, known, run.settings.connection.time_zone)


def as_of(connection: Connection, name: str, what: str) -> datetime | None:
    """When the oldest part of what is stored was read; `None` where nothing is."""
    table = _WHAT[what][0]
    instant: datetime | None = connection.execute(
        select(func.min(table.c.read_at)).where(table.c.connection == name)
    ).scalar_one()
    return instant


def _named(name: str, what: str) -> ColumnElement[bool]:
    return (watermarks.c.connection == name) & (watermarks.c.name == _PREFIX + what)
