"""Money in the emulated company: head offices, payments that exceed a document together, fees, methods, prepayments.

Each case looks at what the rules make and at what QBO books for it: accounts in home currency, and what stays open.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Party, Payment
from qbo_pipeline_tests.accounting.company import DAY, books, document, draft, item, payment, refused
from qbo_pipeline_tests.accounting.in_quickbooks import Booked, open_booked

D = Decimal
BEFORE, AFTER = date(2026, 3, 2), date(2026, 3, 20)
HEAD = Party(party_id="1", kind="customer", name="Head office")
BRANCH = Party(party_id="2", kind="customer", name="Branch", parent_id="1")
KIOSK = Party(party_id="3", kind="customer", name="Kiosk", parent_id="2")
INVOICE = document("sales_invoice", item("tea", 10, "10", "100"), document_id="i1", number="I-1")
BILL = document("bill", item("bag", 10, "10", "100"), document_id="b1", number="B-1")
BY_NAME = {"payment_methods": "by_name"}
OWN = {"policies": {"customer_deposits": "own_account", "supplier_deposits": "own_account"}}


@pytest.fixture
def qbo() -> Booked:
    return open_booked()


def of_payments(*payments: Payment) -> dict[str, Any]:
    """The look-up of the payments that settle a document."""
    return {
        "payments_of": lambda document_id: [
            one for one in payments if document_id in {row.document_id for row in one.allocations}
        ]
    }


def test_a_head_office_pays_for_its_branches(qbo: Booked) -> None:
    branch = replace(INVOICE, party_id="2")
    kiosk = replace(INVOICE, document_id="i2", number="I-2", party_id="3")
    paid = payment("payment_received", "200", ("i1", "100"), ("i2", "100"), party_id="1")
    qbo.books(HEAD, BRANCH, KIOSK, branch, kiosk)
    qbo.carry(branch, kiosk, paid)
    assert qbo.balances() == {"Bank": D(200), "Sales": D(-200)}
    assert [qbo.read("Invoice", f"document/{key}")["Balance"] for key in ("i1", "i2")] == [0, 0]


@pytest.mark.parametrize(
    ("payer", "policies"),
    [("2", {}), ("7", {}), ("1", {"sub_customers": "flattened"})],
    ids=["a branch for its head office", "a stranger", "beside each other"],
)
def test_nobody_else_pays_for_another(payer: str, policies: dict[str, Any], qbo: Booked) -> None:
    of = replace(INVOICE, party_id="1" if payer == "2" else "2")
    qbo.books(HEAD, BRANCH, of, policies=policies)
    (_, made) = qbo.carry(of, payment("payment_received", "100", ("i1", "100"), party_id=payer))
    assert (made["Line"], made["UnappliedAmt"]) == ([], 100)
    assert "on account, not linked: I-1 100.00 (of another customer)" in made["PrivateNote"]


def test_payments_that_exceed_an_invoice_together_leave_the_rest_on_account(qbo: Booked) -> None:
    first, second, third = (
        payment("payment_received", amount, ("i1", amount), payment_id=f"p{n}", business_date=day, number=f"R{n}")
        for n, (amount, day) in enumerate((("60", BEFORE), ("60", DAY), ("5", DAY)), start=1)
    )
    voided = payment("payment_received", "90", ("i1", "90"), payment_id="p0", business_date=BEFORE, status="voided")
    qbo.books(INVOICE, **of_payments(voided, first, second, third))
    made = qbo.carry(INVOICE, first, second, third)[1:]
    assert [one["UnappliedAmt"] for one in made] == [0, 20, 5]
    assert "on account, not linked: I-1 20.00" in made[1]["PrivateNote"]
    assert qbo.read("Invoice", "document/i1")["Balance"] == 0
    assert qbo.balances() == {"Bank": D(125), "Sales": D(-100), "Accounts Receivable (A/R)": D(-25)}


def test_the_bank_has_what_the_processor_left_of_a_payment(qbo: Booked) -> None:
    paid = payment("payment_received", "100", ("i1", "100"), fee_amount=D("2.90"))
    given_back = payment("payment_received", "-100", payment_id="p2", fee_amount=D("-1.00"))
    qbo.books(INVOICE)
    qbo.carry(INVOICE, paid, given_back)
    assert qbo.lines("payment/p1#fee") == {"Merchant fees": D("2.90"), "Bank": D("-2.90")}
    assert qbo.balances() == {
        "Bank": D("-1.90"), "Merchant fees": D("1.90"), "Sales": D(-100), "Accounts Receivable (A/R)": D(100)
    }  # fmt: skip


def test_a_method_is_found_by_its_name(qbo: Booked) -> None:
    methods = qbo.company.query("select * from PaymentMethod")["PaymentMethod"]
    known = {one["Name"].casefold(): one["Id"] for one in methods}
    qbo.books(INVOICE, policies=BY_NAME, payment_methods=known)
    made = qbo.carry(INVOICE, payment("payment_received", "100", ("i1", "100"), method=" check "))[-1]
    assert made["PaymentMethodRef"]["value"] == known["check"]
    unnamed = draft(payment("payment_received", "100", ("i1", "100")), qbo.books(INVOICE, policies=BY_NAME))
    assert "PaymentMethodRef" not in unnamed.payload


def test_a_supplier_deposit_stands_on_its_account_until_the_bill_comes(qbo: Booked) -> None:
    paid = payment("payment_made", "120", ("b1", "100"), business_date=BEFORE)
    qbo.books(**OWN)
    qbo.carry(paid)
    assert qbo.balances() == {"Supplier deposits": D(120), "Bank": D(-120)}
    qbo.books(BILL, **OWN)
    qbo.carry(BILL, paid)
    assert qbo.balances() == {"Supplier deposits": D(20), "Bank": D(-120), "Purchases": D(100)}
    assert qbo.read("Bill", "document/b1")["Balance"] == 0
    entries = [qbo.read("JournalEntry", f"payment/p1#{part}") for part in ("deposit", "applied-b1")]
    assert [entry["TxnDate"] for entry in entries] == ["2026-03-02", "2026-03-14"]


def test_of_a_customers_payment_what_is_for_later_is_a_deposit(qbo: Booked) -> None:
    later = replace(INVOICE, document_id="i2", number="I-2", business_date=AFTER)
    paid = payment("payment_received", "150", ("i1", "100"), ("i2", "40"))
    qbo.books(INVOICE, later, **OWN)
    qbo.carry(INVOICE, later, paid)
    assert qbo.lines("payment/p1") == {"Bank": D(100), "Accounts Receivable (A/R)": D(-100)}
    assert qbo.lines("payment/p1#deposit") == {"Bank": D(50), "Customer deposits": D(-50)}
    assert qbo.balances() == {
        "Bank": D(150), "Sales": D(-200), "Customer deposits": D(-10), "Accounts Receivable (A/R)": D(60)
    }  # fmt: skip
    assert [qbo.read("Invoice", f"document/{key}")["Balance"] for key in ("i1", "i2")] == [0, 60]


def test_a_credit_counts_on_the_day_of_the_payment_and_no_deposit_is_left(qbo: Booked) -> None:
    credit = document("sales_credit", item("tea", 3, "10", "30"), document_id="c1", number="C-1")
    later = replace(INVOICE, business_date=AFTER)
    qbo.books(credit, later, **OWN)
    qbo.carry(credit, later, payment("payment_received", "70", ("i1", "100"), ("c1", "-30")))
    assert qbo.balances() == {"Bank": D(70), "Sales": D(-70)}
    assert qbo.read("CreditMemo", "document/c1")["RemainingCredit"] == 0


def test_a_payment_of_its_own_day_is_the_same_under_either_policy() -> None:
    for record in (payment("payment_received", "100", ("i1", "100")), payment("payment_made", "100", ("b1", "100"))):
        (own,) = build(record, books(INVOICE, BILL, **OWN))  # type: ignore[misc]
        assert own == build(record, books(INVOICE, BILL))


def test_paid_on_account_and_linked_to_the_bill_that_came_later(qbo: Booked) -> None:
    paid = payment("payment_made", "120", ("b1", "100"))
    qbo.books()
    (entry,) = qbo.carry(paid)
    qbo.books(BILL, posted_as={"payment/p1": "JournalEntry"}.get)
    (_, again, applied) = qbo.carry(BILL, paid)
    assert (again["Id"], applied["TotalAmt"]) == (entry["Id"], 0)
    assert qbo.read("Bill", "document/b1")["Balance"] == 0
    assert qbo.balances() == {"Purchases": D(100), "Bank": D(-120), "Accounts Payable (A/P)": D(20)}


def test_converted_to_home_currency_the_rest_of_a_document_is_the_later_payments(qbo: Booked) -> None:
    """100 EUR at 1.20, paid 60 and 60: 20 at 1.20 are on account; a fee of 2 EUR at the payment's 1.25."""
    euro: dict[str, Any] = {"currency": "EUR", "exchange_rate": D("1.25")}
    invoice = replace(INVOICE, currency="EUR", exchange_rate=D("1.20"))
    first, second = (
        payment("payment_received", "60", ("i1", "60"), payment_id=key, number=key, **euro) for key in ("p1", "p2")
    )
    second = replace(second, fee_amount=D(2))
    qbo.books(invoice, policies={"foreign_documents": "home_currency"}, **of_payments(first, second))
    qbo.carry(invoice, first, second)
    assert qbo.read("Invoice", "document/i1")["Balance"] == 0
    assert qbo.lines("payment/p2#fee") == {"Merchant fees": D("2.50"), "Bank": D("-2.50")}
    assert qbo.balances()["Accounts Receivable (A/R)"] == -24


def test_a_payment_that_moves_to_another_bill_frees_the_first(qbo: Booked) -> None:
    other = replace(BILL, document_id="b2", number="B-2")
    qbo.books(BILL, other)
    qbo.carry(BILL, other, payment("payment_made", "100", ("b1", "100")))
    qbo.carry(payment("payment_made", "100", ("b2", "100"), business_date=AFTER))
    assert [qbo.read("Bill", f"document/{key}")["Balance"] for key in ("b1", "b2")] == [100, 0]
    assert qbo.read("BillPayment", "payment/p1")["TxnDate"] == "2026-03-20"


REFUSED: list[tuple[str, Payment, dict[str, Any], str, str, str]] = [
    (
        "a method that QuickBooks lacks", payment("payment_received", "100", method="Barter"),
        {"policies": BY_NAME}, "unknown_payment_method", "method:Barter", "create it there",
    ),
    (
        "a fee above the payment", payment("payment_received", "2", fee_amount=D("2.01")), {},
        "fee_above_payment", "fee_amount", "deliver `amount` before the fee",
    ),
    (
        "no account for fees", payment("payment_received", "2", fee_amount=D("1")), {},
        "unmapped_role", "role:payment_fees", "name one in [accounts.roles]",
    ),
    (
        "a deposit on an expense account", payment("payment_made", "2"),
        OWN | {"overrides": {("supplier_deposits", "party", "supplier:9"): "60"}},
        "account_type", "role:supplier_deposits", "Other Current Asset",
    ),
    (
        "a deposit without an account", payment("payment_received", "2"), OWN,
        "unmapped_role", "role:customer_deposits", "name one in [accounts.roles]",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "changes", "reason", "where", "remedy"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_posted_says_what_where_why_and_what_to_do(
    record: Payment, changes: dict[str, Any], reason: str, where: str, remedy: str
) -> None:
    answer = refused(record, books(INVOICE, **changes))
    assert (answer.reason, answer.field) == (reason, where)
    assert remedy in answer.message


def test_a_fee_alone_changes_nothing_of_the_payment() -> None:
    plain = draft(payment("payment_received", "100", ("i1", "100")), books(INVOICE))
    with_fee = build(
        payment("payment_received", "100", ("i1", "100"), fee_amount=D("1")),
        books(INVOICE, roles=books().roles | {"payment_fees": "61"}),
    )
    assert isinstance(with_fee, list)
    assert with_fee[0] == plain
    assert isinstance(with_fee[1], Draft)
