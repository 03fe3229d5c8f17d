"""Postings as the core sees them, and the core's changes as columns and journal lines.

What belongs here: the two translations between the store's rows and the protocol's `Row`, and writing changes
together with their journal lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from sqlalchemy import Connection, RowMapping

from qbo_pipeline.posting.events import DRIFTED, POSTED, Change, Fields, Particulars, Row
from qbo_pipeline.posting.states import Operation, State
from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.postings import change

Pair = tuple[Row, Change]

_INSTANTS = frozenset({"sent_at", "lease_until", "not_before"})
_ROW_FIELDS = tuple(name for name in Row.__slots__ if name not in {"fingerprint", "about", "state", "operation"})


def row_of(mapping: RowMapping) -> Row:
    """The protocol's view of a stored posting."""
    values = {name: mapping[name] for name in _ROW_FIELDS}
    for name in _INSTANTS:
        values[name] = None if values[name] is None else values[name].timestamp()
    about = Particulars._make([mapping[name] for name in Particulars._fields])
    return Row(**values, state=State(mapping["state"]), operation=Operation(mapping["operation"]), about=about)


def stored(fields: Fields) -> dict[str, Any]:
    """The core's fields as columns: its seconds become instants."""
    columns: dict[str, Any] = dict(fields)
    for name in _INSTANTS & fields.keys():
        if columns[name] is not None:
            columns[name] = datetime.fromtimestamp(columns[name], UTC)
    return columns


def put_on(row: Row, fields: Fields) -> None:
    """Apply a change to the worker's own copy of a row."""
    for name, value in fields.items():
        setattr(row, name, value)


def write(transaction: Connection, connection: str, pairs: Sequence[Pair], now: datetime) -> None:
    """Write changes to their postings."""
    rows = []
    for row, line in pairs:
        fields = stored(line.fields)
        if fields.get("state") in (POSTED, DRIFTED):
            fields["posted_at"] = now
        if line.tid is not None:
            fields["intuit_tid"] = line.tid
        rows.append((row.key, row.revision, fields))
    change(transaction, connection, rows)


def journal(transaction: Connection, connection: str, pairs: Sequence[Pair], now: datetime) -> None:
    """Add one line for each change to the journal of attempts."""
    lines = [
        attempts.AttemptLine(
            key=row.key,
            revision=row.revision,
            event=line.event,
            state=line.fields.get("state", row.state),
            fence=row.fence,
            request_id=row.request_id,
            item=row.item,
            code=line.code,
            message=line.message,
            intuit_tid=line.tid,
        )
        for row, line in pairs
    ]
    attempts.append(transaction, connection, now, lines)


class WriteTurns:
    """Writing transactions, one thread of this process at a time on SQLite.

    SQLite has one writer, and who finds it busy sleeps; threads that queue here instead lose no time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock() if database.dialect == "sqlite" else None

    @contextmanager
    def transaction(self) -> Iterator[tuple[Connection, datetime]]:
        """A short writing transaction, with the database's clock."""
        if self._lock is None:
            with self._database.transaction() as transaction:
                yield transaction, self._database.now(transaction)
            return
        with self._lock, self._database.transaction() as transaction:
            yield transaction, self._database.now(transaction)
