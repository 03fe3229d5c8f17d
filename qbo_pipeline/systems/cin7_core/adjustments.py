"""What Cin7 Core makes of stock adjustments that are posted, put and deleted by its API.

What belongs here: its checks and the booking. A line says how much there is to be; one that is completed cannot be
changed, and is voided by `DELETE` with `Void`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qbo_pipeline.systems.cin7_core.chart import BY_REASON
from qbo_pipeline.systems.cin7_core.resources import BadRequest
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.company import guid
from qbo_pipeline.systems.goods import Cell, NotPossible, adjust, on_hand, void_adjustment


def answer(world: World, method: str, path: str, params: Mapping[str, str], body: bytes) -> Any:
    """Answer an adjustment that is posted, put or deleted; `None` where it is not there.

    Raises `BadRequest` where it makes no sense.
    """
    if method == "DELETE":
        return _voided(world, params)
    try:
        given: dict[str, Any] = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        day = str(given["EffectiveDate"])[:10]
        lines = list(given["Lines"])
        wanted = [(_cell(world, line), int(line["Quantity"] * 1000), line.get("UnitCost")) for line in lines]
    except (ValueError, KeyError, TypeError, ArithmeticError):
        raise BadRequest("EffectiveDate and Lines are required") from None
    if method == "PUT":
        raise BadRequest("Stock adjustment in status COMPLETED cannot be changed")
    if given.get("Status") != "COMPLETED":
        raise BadRequest("Only COMPLETED is taken here")
    reason = next((name for name, code in BY_REASON.items() if code == given.get("Account")), None)
    if reason is None:
        raise BadRequest(f"Account {given.get('Account')} is not found")
    moved = {}
    for cell, quantity, cost in wanted:
        if cost is None:
            raise BadRequest("UnitCost is required")
        if change := quantity - on_hand(world.company, cell):
            moved[cell] = change
    if not moved:
        raise BadRequest("Nothing is adjusted")
    try:
        entry = adjust(world.company, day, reason, str(given.get("Reference") or ""), moved)
    except NotPossible as error:
        raise BadRequest(str(error)) from None
    world.refresh()
    return world.objects["stockadjustment"][guid("stock_entry", entry)]


def _voided(world: World, params: Mapping[str, str]) -> Any:
    own = params.get("ID", "").lower()
    rows = world.company.rows("SELECT id, status FROM stock_entries WHERE kind = 'adjustment'")
    found = next((row for row in rows if guid("stock_entry", row["id"]) == own), None)
    if found is None:
        return None
    if params.get("Void", "").lower() != "true":
        raise BadRequest("Only Void=true is taken here")
    if found["status"] != "voided":
        void_adjustment(world.company, found["id"])
    world.refresh()
    return world.objects["stockadjustment"][own]


def _cell(world: World, line: Mapping[str, Any]) -> Cell:
    product, place = str(line["ProductID"]).lower(), str(line["LocationID"]).lower()
    items = [row["id"] for row in world.company.table("items") if guid("item", row["id"]) == product]
    places = [row["id"] for row in world.company.table("warehouses") if guid("warehouse", row["id"]) == place]
    if not items or not places:
        raise BadRequest("Product or location is not found")
    return items[0], places[0]
