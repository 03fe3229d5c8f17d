"""Products that people keep in QuickBooks, in Zuper: written over what it has, and made.

What belongs here: what an entry of the way back is there. A new one has to have a category of Zuper's, and carries our
marker among its custom fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

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
    mark_of,
    refuse_conflict,
    whole,
)
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import Object, objects, part, text
from qbo_pipeline.sources.zuper.abilities import PRODUCTS
from qbo_pipeline.sources.zuper.pages import pages
from qbo_pipeline.sources.zuper.values import uid

LABEL = "QuickBooks"
"""What our custom field is called."""
_FIELDS = {"name": "product_name", "number": "product_id"}
_TYPES = {"stocked": "PARTS", "non_stocked": "PRODUCT", "service": "SERVICE"}
_PRICES = {"sales_price": "price", "purchase_cost": "purchase_price"}


@dataclass(frozen=True, slots=True)
class ProductWriter:
    """`Writer` of Zuper's products."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the product is as the entry says."""
        there = self._there(entry)
        if there is None:
            return UnderMarker(entry.operation == "void", None)
        here = _here(there)
        return UnderMarker(agree(here, fields_of(entry, here)), uid(there, "product_uid"))

    def write(self, entry: TargetEntry) -> None:
        """Make the product, or write over it what the entry says: what it does not name stays."""
        there = self._there(entry)
        here = _here(there or {})
        refuse_conflict(entry, here)
        fields = fields_of(entry, here)
        body: dict[str, Any] = {_FIELDS[name]: value for name, value in fields.items() if name in _FIELDS}
        if "active" in fields:
            body["is_available"] = fields["active"] is not False
        if there is None:
            self.doors.writer.send("POST", "product", content={"product": {**body, **self._new(entry)}})
        else:
            self.doors.writer.send("PUT", f"product/{there['product_uid']}", content={"product": body})

    def _there(self, entry: TargetEntry) -> Object | None:
        if not is_new(entry):
            own = str(own_id(content_of(entry)) or "")
            found = self._by_uid(own)
            if found is None:
                raise Declined(f"product {own} is not there any more")
            return found
        known = self.doors.beside.carrying("product", entry.marker)
        newest = (text(item, "product_uid") or "" for item in pages(self.doors.reader, "product", _NEWEST)
                  if not self.doors.beside.has("product", uid(item, "product_uid") or ""))  # fmt: skip
        for own in dict.fromkeys((*known, *newest)):
            found = self._by_uid(own)
            if found is not None and _is_marked(found, entry.marker):
                return found
        return None

    def _by_uid(self, own: str) -> Object | None:
        found = part(self.doors.reader.get(f"product/{own}") or {}, "data")
        return found if found and found.get("is_deleted") is not True else None

    def _new(self, entry: TargetEntry) -> dict[str, Any]:
        content = content_of(entry)
        called = content.get("category") or self.doors.new_entries.get("products", {}).get("product_category")
        if not called:
            raise Declined(
                "Zuper asks for a category of each new product, and QuickBooks tells none of this one: say it in "
                "[write_back.new_entries] products, product_category, then `qbo-pipeline write-back retry`"
            )
        made: dict[str, Any] = {
            "product_category": self._category(str(called)),
            "product_type": _TYPES[entry.kind],
            "track_quantity": entry.kind == "stocked",
            "meta_data": [{"label": LABEL, "value": mark_of(entry.marker), "type": "SINGLE_LINE",
                           "module_name": "PRODUCT", "hide_field": False, "hide_to_fe": False}],
            **{shown: Decimal(content[name]) for name, shown in _PRICES.items() if content.get(name)},
        }  # fmt: skip
        if entry.kind != "stocked":
            return made
        if content.get("minimum_quantity"):
            made["min_quantity"] = whole(content["minimum_quantity"], "its least quantity", "Zuper")
        if content.get(FIRST_QUANTITY):
            there = whole(content[FIRST_QUANTITY], "its quantity", "Zuper")
            if there and not content.get("location_id"):
                raise Declined("it does not say at which location: name Zuper's in [write_back] location")
            if there:
                made["location_availability"] = [{"location": content["location_id"], "quantity": there}]
        return made

    def _category(self, called: str) -> str:
        for item in pages(self.doors.reader, "products/category", {}):
            if called in (text(item, "category_name"), text(item, "category_uid")):
                return str(item["category_uid"])
        raise Declined(
            f"Zuper has no product category {called!r}: make it there, or name another in [write_back.new_entries]"
        )


_NEWEST = {"sort": "DESC", "sort_by": "created_at"}


def writer(doors: Doors) -> ProductWriter:
    """The writer of an account's products."""
    return ProductWriter(doors, PRODUCTS)


def _here(there: Object) -> dict[str, Any]:
    """What the system says of the fields that it holds, as a record says them."""
    found = {"name": text(there, "product_name"), "number": text(there, "product_id", "product_no")}
    return {**found, "active": there.get("is_available") is not False}


def _is_marked(product: Object, marker: str) -> bool:
    return any(carries(text(field, "value"), marker) for field in objects(product, "meta_data"))
