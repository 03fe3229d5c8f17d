"""Zuper's objects as rows of the contract.

What belongs here: which function makes the rows of which kind of object. Purchase orders are in `orders.py`, what
customers get in `papers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.landed.objects import Landed
from qbo_pipeline.sources.landed.projection import Row, Rows
from qbo_pipeline.sources.landed.values import Object, part, text
from qbo_pipeline.sources.landed.without_history import Maker, Making, WithoutHistory
from qbo_pipeline.sources.zuper.orders import read_order
from qbo_pipeline.sources.zuper.papers import Paper, credit_rows, invoice_rows, quote_rows
from qbo_pipeline.sources.zuper.transactions import TRANSACTIONS, transaction_rows
from qbo_pipeline.sources.zuper.values import is_stocked, person

_SERVICES = frozenset({"SERVICE", "LABOR"})


def thing(landed: Landed) -> Object:
    """The object of an answer; an entry of a list is all of it."""
    return part(landed.content, "data") or landed.content


def _customer(making: Making, landed: Landed) -> Rows:
    source = thing(landed)
    phones = part(source, "customer_contact_no")
    party: Row = {
        "party_id": landed.object_id,
        "kind": "customer",
        "name": person(source),
        "currency": making.currency,
        "email": text(source, "customer_email"),
        "phone": text(phones, "work", "mobile", "home"),
        **_address(part(source, "customer_billing_address") or part(source, "customer_address")),
        "tax_exempt": "yes" if part(source, "tax").get("tax_exempt") is True else None,
        "active": "no" if source.get("is_active") is False else "yes",
    }
    return {"parties": [party]}


def _vendor(making: Making, landed: Landed) -> Rows:
    source = thing(landed)
    party: Row = {
        "party_id": landed.object_id,
        "kind": "supplier",
        "name": text(source, "vendor_name"),
        "currency": making.currency,
        "email": text(source, "vendor_email"),
        "active": "no" if source.get("is_active") is False else "yes",
    }
    return {"parties": [party]}


def _address(source: Object) -> Row:
    return {"address": text(source, "street"), "city": text(source, "city"), "region": text(source, "state"),
            "postal_code": text(source, "zip_code")}  # fmt: skip


def _product(making: Making, landed: Landed) -> Rows:
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


def _paper(making: Making, landed: Landed) -> Paper:
    return Paper(making.zone, making.currency, landed.object_id, thing(landed))


_MAKERS: Mapping[str, Maker] = {
    "customer": _customer,
    "vendor": _vendor,
    "product": _product,
    "invoice": lambda making, landed: invoice_rows(_paper(making, landed), making.stocked),
    "estimate": lambda making, landed: quote_rows(_paper(making, landed)),
    TRANSACTIONS: transaction_rows,
    "credit_note": lambda making, landed: credit_rows(_paper(making, landed)),
}


def zuper(zone: ZoneInfo, currency: str) -> WithoutHistory:
    """`System` of the landing for a company in Zuper. What was deleted is kept there a while, and no longer counts."""
    return WithoutHistory(
        zone,
        currency,
        name="zuper",
        rules=4,
        makers=_MAKERS,
        read_order=read_order,
        counts=lambda landed: thing(landed).get("is_deleted") is not True,
    )
