"""Reading what QBO answered without trusting its shape: objects, lists, exact numbers.

What belongs here: the checks that say what was found instead of what was expected. An answer of another shape is QBO's
doing and is told as such; a mistake in our own reading stays a defect, because nothing but `OddShape` is caught.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qbo_pipeline.errors import Signal
from qbo_pipeline.quickbooks.wire import exact_number, is_bounded

JsonObject = dict[str, Any]

_SHOWN = 60


class OddShape(Signal):
    """An answer does not have the shape that Intuit documents; the text says where and what stands there instead."""


def odd(where: str, expected: str, value: Any) -> OddShape:
    """What is to be raised for a value that is not what was expected; long values are cut."""
    text = repr(value)
    return OddShape(f"{where} holds {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'} instead of {expected}")


def an_object(value: Any, where: str) -> JsonObject:
    """A JSON object; one that is missing or null is empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise odd(where, "an object", value)
    return value


def objects(value: Any, where: str) -> list[JsonObject]:
    """A list of JSON objects; one that is missing or null is empty."""
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(item, dict) for item in value):
        raise odd(where, "a list of objects", value)
    return list(value)


def exact(value: Any, where: str) -> Decimal:
    """A finite number, given as a JSON number or as its text."""
    if type(value) is Decimal and is_bounded(value):
        return value
    try:
        return exact_number(str(value))
    except ValueError:
        raise odd(where, "a number", value) from None
