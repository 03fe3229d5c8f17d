"""Customers, vendors and products in Syncro, those that are made there with our marker in their `notes`.

What belongs here: what an entry of the way back is there. Syncro changes all three and deletes none; a product can be
disabled by its API, a customer and a vendor by a person alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from qbo_pipeline.inventory.records import PRODUCT_KINDS
from qbo_pipeline.returning.abilities import KindAbility, own_id
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.entries import (
    FIRST_QUANTITY,
    agree,
    carries,
    content_of,
    fields_of,
    is_new,
    refuse_conflict,
    whole,
    with_mark,
)
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import Object, objects, part, text
from qbo_pipeline.sources.syncro.abilities import PARTIES, PRODUCTS
from qbo_pipeline.sources.syncro.system import address_of

NOTES_LENGTH = 2000
_REACHED = {"email": "email", "phone": "phone", "address": "address", "city": "city", "region": "state",
            "postal_code": "zip"}  # fmt: skip
_PRICES = {"sales_price": "price_retail", "purchase_cost": "price_cost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """Path, the name of one in an answer, the field of Syncro for each of a record, and whether it says `disabled`."""

    path: str
    one: str
    fields: Mapping[str, str]
    tells_disabled: bool = True


_GOODS = _List(path="products", one="product", fields={"name": "name", "number": "upc_code"})
_LISTS: Mapping[str, _List] = {
    "customer": _List(path="customers", one="customer", fields={"name": "business_name", **_REACHED}),
    "supplier": _List(path="vendors", one="vendor", fields={"name": "name", "number": "account_number", **_REACHED},
                      tells_disabled=False),
    **dict.fromkeys(PRODUCT_KINDS, _GOODS),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListWriter:
    """`Writer` of Syncro's customers, vendors and products."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the thing is as the entry says."""
        there = self._there(entry)
        if not there:
            return UnderMarker(entry.operation == "void", None)
        here = _here(entry.kind, there)
        return UnderMarker(agree(here, fields_of(entry, here)), text(there, "id"))

    def write(self, entry: TargetEntry) -> None:
        """Make the thing, or write over it what the entry says: what it does not name stays."""
        its, there = _LISTS[entry.kind], self._there(entry)
        here = _here(entry.kind, there)
        refuse_conflict(entry, here)
        fields = fields_of(entry, here)
        body: dict[str, Any] = {its.fields[name]: value for name, value in fields.items() if name in its.fields}
        if its is _GOODS:
            body |= _product(entry, fields, there)
        elif len(lines := str(fields.get("address") or "").splitlines()) > 1:
            body |= {"address": lines[0], "address_2": ", ".join(lines[1:])}
        if there:
            self.doors.writer.send("PUT", f"{its.path}/{there['id']}", content=body)
        else:
            notes = {"notes": with_mark(None, entry.marker, length=NOTES_LENGTH)}
            self.doors.writer.send("POST", its.path, content={**body, **notes})

    def _there(self, entry: TargetEntry) -> Object:
        its, own = _LISTS[entry.kind], str(own_id(content_of(entry)) or "")
        if not is_new(entry):
            found = self._by_id(its, own)
            if found is None:
                raise Declined(f"{entry.kind.replace('_', ' ')} {own} is not there any more")
            return found
        for known in self.doors.beside.carrying(its.one, entry.marker):
            if (found := self._by_id(its, known)) is not None and carries(text(found, "notes"), entry.marker):
                return found
        before: list[Object] = []
        for page in count(1):
            answer = self.doors.reader.get(its.path, {"page": str(page)})
            entries = list(objects(answer if isinstance(answer, dict) else {}, its.path))
            for item in entries:
                if carries(text(item, "notes"), entry.marker):
                    return item
            if not entries or entries == before:  # a list that does not know pages answers all of it each time
                return {}
            before = entries
        return {}

    def _by_id(self, its: _List, own: str) -> Object | None:
        answer = self.doors.reader.get(f"{its.path}/{own}")
        return (part(answer, its.one) or answer) if isinstance(answer, dict) else None


def party_writer(doors: Doors) -> ListWriter:
    """The writer of an account's customers and vendors."""
    return ListWriter(doors, PARTIES)


def product_writer(doors: Doors) -> ListWriter:
    """The writer of an account's products."""
    return ListWriter(doors, PRODUCTS)


def _here(kind: str, there: Object) -> dict[str, Any]:
    """What the system says of the fields that it holds, as a record says them; a vendor is never disabled."""
    its = _LISTS[kind]
    found: dict[str, Any] = {name: text(there, shown) for name, shown in its.fields.items()}
    if its is not _GOODS:  # as they are read: what stands in another field counts as well
        found |= {"phone": text(there, "phone", "mobile"), **address_of(there)}
    if kind == "customer":
        found["name"] = text(there, "business_then_name", "business_name", "fullname", "email")
    return {**found, "active": not (its.tells_disabled and there.get("disabled") is True)}


def _product(entry: TargetEntry, fields: Mapping[str, Any], there: Object) -> dict[str, Any]:
    """What of a product is no text: Syncro asks for a description, which stays the one that it has."""
    content = content_of(entry)
    body: dict[str, Any] = {"description": content.get("name"), "maintain_stock": entry.kind == "stocked"}
    if there:
        body = {"name": text(there, "name"), "description": text(there, "description", "name")}
    body |= {"name": fields["name"]} if fields.get("name") else {}
    body |= {"disabled": fields["active"] is False} if "active" in fields else {}
    if there:
        return body
    body |= {shown: Decimal(content[name]) for name, shown in _PRICES.items() if content.get(name)}
    if content.get("category"):
        body["product_category"] = str(content["category"])
    for name, shown in ((FIRST_QUANTITY, "quantity"), ("minimum_quantity", "reorder_at")):
        if content.get(name) and entry.kind == "stocked":
            body[shown] = whole(content[name], "its quantity", "Syncro")
    return body
