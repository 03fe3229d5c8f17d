"""What is peculiar to the values of Unleashed's objects: its dates, its statuses, amounts with more digits than money.

What belongs here: one function for each kind of value. What all systems have in common is in `landed/values.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.values import Object, amount, exact, key, part, text

DATE = re.compile(r"^/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
CENT = Decimal("0.01")

DELETED = "deleted"
DONE = frozenset({"complete", "completed", "receipted", "dispatched", "confirmed"})
"""Statuses of what has happened: a purchase order moves stock when it is receipted, long before it is complete."""
NOT_YET = frozenset(
    {"parked", "placed", "open", "backordered", "picking", "picked", "packed", "draft", "unapproved", "costed",
     "in progress", "quoted", "accepted"}
)  # fmt: skip


def day(source: Object, zone: ZoneInfo, *names: str) -> str | None:
    """The business date in the first of these fields that holds something.

    A date alone comes as the midnight of UTC or of the company's zone, a moment as what it is: a moment counts on its
    day in the zone, midnight of UTC is the day that it names.
    """
    found = text(source, *names)
    if found is None:
        return None
    try:
        moment = _moment(found)
    except (ValueError, OverflowError):
        return found
    if moment.tzinfo is None or (moment - _EPOCH) % _DAY == timedelta(0):
        return moment.date().isoformat()
    return moment.astimezone(zone).date().isoformat()


def _moment(found: str) -> datetime:
    if matched := DATE.match(found):
        return _EPOCH + timedelta(milliseconds=int(matched[1]))
    return datetime.fromisoformat(found)


def status(source: Object, *names: str) -> str:
    """A status in small letters; without one it is empty."""
    return (text(source, *names) or "").lower()


def paper_status(found: str, *, placed_counts: bool = False) -> str | None:
    """A document's status in the contract's words; one that is not known is handed on, and its record set aside."""
    if found == DELETED:
        return "voided"
    if found in DONE or (placed_counts and found in NOT_YET and found not in ("parked", "draft", "unapproved")):
        return "completed"
    return "draft" if found in NOT_YET else found or None


def product(line: Object) -> str | None:
    """The product of a line; `None` for a charge, whose product has no id."""
    return key(part(line, "Product"), "Guid")


def rounded(source: Object, *names: str, places: int = 6) -> str | None:
    """A number with at most so many decimals, rounded half up: prices and averages come with up to fourteen."""
    number = exact(source, *names)
    if number is None:
        return amount(source, *names)
    step = Decimal(1).scaleb(-places)
    return decimal_text(number.quantize(step, ROUND_HALF_UP) if number.adjusted() < 20 else number)


def cents(value: Decimal) -> Decimal:
    """An amount rounded half up to cents."""
    return value.quantize(CENT, ROUND_HALF_UP)


def shared(lines: Sequence[Object], name: str, total: Decimal | None) -> list[str | None]:
    """The lines' amounts in cents, which add up to the total: lines carry eight decimals, documents two or three.

    What rounding left over, less than a cent a line, goes to the largest line; what is more is left to be seen.
    """
    exact_ones = [exact(line, name) for line in lines]
    if total is None or None in exact_ones:
        return [rounded(line, name, places=2) for line in lines]
    found = [cents(value) for value in exact_ones if value is not None]
    left = cents(total) - sum(found, Decimal(0))
    if found and left and abs(left) <= CENT * len(found):
        largest = max(range(len(found)), key=lambda n: abs(found[n]))
        found[largest] += left
    return [decimal_text(value) for value in found]
