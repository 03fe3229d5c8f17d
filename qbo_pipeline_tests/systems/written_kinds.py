"""One entry of every kind for every system that is written by its API, and how often its thing stands in the company.

What belongs here: the cases of `test_written_kinds.py`, one for each row of the tables of abilities.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from qbo_pipeline.inventory.records import canonical_json, text_hash
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.systems.company import guid
from qbo_pipeline_tests.systems.written_rig import Rig

DAY = date(2026, 10, 5)


def entry(kind: str, marker: str, content: Mapping[str, Any], **more: Any) -> TargetEntry:
    """An entry with this content."""
    payload = canonical_json({"kind": kind, **content})
    given: dict[str, Any] = {
        "marker": marker, "revision": 1, "operation": "create", "kind": kind, "business_date": DAY,
        "party_id": str(content.get("party_id") or ""), "number": str(content.get("number") or marker),
        "currency": "USD", "amount": Decimal(content.get("amount") or content.get("total_amount") or 0),
        "content": payload, "content_hash": text_hash(payload),
    }  # fmt: skip
    return TargetEntry(**{**given, **more})


@dataclass(frozen=True, kw_only=True)
class Case:
    """How an entry of a kind is made, how often its thing stands in the company, and one that is refused with these
    words."""

    make: Callable[[Rig, str], TargetEntry]
    count: Callable[[Rig, TargetEntry], int]
    refuse: Callable[[Rig, str], TargetEntry]
    words: str


def content(of: TargetEntry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(of.content)
    return found


# --- parties and products ---------------------------------------------------------------------------------------------
def _party(kind: str) -> Case:
    table = "customers" if kind == "customer" else "suppliers"
    entity = "Customer" if kind == "customer" else "Vendor"

    def make(rig: Rig, name: str) -> TargetEntry:
        said = {"party_id": f"{entity}/{name}", "name": f"Bar {name}", "email": f"{name}@example.com",
                "currency": "USD", "active": True}  # fmt: skip
        return entry(kind, name, said)

    def refuse(rig: Rig, name: str) -> TargetEntry:
        ((own, called),) = rig.rows(f"SELECT id, name FROM {table} ORDER BY id LIMIT 1")
        told = {"party_id": rig.own(kind, own), "name": "Else", "changed": {"name": f"not {called}"}}
        return entry(kind, name, told, operation="update")

    return Case(make=make, refuse=refuse, words="name",
                count=lambda rig, of: rig.rows(f"SELECT count(*) FROM {table} WHERE name = ?",
                                               content(of)["name"])[0][0])  # fmt: skip


def _product(kind: str) -> Case:
    def make(rig: Rig, name: str) -> TargetEntry:
        said = {"product_id": f"Item/{name}", "name": f"Thing {name}", "number": name, "sales_price": "12.50",
                "active": True}  # fmt: skip
        return entry(kind, name, said)

    def refuse(rig: Rig, name: str) -> TargetEntry:
        ((own,),) = rig.rows("SELECT min(id) FROM items")
        if rig.system == "http_contract":
            ((taken,),) = rig.rows("SELECT sku FROM items WHERE id = ?", own)
            return entry(kind, name, {"product_id": f"Item/{name}", "name": "x", "number": taken})
        told = {"product_id": rig.own("item", own), "name": "Else", "changed": {"name": "not so"}}
        return entry(kind, name, told, operation="update")

    return Case(make=make, refuse=refuse, words="name|UNIQUE",
                count=lambda rig, of: rig.rows("SELECT count(*) FROM items WHERE name = ?",
                                               content(of)["name"])[0][0])  # fmt: skip


# --- money and documents ----------------------------------------------------------------------------------------------
def _payment(kind: str) -> Case:
    def document(rig: Rig) -> tuple[str, str]:
        if kind == "payment_made":
            ((own, party),) = rig.rows("SELECT id, supplier_id FROM bills ORDER BY id LIMIT 1")
            return rig.bill(), rig.own("supplier", party)
        ((own, party),) = rig.rows("SELECT id, customer_id FROM invoices ORDER BY id LIMIT 1")
        return rig.own("invoice", own), rig.own("customer", party)

    def make(rig: Rig, name: str) -> TargetEntry:
        own, party = document(rig)
        account = "1010" if rig.system == "cin7_core" else "Check"
        said = {"payment_id": f"Payment/{name}", "party_id": party, "number": f"CHQ {name}", "account": account,
                "amount": "0.01", "business_date": DAY.isoformat(),
                "allocations": [{"document_id": own, "amount": "0.01"}]}  # fmt: skip
        return entry(kind, name, said)

    def refuse(rig: Rig, name: str) -> TargetEntry:
        of = content(make(rig, name))
        missing = "99999999" if rig.system in ("syncro", "http_contract") else guid("invoice", 99_999_999)
        return entry(kind, name, {**of, "allocations": [{"document_id": missing, "amount": "0.01"}]})

    def count(rig: Rig, of: TargetEntry) -> int:
        return int(rig.rows("SELECT count(*) FROM bank_entries WHERE reference LIKE ? AND status <> 'voided'",
                            f"%CHQ {of.marker}%")[0][0])  # fmt: skip

    return Case(make=make, count=count, refuse=refuse, words="document|not there|invalid|no sale|no purchase")


def _held(kind: str, entity: str, party: str) -> Case:
    """A document for an inbox: booked, or refused in words by a company that has no place for it."""

    def make(rig: Rig, name: str) -> TargetEntry:
        ((own,),) = rig.rows(f"SELECT min(id) FROM {party}s")
        line = {"line_id": "1", "line_number": 1, "description": "Work", "quantity": "1", "net_amount": "25.00",
                "tax_amount": "0"}  # fmt: skip
        said = {"document_id": f"{entity}/{name}", "party_id": rig.own(party, own), "number": name,
                "business_date": DAY.isoformat(), "currency": "USD", "net_amount": "25.00", "tax_amount": "0",
                "total_amount": "25.00", "lines": [line]}  # fmt: skip
        return entry(kind, name, said)

    def count(rig: Rig, of: TargetEntry) -> int:
        if kind in _NO_PLACE:  # held, and refused in words
            query = "SELECT count(*) FROM http_inbox WHERE marker = ? AND refused LIKE 'this company takes no%'"
            return int(rig.rows(query, of.marker)[0][0]) if rig.rows(_INBOX) else 0
        table = "bills" if kind == "bill" else "invoices"
        return int(rig.rows(f"SELECT count(*) FROM {table} WHERE number = ?", of.number)[0][0])

    def refuse(rig: Rig, name: str) -> TargetEntry:
        return entry(kind, name, {"document_id": f"{entity}/{name}"}, content_hash="0")

    return Case(make=make, count=count, refuse=refuse, words="SHA-256")


# For these the made-up company has no place.
_NO_PLACE = ("sales_credit", "purchase_credit", "sales_receipt", "sales_refund")
_INBOX = "SELECT 1 FROM sqlite_master WHERE name = 'http_inbox'"


def _receipt(rig: Rig, name: str) -> TargetEntry:
    """A bill in QuickBooks for a purchase order that has not come."""
    ((supplier,),) = rig.rows("SELECT min(id) FROM suppliers")
    ((last,),) = rig.rows("SELECT last_id FROM company")
    ((item,),) = rig.rows("SELECT min(id) FROM items WHERE kind = 'stocked'")
    order, line = last + 1, last + 2
    rig.change("UPDATE company SET last_id = ?", last + 2)
    rig.change("INSERT INTO purchase_orders (id, number, business_date, supplier_id, warehouse_id, expected_date,"
               " net_cents, billed_first) VALUES (?, ?, ?, ?, 1, ?, 5000, 0)", order, f"PO-{name}",
               DAY.isoformat(), supplier, DAY.isoformat())  # fmt: skip
    rig.change("INSERT INTO purchase_order_lines (id, order_id, line_number, item_id, quantity_milli, unit_cents,"
               " net_cents) VALUES (?, ?, 1, ?, 5000, 1000, 5000)", line, order, item)  # fmt: skip
    said = {"document_id": f"Bill/{name}", "party_id": str(supplier), "number": name, "total_amount": "50.00",
            "lines": [{"line_number": 1, "order_id": f"{order}:order", "product_id": str(item), "quantity": "5",
                       "net_amount": "50.00"}]}  # fmt: skip
    return entry("bill", name, said)


def _not_whole(rig: Rig, name: str) -> TargetEntry:
    said = content(_receipt(rig, name))
    said["lines"][0]["quantity"] = "2"
    return entry("bill", name, said)


def _received(rig: Rig, of: TargetEntry) -> int:
    order = content(of)["lines"][0]["order_id"].partition(":")[0]
    return int(rig.rows("SELECT count(*) FROM receipts WHERE order_id = ?", int(order))[0][0])


def _cancel(rig: Rig, name: str) -> TargetEntry:
    """The same invoice each time: it stands again, whoever had cancelled it."""
    ((own,),) = rig.rows("SELECT max(id) FROM invoices WHERE paid_cents = 0")
    rig.change("UPDATE invoices SET status = 'completed' WHERE id = ?", own)
    return entry("sales_invoice", name, {"document_id": rig.own("invoice", own), "status": "voided"}, operation="void")


def _cancelled(rig: Rig, of: TargetEntry) -> int:
    found = {rig.own("invoice", n): status for n, status in rig.rows("SELECT id, status FROM invoices")}
    return int(found[content(of)["document_id"]] == "voided")


# --- quantities and files ---------------------------------------------------------------------------------------------
def _adjust(rig: Rig, name: str) -> TargetEntry:
    ((item,),) = rig.rows("SELECT min(item_id) FROM stock_balances WHERE warehouse_id = 1 AND quantity_milli > 90000")
    line = {"line_number": 1, "product_id": rig.own("item", item), "location_id": rig.own("warehouse", 1),
            "quantity": "-2"}  # fmt: skip
    account = "5300" if rig.system == "cin7_core" else "FOUND"
    said = {"movement_id": f"InventoryAdjustment/{name}", "number": name, "memo": name, "account": account,
            "business_date": DAY.isoformat(), "lines": [line]}  # fmt: skip
    return entry("adjustment", name, said)


def _too_much(rig: Rig, name: str) -> TargetEntry:
    said = content(_adjust(rig, name))
    said["lines"][0]["quantity"] = "-1000000"
    return entry("adjustment", name, said)


def _adjusted(rig: Rig, of: TargetEntry) -> int:
    query = ("SELECT count(*) FROM stock_entries AS h JOIN stock_entry_lines AS l ON l.entry_id = h.id"
             " WHERE h.memo LIKE ? AND h.status = 'completed' AND l.quantity_milli = -2000")  # fmt: skip
    return int(rig.rows(query, f"%{of.marker}%")[0][0])


def _attach(rig: Rig, name: str) -> TargetEntry:
    held = f"Signed {name}".encode()
    rig.files.mkdir(exist_ok=True)
    (rig.files / name).write_bytes(held)
    said = {"attachment_id": f"Attachable/{name}", "name": f"{name}.txt", "size": len(held), "path": name,
            "sha256": sha256(held).hexdigest(), "document_ids": ["1"]}  # fmt: skip
    return entry("attachment", name, said)


def _attached(rig: Rig, of: TargetEntry) -> int:
    with suppress(sqlite3.OperationalError):
        query = ("SELECT count(*) FROM http_inbox AS i JOIN http_files AS f ON f.sha256 = ? WHERE i.marker = ?"
                 " AND i.taken_as IS NOT NULL")  # fmt: skip
        return int(rig.rows(query, content(of)["sha256"], of.marker)[0][0])
    return 0


def _wrong_hash(rig: Rig, name: str) -> TargetEntry:
    return entry("attachment", name, {**content(_attach(rig, name)), "sha256": "0" * 64})


_ADJUSTMENT = Case(
    make=_adjust, count=_adjusted, refuse=_too_much, words="cannot leave|not available|there are [0-9.]+ in warehouse"
)
_SHARED = {**{kind: _party(kind) for kind in ("customer", "supplier")},
           **{kind: _product(kind) for kind in ("stocked", "non_stocked", "service")},
           **{kind: _payment(kind) for kind in ("payment_received", "payment_made")},
           "adjustment": _ADJUSTMENT}  # fmt: skip
_INBOX_HOLDS = {
    kind: _held(kind, entity, party) for kind, entity, party in (
        ("sales_invoice", "Invoice", "customer"), ("sales_credit", "CreditMemo", "customer"),
        ("sales_receipt", "SalesReceipt", "customer"), ("sales_refund", "RefundReceipt", "customer"),
        ("bill", "Bill", "supplier"), ("purchase_credit", "VendorCredit", "supplier"),
    )
}  # fmt: skip
CASES: dict[tuple[str, str], Case] = {
    **{("cin7_core", kind): case for kind, case in _SHARED.items()},
    **{("unleashed", kind): case for kind, case in _SHARED.items() if OWNED_AS[kind] in
       ("customers", "suppliers", "products")},
    **{("syncro", kind): case for kind, case in _SHARED.items() if kind not in ("payment_made", "adjustment")},
    ("syncro", "bill"): Case(make=_receipt, count=_received, refuse=_not_whole, words="receives whole lines"),
    **{("zuper", kind): _SHARED[kind] for kind in
       ("stocked", "non_stocked", "service", "adjustment", "payment_received")},
    ("zuper", "sales_invoice"): Case(
        make=_cancel, count=_cancelled, words="told the state alone",
        refuse=lambda rig, name: entry("sales_invoice", name, {"document_id": f"Invoice/{name}"}),
    ),
    **{("http_contract", kind): case for kind, case in {**_SHARED, **_INBOX_HOLDS}.items()},
    ("http_contract", "attachment"): Case(make=_attach, count=_attached, refuse=_wrong_hash, words="SHA-256"),
}  # fmt: skip
