"""Zuper's products as they are posted and put, its categories, and its stock transactions.

What belongs here: its checks and the booking. Quirks on purpose: what is written stands under the name of its kind; a
product names its category by uid; a transaction is dated by Zuper itself, and takes whole pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.systems.changes import Thing
from qbo_pipeline.systems.company import CompanyDatabase, guid
from qbo_pipeline.systems.exact import milli
from qbo_pipeline.systems.goods import (
    Cell,
    NewProduct,
    NotPossible,
    adjust,
    change_product,
    enter_product,
    on_hand,
)
from qbo_pipeline.systems.zuper.world import World

_KINDS = {"PARTS": "stocked", "PRODUCT": "non_stocked", "SERVICE": "service"}


class Refused(ValueError):
    """Zuper does not take it; the text says why."""


def categories(company: CompanyDatabase) -> list[Thing]:
    """The categories of the company's products."""
    rows = company.rows("SELECT DISTINCT category FROM items ORDER BY category")
    return [{"category_name": row["category"], "category_uid": _category(row["category"]), "is_deleted": False,
             "category_description": ""} for row in rows]  # fmt: skip


def _category(name: str) -> str:
    return guid(f"category {name}", 0)


def keep_product(world: World, own: str, body: Mapping[str, Any]) -> str | None:
    """Make a product, or change the one of this uid; answers its uid, `None` where there is none.

    Raises `Refused` where it makes no sense.
    """
    given = body.get("product")
    if not isinstance(given, dict):
        raise Refused("product is required")
    try:
        if own:
            return _changed(world, own, given)
        return _made(world, given)
    except NotPossible as error:
        raise Refused(str(error)) from None


def _changed(world: World, own: str, given: Mapping[str, Any]) -> str | None:
    found = next((row["id"] for row in world.company.table("items") if guid("item", row["id"]) == own), None)
    if found is None:
        return None
    active = given.get("is_available")
    change_product(world.company, found, number=given.get("product_id"), name=given.get("product_name"), active=active)
    world.refresh()
    return own


def _made(world: World, given: Mapping[str, Any]) -> str:
    known = {item["category_uid"]: item["category_name"] for item in categories(world.company)}
    if not given.get("product_name") or given.get("product_category") not in known:
        raise Refused("product_name and product_category are required")
    places = given.get("location_availability") or []
    pieces = {_place(world.company, str(place.get("location"))): _pieces(place.get("quantity")) for place in places}
    number = enter_product(world.company, NewProduct(
        number=str(given.get("product_id") or f"Z-{len(world.objects['product']) + 1}"),
        name=str(given["product_name"]), kind=_KINDS[str(given.get("product_type") or "PRODUCT")],
        category=known[given["product_category"]], purchase_cents=_cents(given.get("purchase_price")),
        sales_cents=_cents(given.get("price")), active=given.get("is_available") is not False,
    ))  # fmt: skip
    moved = {(number, place): count * 1000 for place, count in pieces.items() if count}
    if moved:
        adjust(world.company, _today(world), "FOUND", "", moved)
    own = guid("item", number)
    world.remember("product", own, {"meta_data": given.get("meta_data") or []})
    return own


def move(world: World, own: str, sign: int, body: Mapping[str, Any]) -> str:
    """Book what comes in or goes out; answers the uid of the transaction.

    Raises `Refused` where it makes no sense.
    """
    given = body.get("transaction")
    if not isinstance(given, dict) or given.get("product_uid") != own:
        raise Refused("transaction with product_uid is required")
    items = [row["id"] for row in world.company.table("items") if guid("item", row["id"]) == own]
    if not items:
        raise Refused("Product is not found")
    cell: Cell = (items[0], _place(world.company, str(given.get("location_uid"))))
    quantity = sign * _pieces(given.get("quantity")) * 1000
    if not quantity or on_hand(world.company, cell) + quantity < 0:
        raise Refused("Quantity is not available")
    entry = adjust(world.company, _today(world), "FOUND", str(given.get("remarks") or ""), {cell: quantity})
    world.refresh()
    return next(str(item["transaction_uid"]) for item in transactions(world.company) if item["entry"] == entry)


def transactions(company: CompanyDatabase) -> list[Thing]:
    """What was adjusted, line by line, the newest first."""
    places = company.by_id("warehouses")
    rows = company.rows(
        "SELECT l.id, l.entry_id, l.item_id, l.warehouse_id, l.quantity_milli, h.memo, h.business_date, i.name"
        " FROM stock_entry_lines AS l JOIN stock_entries AS h ON h.id = l.entry_id JOIN items AS i ON i.id = l.item_id"
        " WHERE h.kind = 'adjustment' AND h.status = 'completed' ORDER BY l.id DESC"
    )
    return [_transaction(row, places[row["warehouse_id"]]["name"]) for row in rows]


def _transaction(row: Mapping[str, Any], place: str) -> Thing:
    comes = row["quantity_milli"] > 0
    where = {"location_uid": guid("warehouse", row["warehouse_id"]), "location_name": place}
    return {
        "transaction_uid": guid("stock_line", row["id"]), "entry": row["entry_id"],
        "product": {"product_uid": guid("item", row["item_id"]), "product_name": row["name"]},
        "to_location" if comes else "from_location": where, "quantity": milli(abs(row["quantity_milli"])),
        "type": "INWARD" if comes else "OUTWARD", "created_at": f"{row['business_date']}T12:00:00.000Z",
        "is_deleted": False, "serial_nos": [], "remarks": row["memo"] or "",
    }  # fmt: skip


def shown(items: Iterable[Thing]) -> list[Thing]:
    """Transactions without what is the box's own."""
    return [{name: value for name, value in item.items() if name != "entry"} for item in items]


def _place(company: CompanyDatabase, own: str) -> int:
    found = [row["id"] for row in company.table("warehouses") if guid("warehouse", row["id"]) == own]
    if not found:
        raise Refused("Location is not found")
    return int(found[0])


def _pieces(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise Refused("quantity must be a whole number")
    return value


def _today(world: World) -> str:
    (company,) = world.company.table("company")
    return world.changes.clock().astimezone(ZoneInfo(company["time_zone"])).date().isoformat()


def _cents(value: Any) -> int:
    return int(Decimal(str(value or 0)) * 100)
