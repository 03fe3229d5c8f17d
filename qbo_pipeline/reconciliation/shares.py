"""Of postings that sum up several records: whether each record's share is what the record says now.

What belongs here: finding the documents in which shares differ although their sum agrees, so that one record gone and
one come with the same amount are two differences and not none.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import round_to_cents, sum_by
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import Flags
from qbo_pipeline.reconciliation.document import SMALL_CENTS
from qbo_pipeline.reconciliation.frames import flat
from qbo_pipeline.reconciliation.keys import encode


def other_shares(books: CodedInput, stock_rows: Flags) -> Flags:
    """By document, whether a record has a share that it does not have in the source, or the other way round, or one
    that is off by more than rounding; up to the date of the reconciliation."""
    found = np.zeros(len(books.documents), dtype=bool)
    posting = books.effect_posting
    shared = (posting >= 0) & (books.effect_account >= 0) & np.asarray(pc.is_valid(flat(books.effect_record)))
    rows = np.flatnonzero(shared)
    rows = rows[books.posting_current[posting[rows]] & (books.posting_day[posting[rows]] <= books.as_at)]
    if not len(rows):
        return found
    summed = np.zeros(len(books.documents), dtype=bool)
    summed[books.posting_document[posting[rows]]] = True
    mine = np.flatnonzero(summed[books.stock_document] & stock_rows & (books.stock_day <= books.as_at))
    (posted, said), _ = encode(
        flat(books.effect_record).take(pa.array(rows)), flat(books.stock["record_key"]).take(pa.array(mine))
    )
    document = np.concatenate((books.posting_document[posting[rows]], books.stock_document[mine])).astype(np.int64)
    account = np.concatenate((books.effect_account[rows], books.stock_account[mine])).astype(np.int64)
    record = np.concatenate((posted, said)).astype(np.int64)
    width = np.int64(max(len(books.accounts), 1))
    key = (record * np.int64(len(books.documents)) + document) * width + account
    nothing = np.zeros(len(key), dtype=np.int64)
    cents, micros = nothing.copy(), nothing
    cents[: len(rows)] = books.effect_cents[rows]
    micros[len(rows) :] = books.stock_micros[mine]
    keys, was, value = sum_by(key, cents, micros)
    now = round_to_cents(value)
    differs = (was != now) & ((was == 0) | (now == 0) | (np.abs(was - now) > SMALL_CENTS))
    found[(keys[differs] // width) % np.int64(len(books.documents))] = True
    return found
