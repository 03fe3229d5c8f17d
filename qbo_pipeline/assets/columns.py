"""The columns of the store's tables as Dagster shows them on an asset's page, and how many rows there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
from sqlalchemy import Boolean, LargeBinary, Table, Text, func, select
from sqlalchemy import Integer as WholeNumber

from qbo_pipeline.assets.column_texts import COLUMN_SOURCES, COLUMN_TEXTS
from qbo_pipeline.store.types import Day, Instant, Money, Quantity

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

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
    """Name, type, meaning, key and nullability of each column."""
    texts = COLUMN_TEXTS[table.name]
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=next(name for kind, name in _TYPES if isinstance(column.type, kind)),
                description=f"{texts[column.name]}{' Part of the key.' if column.primary_key else ''}",
                constraints=dg.TableColumnConstraints(nullable=bool(column.nullable)),
            )
            for column in table.columns
        ]
    )


def column_lineage(table: Table, connection: str) -> dict[str, dg.TableColumnLineage]:
    """Metadata of a materialization: which columns of the assets before it the table's columns are made of.

    Dagster reads it from the materialization alone, so that each night keeps it: it names what people ask about.
    """
    return {
        "dagster/column_lineage": dg.TableColumnLineage({
            column: [dg.TableColumnDep(dg.AssetKey([connection, asset]), source) for asset, source in found]
            for column, found in COLUMN_SOURCES[table.name].items()
        })
    }  # fmt: skip


def rows_of(run: Run, *record_types: str) -> int:
    """How many rows the source had of these record types when each of their days was last read."""
    from qbo_pipeline.store.tables.records import reads

    query = select(func.coalesce(func.sum(reads.c.rows_read), 0)).where(
        reads.c.connection == run.name, reads.c.record_type.in_(record_types)
    )
    with run.database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def rows_in(run: Run, table: Table) -> int:
    """How many rows of this connection a table of the store has."""
    with run.database.reading() as connection:
        query = select(func.count()).select_from(table).where(table.c.connection == run.name)
        return int(connection.execute(query).scalar_one())
