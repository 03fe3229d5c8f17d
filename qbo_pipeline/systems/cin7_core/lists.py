"""What Cin7 Core makes of customers, suppliers and products that are posted and put by its API.

What belongs here: its checks and the booking. It asks for accounts, a tax rule or a costing method of each new one;
a name, or a product's number, is taken once. What the company has no place for (notes, contacts, addresses) the box
remembers itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qbo_pipeline.systems.booking import change_party, enter_party
from qbo_pipeline.systems.cin7_core.resources import BadRequest
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.company import guid
from qbo_pipeline.systems.goods import NewProduct, NotPossible, change_product, enter_product

_PARTY = ("Name", "Status", "Currency", "PaymentTerm", "TaxRule")
# By path: the company's table, the kind of its ids, the list's name, and what is asked for of a new one.
PATHS = {
    "customer": ("customers", "customer", "CustomerList", (*_PARTY, "AccountReceivable", "RevenueAccount")),
    "supplier": ("suppliers", "supplier", "SupplierList", (*_PARTY, "AccountPayable")),
    "product": ("items", "item", "Products", ("SKU", "Name", "Category", "Type", "CostingMethod", "UOM", "Status")),
}
_KINDS = {"Stock": "stocked", "Service": "service", "Non-Inventory": "non_stocked"}
_NOT_KEPT = ("ID", "Name", "Status", "SKU", "Movements", "LastModifiedOn")


def answer(world: World, method: str, path: str, params: Mapping[str, str], body: bytes) -> Any:
    """Answer `POST` and `PUT` of an entry; `None` where there is none of that id.

    Raises `BadRequest` where it makes no sense.
    """
    table, kind, name, asked = PATHS[path]
    try:
        given: dict[str, Any] = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise BadRequest("The body is no JSON") from None
    if method == "PUT":
        own = str(given.get("ID")).lower()
        found = next((row["id"] for row in world.company.table(table) if guid(kind, row["id"]) == own), None)
        if found is None:
            return None
        _refuse_taken(world, path, given, but=own)
        _change(world, path, table, found, given)
    else:
        if lacking := [field for field in asked if not given.get(field)]:
            raise BadRequest(f"{lacking[0]} is required")
        _refuse_taken(world, path, given, but="")
        own = guid(kind, _make(world, path, table, given))
    kept = {field: value for field, value in given.items() if field not in _NOT_KEPT}
    world.remember(path, own, kept)
    return {name: [world.objects[path][own]], "Page": 1, "Total": 1}


def _refuse_taken(world: World, path: str, given: Mapping[str, Any], *, but: str) -> None:
    field = "SKU" if path == "product" else "Name"
    for own, content in world.objects[path].items():
        if given.get(field) and own != but and content[field].lower() == str(given[field]).lower():
            raise BadRequest(f"{path.capitalize()} with {field} '{given[field]}' already exists")


def _make(world: World, path: str, table: str, given: Mapping[str, Any]) -> int:
    if path != "product":
        return enter_party(world.company, table, str(given["Name"]), _email(given) or "")
    price = Decimal(str(given.get("PriceTier1") or 0))
    return enter_product(world.company, NewProduct(
        number=str(given["SKU"]), name=str(given["Name"]), kind=_KINDS[str(given["Type"])],
        category=str(given["Category"]), unit=str(given["UOM"]), sales_cents=int(price * 100),
    ))  # fmt: skip


def _change(world: World, path: str, table: str, found: int, given: Mapping[str, Any]) -> None:
    active = given.get("Status") != "Deprecated"
    if path != "product":
        change_party(world.company, table, found, given.get("Name"), _email(given), active=active)
        return
    try:
        change_product(world.company, found, number=given.get("SKU"), name=given.get("Name"), active=active)
    except NotPossible as error:
        raise BadRequest(str(error)) from None


def _email(given: Mapping[str, Any]) -> str | None:
    contacts = given.get("Contacts") or [{}]
    email = contacts[0].get("Email")
    return None if email is None else str(email)
