"""Why nothing of a document is in QBO: the causes of what is not posted, as a table.

What belongs here: the cause for a posting's state or a record's disposition, and the whole-column way for the many
documents of which nothing was sent (a day not yet posted can be a million rows).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.coding import day_number, entity_names
from qbo_pipeline.reconciliation.frames import flat
from qbo_pipeline.reconciliation.inputs import periods
from qbo_pipeline.reconciliation.matching import Matching, is_pending

COST_KINDS = ("landed_cost", "revaluation", "write_down")
BILLED_KINDS = ("receipt", "supplier_return")
INVOICED_KINDS = ("shipment", "customer_return")  # where QBO tracks the items, the invoice moves them

SET_ASIDE = "set aside"  # what breaks a rule of the source's data is corrected there

BY_STATE = {
    "ready": (Cause.WAITING, "ready"),
    "sending": (Cause.WAITING, "sending"),
    "unknown": (Cause.WAITING, "unknown"),
    "parked": (Cause.PARKED, "parked"),
    "skipped": (Cause.SKIPPED, "by a person"),
}
BY_DISPOSITION = {
    "not_extracted": (Cause.NOT_EXTRACTED, ""),
    "waiting": (Cause.WAITING, "waiting"),
    "parked": (Cause.PARKED, "parked"),
    "set_aside": (Cause.PARKED, SET_ASIDE),
    "skipped": (Cause.SKIPPED, "by a person"),
    "excluded": (Cause.SKIPPED, "by a rule"),
    "posted": (Cause.UNEXPLAINED, "counted as posted, without a posting in QBO"),
}
LATE_INSTEAD_OF = (Cause.WAITING, Cause.PARKED)


def cause_of(
    state: str | None, disposition: str, kind: str, *, late: bool, awaits_document: bool = False
) -> tuple[Cause, str]:
    """Cause and detail of a value that no posting carried to QBO.

    `state` is that of its posting, None where there is none. `late`: it arrived after its period was signed off.
    `awaits_document`: an invoice, bill or credit moves it in QBO, and there is none.
    """
    if state is None and disposition in ("excluded", "posted") and kind in COST_KINDS:
        return Cause.COST_NOT_POSTED, kind
    if state is None and disposition == "excluded" and kind in BILLED_KINDS:
        return Cause.RECEIVED_NOT_INVOICED, "not invoiced yet"
    if state is None and awaits_document and kind in INVOICED_KINDS:
        return Cause.SHIPPED_NOT_INVOICED, "not invoiced yet"
    cause, detail = BY_STATE[state] if state in BY_STATE else BY_DISPOSITION[disposition]
    if late and cause in LATE_INSTEAD_OF:
        return Cause.BACK_DATED, f"not posted: {detail}"
    return cause, detail


def explain_unsent(books: CodedInput, matching: Matching) -> Any:
    """One entry for each cell of the unsent documents, as an Arrow table of the entry columns."""
    cells = matching.cells
    rows = np.flatnonzero(matching.unsent[cells.document] & (cells.source != 0) & (cells.day <= books.as_at))
    document = cells.document[rows]
    stock_row = np.zeros(len(books.documents), dtype=np.int64)
    stock_row[books.stock_document[::-1]] = np.arange(len(books.stock_document) - 1, -1, -1)
    pending = np.flatnonzero(is_pending(books))
    posting_row = np.full(len(books.documents), -1, dtype=np.int64)
    posting_row[books.posting_document[pending]] = pending
    stock = books.stock.take(pa.array(stock_row[document]))
    place = posting_row[document]
    posting = books.postings.take(pa.array(np.where(place < 0, 0, place), mask=place < 0))
    late = _late(books, stock, cells.day[rows])
    awaits = pc.fill_null(flat(stock["awaits_document"]), False)
    combination = [
        flat(column).dictionary_encode()
        for column in (posting["state"], stock["disposition"], stock["kind"], pa.array(late), awaits)
    ]
    names, details = _causes(combination)
    reason = pc.coalesce(posting["reason"], stock["reason"])
    return pa.table(
        {
            "scope": pa.array(["document"]).take(pa.array(np.zeros(len(rows), dtype=np.int64))),
            "document_key": books.documents.texts(document),
            "account": pa.array(cells.account[rows]),
            "day": pa.array(cells.day[rows]),
            "cause": names,
            "detail": details,
            "cents": pa.array(-cells.source[rows]),
            "note": pa.nulls(len(rows), pa.string()),
            "record_key": flat(stock["record_key"]),
            "posting_key": flat(posting["posting_key"]),
            "revision": flat(posting["revision"]),
            "kind": flat(stock["kind"]),
            "source_number": flat(stock["number"]),
            "qbo_type": entity_names(posting["qbo_type"]),
            "qbo_id": flat(posting["qbo_id"]),
            "qbo_number": flat(posting["qbo_number"]),
            "state": pc.coalesce(flat(posting["state"]), flat(stock["disposition"])),
            "reason": flat(reason),
            "changed_at": pa.nulls(len(rows), pa.timestamp("us", tz="UTC")),
            "changed_by": pa.nulls(len(rows), pa.string()),
        }
    )


def _late(books: CodedInput, stock: Any, day: Any) -> Any:
    seen = stock["first_seen"]
    late = np.zeros(len(day), dtype=bool)
    first = -(2**62)
    for close in periods(books.input.closes):
        last = day_number(close.through)
        after = np.asarray(pc.fill_null(pc.greater(seen, pa.scalar(close.signed_at, seen.type)), False))
        late |= (day >= first) & (day <= last) & after
        first = last + 1
    return late


def _causes(combination: list[Any]) -> tuple[Any, Any]:
    """Cause and detail columns from (state, disposition, kind, late, awaits) columns: each combination once."""
    number = np.zeros(len(combination[0]), dtype=np.int64)
    for column in combination:
        number = number * (len(column.dictionary) + 1) + np.asarray(pc.fill_null(column.indices, -1)) + 1
    _, first, place = np.unique(number, return_index=True, return_inverse=True)
    found = []
    for row in first.tolist():
        state, disposition, kind, late, awaits = (column[row].as_py() for column in combination)
        found.append(cause_of(state, disposition, kind, late=late, awaits_document=awaits))
    names = pa.array([cause.value for cause, _ in found], pa.string())
    details = pa.array([detail for _, detail in found], pa.string())
    return names.take(pa.array(place)), details.take(pa.array(place))
