"""The company's sales as Cin7 Core shows them: an order with its shipments, invoices and credits."""

from __future__ import annotations

from collections import defaultdict

from qbo_pipeline.systems.cin7_core.chart import SALES
from qbo_pipeline.systems.cin7_core.papers import (
    NOT_BEGUN,
    Names,
    Paper,
    date_text,
    payments_of,
    status_of,
    totals,
)
from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents


def sales(company: CompanyDatabase, names: Names) -> dict[str, Paper]:
    """By id: orders with their shipments, invoices and credits; invoices of services alone; quotes."""
    found: dict[str, Paper] = {}
    paid = payments_of(company)
    invoice_lines = grouped(company.table("invoice_lines"), "invoice_id")
    invoices = company.table("invoices")
    by_shipment = grouped(invoices, "shipment_id")
    shipments = grouped(company.table("shipments"), "order_id")
    shipped = grouped(company.table("shipment_lines"), "shipment_id")
    order_lines = grouped(company.table("sales_order_lines"), "order_id")
    credits_of = _credit_notes(company, names)

    def invoice_part(row: Record) -> Paper:
        settled = paid.get(row["id"], [])
        return {
            "TaskID": guid("invoice", row["id"]), "InvoiceNumber": row["number"],
            "InvoiceDate": date_text(row["business_date"]), "InvoiceDueDate": date_text(row["due_date"]),
            "CurrencyConversionRate": 1, "Memo": row["memo"], "Status": status_of(row), **totals(row),
            **names.parted(invoice_lines[row["id"]], SALES), "Payments": settled,
            "Paid": cents(row["paid_cents"]),
        }  # fmt: skip

    for order in company.table("sales_orders"):
        own = shipments[order["id"]]
        own_invoices = [invoice for shipment in own for invoice in by_shipment[shipment["id"]]]
        lines = [
            {**row, "net_cents": row["quantity_milli"] * row["unit_cents"] // 1000} for row in order_lines[order["id"]]
        ]
        paper = _sale(names, guid("sale_order", order["id"]), order, order["number"], order["customer_reference"])
        paper["Order"] = {
            "SaleOrderNumber": order["number"], "Memo": "", "Status": "AUTHORISED",
            **names.parted(lines, None), **totals({"net_cents": sum(row["net_cents"] for row in lines)}),
        }  # fmt: skip
        paper["Fulfilments"] = [
            _fulfilment(names, number, shipment, shipped[shipment["id"]])
            for number, shipment in enumerate(own, start=1)
        ]
        paper["Invoices"] = [invoice_part(invoice) for invoice in own_invoices]
        paper["CreditNotes"] = [part for invoice in own_invoices for part in credits_of[invoice["id"]]]
        found[paper["ID"]] = paper
    for invoice in by_shipment[None]:
        paper = _sale(
            names, guid("service_sale", invoice["id"]), invoice, invoice["number"], invoice["customer_reference"]
        )
        paper["ServiceOnly"] = True
        paper["Invoices"] = [invoice_part(invoice)]
        found[paper["ID"]] = paper
    quoted = grouped(company.table("quote_lines"), "quote_id")
    for quote in company.table("quotes"):
        paper = _sale(names, guid("quote", quote["id"]), quote, quote["number"], None)
        part = {"Memo": quote["memo"], "Status": status_of(quote), "Prepayments": []}
        paper["Quote"] = {**part, **totals(quote), **names.parted(quoted[quote["id"]], None)}
        paper["Order"] = {"SaleOrderNumber": quote["number"], "Status": NOT_BEGUN, "Lines": [], "AdditionalCharges": []}
        found[paper["ID"]] = paper
    return found


def _sale(names: Names, paper_id: str, row: Record, number: str, reference: str | None) -> Paper:
    customer = names.customers[row["customer_id"]]
    return {
        "ID": paper_id, "Customer": customer["name"], "CustomerID": guid("customer", customer["id"]),
        "Email": customer["email"], "BaseCurrency": "USD", "CustomerCurrency": "USD", "CurrencyRate": 1,
        "TaxCalculation": "Exclusive", "TaxRule": "TAX" if customer["taxable"] else "NON",
        "Terms": f"{customer['terms_days']} days", "CustomerReference": reference or "",
        "SaleOrderDate": date_text(row["business_date"]), "Status": "ORDERED", "Type": "Advanced Sale",
        "Location": names.warehouses[min(names.warehouses)]["name"], "ServiceOnly": False,
        "Order": {"SaleOrderNumber": number, "Status": NOT_BEGUN, "Lines": [], "AdditionalCharges": []},
        "Quote": {"Status": NOT_BEGUN, "Lines": [], "AdditionalCharges": [], "Prepayments": []},
        "Fulfilments": [], "Invoices": [], "CreditNotes": [], "Attachments": [],
        "ManualJournals": {"Lines": [], "Status": NOT_BEGUN},
    }  # fmt: skip


def _fulfilment(names: Names, number: int, shipment: Record, rows: list[Record]) -> Paper:
    lines = [names.moved(row, shipment["warehouse_id"]) for row in rows]
    voided = shipment["status"] == "voided"
    part = {"Status": status_of(shipment), "Lines": lines}
    sent = {"ShipmentDate": date_text(shipment["business_date"]), "IsShipped": not voided, "Carrier": "Own van"}
    return {
        "TaskID": guid("shipment", shipment["id"]), "FulfillmentNumber": number, "Pick": part, "Pack": part,
        "FulFilmentStatus": "VOIDED" if voided else "FULFILLED",
        "Ship": {"Status": status_of(shipment), "Lines": [{"ID": guid("parcel", shipment["id"]), **sent}]},
    }  # fmt: skip


def _credit_notes(company: CompanyDatabase, names: Names) -> dict[int, list[Paper]]:
    """By invoice, its credit notes. Goods that came back are restocked with one that need not be written yet."""
    written = company.table("credit_notes")
    by_return = {row["return_id"]: row for row in written if row["return_id"] is not None}
    credit_lines = grouped(company.table("credit_note_lines"), "credit_note_id")
    back = grouped(company.table("customer_return_lines"), "return_id")
    found: dict[int, list[Paper]] = defaultdict(list)

    def part(task_id: str, note: Record | None, restock: list[Paper]) -> Paper:
        if note is None:
            empty: Paper = {"Lines": [], "AdditionalCharges": [], "Refunds": []}
            return {"TaskID": task_id, "Status": NOT_BEGUN, "Restock": restock, **empty}
        return {
            "TaskID": task_id, "CreditNoteNumber": note["number"], "CreditNoteDate": date_text(note["business_date"]),
            "CreditNoteConversionRate": 1, "Memo": note["memo"], "Status": status_of(note), **totals(note),
            **names.parted(credit_lines[note["id"]], SALES), "Refunds": [], "Restock": restock,
        }  # fmt: skip

    for row in company.table("customer_returns"):
        restock = [names.moved(line, row["warehouse_id"]) for line in back[row["id"]]]
        task_id = guid("customer_return", row["id"])
        found[row["invoice_id"]].append(part(task_id, by_return.get(row["id"]), restock))
    for note in written:
        if note["return_id"] is None:
            found[note["invoice_id"]].append(part(guid("credit_note", note["id"]), note, []))
    return found
