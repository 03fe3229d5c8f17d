"""The outbox of the way back in the store: what the inventory system is to hold, and what it said of it.

What belongs here: SQL on it that knows nothing of the protocol. The conditions of a claim are those of
`posting.core.may_send` and `may_look`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
)

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import records
from qbo_pipeline.store.tables.write_backs import write_backs

_W = write_backs.c
# Literals, not bound values: SQLite uses a partial index only where the query itself shows the index's condition.
_UNDER_WAY = text("write_backs.state IN ('ready', 'sending', 'unknown')")
_UNANSWERED = text(
    "write_backs.state = 'posted' AND write_backs.taken_as IS NULL AND write_backs.superseded_by IS NULL"
)
# A run leaves none that is ready or being sent, unless the inventory system's inbox could not be reached.
WAITS = ("ready", "sending", "unknown", "parked", "drifted")


# The columns of a revision that nobody has touched yet.
FRESH: dict[str, Any] = {
    "state": "ready", "reason": None, "message": None, "fence": 0, "attempts": 0, "misses": 0, "crashes": 0, "stale": 0,
    "doubt": False, "alone": False, "recovered": False, "sent_at": None, "posted_at": None,
}  # fmt: skip
TO_QUICKBOOKS = "attachment_out"  # the kind of what goes the other way, by the same outbox: files


def ready(
    transaction: Connection, connection: str, now: datetime, limit: int, *, alone: bool, outward: bool = False
) -> list[RowMapping]:
    """Rows that may be written: none while an older revision of the same key is under way. `outward` ones are files for
    QuickBooks."""
    older = write_backs.alias()
    before = exists().where(
        older.c.connection == _W.connection,
        older.c.key == _W.key,
        older.c.revision < _W.revision,
        older.c.state.in_(("sending", "unknown")),
    )
    query = (
        select(write_backs)
        .where(
            _W.connection == connection,
            _UNDER_WAY,
            (_W.kind == TO_QUICKBOOKS) if outward else (_W.kind != TO_QUICKBOOKS),
            _W.state == "ready",
            _W.superseded_by.is_(None),
            _W.alone.is_(alone),
            or_(_W.not_before.is_(None), _W.not_before <= now),
            ~before,
        )
        .order_by(_W.business_date, _W.key)
        .limit(limit)
    )
    return _locked(transaction, query)


def in_doubt(
    transaction: Connection, connection: str, now: datetime, settle: float, limit: int, *, outward: bool = False
) -> list[RowMapping]:
    """Rows whose fate may be looked up: unknown and due, or abandoned by their worker and settled."""
    query = (
        select(write_backs)
        .where(
            _W.connection == connection,
            _UNDER_WAY,
            (_W.kind == TO_QUICKBOOKS) if outward else (_W.kind != TO_QUICKBOOKS),
            or_(_W.lease_until.is_(None), _W.lease_until <= now),
            or_(
                and_(_W.state == "unknown", or_(_W.not_before.is_(None), _W.not_before <= now)),
                and_(_W.state == "sending", _W.sent_at <= now - timedelta(seconds=settle)),
            ),
        )
        .order_by(_W.key)
        .limit(limit)
    )
    return _locked(transaction, query)


def held(transaction: Connection, connection: str, keys: Sequence[str]) -> dict[tuple[str, int], Any]:
    """State and fencing token of the rows of these keys as they are now, locked."""
    query = select(_W.key, _W.revision, _W.state, _W.fence).where(_W.connection == connection, _W.key.in_(keys))
    return {(row.key, row.revision): row for row in transaction.execute(query.with_for_update())}


def change(transaction: Connection, connection: str, changes: Iterable[tuple[str, int, Mapping[str, Any]]]) -> None:
    """Write fields of rows given as (key, revision, fields), many rows a statement."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for key, revision, fields in changes:
        row = {f"new_{name}": value for name, value in fields.items()}
        row |= {"in_connection": connection, "in_key": key, "in_revision": revision}
        groups.setdefault(tuple(fields), []).append(row)
    for names, rows in groups.items():
        if names:
            transaction.execute(_update(names), rows)


@lru_cache(maxsize=64)
def _update(names: tuple[str, ...]) -> Update:
    return (
        write_backs.update()
        .where(
            _W.connection == bindparam("in_connection"),
            _W.key == bindparam("in_key"),
            _W.revision == bindparam("in_revision"),
        )
        .values({name: bindparam(f"new_{name}") for name in names})
    )


def newest(reading: Connection, connection: str, keys: Sequence[str]) -> dict[str, RowMapping]:
    """The newest revision of each of these keys."""
    found: dict[str, RowMapping] = {}
    for part in chunks(list(keys)):
        query = select(write_backs).where(_W.connection == connection, _W.key.in_(part), _W.superseded_by.is_(None))
        found |= {row["key"]: row for row in reading.execute(query).mappings()}
    return found


def add(transaction: Connection, connection: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add revisions, each given as its columns without `connection`."""
    if rows:
        transaction.execute(write_backs.insert(), [{"connection": connection, **row} for row in rows])


def unanswered(reading: Connection, connection: str) -> list[RowMapping]:
    """`key, marker, revision, refused` of what is written and what the inventory system has not taken yet."""
    query = select(_W.key, _W.marker, _W.revision, _W.refused).where(
        _W.connection == connection, _UNANSWERED, _W.kind != TO_QUICKBOOKS
    )
    return list(reading.execute(query).mappings())


def known(reading: Connection, connection: str, keys: Sequence[str]) -> dict[tuple[str, int], RowMapping]:
    """Every revision of these keys."""
    found: dict[tuple[str, int], RowMapping] = {}
    for part in chunks(list(keys)):
        query = select(write_backs).where(_W.connection == connection, _W.key.in_(part))
        found |= {(row["key"], row["revision"]): row for row in reading.execute(query).mappings()}
    return found


def unbuilt(reading: Connection, connection: str, kinds: Sequence[str]) -> list[str]:
    """The source's ids of the records of these kinds that are to be built: new, changed, or refused before."""
    query = select(records.c.record_type, records.c.record_id).where(
        records.c.connection == connection,
        records.c.kind.in_(kinds),
        records.c.disposition.in_(("new", "refused")),
        records.c.vanished_at.is_(None),
    )
    rows = reading.execute(query.order_by(records.c.record_type, records.c.record_id))
    return list(dict.fromkeys(source_id(row.record_type, row.record_id) for row in rows))


def source_id(record_type: str, record_id: str) -> str:
    """The id that the source itself gives: a party's record has its kind before it."""
    return record_id.partition(":")[2] if record_type == "party" else record_id


def taken(reading: Connection, connection: str, ids: Sequence[str]) -> dict[str, list[RowMapping]]:
    """By the inventory system's id, the newest revisions that it took under that id."""
    found: dict[str, list[RowMapping]] = {}
    for part in chunks(list(ids)):
        query = select(write_backs).where(_W.connection == connection, _W.taken_as.in_(part)).order_by(_W.revision)
        for row in reading.execute(query).mappings():
            found.setdefault(row["taken_as"], []).append(row)
    return found


def perhaps_taken(reading: Connection, connection: str, party_ids: Sequence[str]) -> list[RowMapping]:
    """What lies in the inventory system's inbox and was neither taken nor refused, of these parties."""
    found: list[RowMapping] = []
    # What is in doubt may be there, too.
    there = (_W.state.in_(("posted", "sending", "unknown")), _W.taken_as.is_(None), _W.superseded_by.is_(None))
    open_entry = (*there, _W.refused.is_(None), _W.operation != "void")
    for part in chunks(list(party_ids)):
        where = (_W.connection == connection, *open_entry, _W.party_id.in_(part))
        found += reading.execute(select(write_backs).where(*where)).mappings()
    return found


def perhaps_made(reading: Connection, connection: str, kinds: Sequence[str]) -> list[RowMapping]:
    """What of these kinds the inventory system is to make, and neither took nor refused."""
    where = (_W.connection == connection, _UNANSWERED, _W.refused.is_(None), _W.operation == "create")
    return list(reading.execute(select(write_backs).where(*where, _W.kind.in_(kinds))).mappings()) if kinds else []


def counts(reading: Connection, connection: str) -> list[RowMapping]:
    """How many newest revisions there are by kind, state and answer (`taken`, `refused`, or empty)."""
    answer = text(
        "CASE WHEN taken_as IS NOT NULL THEN 'taken' WHEN refused IS NOT NULL THEN 'refused' ELSE '' END AS answer"
    )
    query = (
        select(_W.kind, _W.state, answer, func.count().label("count"))
        .where(_W.connection == connection, _W.superseded_by.is_(None))
        .group_by(_W.kind, _W.state, text("answer"))
        .order_by(_W.kind, _W.state, text("answer"))
    )
    return list(reading.execute(query).mappings())


def listed(reading: Connection, connection: str, where: ColumnElement[bool] | None = None) -> list[RowMapping]:
    """The newest revisions, oldest business date first."""
    query = select(write_backs).where(_W.connection == connection, _W.superseded_by.is_(None))
    if where is not None:
        query = query.where(where)
    return list(reading.execute(query.order_by(_W.business_date, _W.key)).mappings())


def revisions(reading: Connection, connection: str, key: str) -> list[RowMapping]:
    """All revisions of a key, oldest first."""
    query = select(write_backs).where(_W.connection == connection, _W.key == key).order_by(_W.revision)
    return list(reading.execute(query).mappings())


def _locked(transaction: Connection, query: Select[Any]) -> list[RowMapping]:
    return list(transaction.execute(query.with_for_update(skip_locked=True, of=write_backs)).mappings())
