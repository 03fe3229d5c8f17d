"""The company as Syncro holds it at one moment: every object that the API can be asked for.

What belongs here: their shapes. Quirks on purpose: an invoice's money is text, a product's and a payment's are numbers,
a purchase order's lines are in cents; there are no shipments, adjustments, counts, transfers, bills or credit notes: an
invoice may be negative, and a finished order is the bill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qbo_pipeline.systems.changes import Changes, Thing
from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped
from qbo_pipeline.systems.exact import cents, milli

_SIX = Decimal("0.000001")


@dataclass(slots=True)
class World:
    """`objects` by kind and id; `remembered` are fields of them for which the company has no place."""

    company: CompanyDatabase
    changes: Changes = field(default_factory=Changes)
    objects: dict[str, dict[str, Thing]] = field(default_factory=dict)
    remembered: dict[tuple[str, str], Thing] = field(default_factory=dict)
    _version: int | None = None

    def remember(self, kind: str, key: str, fields: Thing) -> None:
        """Keep fields of an object as they were given."""
        self.remembered[kind, key] = {**self.remembered.get((kind, key), {}), **fields}
        self._version = None
        self.refresh()

    def refresh(self) -> None:
        """Make everything anew, unless nobody has written since."""
        version = self.company.version
        if version == self._version:
            return
        customers = {row["id"]: _customer(row) for row in self.company.table("customers")}
        vendors = {row["id"]: _vendor(row) for row in self.company.table("suppliers")}
        made: dict[str, Iterable[Thing]] = {
            "customer": customers.values(),
            "vendor": vendors.values(),
            "product": _products(self.company),
            "invoice": [*_invoices(self.company), *_credits(self.company)],
            "payment": _payments(self.company, customers),
            "purchase_order": _orders(self.company, vendors),
        }
        self.objects = {
            kind: {str(thing["id"]): {**thing, **self.remembered.get((kind, str(thing["id"])), {})} for thing in things}
            for kind, things in made.items()
        }
        self.changes.note(self.objects)
        self._version = version


def _customer(row: Record) -> Thing:
    return {
        "id": row["id"], "firstname": "", "lastname": "", "fullname": row["name"], "business_name": row["name"],
        "business_then_name": row["name"], "email": row["email"], "phone": None, "mobile": None, "address": None,
        "city": None, "state": None, "zip": None, "tax_rate_id": None, "disabled": not row["active"],
        "location_id": None, "properties": {}, "contacts": [],
    }  # fmt: skip


def _vendor(row: Record) -> Thing:
    return {"id": row["id"], "name": row["name"], "email": row["email"], "account_number": row["number"], "phone": None,
            "rep_first_name": None, "rep_last_name": None, "address": None, "city": None, "state": None, "zip": None,
            "website": None, "notes": None}  # fmt: skip


def _products(company: CompanyDatabase) -> Iterable[Thing]:
    held = grouped(company.rows("SELECT * FROM stock_balances ORDER BY item_id, warehouse_id"), "item_id")
    for row in company.table("items"):
        own = held[row["id"]]
        quantity, value = (sum(item[name] for item in own) for name in ("quantity_milli", "value_cents"))
        cost = (Decimal(value) * 10 / quantity).quantize(_SIX) if quantity else cents(row["purchase_cents"])
        yield {
            "id": row["id"], "name": row["name"], "description": row["name"], "upc_code": row["sku"],
            "price_cost": cost, "price_retail": cents(row["sales_cents"]), "price_wholesale": 0,
            "maintain_stock": row["kind"] == "stocked", "quantity": milli(quantity), "disabled": not row["active"],
            "taxable": True, "product_category": row["category"], "category_path": row["category"], "qb_item_id": None,
            "serialized": False, "vendor_ids": [], "product_skus": [], "tax_rate_id": None, "notes": None,
            "location_quantities": [
                {"id": n, "product_id": row["id"], "location_id": item["warehouse_id"], "price_cost_cents": None,
                 "quantity": milli(item["quantity_milli"])}
                for n, item in enumerate(own, start=1)
            ],
        }  # fmt: skip


def _invoices(company: CompanyDatabase) -> Iterable[Thing]:
    shipped = company.by_id("shipment_lines")
    lines = grouped(company.table("invoice_lines"), "invoice_id")
    for row in company.table("invoices"):
        if row["status"] == "voided":
            continue  # what is voided is deleted here
        shown = []
        for line in lines[row["id"]]:
            sent = shipped.get(line["shipment_line_id"])
            shown.append(_line(line, 1, sent["cost_cents"] if sent else 0, line["item_id"]))
        yield _invoice(row, row["number"], shown, 1, row["paid_cents"] >= row["total_cents"])


def _credits(company: CompanyDatabase) -> Iterable[Thing]:
    """Credit notes, as the negative invoices that Syncro has instead; goods are on them where they came back."""
    back = grouped(company.table("customer_return_lines"), "return_id")
    lines = grouped(company.table("credit_note_lines"), "credit_note_id")
    for row in company.table("credit_notes"):
        if row["status"] == "voided":
            continue
        returned = {line["item_id"]: line["cost_cents"] for line in back[row["return_id"]]} if row["return_id"] else {}
        shown = [
            _line(line, -1, returned.get(line["item_id"], 0), line["item_id"] if line["item_id"] in returned else None)
            for line in lines[row["id"]]
        ]
        yield _invoice({**row, "due_date": row["business_date"]}, row["number"], shown, -1, paid=False)


def _line(row: Record, sign: int, cost_cents: int, product_id: int | None) -> Thing:
    quantity = row["quantity_milli"]
    cost = (Decimal(cost_cents) * 10 / quantity).quantize(Decimal("0.00000001"))
    return {
        "id": row["id"], "item": row["description"], "name": row["description"], "product_id": product_id,
        "quantity": _text(milli(sign * quantity)), "cost": _text(cost), "price": _text(cents(row["unit_cents"])),
        "discount_percent": None, "discount_dollars": None, "taxable": row["tax_code"] == "TAX", "tax_rate_id": None,
        "position": row["line_number"],
    }  # fmt: skip


def _invoice(row: Record, number: str, lines: list[Thing], sign: int, paid: bool) -> Thing:
    return {
        "id": row["id"], "number": number, "customer_id": row["customer_id"], "date": _date(row["business_date"]),
        "due_date": _date(row["due_date"]), "subtotal": _text(cents(sign * row["net_cents"])),
        "tax": _text(cents(sign * row["tax_cents"])), "total": _text(cents(sign * row["total_cents"])),
        "is_paid": paid, "verified_paid": False, "tech_marked_paid": False, "ticket_id": None,
        "location_id": row["warehouse_id"], "po_number": row.get("customer_reference"), "note": row["memo"],
        "hardwarecost": None, "contact_id": None, "user_id": None, "pdf_url": None, "line_items": lines,
    }  # fmt: skip


def _payments(company: CompanyDatabase, customers: dict[int, Thing]) -> Iterable[Thing]:
    parts = grouped(company.table("bank_entry_allocations"), "entry_id")
    for row in company.table("bank_entries"):
        if row["kind"] == "payment_received":
            yield {
                "id": row["id"], "success": row["status"] != "voided", "payment_amount": cents(row["amount_cents"]),
                "invoice_ids": [part["document_id"] for part in parts[row["id"]]], "ref_num": row["reference"],
                "applied_at": _date(row["business_date"]), "payment_method": row["method"], "signature_date": None,
                "transaction_response": None, "customer": customers[row["party_id"]],
            }  # fmt: skip


def _orders(company: CompanyDatabase, vendors: dict[int, Thing]) -> Iterable[Thing]:
    lines = grouped(company.table("purchase_order_lines"), "order_id")
    places = company.by_id("warehouses")
    billed: dict[Any, list[Record]] = defaultdict(list)
    for bill in company.rows("SELECT * FROM bills WHERE order_id IS NOT NULL AND status = 'completed'"):
        billed[bill["order_id"]].append(bill)
    for row in company.table("purchase_orders"):
        if row["status"] == "voided":
            continue
        place = places[row["warehouse_id"]]
        yield {
            "id": row["id"], "number": row["number"], "account_subdomain": "harbour", "total": cents(row["net_cents"]),
            "status": "Finished" if row["received"] and billed[row["id"]] else "Open", "vendor_id": row["supplier_id"],
            "vendor": vendors[row["supplier_id"]], "shipping": Decimal("0.0"), "other": Decimal("0.0"),
            "order_date": _date(row["business_date"]), "expected_date": _date(row["expected_date"]), "due_date": None,
            "paid_date": None, "shipping_notes": None, "user_id": 0, "delivery_tracking": None,
            "location_id": row["warehouse_id"], "location": {"id": place["id"], "name": place["name"]},
            "line_items": [
                {"id": line["id"], "purchase_order_id": row["id"], "product_id": line["item_id"],
                 "quantity": milli(line["quantity_milli"]), "received_quantity": milli(line["received_milli"]),
                 "received": line["received_milli"] >= line["quantity_milli"], "cost_cents": line["unit_cents"],
                 "old_cost_cents": None, "total_cents": line["net_cents"], "parent_po_line_item_id": None,
                 "position": None}
                for line in lines[row["id"]]
            ],
        }  # fmt: skip


def _date(day: str) -> str:
    return f"{day}T00:00:00.000Z"


def _text(value: Decimal) -> str:
    """An amount as Ruby writes it: at least one decimal, no zeros after it."""
    text = f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return text if "." in text else f"{text}.0"
