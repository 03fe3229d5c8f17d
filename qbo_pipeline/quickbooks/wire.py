"""JSON in and out without binary floating point: the one way a payload becomes bytes, and back.

The bytes are deterministic (sorted keys, no spaces, decimals without exponent or trailing zeros), so that equal
payloads have equal hashes and a frozen request can be sent again unchanged.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import Any, NoReturn

_SHORT = 30
_DIGITS = 100  # far more than any number of QBO's has; written out, 1e999999999 alone would fill the memory


class NotExact(TypeError):
    """A payload holds something that has no exact, deterministic JSON form; the message says where."""


def decimal_text(value: Decimal) -> str:
    """A finite decimal as a JSON number: no exponent, no trailing zeros, no negative zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def to_wire(payload: Any) -> bytes:
    """Write a payload as UTF-8 JSON.

    Takes `dict` with text keys, `list`, `tuple`, `str`, `int`, `bool`, `None`, `Decimal` (written as a plain
    number) and `date` (written `YYYY-MM-DD`). Raises `NotExact`, naming the place, for anything else: a `float`
    above all, an infinite decimal, a datetime, a lone surrogate.
    """
    try:
        text = _plain(payload)
    except TypeError:  # something less usual, or something that cannot be written: that is named with its place
        parts: list[str] = []
        _write(payload, "", parts)
        text = "".join(parts)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotExact(
            f"the payload holds a character that UTF-8 cannot carry: {error.object[error.start]!r}"
        ) from None


def from_wire(body: bytes | str) -> Any:
    """Read JSON with every number that has a point or an exponent as `Decimal`.

    Raises `ValueError` where the text is not JSON, holds NaN or Infinity, a number that no decimal can be, or is nested
    deeper than anything that QBO sends.
    """
    try:
        return json.loads(body, parse_float=_number, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def exact_number(text: str) -> Decimal:
    """The finite number that QBO wrote; raises `ValueError` for anything else, and for one that no book can hold."""
    try:
        number = Decimal(text) if len(text) <= _DIGITS else None
    except InvalidOperation:  # no number at all, or an exponent beyond any decimal
        number = None
    if number is None or not is_bounded(number):
        raise ValueError(f"{text[:20]}… is no number that an amount, a rate or a quantity can be")
    return number


def is_bounded(number: Decimal) -> bool:
    """Whether a decimal is finite and of a size that books can hold."""
    return number.is_finite() and abs(number.adjusted()) <= _DIGITS


def _number(text: str) -> Decimal:
    """What the parser has found to be a number; one of few digits and no exponent is certain to be bounded."""
    return Decimal(text) if len(text) <= _SHORT and "e" not in text and "E" not in text else exact_number(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _plain(value: Any) -> str:
    """What `_write` writes, of what nearly every payload is made of; raises `TypeError` for anything else."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is dict:
        members = [
            f"{encode_basestring(key)}:{encode_basestring(item) if type(item := value[key]) is str else _plain(item)}"
            for key in sorted(value)
        ]
        return "{" + ",".join(members) + "}"
    if kind is Decimal and value.is_finite():
        return decimal_text(value)
    if kind is list:
        return "[" + ",".join([_plain(item) for item in value]) + "]"
    if kind is int:
        return str(value)
    raise TypeError(kind)


def _write(value: Any, path: str, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None or value is True or value is False:
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, Decimal):
        if not value.is_finite():
            raise NotExact(f"{path or 'the payload'}: {value} is not a number that JSON can carry")
        parts.append(decimal_text(value))
    elif isinstance(value, dict):
        _write_object(value, path, parts)
    elif isinstance(value, list | tuple):
        parts.append("[")
        for index, item in enumerate(value):
            if index:
                parts.append(",")
            _write(item, f"{path}[{index}]", parts)
        parts.append("]")
    elif isinstance(value, int):
        parts.append(str(int(value)))
    elif isinstance(value, date) and not isinstance(value, datetime):
        parts.append(f'"{value.isoformat()}"')
    else:
        hint = ": amounts are Decimal" if isinstance(value, float) else ""
        raise NotExact(f"{path or 'the payload'}: {type(value).__name__} has no exact JSON form{hint}")


def _write_object(value: dict[Any, Any], path: str, parts: list[str]) -> None:
    for key in value:
        if not isinstance(key, str):
            raise NotExact(f"{path or 'the payload'}: the key {key!r} is not a text")
    parts.append("{")
    for index, key in enumerate(sorted(value)):
        if index:
            parts.append(",")
        parts.append(encode_basestring(key))
        parts.append(":")
        _write(value[key], f"{path}.{key}" if path else key, parts)
    parts.append("}")
