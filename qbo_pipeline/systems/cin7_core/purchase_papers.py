"""The company's purchases as Cin7 Core shows them: an order with its receivings, bills and credits."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from qbo_pipeline.systems.cin7_core.chart import INVENTORY
from qbo_pipeline.systems.cin7_core.papers import (
    ADVANCED,
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
