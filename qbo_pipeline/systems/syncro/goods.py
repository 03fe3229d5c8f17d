"""What Syncro makes of products that are posted and put, and of purchase orders whose lines are received.

What belongs here: its checks and the booking. Quirks on purpose: a product needs a description beside its name, each
time; quantities are whole numbers; a line is received as a whole, and once.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.systems.door import Answer
from qbo_pipeline.systems.goods import NewProduct, NotPossible, adjust, change_product, enter_product, receive
from qbo_pipeline.systems.syncro.world import World

_KEPT = ("notes", "description", "reorder_at", "product_category")


def keep_product(world: World, key: str, body: bytes) -> Answer:
    """Answer `POST /products` and `PUT /products/ID`."""
    try:
        given: dict[str, Any] = json.loads(body, parse_float=Decimal)
    except ValueError:
        return _refused("The body is no JSON")
    world.refresh()
    if key and key not in world.objects["product"]:
        return 404, {"error": "Not found"}
    if lacking := [name for name in ("name", "description") if not given.get(name)]:
        return _refused(*(f"{name.capitalize()} can't be blank" for name in lacking))
    pieces = given.get("quantity") or 0
    if not isinstance(pieces, int):
        return _refused("Quantity must be an integer")
    try:
        if key:
            active = None if given.get("disabled") is None else not given["disabled"]
            number, name = given.get("upc_code"), str(given["name"])
            change_product(world.company, int(key), number=number, name=name, active=active)
        else:
            key = str(_make(world, given, pieces))
    except NotPossible as error:
        return _refused(str(error))
    world.remember("product", key, {name: given[name] for name in _KEPT if name in given})
    return 200, {"product": world.objects["product"][key]}


def receive_line(world: World, key: str, body: bytes) -> Answer:
    """Answer `POST /purchase_orders/ID/receive`."""
    try:
        line = int(json.loads(body)["line_item_id"])
    except (ValueError, KeyError, TypeError):
        return _refused("Line item must be given")
    world.refresh()
    order = world.objects["purchase_order"].get(key)
    if order is None or line not in [item["id"] for item in order["line_items"]]:
        return 404, {"error": "Not found"}
    (company,) = world.company.table("company")
    today = world.changes.clock().astimezone(ZoneInfo(company["time_zone"])).date().isoformat()
    try:
        receive(world.company, today, line)
    except NotPossible as error:
        return _refused(str(error))
    world.refresh()
    return 200, {"purchase_order": world.objects["purchase_order"][key]}


def _make(world: World, given: dict[str, Any], pieces: int) -> int:
    stocked = given.get("maintain_stock") is True
    product = enter_product(world.company, NewProduct(
        number=str(given.get("upc_code") or f"SYN-{len(world.objects['product']) + 1}"), name=str(given["name"]),
        kind="stocked" if stocked else "service", category=str(given.get("product_category") or "General"),
        purchase_cents=_cents(given.get("price_cost")), sales_cents=_cents(given.get("price_retail")),
        active=given.get("disabled") is not True,
    ))  # fmt: skip
    if pieces and stocked:
        (row,) = world.company.rows("SELECT min(id) AS id, date(next_day, '-1 day') AS day FROM warehouses, company")
        adjust(world.company, row["day"], "FOUND", "", {(product, row["id"]): pieces * 1000})
    return product


def _refused(*messages: str) -> Answer:
    return 422, {"success": False, "message": list(messages)}


def _cents(value: Any) -> int:
    return int(Decimal(str(value or 0)) * 100)
