"""Columns of the input as whole numbers, and the names of QBO's transactions.

What belongs here: the ways from an Arrow column to numbers that need nothing but the column. How texts of several
columns come to share codes is in `keys.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Codes, Whole
from qbo_pipeline.reconciliation.frames import flat

Flags = npt.NDArray[np.bool_]

ENTITIES = {
    "Journal Entry": "JournalEntry",
    "Credit Memo": "CreditMemo",
    "Sales Receipt": "SalesReceipt",
    "Refund": "RefundReceipt",
    "Refund Receipt": "RefundReceipt",
    "Vendor Credit": "VendorCredit",
    "Supplier Credit": "VendorCredit",
    "Bill Payment (Check)": "BillPayment",
    "Bill Payment (Credit Card)": "BillPayment",
    "Check": "Purchase",
    "Cheque": "Purchase",
    "Expense": "Purchase",
    "Cash Expense": "Purchase",
    "Credit Card Expense": "Purchase",
    "Credit Card Credit": "Purchase",
    "Inventory Qty Adjust": "InventoryAdjustment",
    "Inventory Starting Value": "InventoryStartingValue",
}  # report label to entity; a label that is not here stays as it is


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - date(1970, 1, 1)).days


def whole(column: Any) -> Whole:
    """Whole numbers or dates as int64 (dates as days since 1970)."""
    array = flat(column)
    if pa.types.is_date(array.type):
        array = array.cast(pa.int32())
    numbers: Whole = np.asarray(array).astype(np.int64)
    return numbers


def days(column: Any) -> Codes:
    """Dates as days since 1970."""
    numbers: Codes = np.asarray(flat(column).cast(pa.int32()))
    return numbers


def codes(column: Any, values: list[str]) -> Codes:
    """The position of each text in `values`, -1 where it is null or not there."""
    found = pc.fill_null(pc.index_in(flat(column), pa.array(values, pa.string())), -1)
    numbers: Codes = np.array(found, dtype=np.int32)
    return numbers


def entity_names(column: Any) -> Any:
    """QBO types as entity names, whatever way they were written."""
    coded = flat(column).dictionary_encode()
    names = pa.array([ENTITIES.get(name, name) for name in coded.dictionary.to_pylist()], pa.string())
    return names.take(coded.indices)


def encode_few(*columns: Any) -> tuple[list[Codes], Any]:
    """Codes that equal texts of these columns share (null is -1), and the texts that they stand for.

    For columns in which few texts repeat; where most differ, `keys.encode` is faster.
    """
    coded = [flat(column).dictionary_encode() for column in columns]
    known = pa.concat_arrays([one.dictionary for one in coded]).dictionary_encode()
    ends = np.cumsum([len(one.dictionary) for one in coded])[:-1]
    found = []
    for one, numbers in zip(coded, np.split(np.asarray(known.indices), ends), strict=True):
        found.append(np.append(numbers, np.int32(-1))[np.asarray(pc.fill_null(one.indices, -1))])
    return found, known.dictionary


def entity_codes(*columns: Any) -> list[Codes]:
    """QBO types as codes that the same entity has in all of these columns, whatever way they were written; no nulls."""
    known: dict[str, int] = {}
    found = []
    for column in columns:
        coded = flat(column).dictionary_encode()
        names = [ENTITIES.get(name, name) for name in coded.dictionary.to_pylist()]
        numbers = np.array([known.setdefault(name, len(known)) for name in names] or [0], dtype=np.int32)
        found.append(numbers[np.asarray(coded.indices)])
    return found
