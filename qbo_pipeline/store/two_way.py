"""The newest two-way tie-out in the store: the numbers of each kind, and each that differs.

What belongs here: SQL on it. A tie-out replaces the one before; how the sides are compared is `pipeline/two_way.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.store.tables.two_way import two_way_differences, two_way_kinds

_K, _D = two_way_kinds.c, two_way_differences.c


def keep_two_way(
    transaction: Connection,
    connection: str,
    kinds: Sequence[Mapping[str, Any]],
    differences: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Keep a tie-out in the place of the one before: `kind, agree, differ` and `kind, key, here, there, why`."""
    for table in (two_way_kinds, two_way_differences):
        transaction.execute(table.delete().where(table.c.connection == connection))
    if kinds:
        rows = [{"connection": connection, "compared_at": now, **row} for row in kinds]
        transaction.execute(two_way_kinds.insert(), rows)
    if differences:
        transaction.execute(two_way_differences.insert(), [{"connection": connection, **row} for row in differences])


def two_way_numbers(reading: Connection, connection: str) -> list[RowMapping]:
    """How many agree and how many differ, by kind, and when they were compared."""
    query = select(two_way_kinds).where(_K.connection == connection).order_by(_K.kind)
    return list(reading.execute(query).mappings())


def two_way_rows(reading: Connection, connection: str, limit: int | None = None) -> list[RowMapping]:
    """Each that differs, by kind and key; the first of them where there is a limit."""
    query = select(two_way_differences).where(_D.connection == connection).order_by(_D.kind, _D.key).limit(limit)
    return list(reading.execute(query).mappings())
