"""Payments: what is linked, what stays on account, refunds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.books import AccountRef
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Party, Payment
from qbo_pipeline_tests.accounting.company import (
    ACCOUNTS,
    books,
    document,
    draft,
    excluded,
    item,
    ledger_of,
    payment,
    refused,
)

D = Decimal
INVOICE = document("sales_invoice", item("tea", 10, "10", "100"), document_id="i1", number="I-1")
VOIDED = document("sales_invoice", item("tea", 10, "10", "100"), document_id="i2", number="I-2", status="voided")
CREDIT = document("sales_invoice", item("tea", -3, "10", "-30"), document_id="i3", number="I-3")
EURO = document("sales_invoice", item("tea", 1, "10", "10"), document_id="i4", number="I-4", currency="EUR")
FREE = document("sales_invoice", item("tea", 1, "0", "0"), document_id="i5", number="I-5")
QUOTE = document("quote", item("tea", 1, "9", "9"), document_id="i6", number="Q-6")
BILL = document("bill", item("bag", 10, "10", "100"), document_id="b1", number="B-1")
SUPPLIER_CREDIT = document("purchase_credit", item("bag", 3, "10", "30"), document_id="b2", number="B-2")
BOOKS = books(INVOICE, VOIDED, CREDIT, EURO, FREE, QUOTE, BILL, SUPPLIER_CREDIT)


def links(made: Draft) -> list[tuple[str, str, Decimal]]:
    rows = made.payload.get("Line", [])
    return [(row["LinkedTxn"][0]["TxnId"], row["LinkedTxn"][0]["TxnType"], row["Amount"]) for row in rows]


def test_money_received_settles_its_invoice() -> None:
    made = draft(payment("payment_received", "100", ("i1", "100"), reference="CHQ 7", method="Check"), BOOKS)
    assert (made.entity, made.key, made.amount) == ("Payment", "payment/p1", D("100.00"))
    assert links(made) == [("$document/i1", "Invoice", D("100.00"))]
    assert made.depends_on == ("party/customer:7", "document/i1")
    assert made.payload["PaymentRefNum"] == "CHQ 7"
    assert made.payload["PrivateNote"] == "Payment from customer 500; CHQ 7; Check"
    assert ledger_of(made).text() == "Dr Bank 100.00\nCr Receivables 100.00"


@pytest.mark.parametrize(
    ("paid", "words"),
    [
        (payment("payment_received", "100", ("i1", "100"), party_id="28"), "I-1 100.00 (of another customer)"),
        (payment("payment_made", "100", ("b1", "100"), party_id="28"), "B-1 100.00 (of another supplier)"),
    ],
)
def test_what_another_party_owes_or_is_owed_is_not_linked(paid: Payment, words: str) -> None:
    others = [Party(party_id="28", kind=kind, name="Another") for kind in ("customer", "supplier")]
    made = draft(paid, books(INVOICE, BILL, *others))
    assert "LinkedTxn" not in str(made.payload)
    assert words in made.payload["PrivateNote"]


def test_what_quickbooks_makes_is_not_posted_and_its_neighbour_is() -> None:
    there = books(INVOICE, BILL, policies={"not_posted": ("payment_received",)})
    outcome = excluded(payment("payment_received", "100", ("i1", "100")), there)
    assert (outcome.rule, outcome.message, outcome.effects) == (
        "owned_by_quickbooks", "[ownership] of the settings says that no payment_received of the source is posted", ()
    )  # fmt: skip
    assert draft(payment("payment_made", "100", ("b1", "100")), there).entity == "BillPayment"


def test_money_paid_settles_its_bill_by_check_or_card() -> None:
    record = payment("payment_made", "100", ("b1", "100"))
    made = draft(record, BOOKS)
    assert (made.entity, made.payload["PayType"]) == ("BillPayment", "Check")
    assert links(made) == [("$document/b1", "Bill", D("100.00"))]
    card = draft(payment("payment_made", "100", ("b1", "100"), account="card"), BOOKS)
    assert card.payload["CreditCardPayment"] == {"CCAccountRef": {"value": "11"}}
    assert ledger_of(card).text() == "Dr Payables 100.00\nCr Card 100.00"


ON_ACCOUNT = [
    ("voided", "i2", "I-2"),
    ("in another currency", "i4", "I-4"),
    ("of no amount", "i5", "I-5"),
    ("a quote", "i6", "Q-6"),
    ("unknown", "i404", "i404"),
    ("a bill", "b1", "B-1"),
    ("a credit, by a positive amount", "i3", "I-3"),
]


@pytest.mark.parametrize(("document_id", "shown"), [row[1:] for row in ON_ACCOUNT], ids=[row[0] for row in ON_ACCOUNT])
def test_what_is_not_posted_is_not_linked(document_id: str, shown: str) -> None:
    made = draft(payment("payment_received", "100", (document_id, "40"), ("i1", "60")), BOOKS)
    assert links(made) == [("$document/i1", "Invoice", D("60.00"))]
    assert made.amount == D("100.00")
    assert f"on account, not linked: {shown} 40.00" in made.payload["PrivateNote"]


def test_the_rest_is_on_account() -> None:
    made = draft(payment("payment_received", "150", ("i1", "100")), BOOKS)
    assert (made.payload["TotalAmt"], sum(row[2] for row in links(made))) == (D("150.00"), D("100.00"))


def test_more_allocated_than_paid_is_linked_up_to_the_payment() -> None:
    made = draft(payment("payment_received", "80", ("i1", "100")), BOOKS)
    assert links(made) == [("$document/i1", "Invoice", D("80.00"))]
    assert "not linked: I-1 20.00" in made.payload["PrivateNote"]


def test_more_allocated_than_the_document_is_on_account() -> None:
    made = draft(payment("payment_received", "150", ("i1", "90"), ("i1", "60")), BOOKS)
    assert (made.payload["TotalAmt"], links(made)) == (D("150.00"), [("$document/i1", "Invoice", D("100.00"))])
    assert "on account, not linked: I-1 50.00" in made.payload["PrivateNote"]


def test_a_credit_pays_a_part() -> None:
    made = draft(payment("payment_received", "70", ("i1", "100"), ("i3", "-30")), BOOKS)
    assert links(made) == [("$document/i3", "CreditMemo", D("30.00")), ("$document/i1", "Invoice", D("100.00"))]
    assert made.amount == D("70.00")


def test_a_credit_alone_settles_without_money() -> None:
    made = draft(payment("payment_made", "0", ("b1", "30"), ("b2", "-30")), BOOKS)
    assert (made.entity, made.amount) == ("BillPayment", D("0.00"))
    assert [row[1] for row in links(made)] == ["VendorCredit", "Bill"]


def test_paid_to_a_supplier_on_account_is_a_journal_in_its_name() -> None:
    made = draft(payment("payment_made", "100", ("b404", "100")), BOOKS)
    assert made.entity == "JournalEntry"
    assert ledger_of(made).text() == "Dr Payables 100.00\nCr Bank 100.00"
    entity = made.payload["Line"][0]["JournalEntryLineDetail"]["Entity"]
    assert entity == {"Type": "Vendor", "EntityRef": {"value": "$party/supplier:9"}}


def test_a_refund_is_a_journal_and_settles_the_credit() -> None:
    outcome = build(payment("payment_received", "-30", ("i3", "-30")), BOOKS)
    assert isinstance(outcome, list)
    entry, applied = outcome
    assert ledger_of(entry).text() == "Dr Receivables 30.00\nCr Bank 30.00"
    assert (applied.key, applied.entity, applied.amount) == ("payment/p1#apply", "Payment", D("0.00"))
    assert links(applied) == [
        ("$payment/p1", "JournalEntry", D("30.00")),
        ("$document/i3", "CreditMemo", D("30.00")),
    ]
    assert "payment/p1" in applied.depends_on


def test_a_refund_from_a_supplier_with_nothing_to_settle() -> None:
    outcome = build(payment("payment_made", "-30"), BOOKS)
    assert isinstance(outcome, list)
    assert [ledger_of(made).text() for made in outcome] == ["Dr Bank 30.00\nCr Payables 30.00"]


def test_voided_and_empty_payments_are_excluded() -> None:
    assert excluded(payment("payment_received", "100", status="voided"), BOOKS).rule == "voided_in_source"
    assert excluded(payment("payment_received", "0", ("i2", "5")), BOOKS).rule == "nil_effect"


REFUSED: list[tuple[str, Payment, dict[str, Any], str, str]] = [
    ("customer", payment("payment_received", "1", party_id="404"), {}, "unknown_party", "party_id"),
    ("bank not mapped", payment("payment_received", "1", account="till"), {}, "unmapped_account", "hint:till"),
    ("bank is an expense", payment("payment_received", "1", account="freight"), {}, "account_type", "role:bank"),
    ("received on a card", payment("payment_received", "1", account="card"), {}, "account_type", "role:bank"),
    ("bank is stock", payment("payment_received", "1", account="stock"), {}, "account_is_stock", "role:bank"),
    ("no bank", payment("payment_received", "1"), {"roles": {}}, "unmapped_role", "role:bank"),
    ("no rate", payment("payment_received", "1", currency="EUR"), {}, "no_exchange_rate", "currency"),
]


@pytest.mark.parametrize(
    ("record", "changes", "reason", "field"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_refused(record: Payment, changes: dict[str, Any], reason: str, field: str) -> None:
    answer = refused(record, books(INVOICE, **changes))
    assert (answer.reason, answer.field) == (reason, field)


def test_a_foreign_payment_on_account_keeps_its_currency_and_rate() -> None:
    supplier = Party(party_id="8", kind="supplier", name="Tee GmbH", currency="EUR")
    euro = AccountRef(id="21", name="Payables EUR", type="Accounts Payable", currency="EUR")
    record = payment("payment_made", "100", party_id="8", currency="EUR", exchange_rate=D("1.25"))
    setting = {"policies": {"multicurrency": True}, "chart": ACCOUNTS | {"21": euro}}
    made = draft(record, books(supplier, overrides={("accounts_payable", "party", "supplier:8"): "21"}, **setting))
    assert (made.payload["CurrencyRef"], made.payload["ExchangeRate"]) == ({"value": "EUR"}, D("1.25"))
    assert (made.amount, made.currency) == (D("100.00"), "EUR")
    answer = refused(record, books(supplier, **setting))
    assert (answer.reason, answer.field) == ("account_currency", "role:accounts_payable")
