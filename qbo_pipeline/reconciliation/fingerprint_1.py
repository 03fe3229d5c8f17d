"""The content hash of version 1, by which what was signed under it is still held to its data.

What belongs here: nothing new. Its bytes must stay what they were; what is hashed today is in `fingerprint.py`.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.amounts import Whole, micros
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import Flags, entity_names, whole
from qbo_pipeline.reconciliation.frames import flat, to_table

STOCK_COLUMNS = (
    "record_key", "kind", "number", "business_date", "product_id", "location_id", "account_id", "quantity", "value",
)  # fmt: skip
LEDGER_COLUMNS = ("account_id", "business_date", "qbo_type", "qbo_id", "qbo_number", "amount")
ENTRY_COLUMNS = ("document_key", "account_id", "day", "cause", "detail", "cents", "posting_key", "revision", "qbo_id")
VERSION = b"qbo_pipeline reconciliation 1"
_ODD = np.uint64(0x9E3779B97F4A7C15)


def content_hash(books: CodedInput, entries: Any) -> str:
    """SHA-256 (hex) of everything up to the date that the certification rests on, in the bytes of version 1."""
    digest = hashlib.sha256(VERSION)
    digest.update(f"{books.input.as_at.isoformat()} {books.input.currency}".encode())
    _add(digest, "stock", _up_to(books.stock.select(STOCK_COLUMNS), books.stock_day <= books.as_at))
    ledger = books.ledger.set_column(2, "qbo_type", entity_names(books.ledger["qbo_type"])).select(LEDGER_COLUMNS)
    _add(digest, "ledger", _up_to(ledger, books.ledger_day <= books.as_at))
    _add(digest, "ledger_balances", to_table("ledger_balances", books.input.ledger_balances, inputs.LEDGER_BALANCES))
    if books.input.stock_values is not None:
        _add(digest, "stock_values", to_table("stock_values", books.input.stock_values, inputs.STOCK_VALUES))
    _add(digest, "differences", entries.select(ENTRY_COLUMNS))
    return digest.hexdigest()


def _up_to(table: Any, rows: Flags) -> Any:
    return table if rows.all() else table.filter(pa.array(rows))


def _add(digest: Any, name: str, table: Any) -> None:
    """Hash the rows as a set with repetitions: sorted by a 64-bit mix of their values, then every column whole."""
    digest.update(f"\n{name} {table.num_rows}\n".encode())
    columns = [flat(column) for column in table.columns]
    mixed = np.zeros(table.num_rows, dtype=np.uint64)
    for column in columns:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _ODD + _row_numbers(column)
    order = pa.array(np.argsort(mixed, kind="stable"))
    for column in columns:
        _add_column(digest, column.take(order))


def _row_numbers(column: Any) -> Any:
    """A 64-bit number for each value; equal values have equal numbers in every run."""
    if pa.types.is_string(column.type):
        coded = column.dictionary_encode()
        texts = coded.dictionary.to_numpy(zero_copy_only=False)
        numbers = pd.util.hash_array(texts, categorize=False) if len(texts) else np.zeros(1, dtype=np.uint64)
        found = numbers[np.asarray(coded.indices.fill_null(0)).astype(np.int64)]
    else:
        found = _whole(column).view(np.uint64) + np.uint64(1)
    return np.where(np.asarray(column.is_null()), np.uint64(0), found)


def _whole(column: Any) -> Whole:
    """Decimals as millionths; whole numbers and dates as they are; null as 0."""
    if pa.types.is_decimal(column.type):
        return micros(column, "content hash")
    return whole(column.cast(pa.int32() if pa.types.is_date(column.type) else pa.int64()).fill_null(0))


def _add_column(digest: Any, column: Any) -> None:
    digest.update(np.packbits(np.asarray(column.is_null())).tobytes())
    if not pa.types.is_string(column.type):
        digest.update(_whole(column).astype("<i8").tobytes())
        return
    digest.update(np.asarray(pc.binary_length(column).fill_null(0)).astype("<i4").tobytes())
    texts = column.fill_null("")
    offsets = np.frombuffer(texts.buffers()[1], dtype="<i4")[texts.offset : texts.offset + len(texts) + 1]
    if texts.buffers()[2] is not None and len(offsets):
        digest.update(memoryview(texts.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
