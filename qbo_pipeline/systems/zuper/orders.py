"""Purchase orders as Zuper holds them: quantities and prices are text, and whoever asks is told how much has come, but
not when."""

from __future__ import annotations

from collections.abc import Iterable

from qbo_pipeline.systems.changes import Thing
from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents, milli


def orders(company: CompanyDatabase) -> Iterable[Thing]:
    """Every purchase order of the company."""
    lines = grouped(company.table("purchase_order_lines"), "order_id")
    billed = grouped(
        company.rows("SELECT * FROM bills WHERE order_id IS NOT NULL AND status = 'completed'"), "order_id"
    )
    items, vendors = company.by_id("items"), company.by_id("suppliers")
    for row in company.table("purchase_orders"):
        vendor = vendors[row["supplier_id"]]
        series, _, number = row["number"].rpartition("-")
        yield {
            "purchase_order_uid": guid("purchase_order", row["id"]), "purchase_order_title": row["number"],
            "prefix": f"{series}-", "purchase_order_number": int(number), "reference_number": "",
            "purchase_order_type": "PURCHASE_ORDER", "purchase_order_date": row["business_date"],
            "due_date": row["expected_date"], "total_price": f"{cents(row['net_cents']):f}",
            "purchase_order_status": _status(row, lines[row["id"]], bool(billed[row["id"]])),
            "vendor": {"vendor_uid": guid("supplier", vendor["id"]), "vendor_name": vendor["name"]},
            "ship_to": {"product_location": guid("warehouse", row["warehouse_id"])}, "is_deleted": False,
            "line_items": [_line(line, items[line["item_id"]]) for line in lines[row["id"]]],
        }  # fmt: skip


def _line(row: Record, item: Record) -> Thing:
    left = row["quantity_milli"] - row["received_milli"]
    return {
        "line_item_uid": guid("order_line", row["id"]), "line_item_type": "ITEM",
        "product_uid": guid("item", item["id"]), "product_id": item["sku"], "name": item["name"], "location_uid": "",
        "quantity": f"{milli(row['quantity_milli']):f}", "unit_price": f"{cents(row['unit_cents']):f}",
        "total": f"{cents(row['net_cents']):f}", "fulfilled_quantity": f"{milli(row['received_milli']):f}",
        "outstanding_quantity": f"{milli(left):f}",
    }  # fmt: skip


def _status(row: Record, lines: list[Record], is_billed: bool) -> str:
    if row["status"] == "voided":
        return "CANCELED"
    if row["received"]:
        return "INVOICED" if is_billed else "FULFILLED"
    return "PARTIALLY_FULFILLED" if any(line["received_milli"] for line in lines) else "SENT_TO_VENDOR"
