"""What is peculiar to the values of Cin7 Core's objects: its days, and lines that stand in one of two ways.

What belongs here: one function for each kind of value. What all systems have in common is in `landed/values.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.landed.values import Object, key, objects, text


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
