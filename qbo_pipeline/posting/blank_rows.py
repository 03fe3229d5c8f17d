"""The columns of a posting that nobody has asked for yet, and a payload as it is stored.

What belongs here: a new row before anything is known of it, and the text of its payload with our marker in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.posting.events import (
    CREATE,
    READY,
)
from qbo_pipeline.posting.identity import own_number, with_marker
from qbo_pipeline.posting.reading_back import name_field
from qbo_pipeline.posting.states import Origin
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.wire import to_wire
from qbo_pipeline.store.postings import Posting
from qbo_pipeline.store.tables.posting import postings

NO_PAYLOAD = sha256(b"").hexdigest()
OURS_TO_NUMBER = frozenset({"JournalEntry"})  # the other numbers are the customer's, the supplier's or QBO's
_BLANK: dict[str, Any] = {
    column.name: None for column in postings.c
} | {
    "operation": CREATE, "state": READY, "fence": 0, "attempts": 0, "misses": 0, "crashes": 0, "stale": 0,
    "retries": 0, "number_twice": False, "doubt": False, "alone": False, "recovered": False, "origin": Origin.DRAFT,
    "last_attempt": 0,
}  # fmt: skip


def blank() -> Posting:
    """A posting's columns before anything is known of it."""
    return cast(Posting, dict(_BLANK))


def dressed(entity: str, payload: dict[str, Any], marker: str) -> tuple[str, str | None]:
    """The payload as stored, with its marker, and the number or name by which a read-back finds it."""
    name = name_field(entity)
    if name is not None or not entity_named(entity).transaction:
        return to_wire(payload).decode(), str(payload[name]) if name is not None and name in payload else None
    worn = {**payload, "PrivateNote": with_marker(payload.get("PrivateNote"), marker)}
    if entity in OURS_TO_NUMBER and not worn.get("DocNumber"):
        worn["DocNumber"] = own_number(marker)
    number = worn.get("DocNumber")
    return to_wire(worn).decode(), str(number) if number else None


def says_the_same(draft: Draft, row: Mapping[Any, Any]) -> bool:
    """Whether a draft has the entity and the content of a posting."""
    payload, _ = dressed(draft.entity, draft.payload, row["marker"])
    return bool(row["entity"] == draft.entity and row["payload_hash"] == sha256(payload.encode()).hexdigest())
