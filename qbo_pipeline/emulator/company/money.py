"""Exact money: whole minor units (hundredths, as QBO keeps every currency), scaled quantities, rounding."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_CENT: Final = Decimal("0.01")
_ONE: Final = Decimal(1)
QUANTITY_SCALE: Final = 10_000_000
"""Quantities are kept as whole ten-millionths: QBO allows 5 decimals, clients send up to 7."""


def minor(amount: Decimal | int) -> int:
    """Hundredths of an amount, rounded half up (away from zero), as QBO rounds money."""
    return int((Decimal(amount) * 100).quantize(_ONE, ROUND_HALF_UP))


def major(minor_units: int) -> Decimal:
    """The amount of so many hundredths, with two decimals."""
    return Decimal(minor_units).scaleb(-2)


def round_money(amount: Decimal | int) -> Decimal:
    """The amount with two decimals, half up."""
    return Decimal(amount).quantize(_CENT, ROUND_HALF_UP)


def convert(minor_units: int, rate: Decimal) -> int:
    """Minor units of home currency for minor units of a foreign one; `rate` is home units for one foreign unit."""
    if rate == 1:
        return minor_units
    return int((minor_units * rate).quantize(_ONE, ROUND_HALF_UP))


def scaled(quantity: Decimal | int) -> int:
    """Whole ten-millionths of a quantity."""
    return int((Decimal(quantity) * QUANTITY_SCALE).quantize(_ONE, ROUND_HALF_UP))


def quantity(units: int) -> Decimal:
    """The quantity of so many ten-millionths, without needless zeros."""
    found = Decimal(units) / QUANTITY_SCALE
    return found.quantize(_ONE) if found == found.to_integral_value() else found.normalize()


def share(total: int, part: int, whole: int) -> int:
    """`total * part / whole` rounded half away from zero, in whole numbers. `whole` must not be zero."""
    numerator = total * part
    if whole < 0:
        numerator, whole = -numerator, -whole
    return (2 * numerator + whole) // (2 * whole) if numerator >= 0 else -((-2 * numerator + whole) // (2 * whole))


def prorate(total: int, weights: list[int]) -> list[int]:
    """`total` divided in proportion to `weights`, exactly: the last part takes what rounding leaves."""
    whole = sum(weights)
    if whole == 0:
        return [0] * (len(weights) - 1) + [total] if weights else []
    parts, given, seen = [], 0, 0
    for weight in weights:
        seen += weight
        upto = share(total, seen, whole)
        parts.append(upto - given)
        given = upto
    return parts
