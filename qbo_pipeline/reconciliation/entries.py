"""Differences while they are being found: one entry for each cause, and one note for each change after posting.

What belongs here: `Entry`, `Change`, and how a posting's row becomes their trace. They become frames in `tables.py`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from qbo_pipeline.reconciliation.amounts import to_decimal
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.coding import ENTITIES

Row = dict[str, Any]


class Entry(NamedTuple):
    """One cause of one document's difference; amounts in cents, `account` and `day` coded as in `CodedInput`."""

    scope: str
    document_key: str
    account: int
    day: int
    cause: Cause
    detail: str
    cents: int
    note: str | None = None  # a sentence with the numbers, added to the cause's explanation
    record_key: str | None = None
    posting_key: str | None = None
    revision: int | None = None
    kind: str | None = None
    source_number: str | None = None
    qbo_type: str | None = None
    qbo_id: str | None = None
    qbo_number: str | None = None
    state: str | None = None
    reason: str | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


class ChangedAfterPosting(NamedTuple):
    """What is no longer as it was posted."""

    side: str  # qbo | source
    document_key: str
    posting_key: str | None
    qbo_type: str | None
    qbo_id: str | None
    qbo_number: str | None
    field: str
    sent: str
    now: str
    changed_at: datetime | None
    changed_by: str | None
    cents: int


def posting_trace(posting: Row) -> Row:
    """The fields of an entry that a posting's row gives."""
    return {
        "record_key": posting["record_key"],
        "posting_key": posting["posting_key"],
        "revision": posting["revision"],
        "qbo_type": ENTITIES.get(posting["qbo_type"], posting["qbo_type"]),
        "qbo_id": posting["qbo_id"],
        "qbo_number": posting["qbo_number"],
        "state": posting["state"],
        "reason": posting["reason"],
    }


def amount_text(cents: int) -> str:
    """Cents for a sentence: 1,234.50."""
    return f"{to_decimal(cents):,}"


def day_text(day: int) -> str:
    """A day number (days since 1970) as ISO text."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
