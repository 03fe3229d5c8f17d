"""Documents in the emulated company: discounts, freight, charges, negative lines, what is paid at once, drop shipments.

Each row is one document with what QBO books for it: accounts in home currency, debit positive. Receivables and payables
follow from the rest, and the total that QBO computes has to be the source's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.inventory.records import Document
from qbo_pipeline.posting.content import agrees, fingerprint, stated
from qbo_pipeline.posting.reversal import reversed_payload
from qbo_pipeline_tests.accounting.company import (
    DAY,
    ROLES,
    books,
    document,
    draft,
    item,
    match,
    movement,
    payment,
    refused,
    stock,
)
from qbo_pipeline_tests.accounting.in_quickbooks import Booked, open_booked

D = Decimal
RECEIVABLE, PAYABLE = "Accounts Receivable (A/R)", "Accounts Payable (A/P)"
TEA = item("tea", 10, "10", "100")


def off(net: str, percent: str | None = None, **more: Any) -> Any:
    return item(None, None, None, net, role="discount", discount_percent=D(percent) if percent else None, **more)


def line(role: str, net: str, **more: Any) -> Any:
    return item(more.pop("product", None), None, None, net, role=role, description=role, **more)


RECEIPT = movement("receipt", stock("tea", 10, "50"))
BOOKED: list[tuple[str, Document, dict[str, str]]] = [
    (
        "a discount on the document", document("sales_invoice", TEA, off("-7")),
        {RECEIVABLE: "93", "Sales": "-100", "Discounts": "7"},
    ),
    (
        "a discount in percent", document("sales_invoice", TEA, off("-12.50", "12.5")),
        {RECEIVABLE: "87.50", "Sales": "-100", "Discounts": "12.50"},
    ),
    (
        "a percentage that is rounded otherwise", document("sales_invoice", TEA, off("-12.49", "12.5")),
        {RECEIVABLE: "87.51", "Sales": "-100", "Discounts": "12.49"},
    ),
    (
        "discounts of lines", document("sales_invoice", TEA, off("-10"), item("cup", 1, "20", "20"), off("-1")),
        {RECEIVABLE: "109", "Sales": "-120", "Discounts": "11"},
    ),
    (
        "freight and a charge", document("sales_invoice", TEA, line("freight", "9"), line("charge", "1.50")),
        {RECEIVABLE: "110.50", "Sales": "-100", "Freight income": "-9", "Charges": "-1.50"},
    ),
    (
        "freight whose account the source names",
        document("sales_invoice", TEA, line("freight", "9", account="online")),
        {RECEIVABLE: "109", "Sales": "-100", "Online sales": "-9"},
    ),
    (
        "a negative line", document("sales_invoice", TEA, item("cup", -1, "20", "-20")),
        {RECEIVABLE: "80", "Sales": "-80"},
    ),
    (
        "an invoice of nothing", document("sales_invoice", item("tea", 1, "0", "0")), {},
    ),
    (
        "a deposit taken with the invoice", document("sales_invoice", TEA, deposit_amount=D("30")),
        {RECEIVABLE: "70", "Bank": "30", "Sales": "-100"},
    ),
    (
        "a sale paid at once", document("sales_receipt", TEA, off("-7"), line("freight", "9")),
        {"Bank": "102", "Sales": "-100", "Discounts": "7", "Freight income": "-9"},
    ),
    (
        "its refund", document("sales_refund", TEA, off("-7")), {"Bank": "-93", "Sales": "100", "Discounts": "-7"},
    ),
    (
        "a sale paid at once that gives back", document("sales_receipt", item("tea", -1, "10", "-10")),
        {"Bank": "-10", "Sales": "10"},
    ),
    (
        "a credit without restock", document("sales_credit", TEA, off("-7")),
        {RECEIVABLE: "-93", "Sales": "100", "Discounts": "-7"},
    ),
    (
        "a drop shipment", document("bill", line("drop_shipment", "60", product="tea"), line("freight", "4")),
        {PAYABLE: "-64", "COGS": "60", "Freight in": "4"},
    ),
    (
        "a bill with a discount on goods that came",
        document("bill", item("tea", 10, "5", "50"), off("-2"), matches=(match(1, "receipt", 1, 10),)),
        {PAYABLE: "-48", "GRNI": "50", "Discounts received": "-2"},
    ),
    (
        "a supplier's credit for a drop shipment",
        document("purchase_credit", line("drop_shipment", "6", product="tea")),
        {PAYABLE: "6", "COGS": "-6"},
    ),
]  # fmt: skip


@pytest.fixture
def qbo() -> Booked:
    return open_booked()


@pytest.mark.parametrize(("record", "expected"), [row[1:] for row in BOOKED], ids=[row[0] for row in BOOKED])
def test_quickbooks_books_what_the_document_says(record: Document, expected: dict[str, str], qbo: Booked) -> None:
    of = qbo.books(RECEIPT, record)
    made = draft(record, of)
    (booked,) = qbo.carry(record)
    assert qbo.lines(made.key) == {name: D(amount) for name, amount in expected.items()}
    assert booked["TotalAmt"] == made.amount == abs(record.total_amount)
    assert agrees(stated(made.entity, qbo.resolved(made.payload)), fingerprint(made.entity, booked))
    predicted = {name.removeprefix("Our "): amount for name, amount in qbo.predicted(made).items()}
    stock_accounts = {name: D(amount) for name, amount in expected.items() if name in ("GRNI", "Inventory")}
    assert predicted == stock_accounts


@pytest.mark.parametrize("record", [row[1] for row in BOOKED], ids=[row[0] for row in BOOKED])
def test_its_reversal_takes_all_of_it_back(record: Document, qbo: Booked) -> None:
    """But the money of a deposit, which came in: it is the customer's then."""
    made = draft(record, qbo.books(RECEIPT, record))
    qbo.carry(record)
    turned = reversed_payload(made.entity, qbo.resolved(made.payload), DAY, record.number)
    assert turned is not None
    qbo.company.create(*turned)
    deposit = record.deposit_amount or D(0)
    assert qbo.balances() == ({"Bank": deposit, RECEIVABLE: -deposit} if deposit else {})


def test_a_credit_with_restock_takes_back_sale_and_cost(qbo: Booked) -> None:
    credit = document("sales_credit", TEA)
    back = movement("customer_return", stock("tea", 10, "50"))
    qbo.books(credit)
    qbo.carry(credit, back)
    assert qbo.balances() == {RECEIVABLE: D(-100), "Sales": D(100), "Inventory": D(50), "COGS": D(-50)}


def test_a_deposit_leaves_the_rest_open_to_payments(qbo: Booked) -> None:
    invoice = document("sales_invoice", TEA, document_id="i1", deposit_amount=D("30"))
    qbo.books(invoice)
    (_, paid) = qbo.carry(invoice, payment("payment_received", "100", ("i1", "100")))
    assert (paid["UnappliedAmt"], qbo.read("Invoice", "document/i1")["Balance"]) == (30, 0)


@pytest.mark.parametrize(
    ("record", "detail"),
    [
        (document("sales_invoice", TEA, off("-7")), {"PercentBased": False}),
        (document("sales_invoice", TEA, off("-12.50", "12.5")), {"PercentBased": True, "DiscountPercent": D("12.5")}),
        (document("sales_invoice", TEA, off("-12.49", "12.5")), {"PercentBased": False}),
        (document("sales_invoice", TEA, line("freight", "5"), off("-10", "10")), {"PercentBased": False}),
    ],
    ids=["an amount", "a percentage", "another cent", "with freight"],
)
def test_the_one_discount_of_a_document_is_the_forms_own(record: Document, detail: dict[str, Any]) -> None:
    last = draft(record, books()).payload["Line"][-1]
    assert last["DetailType"] == "DiscountLineDetail"
    sales = {"DiscountAccountRef": {"value": "40"}}  # there is no account of the role
    assert last["DiscountLineDetail"] == sales | detail


def test_outside_the_us_a_taxed_discount_is_a_line_with_its_code() -> None:
    of = books(policies={"tax_regime": "global"}, tax_codes={"S": "7"})
    taxed = document(
        "sales_invoice",
        item("tea", 10, "10", "100", tax_code="S", tax_amount=D("20")),
        off("-10", tax_code="S", tax_amount=D("-2")),
    )
    lines = draft(taxed, of).payload["Line"]
    assert [row["DetailType"] for row in lines] == ["SalesItemLineDetail"] * 2
    assert lines[1]["SalesItemLineDetail"] == {"ItemRef": {"value": "$item/40"}, "TaxCodeRef": {"value": "7"}}


def test_freight_is_quickbooks_own_line_by_policy(qbo: Booked) -> None:
    record = document("sales_invoice", TEA, line("freight", "9"))
    qbo.books(policies={"freight": "shipping"})
    (made,) = qbo.carry(record)
    assert made["Line"][1]["SalesItemLineDetail"]["ItemRef"]["value"] == "SHIPPING_ITEM_ID"
    assert made["TotalAmt"] == 109


def test_a_sale_paid_at_once_says_where_and_how(qbo: Booked) -> None:
    methods = {"cash": qbo.company.query("select * from PaymentMethod where Name = 'Cash'")["PaymentMethod"][0]["Id"]}
    qbo.books(policies={"payment_methods": "by_name"}, payment_methods=methods)
    (made,) = qbo.carry(document("sales_receipt", TEA, method="Cash", reference="till 7"))
    assert (made["PaymentMethodRef"]["value"], made["PaymentRefNum"], made["Balance"]) == (methods["cash"], "till 7", 0)
    itself = books(policies={"numbered_by_quickbooks": ("CreditMemo", "Estimate", "Invoice")})
    assert "DocNumber" not in draft(document("sales_receipt", TEA), itself).payload


REFUSED: list[tuple[str, Document, dict[str, Any], str, str, str]] = [
    (
        "a deposit above its invoice", document("sales_invoice", TEA, deposit_amount=D("100.01")), {},
        "deposit_above_total", "deposit_amount", "deliver the rest as a payment",
    ),
    (
        "a deposit on a credit", document("sales_credit", TEA, deposit_amount=D("1")), {},
        "deposit_above_total", "deposit_amount", "deliver the rest as a payment",
    ),
    (
        "a negative deposit", document("sales_invoice", TEA, deposit_amount=D("-1")), {},
        "deposit_above_total", "deposit_amount", "deliver the rest as a payment",
    ),
    (
        "a sale paid into a card", document("sales_receipt", TEA, account="card"), {},
        "account_type", "role:bank", "map it to an account of type Bank",
    ),
    (
        "a sale paid into nowhere", document("sales_receipt", TEA, account="till"), {},
        "unmapped_account", "hint:till", "name it in [accounts.hints]",
    ),
    (
        "a sale paid by what is unknown", document("sales_receipt", TEA, method="Barter"),
        {"policies": {"payment_methods": "by_name"}}, "unknown_payment_method", "method:Barter", "create it there",
    ),
    (
        "a discount that sells to an expense", document("sales_invoice", TEA, off("-1")),
        {"roles": ROLES | {"discounts": "60"}}, "account_type", "role:discounts", "map it to an account of type Income",
    ),
    (
        "a drop shipment into stock", document("bill", line("drop_shipment", "6", product="tea", account="stock")), {},
        "account_is_stock", "role:cost_of_goods_sold", "another account",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "changes", "reason", "where", "remedy"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_posted_says_what_where_why_and_what_to_do(
    record: Document, changes: dict[str, Any], reason: str, where: str, remedy: str
) -> None:
    answer = refused(record, books(**changes))
    assert (answer.reason, answer.field) == (reason, where)
    assert remedy in answer.message
