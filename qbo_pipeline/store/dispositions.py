"""What became of records: written by the transform stage, read by everybody who counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, or_, select, update

from qbo_pipeline.inventory.records import RECORD_TYPES, Record
from qbo_pipeline.store.tables.records import record_references, records


@dataclass(frozen=True, slots=True)
class Built:
    """What transforming a record came to: `posting`, `excluded`, `refused` or `vanished`, by which rule and why."""

    record_type: str
    record_id: str
    disposition: str
    rule: str | None
    message: str | None


def put_built(connection: Connection, name: str, built: Sequence[Built]) -> None:
    """Write the dispositions of a page of records."""
    if not built:
        return
    statement = (
        update(records)
        .where(
            records.c.connection == name,
            records.c.record_type == bindparam("in_type"),
            records.c.record_id == bindparam("in_id"),
        )
        .values(disposition=bindparam("to"), rule=bindparam("by"), message=bindparam("why"))
    )
    connection.execute(
        statement,
        [
            {
                "in_type": row.record_type,
                "in_id": row.record_id,
                "to": row.disposition,
                "by": row.rule,
                "why": row.message,
            }
            for row in built
        ],
    )


def reopen_referring(connection: Connection, name: str) -> int:
    """Have the records built again that refer to a record which is new, changed or gone: a bill clears what its
    receipt accrued, a payment settles a document that may have come later. Answers how many were reopened.

    Bills that share a receipt with such a bill are among them: what an earlier one takes is not left for a later.
    """
    keys = records.c.record_type + "/" + records.c.record_id
    due = select(keys).where(records.c.connection == name, records.c.disposition == "new")
    mine = record_references.c.connection == name
    referring = select(record_references.c.record_key).where(mine, record_references.c.refers_to.in_(due))
    shared = select(record_references.c.refers_to).where(mine, record_references.c.record_key.in_(due))
    neighbours = select(record_references.c.record_key).where(mine, record_references.c.refers_to.in_(shared))
    result = connection.execute(
        update(records)
        .where(
            records.c.connection == name,
            records.c.disposition == "posting",
            or_(keys.in_(referring), and_(records.c.record_type == "document", keys.in_(neighbours))),
        )
        .values(disposition="new")
    )
    return result.rowcount


def load_record(row: Any) -> Record:
    """The record that a row of the table `records` holds."""
    return RECORD_TYPES[row.record_type].from_content(orjson.loads(row.content))
