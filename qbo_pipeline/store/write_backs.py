"""The way back in the store: objects of QuickBooks as they were read, and the outbox toward the inventory system.

What belongs here: SQL on both tables that knows nothing of the protocol. The conditions of a claim are those of
`posting.core.may_send` and `may_look`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, bindparam, exists, func, or_, select, text

from qbo_pipeline.store.database import insert_unless_there
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.write_backs import quickbooks_objects, write_backs

_W = write_backs.c
_O = quickbooks_objects.c
# Literals, not bound values: SQLite uses a partial index only where the query itself shows the index's condition.
_UNDER_WAY = text("write_backs.state IN ('ready', 'sending', 'unknown')")
_UNANSWERED = text(
    "write_backs.state = 'posted' AND write_backs.taken_as IS NULL AND write_backs.superseded_by IS NULL"
)
WAITS = ("parked", "unknown", "drifted")


def ready(transaction: Connection, connection: str, now: datetime, limit: int, *, alone: bool) -> list[RowMapping]:
    """Rows that may be written: none while an older revision of the same key is under way."""
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


def in_doubt(transaction: Connection, connection: str, now: datetime, settle: float, limit: int) -> list[RowMapping]:
    """Rows whose fate may be looked up: unknown and due, or abandoned by their worker and settled."""
    query = (
        select(write_backs)
        .where(
            _W.connection == connection,
            _UNDER_WAY,
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
    """Write fields of rows given as (key, revision, fields)."""
    for key, revision, fields in changes:
        if fields:
            where = (_W.connection == connection, _W.key == key, _W.revision == revision)
            transaction.execute(write_backs.update().where(*where).values(**fields))


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


def unanswered(reading: Connection, connection: str) -> list[tuple[str, int, str]]:
    """(marker, revision, key) of what is written and what the inventory system has not taken yet."""
    query = select(_W.marker, _W.revision, _W.key).where(_W.connection == connection, _UNANSWERED)
    return [(row.marker, row.revision, row.key) for row in reading.execute(query)]


def taken(reading: Connection, connection: str, ids: Sequence[str]) -> dict[str, list[RowMapping]]:
    """By the inventory system's id, the newest revisions that it took under that id."""
    found: dict[str, list[RowMapping]] = {}
    for part in chunks(list(ids)):
        query = select(write_backs).where(_W.connection == connection, _W.taken_as.in_(part)).order_by(_W.revision)
        for row in reading.execute(query).mappings():
            found.setdefault(row["taken_as"], []).append(row)
    return found


def perhaps_taken(reading: Connection, connection: str, party_ids: Sequence[str]) -> list[RowMapping]:
    """What lies in the inventory system's inbox unanswered, of these parties."""
    found: list[RowMapping] = []
    for part in chunks(list(party_ids)):
        where = (_W.connection == connection, _UNANSWERED, _W.party_id.in_(part), _W.operation != "void")
        found += reading.execute(select(write_backs).where(*where)).mappings()
    return found


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


# --- objects of QuickBooks --------------------------------------------------------------------------------------------
def keep_objects(
    transaction: Connection, connection: str, entity: str, rows: Sequence[Mapping[str, Any]], now: datetime
) -> int:
    """Keep objects as they were read (`qbo_id, sync_token, content, deleted`); answers how many are new or changed.

    Those are due again. What is known as deleted stays so.
    """
    before: dict[str, Any] = {}
    for part in chunks([row["qbo_id"] for row in rows]):
        query = select(_O.qbo_id, _O.sync_token, _O.deleted).where(
            _O.connection == connection, _O.entity == entity, _O.qbo_id.in_(part)
        )
        before |= {row.qbo_id: row for row in transaction.execute(query)}
    due = {"disposition": "due", "rule": None, "message": None, "last_seen": now}
    changed = 0
    for row in rows:
        known = before.get(row["qbo_id"])
        if known is None:
            first = {"connection": connection, "entity": entity, "first_seen": now, **row, **due}
            transaction.execute(insert_unless_there(transaction, quickbooks_objects), first)
        elif known.deleted or (not row["deleted"] and known.sync_token == row["sync_token"]):
            continue
        else:
            # The content of what is gone stays: it says what is to be taken back.
            fields = {name: value for name, value in row.items() if not (row["deleted"] and name == "content")}
            where = (_O.connection == connection, _O.entity == entity, _O.qbo_id == row["qbo_id"])
            transaction.execute(quickbooks_objects.update().where(*where).values(**fields, **due))
        changed += 1
    return changed


def due_objects(
    reading: Connection, connection: str, entities: Sequence[str], limit: int, after: tuple[str, str]
) -> list[RowMapping]:
    """Objects that are to be built: new, changed, or withheld before; in the order of entity and Id."""
    query = (
        select(quickbooks_objects)
        .where(
            _O.connection == connection,
            _O.disposition.in_(("due", "withheld")),
            _O.entity.in_(entities),
            or_(_O.entity > after[0], and_(_O.entity == after[0], _O.qbo_id > after[1])),
        )
        .order_by(_O.entity, _O.qbo_id)
        .limit(limit)
    )
    return list(reading.execute(query).mappings())


def judge_objects(transaction: Connection, connection: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of objects (`entity, qbo_id, sync_token, disposition, rule, message`), unless they changed
    meanwhile."""
    if not rows:
        return
    update = (
        quickbooks_objects.update()
        .where(
            _O.connection == connection,
            _O.entity == bindparam("of_entity"),
            _O.qbo_id == bindparam("of_id"),
            _O.sync_token == bindparam("of_token"),
        )
        .values(disposition=bindparam("new_disposition"), rule=bindparam("new_rule"), message=bindparam("new_message"))
    )
    values = [
        {
            "of_entity": row["entity"],
            "of_id": row["qbo_id"],
            "of_token": row["sync_token"],
            "new_disposition": row["disposition"],
            "new_rule": row["rule"],
            "new_message": row["message"],
        }
        for row in rows
    ]
    transaction.execute(update, values)


def object_counts(reading: Connection, connection: str) -> list[RowMapping]:
    """How many objects were read, by entity, disposition and rule."""
    query = (
        select(_O.entity, _O.disposition, _O.rule, func.count().label("count"))
        .where(_O.connection == connection)
        .group_by(_O.entity, _O.disposition, _O.rule)
        .order_by(_O.entity, _O.disposition, _O.rule)
    )
    return list(reading.execute(query).mappings())


def withheld_objects(reading: Connection, connection: str) -> list[RowMapping]:
    """Objects that wait for a person before they can be written back."""
    query = select(quickbooks_objects).where(_O.connection == connection, _O.disposition == "withheld")
    return list(reading.execute(query.order_by(_O.entity, _O.qbo_id)).mappings())


def known_ids(reading: Connection, connection: str, entity: str) -> set[str]:
    """The Ids of the objects of an entity that were there when they were read last."""
    query = select(_O.qbo_id).where(_O.connection == connection, _O.entity == entity, _O.deleted.is_(False))
    return set(reading.scalars(query))


def _locked(transaction: Connection, query: Select[Any]) -> list[RowMapping]:
    return list(transaction.execute(query.with_for_update(skip_locked=True, of=write_backs)).mappings())
