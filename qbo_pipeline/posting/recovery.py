"""Recovery: the store was restored from a copy, so QBO may hold what the store does not know of.

What belongs here: the mark that a person sets on a connection. While it stands, every posting is looked for in QBO
before it is sent for the first time (`claiming.py` sees to it), those of records that are read again included.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from qbo_pipeline.instants import show_instant
from qbo_pipeline.posting.persons import NotPossible, Person, note_decision
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.records import watermarks

_NAME = "recovery"


@dataclass(frozen=True, slots=True)
class Recovery:
    """Since when a connection recovers, and who said so."""

    since: datetime
    who: str
    why: str


def begin(database: Database, connection: str, person: Person, *, time_zone: str = "UTC") -> None:
    """From now on look before every first send; raises `NotPossible`, in the company's time zone, where the connection
    recovers already."""
    with database.transaction() as transaction:
        if (recovery := recovering(transaction, connection)) is not None:
            since = show_instant(recovery.since, time_zone)
            raise NotPossible(f"{connection} recovers already, since {since} ({recovery.who})")
        value = json.dumps({"who": person.who, "why": person.why})
        now = database.now(transaction)
        row = {"connection": connection, "name": _NAME, "value": value, "moved_at": now}
        transaction.execute(watermarks.insert(), row)
        note_decision(transaction, connection, [_NAME], person, now)


def end(database: Database, connection: str, person: Person) -> Recovery:
    """Send at once again; answers what has ended. Raises `NotPossible` where nothing recovers.

    Who began and who ended it, when and why, stays in the store.
    """
    with database.transaction() as transaction:
        recovery = recovering(transaction, connection)
        if recovery is None:
            raise NotPossible(f"{connection} does not recover: nothing to end")
        now = database.now(transaction)
        transaction.execute(delete(watermarks).where(_of(connection)))
        story = {"since": recovery.since.isoformat(), "who": recovery.who, "why": recovery.why}
        story |= {"ended_by": person.who, "ended_why": person.why}
        row = {"connection": connection, "name": f"{_NAME} ended {now.isoformat()}", "value": json.dumps(story)}
        transaction.execute(watermarks.insert(), {**row, "moved_at": now})
        note_decision(transaction, connection, [_NAME, row["name"]], person, now)
    return recovery


def recovering(reading: Connection, connection: str) -> Recovery | None:
    row = reading.execute(select(watermarks).where(_of(connection))).first()
    return None if row is None else Recovery(row.moved_at, **json.loads(row.value))


def _of(connection: str) -> ColumnElement[bool]:
    return and_(watermarks.c.connection == connection, watermarks.c.name == _NAME)
