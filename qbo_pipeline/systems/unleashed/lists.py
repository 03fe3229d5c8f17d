"""What Unleashed makes of customers, suppliers and products that are posted to the address of their guid.

What belongs here: its checks and the booking. A guid that it does not know yet is that of a new one; a code is taken
once. What the company has no place for (telephones, addresses) the box remembers itself.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from sqlite3 import connect
from typing import Any
from uuid import UUID

from qbo_pipeline.systems.booking import change_party, enter_party
from qbo_pipeline.systems.company import guid
from qbo_pipeline.systems.door import Answer
from qbo_pipeline.systems.goods import NewProduct, NotPossible, change_product, enter_product
from qbo_pipeline.systems.unleashed.words import given_guids
from qbo_pipeline.systems.unleashed.world import World


@dataclass(frozen=True, slots=True)
class _List:
    """The kind of an object, and of its ids; the company's table; the fields of name and code."""

    kind: str
    ids: str
    table: str
    named: str
    code: str


PATHS = {
    "Customers": _List("customer", "customer", "customers", "CustomerName", "CustomerCode"),
    "Suppliers": _List("supplier", "supplier", "suppliers", "SupplierName", "SupplierCode"),
    "Products": _List("product", "item", "items", "ProductDescription", "ProductCode"),
}
_KEPT = ("PhoneNumber", "Addresses", "IsSellable", "IsPurchasable")


def keep(world: World, path: str, key: str, body: bytes) -> Answer:
    """Answer `POST /Customers/GUID`, and the same of suppliers and products."""
    its = PATHS[path]
    try:
        given: dict[str, Any] = json.loads(body, parse_float=Decimal)
        own = str(UUID(key))
    except ValueError:
        return 400, {"Description": "The body is no JSON, or the address no guid."}
    world.refresh()
    there = world.objects[its.kind].get(own)
    if lacking := [name for name in (its.named, its.code) if there is None and not given.get(name)]:
        return 400, {"Description": f"{lacking[0]} is required."}
    code = str(given.get(its.code) or "").lower()
    if any(
        code == str(other[its.code]).lower() for guid_of, other in world.objects[its.kind].items() if guid_of != own
    ):
        return 400, {"Description": f"{its.code} {given[its.code]} is used already."}
    try:
        if there is None:
            _make(world, its, own, given)
        else:
            _change(world, its, own, given)
    except NotPossible as error:
        return 400, {"Description": str(error)}
    world.remember(its.kind, own, {name: given[name] for name in _KEPT if name in given})
    return 200, world.objects[its.kind][own]


def _make(world: World, its: _List, own: str, given: dict[str, Any]) -> None:
    if its.kind == "product":
        number = enter_product(world.company, NewProduct(
            number=str(given[its.code]), name=str(given[its.named]), category="General",
            kind="non_stocked" if given.get("NeverDiminishing") is True else "stocked",
            sales_cents=_cents(given.get("DefaultSellPrice")), purchase_cents=_cents(given.get("DefaultPurchasePrice")),
            active=given.get("Obsolete") is not True,
        ))  # fmt: skip
    else:
        number = enter_party(world.company, its.table, str(given[its.named]), str(given.get("Email") or ""))
    with closing(connect(world.company.path)) as db, db:
        db.execute("CREATE TABLE IF NOT EXISTS given_guids (kind TEXT, id INTEGER, guid TEXT)")
        db.execute("INSERT INTO given_guids VALUES (?, ?, ?)", (its.ids, number, own))
        if its.kind != "product":
            db.execute(f"UPDATE {its.table} SET number = ? WHERE id = ?", (given[its.code], number))


def _change(world: World, its: _List, own: str, given: dict[str, Any]) -> None:
    known = {guid_of: number for (kind, number), guid_of in given_guids(world.company).items() if kind == its.ids}
    rows = world.company.table(its.table)
    number = known.get(own) or next(row["id"] for row in rows if guid(its.ids, row["id"]) == own)
    active = given.get("Obsolete") is not True
    if its.kind == "product":
        change_product(world.company, number, number=given.get(its.code), name=given.get(its.named), active=active)
    else:
        change_party(world.company, its.table, number, given.get(its.named), given.get("Email"), active=active)


def _cents(value: Any) -> int:
    return int(Decimal(str(value or 0)) * 100)
