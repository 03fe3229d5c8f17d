"""The sums of a day's sales that are written down whole: by name, the kind, the records and their books."""

from __future__ import annotations

from typing import Any

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.inventory.records import Document
from qbo_pipeline_tests.accounting.company import FURTHER_ROLES, document, item
from qbo_pipeline_tests.accounting.outcomes.company import NAMED, D, stored

SUMMED: dict[str, Any] = {"summarise": ("sales_invoice", "sales_credit", "sales_receipt")}


def sale(n: int, *lines: Any, kind: str = "sales_invoice", **changes: Any) -> Document:
    return document(kind, *lines, **({"document_id": f"i{n}", "number": f"I-{n}"} | changes))


def day(policies: dict[str, Any] | None = None, **changes: Any) -> Books:
    return stored(**({"roles": FURTHER_ROLES, "policies": SUMMED | (policies or {}), "dimensions": NAMED} | changes))


ONE = sale(1, item("tea", 1, "10", "10"))
MANY_LINES = (
    sale(1, item("tea", 2, "10", "20", tax_amount=D(2)), item("cup", 1, "5", "5", class_="east"),
         item(None, None, None, "3", role="freight"), item(None, None, None, "-2", role="discount"),
         deposit_amount=D(4)),
    sale(2, item("tea", 1, "10", "10", tax_amount=D(1)), item("cup", 1, "-5", "-5", class_="east"),
         item("tea", 1, "7", "7", account="online"), deposit_amount=D("1.50")),
)  # fmt: skip
DAYS: dict[str, tuple[str, tuple[Document, ...], Books, str]] = {
    "one invoice": ("sales_invoice", (ONE,), day(), ""),
    "invoices with all they can have": ("sales_invoice", MANY_LINES, day(), ""),
    "invoices whose freight QBO ships": ("sales_invoice", MANY_LINES, day({"freight": "shipping"}), ""),
    "invoices of a channel and a department": (
        "sales_invoice",
        (sale(1, item("tea", 1, "10", "10"), department="web"), sale(2, item("cup", 1, "1", "1"), department="web")),
        day({"numbered_by_quickbooks": ("Invoice",), "sales_channel": "channel", "multicurrency": True}), "shop",
    ),
    "receipts by method and bank": (
        "sales_receipt",
        (sale(1, item("tea", 1, "10", "10"), kind="sales_receipt", method="Visa", reference="1"),
         sale(2, item("tea", 1, "10", "10"), kind="sales_receipt", method="visa", reference="2")),
        day({"payment_methods": "by_name"}, payment_methods={"visa": "3"}), "",
    ),
    "credits of manual tax": (
        "sales_credit",
        (sale(1, item("tea", 1, "10", "10", tax_code="S", tax_amount=D(1)), item("cup", 1, "2", "2"),
              item(None, None, None, "-1", role="discount"), kind="sales_credit"),
         sale(2, item("tea", 3, "10", "30", tax_code="S", tax_amount=D(3)), kind="sales_credit")),
        day({"tax_regime": "us_manual"}, tax_codes={"S": "7", "": "NON"}), "",
    ),
    "invoices with codes elsewhere": (
        "sales_invoice",
        (sale(1, item("tea", 1, "10", "10", tax_code="S", tax_amount=D(2)), item("cup", 1, "2", "2")),
         sale(2, item("tea", 1, "12", "10", tax_code="S", tax_amount=D(2)), tax_inclusive=True)),
        day({"tax_regime": "global"}, tax_codes={"S": "7", "": "5"}, tax_rates={"7": ((D(20),), ()), "5": ((), ())}),
        "",
    ),
    "prices with tax in them": (
        "sales_invoice",
        (sale(1, item("tea", 1, "12", "10", tax_code="S", tax_amount=D(2)), tax_inclusive=True),),
        day({"tax_regime": "global"}, tax_codes={"S": "7", "": "5"}, tax_rates={"7": ((D(20),), ()), "5": ((), ())}),
        "",
    ),
    "invoices that cancel out": (
        "sales_invoice", (sale(1, item("tea", 1, "10", "10"), item("tea", -1, "10", "-10")),), day(), "",
    ),
    "an invoice that is its counterpart": ("sales_invoice", (sale(1, item("tea", -1, "10", "-10")),), day(), ""),
    "tax alone": ("sales_invoice", (sale(1, item("tea", 1, "0", "0", tax_amount=D(2))),), day(), ""),
}  # fmt: skip
