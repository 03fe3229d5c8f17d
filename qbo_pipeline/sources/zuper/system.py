"""Zuper's objects as rows of the contract.

What belongs here: which function makes the rows of which kind of object. Purchase orders are in `orders.py`, what
customers get in `papers.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.landed import anchor, orders, snapshots
from qbo_pipeline.sources.landed.objects import Landed
from qbo_pipeline.sources.landed.projection import Projection, Row, Rows
from qbo_pipeline.sources.landed.values import Object, part, text
from qbo_pipeline.sources.landed.without_paper import explain_stock
from qbo_pipeline.sources.zuper.orders import read_order
from qbo_pipeline.sources.zuper.papers import Paper, credit_rows, invoice_rows, quote_rows
from qbo_pipeline.sources.zuper.values import is_stocked, person

_SERVICES = frozenset({"SERVICE", "LABOR"})


@dataclass(frozen=True, slots=True)
class Zuper:
    """`System` of the landing, for one company: its days are in `zone`, all its amounts in `currency`."""

    zone: ZoneInfo
    currency: str
    name: str = "zuper"
    looked_up: frozenset[str] = frozenset()

    @property
    def version(self) -> str:
        return f"3 {self.zone.key} {self.currency}"

    @property
    def staging(self) -> Mapping[str, tuple[str, ...]]:
        return {**orders.STAGING, **snapshots.STAGING}

    def rows(self, landed: Landed, projection: Projection) -> Rows:
        make = _MAKERS.get(landed.kind)
        # What was deleted is kept there for a while, and no longer counts.
        if make is None or thing(landed).get("is_deleted") is True:
            return {}
        return make(_Look(self.zone, self.currency, projection), landed)

    def finish(self, projection: Projection, at: str) -> None:
        look = _Look(self.zone, self.currency, projection)
        orders.make_orders(projection, partial(read_order, self.zone), look.stocked, self.currency, at)
        if projection.owners:
            explain_stock(projection, self.currency, at)
            anchor.chain_stock(projection, self.currency, at)


@dataclass(frozen=True, slots=True)
class _Look:
    zone: ZoneInfo
    currency: str
    projection: Projection

    def stocked(self, product_id: str | None) -> bool:
        found = self.projection.select("SELECT kind FROM products_rows WHERE product_id = ?", product_id)
        return product_id is not None and (not found or found[0]["kind"] == "stocked")

    def paper(self, landed: Landed) -> Paper:
        return Paper(self.zone, self.currency, landed.object_id, thing(landed))


def thing(landed: Landed) -> Object:
    """The object of an answer; an entry of a list is all of it."""
    return part(landed.content, "data") or landed.content


def _customer(look: _Look, landed: Landed) -> Rows:
    source = thing(landed)
    phones = part(source, "customer_contact_no")
    party: Row = {
        "party_id": landed.object_id,
        "kind": "customer",
        "name": person(source),
        "currency": look.currency,
        "email": text(source, "customer_email"),
        "phone": text(phones, "work", "mobile", "home"),
        **_address(part(source, "customer_billing_address") or part(source, "customer_address")),
        "active": "no" if source.get("is_active") is False else "yes",
    }
    return {"parties": [party]}


def _vendor(look: _Look, landed: Landed) -> Rows:
    source = thing(landed)
    party: Row = {
        "party_id": landed.object_id,
        "kind": "supplier",
        "name": text(source, "vendor_name"),
        "currency": look.currency,
        "email": text(source, "vendor_email"),
        "active": "no" if source.get("is_active") is False else "yes",
    }
    return {"parties": [party]}


def _address(source: Object) -> Row:
    return {"address": text(source, "street"), "city": text(source, "city"), "region": text(source, "state"),
            "postal_code": text(source, "zip_code")}  # fmt: skip


def _product(look: _Look, landed: Landed) -> Rows:
    source = thing(landed)
    kind = text(source, "product_type")
    found: Row = {
        "product_id": landed.object_id,
        "kind": "stocked" if is_stocked(source) else "service" if kind in _SERVICES else "non_stocked",
        "number": text(source, "product_id", "product_no"),
        "name": text(source, "product_name"),
        "category": text(part(source, "product_category"), "category_name"),
        "unit": text(source, "uom"),
        "active": "no" if source.get("is_available") is False else "yes",
    }
    return {"products": [found]}


_MAKERS: Mapping[str, Callable[[_Look, Landed], Rows]] = {
    "customer": _customer,
    "vendor": _vendor,
    "product": _product,
    "invoice": lambda look, landed: invoice_rows(look.paper(landed), look.stocked),
    "estimate": lambda look, landed: quote_rows(look.paper(landed)),
    "credit_note": lambda look, landed: credit_rows(look.paper(landed)),
    orders.ORDER: lambda _, landed: orders.staged(landed),
    orders.RECEIVED: lambda _, landed: orders.staged(landed),
    orders.FINISHED: lambda _, landed: orders.staged(landed),
    snapshots.PLACE: lambda _, landed: snapshots.place_rows(landed),
    snapshots.STOCK: lambda _, landed: snapshots.stock_rows(landed),
}
