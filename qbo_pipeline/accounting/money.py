"""Exact amounts: rounding to cents, and cutting a total into parts that add up to it.

What belongs here: arithmetic on `Decimal` that several rules need. No account, no record.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
ROUNDING_LIMIT = Decimal("0.05")
_PRICE = Decimal("0.00001")  # QBO keeps five decimals of a price or a quantity


def cents(amount: Decimal) -> Decimal:
    """The amount at two decimals, half a cent away from zero (as QBO rounds)."""
    rounded = amount.quantize(CENT, ROUND_HALF_UP)
    return rounded if rounded else ZERO


def apportion(amounts: Iterable[Decimal]) -> list[Decimal]:
    """Round amounts to cents so that they add up to their rounded exact sum.

    Each is the step between two rounded running totals, so it differs from its exact amount by less than a cent,
    and amounts that are whole cents stay as they are.
    """
    exact, booked = Decimal(0), ZERO
    parts: list[Decimal] = []
    for amount in amounts:
        exact += amount
        parts.append(cents(exact) - booked)
        booked += parts[-1]
    return parts


def slice_of(total: Decimal, whole: Decimal, before: Decimal, part: Decimal) -> Decimal:
    """The cents of `total` that fall on `part` of `whole` after `before` has been taken.

    Slices that cover the whole add up to `total` exactly, in whatever sizes they come. `whole` is not zero.
    """
    return cents(total * (before + part) / whole) - cents(total * before / whole)


def quantity_and_price(
    amount: Decimal, quantity: Decimal | None, price: Decimal | None
) -> tuple[Decimal, Decimal] | None:
    """A quantity and unit price whose product is `amount` to the cent, or `None` where there is none.

    QBO refuses a line (6070) whose amount is not quantity x price. Tried in turn: the source's own two numbers,
    with the sign of either changed (a negative document became its counterpart), and the price that follows from
    amount and quantity at QBO's five decimals.
    """
    if not quantity or quantity != quantity.quantize(_PRICE):
        return None
    if price is not None and price == price.quantize(_PRICE):
        for candidate in ((quantity, price), (quantity, -price), (-quantity, price)):
            if cents(candidate[0] * candidate[1]) == amount:
                return candidate
    follows = (amount / quantity).quantize(_PRICE, ROUND_HALF_UP)
    return (quantity, follows) if cents(quantity * follows) == amount else None
