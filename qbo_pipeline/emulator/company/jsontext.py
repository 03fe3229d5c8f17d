"""JSON with exact numbers: decimals go out as plain numbers, and come in as decimals, never through binary floats."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import orjson

_DECODER = json.JSONDecoder(parse_float=Decimal)
_MOST_DIGITS = 100
"""Numbers beyond this many digits before or after the point are refused rather than written out."""


def _exact(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _MOST_DIGITS:
        return orjson.Fragment(format(value, "f").encode())
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def dumps(value: object) -> bytes:
    """JSON text (UTF-8) in which a `Decimal` is written digit for digit: `Decimal("26070.00")` as `26070.00`.

    Raises `TypeError` for what has no JSON form: numbers out of range, texts with lone surrogates.
    """
    return orjson.dumps(value, default=_exact)


def loads(text: str | bytes) -> Any:
    """Parsed JSON in which numbers with a fraction or exponent are `Decimal`. Raises `ValueError` for bad text."""
    return _DECODER.decode(text.decode("utf-8") if isinstance(text, bytes) else text)
