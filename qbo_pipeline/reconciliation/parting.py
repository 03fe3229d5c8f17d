"""Since when the quantities of an item part, and by which documents: the documents of both sides by item.

What belongs here: pure bookkeeping of quantities by day and document. A document is one on both sides under one key;
what only one side has, or has with another quantity, is what makes the two part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ItemMove:
    """What a document moves of one item on one side: `key` is the same on both, `label` what people call it, `quantity`
    is signed, in is positive."""

    day: date
    key: str
    label: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class PartingDocument:
    """A document that moves another quantity `here` (in the inventory system) than `there` (in QuickBooks); `day` is
    its first on either side."""

    day: date
    key: str
    label: str
    here: Decimal
    there: Decimal

    @property
    def difference(self) -> Decimal:
        """What it adds to the difference: there less here."""
        return self.there - self.here


@dataclass(frozen=True, slots=True)
class Parting:
    """How the quantities of an item part. `since` is the first day from which on the running difference is not zero on
    any day; none where the documents of both sides add up to the same. `documents` are all that part, in order of date;
    `by` those of them that made it so on that day, or before it and not in step. `beyond` is what no document tells."""

    since: date | None
    documents: tuple[PartingDocument, ...]
    by: tuple[PartingDocument, ...]
    beyond: Decimal


def parting(here: Iterable[ItemMove], there: Iterable[ItemMove], counted: tuple[Decimal, Decimal]) -> Parting:
    """Compare what moved one item on both sides, up to one day; `counted` are the two sides' own quantities then.

    The differences of the documents and `beyond` add up to the difference of the two counts, there less here.
    """
    days: dict[date, Decimal] = defaultdict(Decimal)
    first: dict[str, ItemMove] = {}
    sides: dict[str, list[Decimal]] = {}
    for position, moves in enumerate((here, there)):
        for move in moves:
            days[move.day] += move.quantity if position else -move.quantity
            sides.setdefault(move.key, [_ZERO, _ZERO])[position] += move.quantity
            if move.key not in first or (move.day, position) < (first[move.key].day, 0):
                first[move.key] = move
    parted = [key for key, (ours, theirs) in sides.items() if ours != theirs]
    documents = sorted(
        (PartingDocument(first[key].day, key, first[key].label, *sides[key]) for key in parted),
        key=lambda document: (document.day, document.key),
    )
    since = _since(days)
    by = [document for document in documents if document.day == since]
    difference = sum((document.difference for document in documents), _ZERO)
    return Parting(
        since=since,
        documents=tuple(documents),
        by=tuple(by or documents[:1]),
        beyond=counted[1] - counted[0] - difference,
    )


def _since(days: dict[date, Decimal]) -> date | None:
    """The day after which, that day among them, the running difference is never zero again."""
    running, since = _ZERO, None
    for day in sorted(days):
        running += days[day]
        if not running:
            since = None
        elif since is None:
            since = day
    return since
