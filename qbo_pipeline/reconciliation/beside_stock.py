"""What people changed in QBO on objects of ours without moving stock: an invoice voided, a payment edited.

What belongs here: the changes that no difference tells, because neither what was posted nor what is there now touches
an inventory account.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.entries import ChangedAfterPosting, posting_trace

CHANGED = ("drifted", "deleted_in_qbo")
_NOW = {"edited": "changed", "voided": "voided", "deleted": "deleted"}


def changed_beside_stock(books: CodedInput, known: Iterable[ChangedAfterPosting]) -> list[ChangedAfterPosting]:
    """A change for each object of ours, up to the date, that was changed or removed and is in none of `known`."""
    told = {change.posting_key for change in known if change.side == "qbo"}
    states = np.asarray(pc.is_in(books.postings["state"], pa.array(CHANGED)))
    rows = np.flatnonzero(states & books.posting_current & (books.posting_day <= books.as_at))
    found = []
    for posting in books.postings.take(pa.array(rows)).to_pylist():
        trace = posting_trace(posting)
        if trace["posting_key"] in told:
            continue
        answer = books.objects.get((trace["qbo_type"], trace["qbo_id"]), {})
        now = "deleted" if posting["state"] == "deleted_in_qbo" else _NOW.get(posting["reason"] or "", "changed")
        found.append(
            ChangedAfterPosting(
                "qbo", posting["record_key"], trace["posting_key"], trace["qbo_type"], trace["qbo_id"],
                trace["qbo_number"], "all", "as posted", now, answer.get("changed_at"), answer.get("changed_by"), 0,
            )
        )  # fmt: skip
    return found
