"""One document that does not agree: its stock lines, what was posted for it, what QBO has, what is still to come.

What belongs here: the shape of a document under examination, and the order of its examination. What can have
happened in QBO is in `qbo_side.py`, what can have happened before QBO in `source_side.py`. Each step takes its
amount out of the gap; whatever stays is `unexplained`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from qbo_pipeline.reconciliation.books import IN_FLIGHT
from qbo_pipeline.reconciliation.coding import day_number
from qbo_pipeline.reconciliation.entries import Row
from qbo_pipeline.reconciliation.inputs import Close

NOT_CHECKED = "not checked"  # the detail of an object about which QBO gave no answer
SMALL_CENTS = 5  # what one entry may leave to rounding

Cell = tuple[int, int]  # account, day
Gap = dict[Cell, int]  # cents


class RecordPart(NamedTuple):
    """What one record says about one account on one day; value in millionths."""

    record_key: str
    kind: str
    number: str | None
    account: int
    day: int
    micros: int
    disposition: str
    reason: str | None
    posted_by: str | None
    first_seen: datetime | None
    changed_seen: datetime | None
    unread: bool
    awaits_document: bool = False


@dataclass(slots=True)
class Sent:
    """A posting that reached QBO: what it was to do to the inventory accounts on its day, and the ledger's lines."""

    posting: Row
    day: int
    effects: dict[int, int]
    lines: list[Row]  # ledger rows with `account`, `day`, `cents`
    status: Row | None = None  # QBO's answer about the object, where it was asked
    shares: dict[tuple[str, int], int] = field(default_factory=dict)  # by record and account, where it sums up several
    ahead: dict[int, int] = field(default_factory=dict)  # of the effects, what is for goods that have not moved yet

    def cells(self) -> Gap:
        """Cents by account and day that the posting does, those of 0.00 left out."""
        return {(account, self.day): cents for account, cents in self.effects.items() if cents}

    def ledger(self) -> Gap:
        """Cents by account and day that its object's lines do, those of 0.00 left out."""
        sums: Counter[Cell] = Counter()
        for line in self.lines:
            sums[line["account"], line["day"]] += line["cents"]
        return {cell: cents for cell, cents in sums.items() if cents}


@dataclass(slots=True)
class Pending:
    """A posting, or a newer revision of one, that QBO does not have."""

    posting: Row
    day: int
    effects: dict[int, int]

    def cells(self) -> Gap:
        """Cents by account and day that the posting does, those of 0.00 left out."""
        return {(account, self.day): cents for account, cents in self.effects.items() if cents}


@dataclass(slots=True)
class Examined:
    """Everything known about one document."""

    key: str
    parts: list[RecordPart] = field(default_factory=list)
    source: Gap = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)

    @property
    def kind(self) -> str | None:
        """The kind of its first record; None where the source has none."""
        return self.parts[0].kind if self.parts else None

    @property
    def number(self) -> str | None:
        """The source's number of its first record; None likewise."""
        return self.parts[0].number if self.parts else None

    def settle_in_flight(self) -> None:
        """Where a newer revision's outcome is open and the ledger already shows it, that revision is the one there."""
        for sent in self.sent:
            if sent.cells() == sent.ledger():
                continue
            for pending in self.pending:
                same = pending.posting["posting_key"] == sent.posting["posting_key"]
                if same and pending.posting["state"] in IN_FLIGHT and pending.cells() == sent.ledger():
                    sent.posting, sent.day, sent.effects = pending.posting, pending.day, pending.effects
                    self.pending.remove(pending)
                    break


@dataclass(frozen=True, slots=True)
class Context:
    """What the examination of a document may look at besides the document."""

    as_at: int
    currency: str
    account_names: tuple[str, ...]
    closes: tuple[Close, ...]  # by date
    objects: Mapping[tuple[str, str], Row]
    unanswered: bool  # whether QBO was to be asked about the objects and gave no answer
    first_read: int  # the first day of which ledger lines were read

    def is_read(self, day: int) -> bool:
        """Whether an object of this day would have its lines among those that were read."""
        return self.first_read <= day <= self.as_at

    def late_for(self, day: int, seen: datetime | None) -> Close | None:
        """The signed-off period that the day falls into, where it was signed before `seen`."""
        period = next((close for close in self.closes if day <= day_number(close.through)), None)
        return period if period and seen is not None and seen > period.signed_at else None


def take(gap: Gap, cell: Cell, cents: int) -> None:
    """Take an explained amount out of the gap; a cell that is settled leaves it."""
    rest = gap.get(cell, 0) - cents
    if rest:
        gap[cell] = rest
    else:
        gap.pop(cell, None)
