"""Return rules of payments: what a Payment or BillPayment is for the inventory system, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.inventory.records import Payment
from qbo_pipeline.returning.rules import RULES, build
from qbo_pipeline.returning.values import NotReturned, ReturnBook, Returned, Withheld

DAY = date(2024, 3, 6)
PARTIES = {("Customer", "7"): "c7", ("Vendor", "8"): "s8"}
DOCUMENTS = {("Invoice", "20"): "i20", ("Invoice", "21"): "i21", ("CreditMemo", "22"): "n22", ("Bill", "30"): "b30"}
BOOK = ReturnBook(
    last_day=date(2024, 12, 31),
    home_currency="USD",
    first_day=date(2024, 3, 1),
    party=lambda entity, qbo_id: PARTIES.get((entity, qbo_id)),
    document=lambda entity, qbo_id: DOCUMENTS.get((entity, qbo_id)),
    gone=lambda document_id: document_id == "i21",
    account=lambda qbo_id: {"35": "MAIN"}.get(qbo_id),
)


def line(kind: str, qbo_id: str, amount: str) -> dict[str, Any]:
    return {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind}]}


def received(total: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"Id": "90", "CustomerRef": {"value": "7"}, "TotalAmt": Decimal(total), "TxnDate": "2024-03-06"}
    return {**body, "Line": list(lines), **more}


def returned(entity: str, thing: dict[str, Any]) -> Payment:
    outcome = build(entity, thing, BOOK)
    assert isinstance(outcome, Returned), outcome
    return outcome.record


def allocated(payment: Payment) -> dict[str, str]:
    return {item.document_id: str(item.amount) for item in payment.allocations}


@pytest.mark.parametrize(
    ("thing", "amount", "allocations"),
    [
        (received("50.00", line("Invoice", "20", "50.00")), "50.00", {"i20": "50.00"}),
        (received("50.00", line("Invoice", "20", "30.00")), "50.00", {"i20": "30.00"}),  # the rest on account
        (received("50.00"), "50.00", {}),  # all of it on account
        (received("30.00", line("Invoice", "20", "50.00"), line("CreditMemo", "22", "20.00")), "30.00",
         {"i20": "50.00", "n22": "-20.00"}),
        (received("0.00", line("Invoice", "20", "20.00"), line("CreditMemo", "22", "20.00")), "0.00",
         {"i20": "20.00", "n22": "-20.00"}),  # a credit applied
        (received("50.00", line("Invoice", "20", "20.00"), line("Invoice", "20", "30.00")), "50.00", {"i20": "50.00"}),
    ],
)  # fmt: skip
def test_what_a_payment_settles(thing: dict[str, Any], amount: str, allocations: dict[str, str]) -> None:
    payment = returned("Payment", thing)
    assert (payment.kind, payment.party_id, payment.business_date, str(payment.amount)) == (
        "payment_received", "c7", DAY, amount
    )  # fmt: skip
    assert allocated(payment) == allocations


def test_a_bill_payment_from_a_bank_account_and_from_a_card() -> None:
    thing = {
        "Id": "91", "VendorRef": {"value": "8"}, "TotalAmt": Decimal("12.00"), "TxnDate": "2024-03-06",
        "DocNumber": "1001", "PayType": "Check", "Line": [line("Bill", "30", "12.00")],
    }  # fmt: skip
    by_check = returned("BillPayment", {**thing, "CheckPayment": {"BankAccountRef": {"value": "35"}}})
    assert (by_check.kind, by_check.party_id, by_check.number, by_check.account) == (
        "payment_made", "s8", "1001", "MAIN"
    )  # fmt: skip
    assert allocated(by_check) == {"b30": "12.00"}
    card = {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": {"value": "35"}}}
    assert returned("BillPayment", {**thing, **card}).account == "MAIN"


def test_what_it_settles_elsewhere_is_told_and_not_allocated() -> None:
    payment = returned("Payment", received("60.00", line("Invoice", "20", "50.00"), line("Invoice", "99", "10.00")))
    assert allocated(payment) == {"i20": "50.00"}
    assert payment.memo == "In QuickBooks it also settles Invoice Id 99 10.00"


def test_a_foreign_payment_keeps_its_rate_and_a_home_one_has_none() -> None:
    foreign = received("50.00", CurrencyRef={"value": "EUR"}, ExchangeRate=Decimal("1.0850"))
    assert (returned("Payment", foreign).currency, returned("Payment", foreign).exchange_rate) == (
        "EUR", Decimal("1.0850")
    )  # fmt: skip
    home = received("50.00", CurrencyRef={"value": "USD"}, ExchangeRate=Decimal(1))
    assert (returned("Payment", home).currency, returned("Payment", home).exchange_rate) == ("USD", None)
    assert returned("Payment", received("50.00")).number == "QB-90"


@pytest.mark.parametrize(
    ("thing", "kind", "reason", "words"),
    [
        (received("5.00", TxnDate="2024-02-29"), NotReturned, "before_first_day", "before 2024-03-01"),
        (received("5.00", TxnDate="2025-01-01"), NotReturned, "after_last_day", "after 2024-12-31"),
        (received("5.00", CustomerRef={"value": "1"}), NotReturned, "party_not_in_source", "does not have"),
        (received("5.00", line("Invoice", "99", "5.00")), NotReturned, "nothing_of_source", "QuickBooks alone"),
        (received("5.00", line("Invoice", "20", "5.00"), CustomerRef={"value": "1"}), Withheld, "party_not_linked",
         "link the party"),
        (received("5.00", line("Invoice", "21", "5.00")), Withheld, "document_gone", "document/i21"),
        (received("5.00", line("Invoice", "20", "6.00")), Withheld, "does_not_add_up", "6.00"),
        (received("5.00", TxnDate="soon"), Withheld, "odd_object", "TxnDate holds 'soon'"),
        (received("5.00", Line="none"), Withheld, "odd_object", "Line holds"),
        (received("5.00", TotalAmt="many"), Withheld, "odd_object", "TotalAmt holds"),
        (received("5.00", line("Bill", "30", "5.00")), NotReturned, "nothing_of_source", "QuickBooks alone"),
    ],
)  # fmt: skip
def test_what_is_not_returned_says_why(thing: dict[str, Any], kind: type, reason: str, words: str) -> None:
    outcome = build("Payment", thing, BOOK)
    assert isinstance(outcome, kind)
    said = outcome.rule if isinstance(outcome, NotReturned) else outcome.reason  # type: ignore[union-attr]
    assert (said, words in outcome.message) == (reason, True)  # type: ignore[union-attr]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("CustomerRef", "VendorRef", "TotalAmt", "TxnDate", "Line", "CurrencyRef", "ExchangeRate", "DocNumber",
          "PaymentRefNum", "DepositToAccountRef", "CheckPayment", "CreditCardPayment")  # fmt: skip


@given(entity=st.sampled_from(sorted(RULES)), odd=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5))
def test_whatever_quickbooks_answers_is_an_outcome(entity: str, odd: dict[str, Any]) -> None:
    thing = {**received("50.00", line("Invoice", "20", "50.00")), **odd}
    outcome = build(entity, thing, replace(BOOK))
    assert isinstance(outcome, Returned | NotReturned | Withheld)
    assert outcome == build(entity, thing, BOOK)
    if isinstance(outcome, Returned):
        assert sum(item.amount for item in outcome.record.allocations) <= outcome.record.amount
        assert outcome.record == Payment.from_content(outcome.record.to_content())
