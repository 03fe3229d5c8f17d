"""The columns of the store's tables as Dagster shows them on an asset's page."""

from __future__ import annotations

import dagster as dg
from sqlalchemy import Boolean, LargeBinary, Table, Text
from sqlalchemy import Integer as WholeNumber

from qbo_pipeline.store.types import Day, Instant, Money, Quantity

# The first that fits; SQLite keeps decimals, days and instants as text, PostgreSQL in types of its own.
_TYPES: tuple[tuple[type, str], ...] = (
    (Money, "decimal, 2 places"),
    (Quantity, "decimal, 6 places"),
    (Day, "date"),
    (Instant, "timestamp, UTC"),
    (Boolean, "boolean"),
    (WholeNumber, "integer"),
    (LargeBinary, "bytes"),
    (Text, "text"),
)


def column_schema(table: Table) -> dg.TableSchema:
    """Name, type, key and nullability of each column."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=next(name for kind, name in _TYPES if isinstance(column.type, kind)),
                description="part of the key" if column.primary_key else None,
                constraints=dg.TableColumnConstraints(nullable=bool(column.nullable)),
            )
            for column in table.columns
        ]
    )
