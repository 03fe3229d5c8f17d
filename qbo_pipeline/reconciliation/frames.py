"""How a frame is described and checked: its columns, their types, and the way in and out of Arrow.

What belongs here: the `Column` description, the check of an input frame against its columns, and the making of a
result frame. Which frames there are is in `inputs.py` and `result.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from qbo_pipeline.errors import PermanentError

TEXT = pa.string()
WHOLE = pa.int64()
YES_NO = pa.bool_()
DAY = pa.date32()
INSTANT = pa.timestamp("us", tz="UTC")
EXACT = pa.decimal128(18, 6)  # amounts and quantities as they come in
MONEY = pa.decimal128(18, 2)  # amounts as they go out: QBO's home currency has two decimals


class FrameColumn(NamedTuple):
    """One column of a frame: name, Arrow type, meaning; a column that is not `required` may be null or left out."""

    name: str
    type: Any
    meaning: str
    required: bool = True


FrameColumns = tuple[FrameColumn, ...]


class FrameError(PermanentError):
    """An input frame that cannot be used: the message says which frame and column, why, and what to do."""


def to_table(name: str, frame: Any, columns: FrameColumns) -> Any:
    """The frame (pandas or Arrow) as an Arrow table with exactly these columns, in this order.

    Optional columns that are missing are null. Raises `FrameError` where a required column is missing, holds nulls,
    or where a column cannot be brought to its type without loss (binary floating point is refused for amounts).
    """
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    arrays = []
    for column in columns:
        if column.name not in table.column_names:
            if column.required:
                raise FrameError(f"{name}: column {column.name!r} is missing; it holds {column.meaning}")
            arrays.append(_nulls(table.num_rows, column.type))
            continue
        array = _to_type(name, column, table.column(column.name))
        if column.required and array.null_count:
            raise FrameError(f"{name}.{column.name}: {array.null_count} rows are empty; it holds {column.meaning}")
        arrays.append(array)
    return pa.table(arrays, schema=pa.schema([(column.name, column.type) for column in columns]))


def _nulls(count: int, kind: Any) -> Any:
    """A column of nulls that takes no memory: zeros that nobody writes to, which the system keeps as one page."""
    zeros = pa.py_buffer(np.zeros(16 * (count + 1), dtype=np.uint8))
    buffers = [zeros] * (3 if pa.types.is_string(kind) else 2)
    return pa.Array.from_buffers(kind, count, buffers, null_count=count)


def flat(column: Any) -> Any:
    """An Arrow column as one array; copied only where it has several chunks."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _to_type(name: str, column: FrameColumn, values: Any) -> Any:
    where = f"{name}.{column.name}"
    array = flat(values)
    if array.type == column.type:
        return array
    if pa.types.is_decimal(column.type) and pa.types.is_floating(array.type):
        raise FrameError(f"{where}: amounts come as binary floating point; deliver exact decimals ({column.type})")
    if column.type == INSTANT and pa.types.is_timestamp(array.type) and array.type.tz is None:
        raise FrameError(f"{where}: instants come without a time zone; deliver them in UTC")
    if column.type == DAY and pa.types.is_timestamp(array.type):
        raise FrameError(f"{where}: business dates come as instants; deliver dates")
    try:
        return array.cast(column.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise FrameError(f"{where}: cannot be read as {column.type}: {error}") from error


def array(values: Sequence[Any], kind: Any) -> Any:
    """An Arrow array of Python values; instants are brought to UTC here.

    Arrow takes an aware datetime's own clock for that of the column once pandas' types are at hand, and its offset is
    lost. Raises `FrameError` for an instant that names no zone.
    """
    if kind == INSTANT:
        values = [value if value is None else _utc(value) for value in values]
    return pa.array(values, kind)


def _utc(value: Any) -> datetime:
    instant = value.floor("us").to_pydatetime() if isinstance(value, pd.Timestamp) else value
    if instant.tzinfo is None:
        raise FrameError(f"{instant} comes without a time zone; deliver instants in UTC")
    utc: datetime = instant.astimezone(UTC)
    return utc


def empty(columns: FrameColumns) -> pd.DataFrame:
    """A frame with these columns and no rows."""
    return make({column.name: [] for column in columns}, columns)


def make(data: Mapping[str, Sequence[Any] | Any], columns: FrameColumns) -> pd.DataFrame:
    """A pandas frame (Arrow-backed) of these columns from one sequence or Arrow array for each."""
    arrays = []
    for column in columns:
        values = data[column.name]
        values = flat(values)
        arrays.append(values.cast(column.type) if isinstance(values, pa.Array) else array(values, column.type))
    table = pa.table(arrays, schema=pa.schema([(column.name, column.type) for column in columns]))
    return table.to_pandas(types_mapper=pd.ArrowDtype)
