"""What both sides said of a thing that both keep when they last agreed.

What belongs here: SQL on it. How two sides are compared is in `returning/merging.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.write_backs import agreements

_A = agreements.c
Both = tuple[Mapping[str, Any], Mapping[str, Any]]  # what the source said and what QuickBooks said, by field


def agreed(reading: Connection, connection: str, record_keys: Sequence[str]) -> dict[str, Both]:
    """By record key, what was agreed."""
    found: dict[str, Both] = {}
    for part in chunks(list(record_keys)):
        query = select(_A.record_key, _A.source_values, _A.quickbooks_values).where(
            _A.connection == connection, _A.record_key.in_(part)
        )
        for row in reading.execute(query):
            found[row.record_key] = (orjson.loads(row.source_values), orjson.loads(row.quickbooks_values))
    return found


def keep_agreed(
    transaction: Connection, connection: str, new: Mapping[str, tuple[str, str, Both]], now: datetime
) -> None:
    """Keep what is agreed now, given by record key as entity, Id and both sides' values."""
    for part in chunks(list(new)):
        transaction.execute(agreements.delete().where(_A.connection == connection, _A.record_key.in_(part)))
    rows = [
        {
            "connection": connection,
            "record_key": key,
            "entity": entity,
            "qbo_id": qbo_id,
            "source_values": orjson.dumps(dict(both[0])).decode(),
            "quickbooks_values": orjson.dumps(dict(both[1])).decode(),
            "agreed_at": now,
        }
        for key, (entity, qbo_id, both) in new.items()
    ]
    if rows:
        transaction.execute(agreements.insert(), rows)
