"""What was changed in a connection's set-up on the page: each change with who, when and why, for ever.

What belongs here: SQL on `setup_changes`. The settings themselves stand in their file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from qbo_pipeline.store import evidence
from qbo_pipeline.store.database import take_turns
from qbo_pipeline.store.tables.page import setup_changes

CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class SetupChange:
    """One change: `changes` has `path`, `before` and `after` of each setting; with the SHA-256 of the file then."""

    number: int
    what: str
    changes: list[dict[str, Any]]
    file_before: str | None
    file_after: str | None
    who: str
    why: str
    changed_at: datetime


def put_change(
    transaction: Connection,
    connection: str,
    what: str,
    changes: list[dict[str, Any]],
    *,
    files: tuple[str | None, str | None],
    who: str,
    why: str,
    now: datetime,
) -> int:
    """Keep a change with its line in the journal, and answer its number; last in the transaction."""
    take_turns(transaction, f"setup_changes {connection}")
    last = transaction.execute(
        select(func.max(setup_changes.c.number)).where(setup_changes.c.connection == connection)
    ).scalar_one()
    number = int(last or 0) + 1
    row = {
        "connection": connection, "number": number, "what": what, "changes": orjson.dumps(changes).decode(),
        "file_before": files[0], "file_after": files[1], "who": who, "why": why, "changed_at": now,
    }  # fmt: skip
    transaction.execute(setup_changes.insert(), row)
    evidence.note(transaction, connection, evidence.SETUP, (number,), "set_up", now=now, who=who, why=why)
    return number


def load_changes(reading: Connection, connection: str, most: int = 100) -> list[SetupChange]:
    """The newest changes, the last one first."""
    query = (
        select(setup_changes)
        .where(setup_changes.c.connection == connection)
        .order_by(setup_changes.c.number.desc())
        .limit(most)
    )
    return [
        SetupChange(
            row.number, row.what, orjson.loads(row.changes), row.file_before, row.file_after, row.who, row.why,
            row.changed_at,
        )
        for row in reading.execute(query)
    ]  # fmt: skip
