"""The company's sales and purchases as Cin7 Core shows them: one paper is an order with all that followed from it.

What belongs here: the shape of a paper. Its parts carry task ids, by which the stock movements of products name them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.systems.cin7_core.chart import BANK, BY_REASON, INVENTORY, SALES
from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents, milli

Paper = dict[str, Any]
NOT_BEGUN = "NOT AVAILABLE"
ADVANCED = "Advanced Purchase"


def date_text(day: str | None) -> str | None:
    """A business date, as Cin7 Core writes it: midnight."""
    return None if day is None else f"{day}T00:00:00"


def status_of(row: Record) -> str:
    return "VOIDED" if row["status"] == "voided" else "AUTHORISED"


@dataclass(slots=True)
class Names:
    """Names of what papers refer to."""

    customers: dict[int, Record]
    suppliers: dict[int, Record]
    items: dict[int, Record]
    warehouses: dict[int, Record]

    @classmethod
    def read(cls, company: CompanyDatabase) -> Names:
        tables = ("customers", "suppliers", "items", "warehouses")
        return cls(*(company.by_id(name) for name in tables))

    def line(self, row: Record, account: str | None) -> Paper:
        """A line of goods."""
        item = self.items[row["item_id"]]
        return {
            "ProductID": guid("item", row["item_id"]), "SKU": item["sku"], "Name": item["name"],
            "Quantity": milli(row["quantity_milli"]), "Price": cents(row["unit_cents"]), "Discount": 0,
            "Tax": cents(row.get("tax_cents", 0)), "TaxRule": row.get("tax_code", "NON"),
            "Total": cents(row["net_cents"]), "Comment": "", **({} if account is None else {"Account": account}),
        }  # fmt: skip

    def charge(self, row: Record, account: str | None) -> Paper:
        """A service, which has no product on a paper."""
        line = self.line(row, account)
        for name in ("ProductID", "SKU", "Name", "Comment"):
            del line[name]
        return {"Description": self.items[row["item_id"]]["name"], **line}

    def parted(self, rows: list[Record], account: str | None) -> Paper:
        """Lines and charges of a document; a line's own expense account counts before the usual one. Orders and quotes
        have no accounts."""
        found: Paper = {"Lines": [], "AdditionalCharges": []}
        for row in rows:
            own = None if account is None else BY_REASON.get(row.get("expense_account") or "", account)
            if self.items[row["item_id"]]["kind"] == "service":
                found["AdditionalCharges"].append(self.charge(row, own))
            else:
                found["Lines"].append(self.line(row, own))
        return found

    def moved(self, row: Record, warehouse_id: int) -> Paper:
        """A line of what was picked, restocked, received or sent back."""
        item = self.items[row["item_id"]]
        return {
            "ProductID": guid("item", row["item_id"]), "SKU": item["sku"], "Name": item["name"],
            "Location": self.warehouses[warehouse_id]["name"], "Quantity": milli(row["quantity_milli"]),
            "BatchSN": None, "ExpiryDate": None,
        }  # fmt: skip


def totals(row: Record) -> Paper:
    return {
        "TotalBeforeTax": cents(row["net_cents"]),
        "Tax": cents(row.get("tax_cents", 0)),
        "Total": cents(row["total_cents"] if "total_cents" in row else row["net_cents"]),
    }


def payments_of(company: CompanyDatabase) -> dict[int, list[Paper]]:
    """By document, its payments: Cin7 Core has one for each document that money settled."""
    entries = company.by_id("bank_entries")
    found: dict[int, list[Paper]] = defaultdict(list)
    for part in company.table("bank_entry_allocations"):
        entry = entries[part["entry_id"]]
        if entry["status"] == "voided":
            continue
        found[part["document_id"]].append(
            {
                "ID": guid("allocation", part["id"]), "Account": BANK, "Amount": cents(part["amount_cents"]),
                "DatePaid": date_text(entry["business_date"]), "DateCreated": f"{entry['business_date']}T21:00:00.123Z",
                "CurrencyRate": 1, "Reference": entry["number"],
            }
        )  # fmt: skip
    return found


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


_BILLED = (
    "SELECT DISTINCT l.bill_id, r.receipt_id FROM bill_receipt_matches AS m"
    " JOIN bill_lines AS l ON l.id = m.bill_line_id"
    " JOIN receipt_lines AS r ON r.id = m.receipt_line_id ORDER BY r.receipt_id, l.bill_id"
)


def receivings(company: CompanyDatabase) -> dict[int, str]:
    """By receipt, the task under which it was received and is invoiced: what one bill pays for, or none does yet."""
    first_of_bill: dict[int, int] = {}
    bill_of: dict[int, int] = {}
    for row in company.rows(_BILLED):
        bill_of.setdefault(row["receipt_id"], row["bill_id"])
        first_of_bill.setdefault(row["bill_id"], row["receipt_id"])
    billed_first = {
        row["id"]
        for row in company.rows(
            "SELECT b.id FROM bills AS b JOIN purchase_orders AS o ON o.id = b.order_id WHERE o.billed_first = 1"
        )
    }
    open_of: dict[int, int] = {}
    tasks: dict[int, str] = {}
    for receipt in company.table("receipts"):
        bill = bill_of.get(receipt["id"])
        if bill is None:
            tasks[receipt["id"]] = guid("receiving", open_of.setdefault(receipt["order_id"], receipt["id"]))
        elif bill in billed_first:
            tasks[receipt["id"]] = guid("bill", bill)
        else:
            tasks[receipt["id"]] = guid("receiving", first_of_bill[bill])
    return tasks


def purchases(company: CompanyDatabase, names: Names) -> dict[str, Paper]:
    """By id: orders with what was received, their bills and credits; and simple purchases, which are bills alone."""
    found: dict[str, Paper] = {}
    paid = payments_of(company)
    bill_lines = grouped(company.table("bill_lines"), "bill_id")
    bills = grouped(company.table("bills"), "order_id")
    tasks = receivings(company)
    received = grouped(company.table("receipt_lines"), "receipt_id")
    receipts = grouped(company.table("receipts"), "order_id")
    ordered = grouped(company.table("purchase_order_lines"), "order_id")
    returned = _supplier_returns(company, names)
    task_of_bill = _task_of_bill(company, tasks)

    def bill_part(bill: Record) -> Paper:
        return {
            "InvoiceDate": date_text(bill["business_date"]), "InvoiceDueDate": date_text(bill["due_date"]),
            "Status": status_of(bill), **totals(bill), **names.parted(bill_lines[bill["id"]], INVENTORY),
            "Payments": paid.get(bill["id"], []), "Paid": cents(bill["paid_cents"]),
        }  # fmt: skip

    for order in company.table("purchase_orders"):
        paper = {**_purchase(names, guid("purchase_order", order["id"]), order), "Type": ADVANCED}
        part = names.parted(ordered[order["id"]], None)
        paper["Order"] = {"Memo": "", "Status": status_of(order), "Prepayments": [], **totals(order), **part}
        groups = grouped(receipts[order["id"]], lambda receipt: tasks[receipt["id"]])
        paper["StockReceived"] = [
            _received(names, task, number, own, received) for number, (task, own) in enumerate(groups.items(), start=1)
        ]
        paper["Invoice"] = [
            {"TaskID": task_of_bill.get(bill["id"], guid("bill", bill["id"])),
             "InvoiceNumber": bill["supplier_reference"], **bill_part(bill)}
            for bill in bills[order["id"]]
        ]  # fmt: skip
        paper["CreditNote"] = [part for receipt in receipts[order["id"]] for part in returned[receipt["id"]]]
        paper["ManualJournals"] = []
        found[paper["ID"]] = paper
    for bill in bills[None]:
        paper = _purchase(names, guid("bill", bill["id"]), bill)
        paper["Order"] = {"Memo": "", "Status": NOT_BEGUN, "Lines": [], "AdditionalCharges": [], "Prepayments": []}
        paper["StockReceived"] = {"Status": NOT_BEGUN, "Lines": []}
        paper["Invoice"] = {"InvocieNumber": bill["supplier_reference"], **bill_part(bill)}
        paper["CreditNote"] = {"Status": NOT_BEGUN, "Lines": [], "AdditionalCharges": [], "Refunds": []}
        found[paper["ID"]] = paper
    return found


def _task_of_bill(company: CompanyDatabase, tasks: dict[int, str]) -> dict[int, str]:
    return {row["bill_id"]: tasks[row["receipt_id"]] for row in company.rows(_BILLED)}


def _purchase(names: Names, paper_id: str, row: Record) -> Paper:
    supplier = names.suppliers[row["supplier_id"]]
    return {
        "ID": paper_id, "Supplier": supplier["name"], "SupplierID": guid("supplier", supplier["id"]),
        "BaseCurrency": "USD", "SupplierCurrency": "USD", "CurrencyRate": 1, "TaxCalculation": "Exclusive",
        "TaxRule": "NON", "Terms": f"{supplier['terms_days']} days", "OrderNumber": row["number"],
        "OrderDate": date_text(row["business_date"]), "InventoryAccount": INVENTORY, "Approach": "STOCK",
        "Status": "VOIDED" if row["status"] == "voided" else "ORDERED", "BlindReceipt": False,
        "Attachments": [],
    }  # fmt: skip


def _received(names: Names, task: str, number: int, own: list[Record], lines: dict[Any, list[Record]]) -> Paper:
    return {
        "TaskID": task, "InvoicingAndReceivingNumber": number,
        "Status": "VOIDED" if all(receipt["status"] == "voided" for receipt in own) else "AUTHORISED",
        "Lines": [
            {**names.moved(row, receipt["warehouse_id"]), "Date": date_text(receipt["business_date"]), "Received": True,
             "CardID": guid("card", row["id"])}
            for receipt in own for row in lines[receipt["id"]]
        ],
    }  # fmt: skip


def _supplier_returns(company: CompanyDatabase, names: Names) -> dict[int, list[Paper]]:
    """By receipt, the credit notes of what was sent back of it; one that the supplier has not written yet is empty."""
    credits_of = {row["return_id"]: row for row in company.table("supplier_credits")}
    credit_lines = grouped(company.table("supplier_credit_lines"), "credit_id")
    sent = grouped(company.table("supplier_return_lines"), "return_id")
    found: dict[int, list[Paper]] = defaultdict(list)
    for row in company.table("supplier_returns"):
        unstock = [{**names.moved(line, row["warehouse_id"]), "Date": date_text(row["business_date"]),
                    "CardID": guid("card", line["id"])} for line in sent[row["id"]]]  # fmt: skip
        part: Paper = {"TaskID": guid("supplier_return", row["id"]), "Unstock": unstock, "Refunds": []}
        credit = credits_of.get(row["id"])
        if credit is None:
            part |= {"Status": NOT_BEGUN, "Lines": [], "AdditionalCharges": []}
        else:
            part |= {
                "CreditNoteNumber": credit["supplier_reference"], "Status": status_of(credit),
                "CreditNoteDate": date_text(credit["business_date"]), **totals(credit),
                **names.parted(credit_lines[credit["id"]], INVENTORY),
            }  # fmt: skip
        found[row["receipt_id"]].append(part)
    return found
