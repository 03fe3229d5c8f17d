"""Canonical frames: rows of one kind as Arrow columns with exact decimals and true dates.

What belongs here: the Arrow type of each column type and the making of a frame. Which columns a kind has is in
`columns.py`, what they may hold in `schemas.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from qbo_pipeline.inventory.columns import COLUMNS, Column, ColumnType

DECIMAL_PRECISION = 18
DECIMAL_PLACES = 6
RATE_PLACES = 10

DECIMAL = pd.ArrowDtype(pa.decimal128(DECIMAL_PRECISION, DECIMAL_PLACES))  # amounts and quantities
RATE = pd.ArrowDtype(pa.decimal128(DECIMAL_PRECISION, RATE_PLACES))  # exchange rates
DATE = pd.ArrowDtype(pa.date32())
TEXT = pd.ArrowDtype(pa.string())
INTEGER = pd.ArrowDtype(pa.int64())
FLAG = pd.ArrowDtype(pa.bool_())

DTYPES: dict[ColumnType, pd.ArrowDtype] = {
    "text": TEXT,
    "date": DATE,
    "amount": DECIMAL,
    "quantity": DECIMAL,
    "rate": RATE,
    "integer": INTEGER,
    "flag": FLAG,
    "choice": TEXT,
}


def make_frame(kind: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One frame of typed rows (`Decimal`, `date`, `str`, `int`, `bool`, `None`), one column for each of the contract.

    Row n of the frame is row n of `rows`; a column that a row leaves out is null. Raises `KeyError` for a kind that
    the contract does not know and pyarrow's own errors for a value that does not fit its column: rows come here
    parsed.
    """
    columns = COLUMNS[kind]
    table = {column.name: _column(column, [row.get(column.name) for row in rows]) for column in columns}
    return pd.DataFrame(table, index=pd.RangeIndex(len(rows)))


def _column(column: Column, values: list[Any]) -> pd.Series:
    dtype = DTYPES[column.type]
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(values, type=dtype.pyarrow_dtype)])))
