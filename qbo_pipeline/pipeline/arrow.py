"""Rows of the store as Arrow tables, page by page, so that a million of them never stand in memory twice.

What belongs here: the streaming of a query, and the making of a table of declared columns. What the frames say is in
`frames.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Select

from qbo_pipeline.reconciliation.frames import array

PAGE = 20_000


def exact_or_none(text: str | None, direction: str | None) -> Decimal | None:
    """A number as a source wrote it, with its direction; `None` for what is none."""
    try:
        return Decimal(text or "") * Decimal(direction or 1)
    except InvalidOperation:
        return None


def streamed(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """The rows of a query, page by page."""
    result = connection.execution_options(yield_per=PAGE).execute(query)
    for page in result.partitions():
        yield from page


def table_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[Any]) -> pa.Table:
    """Rows as an Arrow table of the columns declared, built page by page."""
    schema = pa.schema([(column.name, column.type) for column in columns])
    pages: list[pa.RecordBatch] = []
    page: list[Mapping[str, Any]] = []

    def close() -> None:
        arrays = [array([row.get(column.name) for row in page], schema.field(column.name).type) for column in columns]
        pages.append(pa.record_batch(arrays, schema))
        page.clear()

    for row in rows:
        page.append(row)
        if len(page) >= PAGE:
            close()
    if page:
        close()
    return pa.Table.from_batches(pages, schema)
