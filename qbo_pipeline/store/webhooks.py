"""Hints from QuickBooks' webhooks in the store: kept once, pending until QBO's changes were read, then forgotten.

A hint says that it is worth reading QBO's changes now. Nothing of its content is used for anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import connections, watermarks
from qbo_pipeline.store.tables.webhooks import webhook_hints

RETENTION = timedelta(days=30)
"""How long a hint is remembered after it was taken up; a repetition after that costs one reading of QBO's changes."""

SOURCE_TOLD = "source told"
"""Of the instants: when the webhooks of the inventory system said last that something changed there."""

_H = webhook_hints.c


@dataclass(frozen=True, slots=True)
class Hint:
    """One event for one connection. `changed_at` is aware UTC and, like the rest, only what the event said."""

    connection: str
    event_id: str
    entity: str
    qbo_id: str | None
    operation: str
    changed_at: datetime | None


def source_instant(connection: Connection, name: str, what: str) -> datetime | None:
    """The instant kept under a name, such as when the inventory system's webhooks last said that something changed."""
    query = select(watermarks.c.moved_at).where(watermarks.c.connection == name, watermarks.c.name == what)
    return connection.execute(query).scalar_one_or_none()


def keep_source_instant(connection: Connection, name: str, what: str, at: datetime) -> None:
    """Keep that instant in the place of an earlier one."""
    row = {"value": at.isoformat(), "moved_at": at}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(watermarks).values({"connection": name, "name": what, **row})
    connection.execute(statement.on_conflict_do_update(index_elements=["connection", "name"], set_=row))


def tied_companies(connection: Connection, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The environment and the realm to which each of these connections is tied; left out where it is tied to none."""
    c = connections.c
    query = select(c.connection, c.environment, c.realm).where(c.connection.in_(names))
    return {name: (environment, realm) for name, environment, realm in connection.execute(query)}


def put_hints(connection: Connection, hints: Sequence[Hint], *, now: datetime) -> int:
    """Keep the hints that are not known yet, and answer how many these were.

    An event that comes twice, in one list, one after the other or at the same moment, is one row.
    """
    if not hints:
        return 0
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(webhook_hints).on_conflict_do_nothing().returning(_H.event_id)
    # Sorted: two deliveries of the same events then lock the rows in the same order and cannot block each other.
    ordered = sorted(hints, key=lambda hint: (hint.connection, hint.event_id))
    return len(connection.execute(insert, [{**asdict(hint), "received_at": now} for hint in ordered]).all())


def pending_hints(connection: Connection, name: str) -> list[str]:
    """The event ids of the hints after which QBO's changes were not read yet, the newest last."""
    query = select(_H.event_id).where(_H.connection == name, _H.taken_up_at.is_(None))
    return list(connection.scalars(query.order_by(_H.received_at, _H.event_id)))


def take_up_hints(connection: Connection, name: str, event_ids: Sequence[str], *, now: datetime) -> None:
    """Mark these hints as taken up, and forget those that were taken up more than `RETENTION` ago."""
    for part in chunks(event_ids):
        mine = (_H.connection == name, _H.event_id.in_(part), _H.taken_up_at.is_(None))
        connection.execute(update(webhook_hints).where(*mine).values(taken_up_at=now))
    connection.execute(delete(webhook_hints).where(_H.connection == name, _H.taken_up_at < now - RETENTION))
