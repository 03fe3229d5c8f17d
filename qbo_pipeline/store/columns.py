"""Rows of the store as Arrow columns, without an object for each row.

What belongs here: the one way in which many rows are read whole. The database itself puts each column of a page
together as JSON, which is read at once; so a value costs a third of what it costs in a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
from sqlalchemy import Connection, Integer, Select, Text, cast, func

_PAGES_AT_ONCE = 8  # pages that the database hands over together


def read_columns(
    db: Connection, query: Select[Any], types: Mapping[str, Any], *, by: Any = None, order: Sequence[str] = ()
) -> pa.Table:
    """What a query finds as an Arrow table: `types` says the type of each column by its name, in the query's order.

    `by` is the column whose values make the pages, such as the day, so that what stands in memory as JSON stays small;
    without it there is one page. `order` names the columns by which rows are sorted, texts by their bytes on every
    database. Raises `pyarrow.ArrowInvalid` for what is not of its type, such as a decimal that would lose digits.
    """
    texts = [_gathered(column, db.dialect.name) for column in query.selected_columns]
    pages = query.with_only_columns(*texts, maintain_column_froms=True)
    if by is not None:
        pages = pages.group_by(by)
    schema = pa.schema(list(types.items()))
    found = db.execute(pages.execution_options(yield_per=_PAGES_AT_ONCE))
    batches = [
        pa.record_batch([_read(text, field.type) for text, field in zip(page, schema, strict=True)], schema)
        for page in found
    ]
    table = pa.Table.from_batches(batches, schema)
    return table.sort_by([(name, "ascending") for name in order]) if order else table


def _gathered(column: Any, dialect: str) -> Any:
    """An aggregate: the column's values as a JSON list. Amounts go as text, for JSON's numbers would be floats."""
    if dialect == "sqlite":
        return func.json_group_array(column)
    exact = column if isinstance(column.type, Integer | Text) else cast(column, Text())
    return cast(func.json_agg(exact), Text())


def _read(text: str | None, kind: Any) -> Any:
    values = orjson.loads(text or "[]")  # PostgreSQL's aggregate of nothing is NULL
    return pa.array(values, kind) if pa.types.is_integer(kind) else pa.array(values, pa.string()).cast(kind)
