"""Objects of QuickBooks in the store, as they were read: what people did there, and what became of it.

What belongs here: SQL on them. What is written back of them is in `write_backs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, or_, select

from qbo_pipeline.store.database import insert_unless_there
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.write_backs import quickbooks_objects

_O = quickbooks_objects.c


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


def reopen_objects(transaction: Connection, connection: str, entity: str, rule: str) -> None:
    """Have the objects built again that were excluded by a rule."""
    where = (_O.connection == connection, _O.entity == entity, _O.disposition == "excluded", _O.rule == rule)
    transaction.execute(quickbooks_objects.update().where(*where).values(disposition="due", rule=None, message=None))


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


def all_objects(reading: Connection, connection: str, entity: str) -> list[RowMapping]:
    """Every object of an entity that was there when it was read last."""
    query = select(quickbooks_objects).where(_O.connection == connection, _O.entity == entity, _O.deleted.is_(False))
    return list(reading.execute(query.order_by(_O.qbo_id)).mappings())


def known_ids(reading: Connection, connection: str, entity: str) -> set[str]:
    """The Ids of the objects of an entity that were there when they were read last."""
    query = select(_O.qbo_id).where(_O.connection == connection, _O.entity == entity, _O.deleted.is_(False))
    return set(reading.scalars(query))
