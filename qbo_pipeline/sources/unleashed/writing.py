"""Customers, suppliers and products in Unleashed, under a guid of our own that follows from the marker.

What belongs here: what an entry of the way back is there. A thing is written to the address of its guid [?], so that
what is sent twice is there once, and it is found by that guid. What came from Unleashed keeps its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbo_pipeline.inventory.records import PRODUCT_KINDS
from qbo_pipeline.returning.abilities import KindAbility, own_id
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.entries import agree, content_of, fields_of, is_new, refuse_conflict
from qbo_pipeline.sources.landed.values import Object, objects, text
from qbo_pipeline.sources.unleashed.abilities import LISTS
from qbo_pipeline.sources.unleashed.system import address_of

NAMESPACE = uuid.UUID("9f4f0d4e-5f0e-5d51-8f9d-6a2f7c1b0e52")
"""Any fixed one: it keeps our guids apart from those of everybody else who hashes names."""
_REACHED = {"email": "Email", "phone": "PhoneNumber"}
_PRICES = {"sales_price": "DefaultSellPrice", "purchase_cost": "DefaultPurchasePrice"}
_ADDRESS = {"city": "City", "region": "Region", "postal_code": "PostalCode", "country": "Country"}
_STREET = ("StreetAddress", "StreetAddress2")


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """Path, the field that is a code, and the field of Unleashed for each of a record that is one there."""

    path: str
    code: str
    fields: Mapping[str, str]


_PRODUCTS = _List(path="Products", code="ProductCode", fields={"name": "ProductDescription", "number": "ProductCode"})
_LISTS: Mapping[str, _List] = {
    "customer": _List(path="Customers", code="CustomerCode", fields={"name": "CustomerName", **_REACHED}),
    "supplier": _List(path="Suppliers", code="SupplierCode",
                      fields={"name": "SupplierName", "number": "SupplierCode", **_REACHED}),
    **dict.fromkeys(PRODUCT_KINDS, _PRODUCTS),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListWriter:
    """`Writer` of Unleashed."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the thing of that guid is as the entry says; one that was taken back, whether it is obsolete."""
        guid = _guid(entry)
        there = self._there(entry.kind, guid)
        if not there:
            return UnderMarker(entry.operation == "void", guid)
        here = _here(entry.kind, there)
        return UnderMarker(agree(here, fields_of(entry, here)), guid)

    def write(self, entry: TargetEntry) -> None:
        """Write what the entry says over what is there: what it does not name stays."""
        its, guid, content = _LISTS[entry.kind], _guid(entry), content_of(entry)
        there = self._there(entry.kind, guid)
        here = _here(entry.kind, there)
        refuse_conflict(entry, here)
        fields = fields_of(entry, here)
        body = {its.fields[name]: value for name, value in fields.items() if name in its.fields}
        # A thing needs a code, and keeps the one that it has.
        code = {its.code: there.get(its.code) or content.get("number") or f"QB{entry.marker.partition('.')[0]}"}
        if its is not _PRODUCTS:
            body |= _addressed(there, fields)
        elif not there:
            prices = {shown: Decimal(content[name]) for name, shown in _PRICES.items() if content.get(name)}
            body |= {"NeverDiminishing": entry.kind != "stocked", "IsSellable": True, "IsPurchasable": True, **prices}
        obsolete = {"Obsolete": fields.get("active", here["active"]) is False}
        self.doors.writer.send("POST", f"{its.path}/{guid}", content={"Guid": guid, **code, **body, **obsolete})

    def _there(self, kind: str, guid: str) -> Object:
        found = self.doors.reader.get(f"{_LISTS[kind].path}/{guid}")
        return found if isinstance(found, dict) else {}


def writer(doors: Doors) -> ListWriter:
    """The writer of an account's lists."""
    return ListWriter(doors, LISTS)


def _guid(entry: TargetEntry) -> str:
    return str(uuid.uuid5(NAMESPACE, entry.marker)) if is_new(entry) else str(own_id(content_of(entry)) or "")


def _here(kind: str, there: Object) -> dict[str, Any]:
    """What the system says of the fields that it holds, as a record says them."""
    its = _LISTS[kind]
    found: dict[str, Any] = {name: text(there, shown) for name, shown in its.fields.items()}
    if its is _PRODUCTS:
        found["name"] = text(there, "ProductDescription", "ProductCode")
    else:
        reached = address_of(there)
        found |= {name: reached.get(name) for name in ("address", *_ADDRESS)}
    return {**found, "active": there.get("Obsolete") is not True}


def _postal(there: Object) -> Object:
    found = sorted(objects(there, "Addresses"), key=lambda address: text(address, "AddressType") != "Postal")
    return found[0] if found else {}


def _addressed(there: Object, fields: Mapping[str, Any]) -> dict[str, Any]:
    """`Addresses` with the postal one as it is to be, where the fields name any of it; the others stay."""
    told = {shown: fields[name] for name, shown in _ADDRESS.items() if name in fields}
    if "address" in fields:
        lines = [*str(fields["address"] or "").splitlines(), "", ""]
        told |= {_STREET[0]: lines[0], _STREET[1]: ", ".join(line for line in lines[1:] if line)}
    if not told:
        return {}
    postal = _postal(there)
    others = [address for address in objects(there, "Addresses") if address is not postal]
    return {"Addresses": [{"AddressType": "Postal", **postal, **told}, *others]}
