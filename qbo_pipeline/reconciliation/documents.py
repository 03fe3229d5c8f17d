"""The frame `documents`: each differing document and account once, with the three values side by side.

What belongs here: the adding up of entries by document, and the look-up of what the sides have.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Codes, Whole, money, sum_by
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.coding import Flags, whole
from qbo_pipeline.reconciliation.frames import DAY, flat, make
from qbo_pipeline.reconciliation.keys import encode
from qbo_pipeline.reconciliation.matching import Cells, Matching
from qbo_pipeline.reconciliation.result_frames import DOCUMENTS

_TRACE = (
    "document_key", "kind", "source_number", "account_id", "qbo_type", "qbo_id", "qbo_number", "state",
)  # fmt: skip
_SOURCE_ONLY = (Cause.SOURCE_CONTRADICTS_ITSELF, Cause.ROUNDING, Cause.NOT_EXTRACTED)


def documents_frame(
    entries: Any, books: CodedInput, matching: Matching, sides: dict[str, tuple[int, int]]
) -> pd.DataFrame:
    """The frame `documents`: a row for each document and account that differs, with what the source says, what was
    posted and what the ledger has, in the home currency, and its gravest cause."""
    (document,), _ = encode(entries["document_key"])
    key = document * np.int64(len(books.accounts) + 1) + whole(entries["account"])
    groups, difference = sum_by(key, whole(entries["cents"]))
    best = _best_rows(key, entries)
    row = entries.take(pa.array(best))
    source, posted, ledger = _three_values(row, books, matching.cells, difference, sides)
    day = _days(row, books, matching.cells)
    data = {name: row[name] for name in _TRACE}
    data |= {
        "business_date": pa.array(day).cast(pa.int32()).cast(DAY),
        "source_value": money(source),
        "posted_value": money(posted),
        "ledger_value": money(ledger),
        "difference": money(difference),
        "causes": _cause_texts(groups, key, whole(entries["place"])),
        "age_days": pa.array(books.as_at - day),
    }  # fmt: skip
    table = pa.table(data).sort_by([(name, "ascending") for name in ("business_date", "document_key", "account_id")])
    return make({name: table[name] for name in table.column_names}, DOCUMENTS)


def _best_rows(key: Whole, entries: Any) -> Whole:
    """For each document and account in the order of the keys, its first entry, one with a QBO object before others."""
    without = np.asarray(pc.is_null(flat(entries["qbo_id"])))
    order = np.lexsort((np.arange(len(key)), without, key))
    first = np.ones(len(order), dtype=bool)
    first[1:] = key[order][1:] != key[order][:-1]
    return order[first]


def _codes(row: Any, books: CodedInput) -> Codes:
    """The document's code in the books, -1 for what is no document."""
    codes = books.documents.codes(row["document_key"])
    return np.where(np.asarray(pc.equal(flat(row["scope"]), "document")), codes, -1)


def _three_values(
    row: Any, books: CodedInput, cells: Cells, difference: Whole, sides: dict[str, tuple[int, int]]
) -> tuple[Whole, Whole, Whole]:
    width = np.int64(len(books.accounts) + 1)
    codes = _codes(row, books)
    here = np.flatnonzero(_among(codes, books)[cells.document] & (cells.day <= books.as_at))
    keys, *sums = sum_by(
        cells.document[here] * width + cells.account[here], cells.source[here], cells.posted[here], cells.ledger[here]
    )
    sought = np.where(codes < 0, -1, codes * width + whole(row["account"]))
    place = np.minimum(np.searchsorted(keys, sought), max(len(keys) - 1, 0))
    known = keys[place] == sought if len(keys) else np.zeros(len(sought), dtype=bool)
    source, posted, ledger = (
        np.where(known, side[place], 0) if len(keys) else np.zeros(len(sought), np.int64) for side in sums
    )
    names, causes = row["document_key"].to_pylist(), row["cause"].to_pylist()
    for n in np.flatnonzero(codes < 0).tolist():
        cents = int(difference[n])
        stock_side = causes[n] in _SOURCE_ONLY
        source[n], ledger[n] = sides.get(names[n], (-cents, 0) if stock_side else (0, cents))
    return source, posted, ledger


def _among(codes: Codes, books: CodedInput) -> Flags:
    """By document, whether it is one of these."""
    among = np.zeros(len(books.documents), dtype=bool)
    among[codes[codes >= 0]] = True
    return among


def _days(row: Any, books: CodedInput, cells: Cells) -> Whole:
    """The source's first day of the document, else that of its entry."""
    codes = _codes(row, books)
    first = np.full(len(books.documents) + 1, 2**62, dtype=np.int64)
    has = np.flatnonzero(_among(codes, books)[cells.document] & (cells.source != 0))
    np.minimum.at(first, cells.document[has], cells.day[has])
    found = first[codes]
    return np.where(found < 2**62, found, whole(row["day"]))


def _cause_texts(groups: Whole, key: Whole, place: Whole) -> Any:
    masks = np.zeros(len(groups), dtype=np.int64)
    np.bitwise_or.at(masks, np.searchsorted(groups, key), np.int64(1) << place)
    different, position = np.unique(masks, return_inverse=True)
    texts = [
        ", ".join(cause.value for number, cause in enumerate(Cause) if mask >> number & 1)
        for mask in different.tolist()
    ]
    return pa.array(texts, pa.string()).take(pa.array(position))
