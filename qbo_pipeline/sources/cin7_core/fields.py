"""The values of Cin7 Core's objects: read tolerantly, and never as binary floating point.

What belongs here: one function for each kind of value. What cannot be read is handed on as it came, as text: the rules
of the contract then set its record aside, with the field and the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text

Object = Mapping[str, Any]
NO_ID = "00000000-0000-0000-0000-000000000000"


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


def amount(source: Object, name: str) -> str | None:
    """A number as decimal text, whether it came as a number or as text."""
    value = source.get(name)
    if isinstance(value, Decimal):
        return decimal_text(value)
    return None if value is None or value == "" else str(value)


def exact(source: Object, name: str) -> Decimal | None:
    """A number to reckon with; `None` where there is none that can be read."""
    found = amount(source, name)
    try:
        number = Decimal(found) if found is not None else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def day(source: Object, name: str, zone: ZoneInfo) -> str | None:
    """A business date. Cin7 Core writes one as midnight: its day is meant, in whatever zone that midnight is written.
    Any other instant is on the day that it was in the company's zone."""
    found = text(source, name)
    if found is None:
        return None
    try:
        instant = datetime.fromisoformat(found)
    except ValueError:
        return found
    if instant.tzinfo is None or (instant.hour, instant.minute, instant.second, instant.microsecond) == (0, 0, 0, 0):
        return instant.date().isoformat()
    return instant.astimezone(zone).date().isoformat()


def objects(source: Object, name: str) -> list[Object]:
    """The objects of a list; one that stands alone, or in `Lines`, counts as well. Simple and advanced papers differ
    in just this."""
    found = source.get(name)
    if isinstance(found, Mapping):
        return [found]
    return [item for item in found or () if isinstance(item, Mapping)] if isinstance(found, list) else []


def lines(source: Object, name: str = "Lines") -> list[Object]:
    """The lines of a part of a paper, which may be a list or an object with `Lines`."""
    found = source.get(name)
    return objects(found, "Lines") if isinstance(found, Mapping) else objects(source, name)


def product_ids(content: Any) -> Iterator[str]:
    """Every product that an object names, anywhere in it."""
    if isinstance(content, Mapping):
        if found := key(content, "ProductID"):
            yield found
        for value in content.values():
            yield from product_ids(value)
    elif isinstance(content, list):
        for value in content:
            yield from product_ids(value)
