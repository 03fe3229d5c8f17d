"""The company as Zuper holds it at one moment: every object that the API can be asked for.

What belongs here: their shapes, but for purchase orders. Quirks on purpose: an invoice's day is midnight of the
company's zone, a credit note's midnight of UTC; a credit note has a total and nothing else, and stands for money on
account too; there are no shipments, adjustments, returns and bills. What was deleted is kept, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.systems.changes import Changes, Thing
from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents, milli
from qbo_pipeline.systems.zuper.orders import orders

UIDS = {
    "customer": "customer_uid", "vendor": "vendor_uid", "product": "product_uid", "invoice": "invoice_uid",
    "estimate": "estimate_uid", "credit_note": "credit_note_uid", "purchase_order": "purchase_order_uid",
}  # fmt: skip
_SIX, _EIGHT = Decimal("0.000001"), Decimal("0.00000001")
_TYPES = {"stocked": "PARTS", "non_stocked": "PRODUCT", "service": "SERVICE"}


@dataclass(slots=True)
class World:
    """`objects` by kind and uid, the newest last; `deleted` are those that were there and are not any more,
    `remembered` fields of objects for which the company has no place."""

    company: CompanyDatabase
    changes: Changes = field(default_factory=Changes)
    objects: dict[str, dict[str, Thing]] = field(default_factory=dict)
    deleted: dict[str, dict[str, Thing]] = field(default_factory=lambda: {kind: {} for kind in UIDS})
    remembered: dict[tuple[str, str], Thing] = field(default_factory=dict)
    _version: int | None = None

    def remember(self, kind: str, own: str, fields: Thing) -> None:
        """Keep fields of an object as they were given."""
        self.remembered[kind, own] = {**self.remembered.get((kind, own), {}), **fields}
        self._version = None
        self.refresh()

    def refresh(self) -> None:
        """Make everything anew, unless nobody has written since."""
        version = self.company.version
        if version == self._version:
            return
        (company,) = self.company.table("company")
        zone = ZoneInfo(company["time_zone"])
        customers = {row["id"]: _customer(row) for row in self.company.table("customers")}
        made: dict[str, Iterable[Thing]] = {
            "customer": customers.values(),
            "vendor": [_vendor(row) for row in self.company.table("suppliers")],
            "product": _products(self.company),
            "invoice": _invoices(self.company, customers, zone),
            "estimate": _estimates(self.company, customers, zone),
            "credit_note": [*_credits(self.company, customers), *_on_account(self.company, customers)],
            "purchase_order": orders(self.company),
        }
        before, self.objects = self.objects, {
            kind: {thing[UIDS[kind]]: thing for thing in things} for kind, things in made.items()
        }  # fmt: skip
        for (kind, own), fields in self.remembered.items():
            if own in self.objects[kind]:
                self.objects[kind][own] |= fields
        for kind, found in before.items():
            for uid in found.keys() - self.objects[kind].keys():
                self.deleted[kind][uid] = {**found[uid], "is_deleted": True}
        self.changes.note(self.objects)
        self._version = version


def _customer(row: Record) -> Thing:
    return {
        "customer_uid": guid("customer", row["id"]), "customer_first_name": "", "customer_last_name": "",
        "customer_email": row["email"], "customer_company_name": row["name"],
        "customer_contact_no": {"mobile": "", "home": "", "work": ""}, "customer_tags": [], "customer_address": {},
        "customer_billing_address": {}, "custom_fields": [], "has_sla": False,
        "accounts": {"ltv": 0, "receivables": 0, "credits": 0}, "is_active": bool(row["active"]),
        "is_portal_enabled": False, "has_card_on_file": False, "tax": {"tax_exempt": not row["taxable"]},
        "is_deleted": False,
    }  # fmt: skip


def _vendor(row: Record) -> Thing:
    return {"vendor_uid": guid("supplier", row["id"]), "vendor_name": row["name"], "vendor_email": row["email"],
            "is_active": bool(row["active"]), "is_deleted": False}  # fmt: skip


def _products(company: CompanyDatabase) -> Iterable[Thing]:
    held = grouped(company.rows("SELECT * FROM stock_balances ORDER BY item_id, warehouse_id"), "item_id")
    places = company.by_id("warehouses")
    for row in company.table("items"):
        own = held[row["id"]]
        quantity, value = (sum(item[name] for item in own) for name in ("quantity_milli", "value_cents"))
        cost = (Decimal(value) * 10 / quantity).quantize(_SIX) if quantity else cents(row["purchase_cents"])
        yield {
            "product_uid": guid("item", row["id"]), "prefix": "", "product_id": row["sku"], "product_no": row["id"],
            "product_name": row["name"], "product_description": row["name"], "product_type": _TYPES[row["kind"]],
            "product_category": {"category_name": row["category"], "category_uid": ""}, "brand": "",
            "uom": row["unit"], "price": cents(row["sales_cents"]), "purchase_price": cost,
            "quantity": milli(quantity), "min_quantity": 0, "track_quantity": row["kind"] == "stocked",
            "currency": "", "tax": {"tax_rate": None, "tax_name": "", "tax_exempt": False},
            "is_available": bool(row["active"]), "is_deleted": False, "is_billable": True, "meta_data": [],
            "location_availability": [
                {"location": {"location_uid": guid("warehouse", item["warehouse_id"]), "is_deleted": False,
                              "location_name": places[item["warehouse_id"]]["name"]},
                 "quantity": milli(item["quantity_milli"]), "min_quantity": 0, "serial_nos": []}
                for item in own
            ],
        }  # fmt: skip


def _invoices(company: CompanyDatabase, customers: dict[int, Thing], zone: ZoneInfo) -> Iterable[Thing]:
    shipped = company.by_id("shipment_lines")
    lines = grouped(company.table("invoice_lines"), "invoice_id")
    entries = company.by_id("bank_entries")
    paid = grouped(company.table("bank_entry_allocations"), "document_id")
    for row in company.table("invoices"):
        series, _, number = row["number"].rpartition("-")
        history = [_payment(part, entries[part["entry_id"]], zone) for part in paid[row["id"]]]
        yield {
            "invoice_uid": guid("invoice", row["id"]), "prefix": f"{series}-", "invoice_no": int(number),
            "reference_no": row["customer_reference"] or "", "description": row["memo"],
            "invoice_date": _midnight(row["business_date"], zone), "due_date": _midnight(row["due_date"], zone),
            "customer": customers[row["customer_id"]], "organization": None, "property": None, "job": None,
            "invoice_status": _status(row), "is_paid": row["paid_cents"] >= row["total_cents"],
            "sub_total": cents(row["net_cents"]), "tax": _tax(row),
            "total": cents(row["total_cents"]), "amount_due": cents(row["total_cents"] - row["paid_cents"]),
            "tags": [], "custom_fields": [], "is_active": True, "is_deleted": False, "payment_history": history,
            "line_items": [_line(row, line, shipped.get(line["shipment_line_id"])) for line in lines[row["id"]]],
        }  # fmt: skip


def _estimates(company: CompanyDatabase, customers: dict[int, Thing], zone: ZoneInfo) -> Iterable[Thing]:
    lines = grouped(company.table("quote_lines"), "quote_id")
    for row in company.table("quotes"):
        series, _, number = row["number"].rpartition("-")
        yield {
            "estimate_uid": guid("quote", row["id"]), "prefix": f"{series}-", "estimate_no": int(number),
            "reference_no": "", "description": row["memo"], "estimate_date": _midnight(row["business_date"], zone),
            "expiry_date": None, "customer": customers[row["customer_id"]], "sub_total": cents(row["net_cents"]),
            "estimate_status": "CANCELED" if row["status"] == "voided" else "AWAIT_RESPONSE", "tax": _tax(row),
            "total": cents(row["total_cents"]), "is_deleted": False,
            "line_items": [_line({"warehouse_id": None}, line, None) for line in lines[row["id"]]],
        }  # fmt: skip


def _tax(row: Record) -> list[Thing]:
    found = {"tax_name": "TAX", "tax_percent": Decimal("5.5"), "tax_amount": cents(row["tax_cents"])}
    return [found] if row["tax_cents"] else []


def _status(row: Record) -> str:
    if row["status"] == "voided":
        return "CANCELED"
    paid = row["paid_cents"]
    return "AWAIT_PAYMENT" if not paid else "PAID" if paid >= row["total_cents"] else "PARTIALLY_PAID"


def _line(invoice: Record, row: Record, sent: Record | None) -> Thing:
    cost = (Decimal(sent["cost_cents"]) * 10 / sent["quantity_milli"]).quantize(_EIGHT) if sent else None
    return {
        "line_item_uid": guid("invoice_line", row["id"]), "line_item_type": "ITEM",
        "product_uid": guid("item", row["item_id"]),
        "location_uid": guid("warehouse", invoice["warehouse_id"]) if invoice["warehouse_id"] else "",
        "name": row["description"], "quantity": milli(row["quantity_milli"]), "unit_price": cents(row["unit_cents"]),
        "discount": 0, "discount_type": "FIXED", "total": cents(row["net_cents"]), "purchase_price": cost,
        "tax": {"tax_exempt": row["tax_code"] != "TAX"}, "serial_nos": [],
    }  # fmt: skip


def _payment(part: Record, entry: Record, zone: ZoneInfo) -> Thing:
    return {
        "amount": cents(part["amount_cents"]), "payment_mode": _mode(entry["method"]), "remarks": entry["memo"],
        "payment_transaction": {"payment_transaction_uid": guid("allocation", part["id"]), "id": None},
        "reference_no": entry["reference"], "is_void": entry["status"] == "voided",
        "payment_date": _midnight(entry["business_date"], zone), "done_by_type": "EMPLOYEE",
    }  # fmt: skip


def _mode(method: str) -> Thing:
    return {"payment_mode_name": method, "payment_mode_type": "OFFLINE", "payment_mode_description": method}


def _credits(company: CompanyDatabase, customers: dict[int, Thing]) -> Iterable[Thing]:
    invoices = company.by_id("invoices")
    for row in company.table("credit_notes"):
        if row["status"] == "voided":
            continue  # what is voided is deleted here
        invoice = invoices[row["invoice_id"]]
        about = {"invoice_uid": guid("invoice", invoice["id"]), "invoice_no": invoice["number"]}
        yield _credit(guid("credit", row["id"]), row, customers[row["customer_id"]], row["total_cents"]) | {
            "credit_note_number": row["number"], "module_name": "INVOICE", "module_data": about, "payment_method": None,
        }  # fmt: skip


def _on_account(company: CompanyDatabase, customers: dict[int, Thing]) -> Iterable[Thing]:
    """What customers paid beyond their invoices, as the credit notes that Zuper makes of it."""
    settled = grouped(company.table("bank_entry_allocations"), "entry_id")
    for row in company.table("bank_entries"):
        rest = row["amount_cents"] - sum(part["amount_cents"] for part in settled[row["id"]])
        if row["kind"] == "payment_received" and row["status"] != "voided" and rest:
            yield _credit(guid("deposit", row["id"]), row, customers[row["party_id"]], rest) | {
                "credit_note_number": row["number"], "module_data": None, "payment_method": _mode(row["method"]),
            }  # fmt: skip


def _credit(uid: str, row: Record, customer: Thing, value: int) -> Thing:
    return {"credit_note_uid": uid, "credit_note_date": f"{row['business_date']}T00:00:00.000Z",
            "total_amount": cents(value), "remaining_amount": cents(value), "used_amount": 0, "status": "UNAPPLIED",
            "remarks": row["memo"], "customer": customer, "is_deleted": False}  # fmt: skip


def _midnight(day: str, zone: ZoneInfo) -> str:
    moment = datetime.combine(datetime.fromisoformat(day).date(), time(0), zone).astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
