"""Exact arithmetic in whole cents and thousandths; nothing here or elsewhere in the company is a float."""

from __future__ import annotations

from decimal import Decimal


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to a whole number, halves away from zero.

    Raises `ValueError` where the denominator is not positive.
    """
    if denominator <= 0:
        raise ValueError(f"denominator must be positive, not {denominator}")
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def line_cents(quantity_milli: int, unit_cents: int) -> int:
    """The amount of a line, in cents: quantity (thousandths) times unit price (cents), rounded half up."""
    return half_up(quantity_milli * unit_cents, 1000)


def quantity_text(milli: int) -> str:
    """A quantity of so many thousandths, for people: `1.5`, `200`."""
    return f"{Decimal(milli).scaleb(-3).normalize():f}"


def spread(total: int, weights: list[int]) -> list[int]:
    """Divide a whole number by weights (not all zero); each part is rounded half up, the last takes the rest."""
    whole = sum(weights)
    parts = [half_up(total * weight, whole) for weight in weights[:-1]]
    return [*parts, total - sum(parts)]
