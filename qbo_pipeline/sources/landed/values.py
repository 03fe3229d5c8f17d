"""The values of a system's objects: read tolerantly, and never as binary floating point.

What belongs here: what the JSON of several systems has in common, one function for each kind of value. What cannot be
read is handed on as it came, as text: the rules of the contract then set its record aside, and say field and value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text

Object = Mapping[str, Any]
NO_ID = "00000000-0000-0000-0000-000000000000"
MAIN = "main"
"""The one place of an account without several locations, and of a paper that names none."""
_CENT = Decimal("0.01")
_IN_DAYS = re.compile(r"(?:net )?([0-9]{1,3})(?: days?)?", re.IGNORECASE)


def text(source: Object, *names: str) -> str | None:
    """The first of these fields that holds something, as text; `None` where none does."""
    for name in names:
        value = source.get(name)
        if value is not None and str(value).strip():
            return str(value).strip()
    return None


def key(source: Object, *names: str) -> str | None:
    """An id in the one way that it is written: the API changes the case of the letters in it."""
    found = text(source, *names)
    return None if found is None or found.lower() == NO_ID else found.lower()


def amount(source: Object, *names: str) -> str | None:
    """The first of these fields that holds something, as decimal text, whether it came as a number or as text."""
    for name in names:
        value = source.get(name)
        if isinstance(value, Decimal):
            return decimal_text(value)
        if value is not None and value != "":
            return str(value)
    return None


def exact(source: Object, *names: str) -> Decimal | None:
    """A number to reckon with; `None` where there is none that can be read."""
    found = amount(source, *names)
    try:
        number = Decimal(found) if found is not None else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def objects(source: Object, name: str) -> list[Object]:
    """The objects of a list; one that stands alone counts as well."""
    found = source.get(name)
    if isinstance(found, Mapping):
        return [found]
    return [item for item in found or () if isinstance(item, Mapping)] if isinstance(found, list) else []


def part(source: Object, name: str) -> Object:
    """An object within an object; an empty one where there is none."""
    found = source.get(name)
    return found if isinstance(found, Mapping) else {}


def terms(source: Object, *names: str) -> dict[str, str | None]:
    """Payment terms by their name and, where that says it ("30 days", "Net 30"), in days."""
    found = text(source, *names)
    said = _IN_DAYS.fullmatch(found or "")
    return {"payment_terms": found, "payment_days": said[1] if said else None}


def cents(value: Decimal) -> Decimal:
    """An amount rounded half up to cents."""
    return value.quantize(_CENT, ROUND_HALF_UP)


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
