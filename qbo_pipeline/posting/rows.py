"""Postings as the core sees them, and the core's changes as columns and journal lines.

What belongs here: the two translations between the store's rows and the protocol's `Row`, and writing changes
together with their journal lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from sqlalchemy import Connection, RowMapping

from qbo_pipeline.posting.events import DRIFTED, POSTED, SUPERSEDED, Change, Fields, Particulars, Row
from qbo_pipeline.posting.states import Operation, State
from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.posting_facts import Posting, digests_after
from qbo_pipeline.store.postings import change

Pair = tuple[Row, Change]

_INSTANTS = frozenset({"sent_at", "lease_until", "not_before"})
_SHOWN = Particulars._fields[:-1]
_ROW_FIELDS = tuple(name for name in Row.__slots__ if name not in {"fingerprint", "about", "state", "operation"})


def row_of(mapping: RowMapping) -> Row:
    """The protocol's view of a stored posting."""
    values = {name: mapping[name] for name in _ROW_FIELDS}
    for name in _INSTANTS:
        values[name] = None if values[name] is None else values[name].timestamp()
    about = Particulars._make([*[mapping[name] for name in _SHOWN], mapping])
    return Row(**values, state=State(mapping["state"]), operation=Operation(mapping["operation"]), about=about)


def stored(fields: Fields) -> dict[str, Any]:
    """The core's fields as columns: its seconds become instants."""
    values: dict[str, Any] = dict(fields)
    for name in _INSTANTS & fields.keys():
        if values[name] is not None:
            values[name] = datetime.fromtimestamp(values[name], UTC)
    return values


def put_on(row: Row, fields: Fields) -> None:
    """Apply a change to the worker's own copy of a row."""
    for name, value in fields.items():
        setattr(row, name, value)


def write(transaction: Connection, connection: str, pairs: Sequence[Pair], now: datetime) -> None:
    """Write changes to their postings."""
    change(transaction, connection, [(row.key, row.revision, columns(line, now)) for row, line in pairs])


def columns(line: Change, now: datetime) -> dict[str, Any]:
    """What a change writes into its posting."""
    fields = stored(line.fields)
    if fields.get("state") in (POSTED, DRIFTED):
        fields["posted_at"] = now
    if line.tid is not None:
        fields["intuit_tid"] = line.tid
    return fields


def journal(transaction: Connection, connection: str, pairs: Sequence[Pair], now: datetime) -> None:
    """Add one line for each change to the journal of attempts."""
    attempts.append(transaction, connection, now, [_line(row, line) for row, line in pairs])


def record(
    transaction: Connection,
    connection: str,
    pairs: Sequence[Pair],
    now: datetime,
    standing: Mapping[Posting, Mapping[Any, Any]],
    closed: Collection[str] = (),
) -> None:
    """Write changes to their postings and a line about each to the journal, in one round; nothing is locked after it.

    `standing` is what the postings' digests are made of, as it was under the lock that the caller holds. Postings of
    the keys in `closed` are superseded by what follows from the change itself; their line says what they came to.
    """
    if not pairs:
        return
    changes = {(row.key, row.revision): columns(line, now) for row, line in pairs}
    for posting, fields in changes.items():
        if posting[0] in closed and "state" in fields:
            fields["state"] = SUPERSEDED
    head = attempts.locked_head(transaction, connection)
    known = digests_after(transaction, connection, standing, changes)
    numbered = enumerate(changes.items(), start=head.seq + 1)
    change(
        transaction, connection, [(*posting, {**fields, "last_attempt": seq}) for seq, (posting, fields) in numbered]
    )
    attempts.add(transaction, connection, now, [_line(row, line) for row, line in pairs], head, known)


def _line(row: Row, line: Change) -> attempts.AttemptLine:
    return attempts.AttemptLine(
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
