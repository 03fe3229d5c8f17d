"""The content hash: one SHA-256 over the data under a reconciliation and over its differences.

What belongs here: which columns count (what the books rest on: not texts that anybody may re-word, not the running
balance, not when it was read), how rows are hashed whatever their order, and which version of this a hash is of.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation import fingerprint_1, inputs
from qbo_pipeline.reconciliation.amounts import Whole, micros
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import Flags, entity_names, whole
from qbo_pipeline.reconciliation.frames import flat, to_table
from qbo_pipeline.reconciliation.keys import Mixes, combined, mixed

VERSION = 2
_MARK = f"{VERSION}-"
_HEAD = b"qbo_pipeline reconciliation 2"
_FEW = ("kind", "product_id", "location_id", "account_id", "qbo_type", "cause", "detail")
"""Columns in which few texts repeat: they are hashed as their sorted texts and a number a row."""


def version_of(digest: str) -> int:
    """The version of a content hash: a hash of version 1 is bare, the later ones begin with theirs (`2-…`)."""
    version, mark, _ = digest.partition("-")
    return int(version) if mark else 1


def content_hash(books: CodedInput, entries: Any) -> str:
    """SHA-256 (hex, after its version) of everything up to the date that the certification rests on.

    Of the version that the input asks for: what was signed by an earlier one stays comparable.
    """
    if books.input.hash_version == 1:
        return fingerprint_1.content_hash(books, entries)
    digest = hashlib.sha256(_HEAD)
    digest.update(f"{books.input.as_at.isoformat()} {books.input.currency}".encode())
    stock = _up_to(books.stock.select(fingerprint_1.STOCK_COLUMNS), books.stock_day <= books.as_at)
    _add(digest, "stock", stock)
    ledger = _up_to(books.ledger.select(fingerprint_1.LEDGER_COLUMNS), books.ledger_day <= books.as_at)
    _add(digest, "ledger", ledger.set_column(2, "qbo_type", entity_names(ledger["qbo_type"])))
    _add(digest, "ledger_balances", to_table("ledger_balances", books.input.ledger_balances, inputs.LEDGER_BALANCES))
    if books.input.stock_values is not None:
        _add(digest, "stock_values", to_table("stock_values", books.input.stock_values, inputs.STOCK_VALUES))
    _add(digest, "differences", entries.select(fingerprint_1.ENTRY_COLUMNS))
    return _MARK + digest.hexdigest()


def _up_to(table: Any, rows: Flags) -> Any:
    return table if rows.all() else table.filter(pa.array(rows))


def _add(digest: Any, name: str, table: Any) -> None:
    """Hash the rows as a set with repetitions: in an order that only their values decide, every column whole."""
    digest.update(f"\n{name} {table.num_rows}\n".encode())
    order = _order(table)
    for column in table.column_names:
        values = flat(table[column])
        if not pa.types.is_string(values.type):
            digest.update(np.packbits(np.asarray(values.is_null())[order]))
            digest.update(_whole(values)[order].astype("<i8", copy=False))
        elif column in _FEW:
            _add_few(digest, values, order)
        else:
            _add_texts(digest, values.take(pa.array(order)))


def _order(table: Any) -> Whole:
    """Rows by a mix of their first text and their numbers, and where two share it, of all their values.

    Most rows are told apart by the first, so that their other texts need not be mixed.
    """
    columns = {name: flat(table[name]) for name in table.column_names}
    texts = [name for name, column in columns.items() if pa.types.is_string(column.type) and name not in _FEW]
    numbers = [column for column in columns.values() if not pa.types.is_string(column.type)]
    mixes = mixed(columns[texts[0]]) if texts else np.zeros(table.num_rows, dtype=np.uint64)
    for column in numbers:
        mixes = combined(mixes, _whole(column))
    order = np.argsort(mixes)
    ordered = mixes[order]
    same = np.zeros(len(order) + 1, dtype=bool)
    same[1:-1] = ordered[1:] == ordered[:-1]
    tied = np.flatnonzero(same[1:] | same[:-1])
    if len(tied):
        rows = order[tied]
        every = _of_all_values([column.take(pa.array(rows)) for column in columns.values()])
        order[tied] = rows[np.lexsort((every, ordered[tied]))]
    return order


def _of_all_values(columns: list[Any]) -> Mixes:
    mixes = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        mixes = combined(mixes, mixed(column) if pa.types.is_string(column.type) else _whole(column))
        mixes = combined(mixes, np.asarray(column.is_null()))
    return mixes


def _whole(column: Any) -> Whole:
    """Decimals as millionths; whole numbers and dates as they are; null as 0."""
    if pa.types.is_decimal(column.type):
        return micros(column, "content hash")
    return whole(column.cast(pa.int32() if pa.types.is_date(column.type) else pa.int64()).fill_null(0))


def _add_few(digest: Any, column: Any, order: Whole) -> None:
    """The distinct texts in order, and for each row which of them it has (0: null)."""
    coded = column.dictionary_encode()
    ascending = np.asarray(pc.sort_indices(coded.dictionary)).astype(np.int64)
    place = np.zeros(len(ascending) + 1, dtype="<i4")
    place[ascending] = np.arange(1, len(ascending) + 1)
    digest.update(f"{len(ascending)}\n".encode())
    _add_texts(digest, coded.dictionary.take(pa.array(ascending)))
    digest.update(place[np.asarray(pc.fill_null(coded.indices, -1))][order])


def _add_texts(digest: Any, column: Any) -> None:
    """How long each text is (-1: null), and their bytes one after the other."""
    digest.update(np.asarray(pc.fill_null(pc.binary_length(column), -1)).astype("<i4", copy=False))
    texts = column.fill_null("") if column.null_count else column
    if not len(texts) or texts.buffers()[2] is None:
        return
    offsets = np.frombuffer(texts.buffers()[1], dtype="<i4")[texts.offset : texts.offset + len(texts) + 1]
    digest.update(memoryview(texts.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
