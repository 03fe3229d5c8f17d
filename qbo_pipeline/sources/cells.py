"""One cell of a source, from what the database driver gives to a typed value.

What belongs here: a parser for each column type. Each returns the value, or raises `BadCell` with the rule and plain
words. A binary float never becomes an amount.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from qbo_pipeline.errors import Signal
from qbo_pipeline.inventory.columns import Column, ColumnType
from qbo_pipeline.inventory.frames import DECIMAL_PLACES, DECIMAL_PRECISION, RATE_PLACES
from qbo_pipeline.sources.days import FIRST_YEAR, LAST_YEAR

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)\Z", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})([T ].*)?\Z", re.ASCII | re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ZONE = re.compile(r"(Z|[+-]\d{2}(:?\d{2})?)\Z", re.ASCII)
_FLAGS = {
    "1": True, "y": True, "yes": True, "t": True, "true": True,
    "0": False, "n": False, "no": False, "f": False, "false": False,
}  # fmt: skip


class BadCell(Signal):
    """A cell that its column cannot hold: the rule it breaks, and why in plain words."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule


def parse_cell(column: Column, raw: Any) -> Any:
    """The typed value of a cell; NULL and blank text give the column's default, and where it is required `None`.

    Raises `BadCell`.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return _parse_default(column)
    return _PARSERS[column.type](raw)


def as_text(raw: Any) -> str | None:
    """A cell as a person would read it, for reports of rows that were set aside."""
    if raw is None:
        return None
    return str(raw).replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


def is_utf8(raw: Any) -> bool:
    """Whether a text came as UTF-8; the bytes of one that did not stand in it as lone surrogates."""
    return not isinstance(raw, str) or raw.isascii() or not _SURROGATE.search(raw)


def _parse_default(column: Column) -> Any:
    return None if column.default is None else _PARSERS[column.type](column.default)


def parse_text(raw: Any) -> str:
    if isinstance(raw, bytes | bytearray | memoryview):
        raise BadCell("not_text", "binary data where text belongs")
    if isinstance(raw, float):
        raise BadCell("binary_float", f"the binary float {raw!r} where text belongs; cast it in the SELECT")
    if isinstance(raw, dict | list | tuple | set | frozenset):
        raise BadCell(
            "not_text", "structured data (JSON, an array) where text belongs; take one value out in the SELECT"
        )
    text = str(raw)
    if "\0" in text:
        raise BadCell("nul_character", "a NUL character, which QuickBooks does not take; remove it in the source")
    if not is_utf8(text):
        raise BadCell("not_utf8", "bytes that are not UTF-8 text; convert them in the source")
    return text


def parse_date(raw: Any) -> date:
    """A date of the company's own calendar: a time of day is cut off, a time zone is refused, and so is a year that no
    document has."""
    day = _date(raw)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadCell("impossible_year", f"{day.isoformat()} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
    return day


def _date(raw: Any) -> date:
    if isinstance(raw, datetime) and raw.tzinfo is None:
        return raw.date()
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    found = _DATE.match(str(raw).strip())
    if found and _ZONE.search(found[4] or ""):
        raise BadCell("zoned_date", f"{str(raw)!r} carries a time zone; cast it to the company's local date")
    if found is None or (found[4] or "").rstrip().upper().endswith("BC"):
        raise BadCell("not_a_date", f"{str(raw)!r} is no date of the form YYYY-MM-DD")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise BadCell("not_a_date", f"there is no day {found[1]}-{found[2]}-{found[3]}") from None


def parse_decimal(raw: Any, places: int = DECIMAL_PLACES) -> Decimal:
    """An exact decimal of at most 18 digits, `places` of them after the point."""
    if isinstance(raw, float):
        raise BadCell(
            "binary_float",
            f"{raw!r} comes as a binary float, which cannot hold every cent; deliver NUMERIC or decimal text. "
            "What SQLite computes with decimals is a binary float: CAST(... AS TEXT) the exact column itself, and "
            "deliver unit_cost where a value would be multiplied",
        )
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal):
        raise BadCell("not_a_number", f"{raw!r} is no number")
    if isinstance(raw, str) and not _DECIMAL.match(raw.strip()):
        raise BadCell("not_a_number", f"{raw!r} is no decimal number such as -1234.56")
    try:
        value = Decimal(raw.strip() if isinstance(raw, str) else raw)
    except InvalidOperation:
        raise BadCell("not_a_number", f"{raw!r} is no number") from None
    if not value.is_finite():
        raise BadCell("not_a_number", f"{raw!r} is no number")
    return _within(value, places)


def _within(value: Decimal, places: int) -> Decimal:
    if not value:
        return Decimal(0)  # a zero of NUMERIC(30, 10) comes as 0E-10, and has no decimals all the same
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    while digits and digits[-1] == 0 and exponent < 0:
        digits, exponent = digits[:-1], exponent + 1
    if -exponent > places:
        raise BadCell(
            "too_many_decimals",
            f"{value} has more than {places} decimals; round it in the SELECT, where NUMERIC is exact: "
            f"ROUND(..., {places}); SQLite's ROUND is a binary float: there deliver what is exact (unit_cost, not its "
            "product)",
        )
    if len(digits) + exponent > DECIMAL_PRECISION - places:
        raise BadCell("too_large", f"{value} has more than {DECIMAL_PRECISION - places} digits before the point")
    return Decimal((sign, digits, exponent))


def parse_rate(raw: Any) -> Decimal:
    return parse_decimal(raw, RATE_PLACES)


def parse_integer(raw: Any) -> int:
    value = parse_decimal(raw)
    if value != value.to_integral_value():
        raise BadCell("not_an_integer", f"{value} is no whole number")
    return int(value)


def parse_flag(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    known = _FLAGS.get(str(raw).strip().lower())
    if known is None:
        raise BadCell("not_a_flag", f"{str(raw)!r} says neither yes nor no")
    return known


_PARSERS: dict[ColumnType, Callable[[Any], Any]] = {
    "text": parse_text,
    "choice": parse_text,
    "date": parse_date,
    "amount": parse_decimal,
    "quantity": parse_decimal,
    "rate": parse_rate,
    "integer": parse_integer,
    "flag": parse_flag,
}
