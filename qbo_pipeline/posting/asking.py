"""What a record asks of posting: drafts, a refusal or nothing; and what policy keeps back.

What belongs here: what passes through the door (accounting's drafts and refusals, by record), and the reasons under
which intake parks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbo_pipeline.accounting.drafts import Draft, Refused
from qbo_pipeline.posting.states import Reason

# Reasons under which intake itself parks a posting.
AWAITING_APPROVAL, CLOSED_PERIOD, HISTORY = Reason.AWAITING_APPROVAL, Reason.CLOSED_PERIOD, Reason.HISTORY
DRIFTED_BEFORE, DELETED_BEFORE, SKIPPED_BEFORE = Reason.DRIFTED_BEFORE, Reason.DELETED_BEFORE, Reason.SKIPPED_BEFORE
ENTITY_CHANGED, GONE, WITHDRAWN = Reason.ENTITY_CHANGED, Reason.GONE, Reason.WITHDRAWN
UNLINKED, REVERSED = Reason.UNLINKED, Reason.REVERSED  # by a person
REPLACED = Reason.REPLACED
REMOVED_TEXT = "somebody deleted it in QBO: it is posted again only when ordered"


@dataclass(frozen=True, slots=True)
class Share:
    """What one record has in a posting: the content by which it was made, and its part of the posting's amount."""

    record_key: str
    record_hash: str
    amount: Decimal


NOTHING_ASKED = "its record asks for nothing in QBO any more"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a record, or a summary of records, asks for: its drafts, or why there are none.

    Neither drafts nor refusal means that nothing is to be in QBO, and `why_gone` says why: the record vanished, was
    voided or excluded.
    `record_key` and `content_hash` are those of what asks; `business_date`, `amount` and `currency` the record's, for a
    refused one. `shares` are the records that a summary is made of; without them a draft is the record's, whole.
    `moved` says that other postings have the records now: what held them goes out whatever becomes of vanished records.
    `part_gone` says which of the records that a summary has in QBO go out of it, and why; policy may hold that.
    `held` says why drafts that would be new in QBO wait for a person: one like it was entered there.
    `built_on` is the SyncToken of the object with which the record was compared: an update is for that version alone.
    """

    record_key: str
    content_hash: str
    drafts: Sequence[Draft] = ()
    refusal: Refused | None = None
    business_date: date | None = None
    amount: Decimal = Decimal(0)
    currency: str = ""
    shares: Sequence[Share] = ()
    why_gone: str = NOTHING_ASKED
    moved: bool = False
    part_gone: str = ""
    built_on: str | None = None
    held: str | None = None


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """What is not sent at once.

    `closed_through` is the last closed day, `closed_why` says who or what closed it, and with `first_open_day` an
    approval without a date posts what is new on that day; `history_before` the first day that is posted without being
    ordered; `when_gone` what becomes of a posted object whose record is no longer there: `void` (delete where QBO
    has no void), `delete`, or `hold` for a person. `waits_for_active` has a draft wait for an entry that it names and
    that is inactive in QBO, until that is active again.
    """

    approval: bool = False
    closed_through: date | None = None
    closed_why: str = ""
    first_open_day: date | None = None
    history_before: date | None = None
    when_gone: str = "void"
    waits_for_active: bool = False

    def __post_init__(self) -> None:
        if self.when_gone not in ("void", "delete", "hold"):
            raise ValueError(f"when_gone is void, delete or hold, not {self.when_gone!r}")


@dataclass(slots=True)
class Intake:
    """What came of a `put`, in postings."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: int = 0
    parked: int = 0  # of the above
