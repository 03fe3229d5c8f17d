"""JSON as a system in a box writes it: amounts as numbers with exactly their digits.

What belongs here: the writing. It shares no line with what reads it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

_MARK = "\x00number:"
_MARKED = re.compile(r'"\\u0000number:(-?[0-9.]+)"')


def to_json(value: Any) -> bytes:
    """UTF-8 JSON; a `Decimal` becomes a number."""
    return _MARKED.sub(r"\1", json.dumps(value, default=_marked, ensure_ascii=True)).encode()


def cents(value: int) -> Decimal:
    """An amount of so many cents."""
    return Decimal(value).scaleb(-2)


def milli(value: int) -> Decimal:
    """A quantity of so many thousandths."""
    return Decimal(value).scaleb(-3)


def _marked(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{_MARK}{value:f}"
    raise TypeError(f"{type(value).__name__} has no JSON form")
