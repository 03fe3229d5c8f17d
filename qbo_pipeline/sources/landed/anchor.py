"""Stock as at any day, from what a system says that it has on some.

What belongs here: two ways. Of a system that says only what it has now, the newest figures are the anchor, less what
moved since the day that is asked for: a movement that was read wrongly shows as a difference on every day. Of one that
was looked at on several days, each day's own figures count.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

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


_MOVED = """
SELECT l.product_id, l.location_id, l.business_date, l.quantity, l.value
FROM movement_lines_rows AS l JOIN movements_rows AS m ON m.movement_id = l.movement_id
WHERE m.status = 'completed' AND l.role = 'stock' AND l.product_id IS NOT NULL AND l.location_id IS NOT NULL
"""
Cell = tuple[str, str]


def chain_stock(projection: Projection, currency: str, at: str) -> None:
    """Make the rows of `stock_values` of a system that was asked, or looked at, on several days.

    On each of these days they add up to what the system said; between two of them they follow the movements. What the
    movements do not account for is dated on the later of the two, and before the first of them: before all days.
    """
    days = [row["day"] for row in projection.select("SELECT DISTINCT day FROM stock_days_rows ORDER BY day")]
    stated: dict[str, dict[Cell, list[Decimal]]] = defaultdict(_cells)
    for row in projection.select("SELECT * FROM stock_rows"):
        _add(stated[row["day"]], row, 1)
    moved: dict[str, dict[Cell, list[Decimal]]] = defaultdict(_cells)
    for row in projection.select(_MOVED):
        _add(moved[row["business_date"] or BEFORE_ALL], row, 1)
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for day, cells in moved.items():
        rows[day] += _rows(cells, day, currency)
    left = sorted(moved)
    before: dict[Cell, list[Decimal]] = {}
    for n, day in enumerate(days):
        rest = _cells()
        for cell, (quantity, value) in stated[day].items():
            rest[cell][0] += quantity
            rest[cell][1] += value
        for cell, (quantity, value) in before.items():
            rest[cell][0] -= quantity
            rest[cell][1] -= value
        while left and left[0] <= day:
            for cell, (quantity, value) in moved[left.pop(0)].items():
                rest[cell][0] -= quantity
                rest[cell][1] -= value
        dated = day if n else BEFORE_ALL
        rows[dated] += _rows(rest, dated, currency)
        before = stated[day]
    owners = projection.select("SELECT DISTINCT owner FROM stock_values_rows")
    for owner in {row["owner"] for row in owners} | {f"chain/{day}" for day in rows}:
        found = rows.get(owner.removeprefix("chain/"), [])
        projection.replace(owner, {"stock_values": found}, at, ("stock_values",))


def _cells() -> dict[Cell, list[Decimal]]:
    return defaultdict(lambda: [Decimal(0), Decimal(0)])


def _add(cells: dict[Cell, list[Decimal]], row: Any, sign: int) -> None:
    total = cells[row["product_id"], row["location_id"]]
    total[0] += sign * number(row["quantity"])
    total[1] += sign * number(row["value"])


def _rows(cells: dict[Cell, list[Decimal]], day: str, currency: str) -> list[dict[str, str]]:
    return [
        {
            "product_id": product,
            "location_id": location,
            "quantity": decimal_text(quantity),
            "value": decimal_text(value),
            "currency": currency,
            "business_date": day,
        }
        for (product, location), (quantity, value) in sorted(cells.items())
        if quantity or value
    ]
