"""What is peculiar to the values of Syncro's objects: money as text, as a number and in cents, and days.

What belongs here: one function for each kind of value. What all systems have in common is in `landed/values.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.values import Object, amount, exact, text

CENT = Decimal("0.01")
MAIN = "main"
"""The one place of an account without several locations, and of a paper that names none."""


def money(source: Object, *names: str) -> str | None:
    """An amount, rounded half up to cents, however it came: `"64.99"`, `64.99`, or `6499` under a name in cents."""
    for name in names:
        number = exact(source, name)
        if number is None and amount(source, name) is not None:
            return amount(source, name)
        if number is not None:
            return decimal_text(cents(number / 100 if name.endswith("_cents") else number))
    return None


def cents(value: Decimal) -> Decimal:
    """An amount rounded half up to cents."""
    return value.quantize(CENT, ROUND_HALF_UP)


def day(source: Object, zone: ZoneInfo, *names: str) -> str | None:
    """The business date in the first of these fields that holds something.

    Midnight of UTC is the day that it names, any other moment counts on its day in the company's zone.
    """
    found = text(source, *names)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found)
    except ValueError:
        return found
    if moment.tzinfo is None or moment.astimezone(UTC).time() == time(0):
        return moment.date().isoformat()
    return moment.astimezone(zone).date().isoformat()


def place(source: Object, *names: str) -> str:
    """Where something is; `MAIN` where it does not say."""
    return text(source, *(names or ("location_id",))) or MAIN


def ident(source: Object, name: str) -> str | None:
    """An id: a whole number, kept as text."""
    found = text(source, name)
    return None if found in (None, "0") else found
