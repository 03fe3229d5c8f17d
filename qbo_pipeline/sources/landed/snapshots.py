"""Stock as it was on the days on which it was looked at, of systems that keep no history of it.

What belongs here: one snapshot a day, landed under its day, and its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.anchor import STOCK as STOCK_COLUMNS
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import Landed, Landing, SeenObject
from qbo_pipeline.sources.landed.projection import Rows
from qbo_pipeline.sources.landed.values import MAIN, cents, exact, objects, text

STOCK = "stock"
PLACE = "place"
STAGING: Mapping[str, tuple[str, ...]] = {"stock": (*STOCK_COLUMNS, "unit_cost"), "stock_days": ("day",)}


@dataclass(frozen=True, slots=True)
class StockHeld:
    """What there is of a product in a place, as the system says it: `quantity` and the cost of one are JSON values."""

    product_id: str
    location_id: str
    quantity: Any
    unit_cost: Any


def land_stock(lists: Lists, today: date, held: Iterable[StockHeld], places: Mapping[str, str]) -> None:
    """Land what there is under its day, and the places, by id their names: those that are named by papers too."""
    lines: list[dict[str, Any]] = [
        {"product_id": item.product_id, "location_id": item.location_id, "quantity": item.quantity,
         "unit_cost": item.unit_cost}
        for item in held if item.quantity
    ]  # fmt: skip
    named = {MAIN: "All stock", **places}
    lists.put([SeenObject(PLACE, place, {"id": place, "name": name}) for place, name in sorted(named.items())])
    content = {"Lines": sorted(lines, key=write_exact)}
    lists.put([SeenObject(STOCK, today.isoformat(), content, business_date=today)])


def place_rows(landed: Landed) -> Rows:
    """A place as a location."""
    return {"locations": [{"location_id": landed.object_id, "name": text(landed.content, "name")}]}


def stock_rows(landed: Landed) -> Rows:
    """The staging rows of a day's snapshot; a value is quantity times cost, rounded half up to cents."""
    found = []
    for line in objects(landed.content, "Lines"):
        quantity, cost = exact(line, "quantity") or Decimal(0), exact(line, "unit_cost") or Decimal(0)
        found.append(
            {"day": landed.object_id, "product_id": text(line, "product_id"), "location_id": text(line, "location_id"),
             "quantity": decimal_text(quantity), "value": decimal_text(cents(quantity * cost)),
             "unit_cost": decimal_text(cost)}
        )  # fmt: skip
    return {"stock": found, "stock_days": [{"day": landed.object_id}]}


def history_begins(landing: Landing, expected: Expected, place: str) -> list[Problem]:
    """What is worth a look where stock was first looked at after the first day; `place` is the system and its list."""
    first = min((found.object_id for found in landing.each(STOCK)), default=None)
    if first is None or first <= expected.first_day.isoformat():
        return []
    why = f"it keeps no history: stock was first looked at on {first}, first_day is {expected.first_day}"
    remedy = f"What changed stock without a paper before that is not known: write first_day = {first} or later"
    return [Problem("the history of stock begins later", place, why, remedy, severity="warning")]
