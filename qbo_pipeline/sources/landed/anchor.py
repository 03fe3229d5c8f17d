"""Stock as at any day, from what a system says that it has on some.

What belongs here: two ways. Of a system that says only what it has now, the newest figures are the anchor, less what
moved since the day that is asked for: a movement that was read wrongly shows as a difference on every day. Of one that
was looked at on several days, each day's own figures count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
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
ORDER BY l.business_date
"""
Cell = tuple[str, str]
Cells = dict[Cell, list[Decimal]]


def chain_stock(projection: Projection, currency: str, at: str) -> None:
    """Make the rows of `stock_values` of a system that was asked, or looked at, on several days.

    On each of these days they add up to what the system said; between two of them they follow the movements. What the
    movements do not account for is dated on the later of the two, and before the first of them: before all days. One
    day lies in memory at a time.
    """
    days = [row["day"] for row in projection.select("SELECT DISTINCT day FROM stock_days_rows ORDER BY day")]
    moved = _by_day(projection.each(_MOVED), "business_date")
    stated = _by_day(projection.each("SELECT * FROM stock_rows ORDER BY day"), "day")
    made = {row["owner"] for row in projection.select("SELECT DISTINCT owner FROM stock_values_rows")}

    def put(day: str, *parts: Cells) -> None:
        rows = [row for cells in parts for row in _rows(cells, day, currency)]
        made.discard(f"chain/{day}")
        projection.replace(f"chain/{day}", {"stock_values": rows}, at, ("stock_values",))

    before: Cells = {}
    for n, (day, now) in enumerate(_on_each(days, stated)):
        dated, with_it, rest = day if n else BEFORE_ALL, _cells(), _cells()
        _add_all(rest, now, 1)
        _add_all(rest, before, -1)
        for moved_day, cells in moved.until(day):
            _add_all(rest, cells, -1)
            if moved_day == dated:
                with_it = cells
            else:
                put(moved_day, cells)
        put(dated, with_it, rest)
        before = now
    for moved_day, cells in moved.until(None):
        put(moved_day, cells)
    for owner in made:
        projection.replace(owner, {}, at, ("stock_values",))


class _Days:
    """Rows by day, in order, each day's added up when it is come to."""

    def __init__(self, days: Iterator[tuple[str, Cells]]) -> None:
        self._days = days
        self._next = next(days, None)

    def until(self, day: str | None) -> Iterator[tuple[str, Cells]]:
        """The days that were not come to yet, up to one; all of them where that is `None`."""
        while self._next is not None and (day is None or self._next[0] <= day):
            yield self._next
            self._next = next(self._days, None)


def _by_day(rows: Iterable[Any], column: str) -> _Days:
    return _Days((day, _summed(found)) for day, found in groupby(rows, lambda row: row[column] or BEFORE_ALL))


def _on_each(days: Iterable[str], stated: _Days) -> Iterator[tuple[str, Cells]]:
    """What was stated on each of these days: nothing, where there was none left."""
    for day in days:
        yield day, dict(stated.until(day)).get(day) or _cells()


def _summed(rows: Iterable[Any]) -> Cells:
    cells = _cells()
    for row in rows:
        _add(cells, row, 1)
    return cells


def _add_all(cells: Cells, others: Cells, sign: int) -> None:
    for cell, (quantity, value) in others.items():
        total = cells[cell]
        total[0] += sign * quantity
        total[1] += sign * value


def _cells() -> Cells:
    return defaultdict(lambda: [Decimal(0), Decimal(0)])


def _add(cells: Cells, row: Any, sign: int) -> None:
    total = cells[row["product_id"], row["location_id"]]
    total[0] += sign * number(row["quantity"])
    total[1] += sign * number(row["value"])


def _rows(cells: Cells, day: str, currency: str) -> list[dict[str, str]]:
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
