"""Stock as at any day, of a system that says only what it has now.

What belongs here: the anchor. The newest figures of the system count, less what moved since the day that is asked for;
so a movement that was read wrongly shows as a difference on every day.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.projection import Projection

BEFORE_ALL = "1900-01-01"
STOCK = ("day", "product_id", "location_id", "quantity", "value")
"""The columns of the staging table `stock`: what the system said that it had when it was read on a day."""


def anchor_stock(projection: Projection, currency: str | None, at: str) -> None:
    """Make the rows of `stock_values` that the movements, which have theirs, do not account for: before all days."""
    newest = projection.select("SELECT max(day) AS day FROM stock_rows")[0]["day"]
    totals: dict[tuple[str, str | None], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    stated = "SELECT product_id, location_id, quantity, value FROM stock_rows WHERE day = ?"
    moved = "SELECT product_id, location_id, quantity, value FROM stock_values_rows WHERE owner <> 'stock'"
    for sign, rows in ((1, projection.select(stated, newest)), (-1, projection.select(moved))):
        for row in rows:
            total = totals[row["product_id"], row["location_id"]]
            total[0] += sign * number(row["quantity"])
            total[1] += sign * number(row["value"])
    anchor = [
        {
            "product_id": product,
            "location_id": location,
            "quantity": decimal_text(quantity),
            "value": decimal_text(value),
            "currency": currency,
            "business_date": BEFORE_ALL,
        }
        for (product, location), (quantity, value) in sorted(totals.items(), key=str)
        if newest is not None and (quantity or value)
    ]
    projection.replace("stock", {"stock_values": anchor}, at, ("stock_values",))


def number(value: str | None) -> Decimal:
    """A number of a row; what is none counts as 0, its record is set aside by the rules of the contract."""
    try:
        found = Decimal(value) if value not in (None, "") else Decimal(0)
    except ArithmeticError:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)
