"""JSON of a system's API, exact: numbers become decimals, and are written again with the digits that came.

What belongs here: the way in and the way out. Nothing on it is ever binary floating point.
"""

from __future__ import annotations

import json
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NoReturn

_DIGITS = 60  # of one number; written out, 1e999999999 alone would fill the memory


def read_exact(body: bytes | str) -> Any:
    """The value of a JSON text; a number with a point or an exponent is a `Decimal`, a whole one an `int`.

    Raises `ValueError` where it is no JSON, holds NaN or Infinity or a number of more than 60 digits, or is nested
    hundreds deep.
    """
    try:
        return json.loads(body, parse_float=_decimal, parse_int=_whole, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def write_exact(value: Any) -> str:
    """JSON with sorted keys and no spaces; a decimal is written with the digits that it has.

    Takes what `read_exact` gives. Raises `TypeError` for anything else, a float above all.
    """
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts)


def _decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= _DIGITS else None
    if number is None or abs(number.adjusted()) > _DIGITS:
        raise ValueError(f"{text[:20]}… is no number that an amount or a quantity can be")
    return number


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"{text[:20]}… is no number that an amount or a quantity can be")
    return int(text)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None or value is True or value is False:
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, Decimal):
        parts.append(format(value, "f"))
    elif isinstance(value, int):
        parts.append(str(value))
    elif isinstance(value, dict):
        parts.append("{")
        for position, key in enumerate(sorted(value)):
            parts.append(("," if position else "") + encode_basestring(key) + ":")
            _write(value[key], parts)
        parts.append("}")
    elif isinstance(value, list):
        parts.append("[")
        for position, item in enumerate(value):
            if position:
                parts.append(",")
            _write(item, parts)
        parts.append("]")
    else:
        raise TypeError(f"{type(value).__name__} is nothing that JSON was read as")
