"""What changed stock without a paper: counted, corrected, moved, used up, or only its cost.

What belongs here: that, for systems whose API has no adjustments, counts, transfers and assemblies, or none with a
cost: their effect is what is left between two days on which stock was looked at, after everything that papers moved.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.anchor import number
from qbo_pipeline.sources.landed.projection import Projection, Row
from qbo_pipeline.sources.landed.values import cents

NO_PAPER, COST_CHANGE = "NO-PAPER", "COST-CHANGE"
"""The hints under which these are booked: nothing is posted until the settings say to which account."""
_OWNED = "found/"
_MOVED = f"""
SELECT l.product_id, l.location_id, l.business_date, l.quantity, l.value
FROM movement_lines_rows AS l JOIN movements_rows AS m ON m.movement_id = l.movement_id
WHERE m.status = 'completed' AND l.owner NOT LIKE '{_OWNED}%' AND l.business_date > ? AND l.business_date <= ?
"""
Cell = tuple[str, str]


def explain_stock(projection: Projection, currency: str, at: str) -> None:
    """Make an adjustment of the quantities and a revaluation of the cost that no paper explains, for each day on which
    stock was looked at but the first."""
    days = [row["day"] for row in projection.select("SELECT DISTINCT day FROM stock_days_rows ORDER BY day")]
    wanted: dict[str, dict[str, list[Row]]] = {}
    for before, day in pairwise(days):
        left = _left(projection, before, day)
        costs = {(row["product_id"], row["location_id"]): number(row["unit_cost"]) for row in _stated(projection, day)}
        found, changed = [], []
        for cell, (quantity, value) in sorted(left.items()):
            worth = cents(quantity * _unit_cost(cell, costs, quantity, value))
            if quantity:
                found.append((cell, quantity, worth))
            if value != worth:
                changed.append((cell, Decimal(0), value - worth))
        for kind, name, account, cells in (
            ("adjustment", "stock", NO_PAPER, found), ("revaluation", "cost", COST_CHANGE, changed),
        ):  # fmt: skip
            if cells:
                wanted[f"{_OWNED}{name}:{day}"] = _rows(f"{name}:{day}", kind, account, day, currency, cells)
    made = projection.select(f"SELECT DISTINCT owner FROM movements_rows WHERE owner LIKE '{_OWNED}%'")
    for owner in {row["owner"] for row in made} | wanted.keys():
        projection.replace(owner, wanted.get(owner, {}), at, ("movements", "movement_lines"))


def _unit_cost(cell: Cell, costs: dict[Cell, Decimal], quantity: Decimal, value: Decimal) -> Decimal:
    """What one is worth now, in this place or in another; where there is none left, what it was worth."""
    if cell in costs:
        return costs[cell]
    return next(
        (cost for (product, _), cost in costs.items() if product == cell[0]), value / quantity if quantity else value
    )


def _stated(projection: Projection, day: str) -> list[Row]:
    return [dict(row) for row in projection.select("SELECT * FROM stock_rows WHERE day = ?", day)]


def _left(projection: Projection, before: str, day: str) -> dict[Cell, tuple[Decimal, Decimal]]:
    sums: dict[Cell, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    moved = [dict(row) for row in projection.select(_MOVED, before, day)]
    for sign, rows in ((1, _stated(projection, day)), (-1, _stated(projection, before)), (-1, moved)):
        for row in rows:
            total = sums[str(row["product_id"]), str(row["location_id"])]
            total[0] += sign * number(row["quantity"])
            total[1] += sign * number(row["value"])
    return {cell: (q, v) for cell, (q, v) in sums.items() if q or v}


def _rows(
    movement_id: str, kind: str, account: str, day: str, currency: str, cells: list[tuple[Cell, Decimal, Decimal]]
) -> dict[str, list[Row]]:
    movement = {"movement_id": movement_id, "kind": kind, "number": movement_id.upper(), "business_date": day,
                "currency": currency, "status": "completed", "account": account,
                "memo": "Without a paper" if kind == "adjustment" else "Cost that changed"}  # fmt: skip
    lines = [
        {"movement_id": movement_id, "business_date": day, "line_id": f"{movement_id}:{product}:{location}",
         "line_number": position, "role": "stock", "product_id": product, "location_id": location,
         "quantity": decimal_text(quantity), "value": decimal_text(value)}
        for position, ((product, location), quantity, value) in enumerate(cells, start=1)
    ]  # fmt: skip
    return {"movements": [movement], "movement_lines": lines}
