"""The records that are stored in the company whose outcomes are written down, and short makers for the others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.inventory.records import Document, Party, Product
from qbo_pipeline_tests.accounting.company import (
    books,
    document,
    item,
    labour,
    match,
    movement,
    stock,
)

D = Decimal
DUE = date(2026, 4, 14)
EURO: dict[str, Any] = {"currency": "EUR", "exchange_rate": D("1.25")}
MANY = {"multicurrency": True}
GLOBAL: dict[str, Any] = {"policies": {"tax_regime": "global"}, "tax_codes": {"": "5", "S": "7"}}
DIMENSIONS = {
    ("class", "product", "tea"): "901", ("class", "location", "east"): "902", ("department", "location", "east"): "801",
    ("sales", "category", "ware"): "41", ("inventory", "location", "west"): "83",
}  # fmt: skip
GERMAN = Party(party_id="8", kind="supplier", name="Tee GmbH", currency="EUR")
BUYER = Party(party_id="5", kind="customer", name="Café", currency="EUR")
EURO_PAYABLES = AccountRef(id="21", name="Payables EUR", type="Accounts Payable", currency="EUR")
NAMED = {
    ("class", "east"): "903",
    ("class", "of lines"): "904",
    ("department", "shop"): "802",
    ("department", "web"): "803",
}
LONG = "word " * 900
SELF = Party(party_id="0", kind="customer", name="Ring", parent_id="0")
SHARING = Party(party_id="2", kind="supplier", name="kitchen & CO")
TWIN = Party(party_id="a:X1", kind="customer", number="K:X1", name="Kitchen & Co")
UNTOLD = Party(party_id="b:X2", kind="supplier", name="Leaf Imports")
FIRST = Product(product_id="y", kind="stocked", number="T-1" + "n" * 90, name="Tea")
SECOND = Product(product_id="x" * 70, kind="stocked", number="t-1" + "n" * 90, name="Tea")
ITEMS = {"hints": frozenset({"41"}), "rounding": frozenset({"10"})}

RECEIPT = movement("receipt", stock("tea", 10, "50"), stock("cup", 4, "8", "west"), party_id="9", memo="dock 3")
LUMP = movement("receipt", stock("tea", 0, "5"), movement_id="lump", number="90")
LABOURED = movement("receipt", stock("tea", 1, "5"), labour("2"), movement_id="laboured", number="91")
BARE = movement("receipt", stock(None, 5, "25"), movement_id="bare", number="89")
RETURN = movement("supplier_return", stock("tea", -2, "-9.50"), party_id="9")
INVOICE = document("sales_invoice", item("tea", 10, "10", "100"), document_id="i1", number="I-1")
LATER = document("sales_invoice", item("tea", 5, "10", "50"), document_id="i7", number="I-7")
SALE_CREDIT = document("sales_credit", item("tea", 3, "10", "30"), document_id="i3", number="I-3")
BILL = document("bill", item("bag", 10, "10", "100"), document_id="b1", number="B-1")
SUPPLIER_CREDIT = document("purchase_credit", item("bag", 3, "10", "30"), document_id="b2", number="B-2")
STORED = (RECEIPT, LABOURED, LATER, BARE, LUMP, RETURN, INVOICE, SALE_CREDIT, BILL, SUPPLIER_CREDIT, GERMAN, BUYER)


def matched(*lines: Any, kind: str = "bill", **changes: Any) -> Document:
    """A bill of the first line of the receipt, and what else is on it."""
    own = item("tea", changes.pop("quantity", 10), "6", "60", **changes.pop("first", {}))
    return document(kind, own, *lines, matches=changes.pop("matches", (match(1, "receipt", 1, 10),)), **changes)


def stored(**changes: Any) -> Books:
    return books(*STORED, **changes)
