"""Customers, suppliers and products that people keep in QuickBooks, in Cin7 Core: written over what it has, and made.

What belongs here: what an entry of the way back is there. Cin7 Core asks for accounts, a tax rule or a costing method
of each new one, which QuickBooks does not know: `[write_back.new_entries]` says them. A new one carries our marker in
a note of its own, by which it is found again; nothing is made where one of its name is there without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from qbo_pipeline.inventory.records import PRODUCT_KINDS
from qbo_pipeline.returning.abilities import KindAbility, own_id
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.cin7_core.abilities import LISTS
from qbo_pipeline.sources.cin7_core.parties import ADDRESS_FIELDS, CONTACT_FIELDS, party_fields, with_fields
from qbo_pipeline.sources.entries import agree, carries, content_of, fields_of, is_new, refuse_conflict, with_mark
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import Object, objects, text

_A_PAGE = 1000
_NOT_PUT = frozenset({"LastModifiedOn", "Movements", "Type", "AverageCost", "CountryOfOriginCode", "Attachments"})
"""What is answered of an entry and is not described as something that may be put."""
_PARTY = {"name": "Name"}
_PRODUCT = {"name": "Name", "number": "SKU"}
_TYPES = {"stocked": "Stock", "service": "Service", "non_stocked": "Non-Inventory"}
_PRICES = {"sales_price": "PriceTier1", "minimum_quantity": "MinimumBeforeReorder"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """Path, the name of the list in its answers, what the settings call it, the fields of Cin7 Core for those of a
    record that are one there, the note that holds our marker with its length, and by which parameter and which field
    one is looked up."""

    path: str
    name: str
    owned_as: str
    fields: Mapping[str, str]
    note: str
    length: int
    looked_up: tuple[str, str]


_PRODUCTS = _List(path="product", name="Products", owned_as="products", fields=_PRODUCT, note="InternalNote",
                  length=2000, looked_up=("Sku", "number"))  # fmt: skip
_LISTS: Mapping[str, _List] = {
    "customer": _List(path="customer", name="CustomerList", owned_as="customers", fields=_PARTY, note="Comments",
                      length=2000, looked_up=("Name", "name")),
    "supplier": _List(path="supplier", name="SupplierList", owned_as="suppliers", fields=_PARTY, note="Comments",
                      length=256, looked_up=("Name", "name")),
    **dict.fromkeys(PRODUCT_KINDS, _PRODUCTS),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListWriter:
    """`Writer` of Cin7 Core's lists."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the entry of the list is as it should be."""
        there = self._there(entry)
        if there is None:
            return UnderMarker(entry.operation == "void", None)
        fields = _here(entry.kind, there)
        return UnderMarker(agree(fields, fields_of(entry, fields)), str(there["ID"]).lower())

    def write(self, entry: TargetEntry) -> None:
        """Put what is there with what the entry says of it, as whether what is left out would stay is not described;
        or make it."""
        path = _LISTS[entry.kind].path
        there = self._there(entry)
        if there is None:
            self.doors.writer.send("POST", path, content=self._new(entry))
            return
        here = _here(entry.kind, there)
        refuse_conflict(entry, here)
        given = {key: value for key, value in there.items() if key not in _NOT_PUT}
        self.doors.writer.send("PUT", path, content={**given, **_body(entry, fields_of(entry, here), there)})

    def _there(self, entry: TargetEntry) -> Object | None:
        """The entry of the list; `None` where it is still to be made."""
        if is_new(entry):
            return self._made(entry)
        own = str(own_id(content_of(entry)) or "")
        found = self._by_id(entry.kind, own)
        if found is None:
            raise Declined(f"{entry.kind.replace('_', ' ')} {own} is not there any more")
        return found

    def _made(self, entry: TargetEntry) -> Object | None:
        """The one that carries the marker: looked up by what it is called, by what was read, and among those that
        changed since it was told first, as people may have given it another name meanwhile."""
        its = _LISTS[entry.kind]
        parameter, field = its.looked_up
        called = str(content_of(entry).get(field) or entry.number)
        namesakes = [item for item in self._pages(its, {parameter: called})
                     if (text(item, its.fields[field]) or "").casefold() == called.casefold()]  # fmt: skip
        for item in namesakes:
            if carries(text(item, its.note), entry.marker):
                return item
        for own in self.doors.beside.carrying(its.path, entry.marker):
            if (found := self._by_id(entry.kind, own)) is not None and carries(text(found, its.note), entry.marker):
                return found
        told = min((one.business_date for one in self.doors.beside.told(entry.marker)), default=entry.business_date)
        since = f"{told - timedelta(days=1)}T00:00:00Z"
        for item in self._pages(its, {"ModifiedSince": since}):
            if carries(text(item, its.note), entry.marker):
                return item
        if namesakes and entry.operation != "void":
            raise Declined(
                f"Cin7 Core has a {its.path} {called!r} already: if it is the same one `qbo-pipeline relink` it, if "
                "not rename one of the two"
            )
        return None

    def _by_id(self, kind: str, own: str) -> Object | None:
        found = list(self._pages(_LISTS[kind], {"ID": own}))
        return found[0] if len(found) == 1 and str(found[0].get("ID", "")).lower() == own.lower() else None

    def _pages(self, its: _List, params: Mapping[str, str]) -> Iterator[Object]:
        for page in count(1):
            asked = {**params, "Page": str(page), "Limit": str(_A_PAGE), "IncludeDeprecated": "true"}
            answer = self.doors.reader.get(its.path, asked)
            found = objects(answer if isinstance(answer, dict) else {}, its.name)
            yield from found
            if len(found) < _A_PAGE:
                return

    def _new(self, entry: TargetEntry) -> dict[str, Any]:
        its, content = _LISTS[entry.kind], content_of(entry)
        said = dict(self.doors.new_entries.get(its.owned_as, {}))
        if content.get("category"):
            said["Category"] = str(content["category"])
        if lacking := [name for name in self.abilities[entry.kind].asks_for if name not in said]:
            raise Declined(
                f"Cin7 Core asks for {', '.join(lacking)} of each new {its.path}, which QuickBooks does not know: say "
                f"it in [write_back.new_entries] {its.owned_as}, then `qbo-pipeline write-back retry`"
            )
        fields = fields_of(entry, _here(entry.kind, {}))
        made = {**said, **_body(entry, fields, {}), its.note: with_mark(None, entry.marker, its.length)}
        if its is not _PRODUCTS:
            return {**made, "Currency": content.get("currency") or entry.currency}
        prices = {shown: Decimal(content[name]) for name, shown in _PRICES.items() if content.get(name)}
        return {**made, "Type": _TYPES[entry.kind], **prices}


def writer(doors: Doors) -> ListWriter:
    """The writer of an account's lists."""
    return ListWriter(doors, LISTS)


def _here(kind: str, there: Object) -> dict[str, Any]:
    """What the system says of the fields that it holds, as a record says them."""
    its = _LISTS[kind]
    found: dict[str, Any] = {name: text(there, shown) for name, shown in its.fields.items()}
    if its is not _PRODUCTS:
        reached = party_fields(there)
        found |= {name: reached.get(name) for name in (*CONTACT_FIELDS, *ADDRESS_FIELDS)}
    return {**found, "active": text(there, "Status") != "Deprecated"}


def _body(entry: TargetEntry, fields: Mapping[str, Any], there: Object) -> dict[str, Any]:
    its = _LISTS[entry.kind]
    body = {its.fields[name]: value for name, value in fields.items() if name in its.fields}
    if "active" in fields or not there:
        body["Status"] = "Deprecated" if fields.get("active") is False else "Active"
    return body | (with_fields(there, str(fields.get("name") or text(there, "Name")), fields)
                   if its is not _PRODUCTS else {})  # fmt: skip
