"""What QBO would refuse is found before it is sent, by field; and amounts are cut without losing a cent."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.money import apportion, cents, slice_of
from qbo_pipeline.accounting.payloads import clean, doc_number, shorten
from qbo_pipeline.accounting.schema import SCHEMAS
from qbo_pipeline.accounting.schema_checks import problem_in
from qbo_pipeline_tests.accounting.company import books, document, draft, item, movement, payment, stock

D = Decimal
Payload = dict[str, Any]
INVOICE = document("sales_invoice", item("tea", 1, "10", "10"), document_id="i1")
SAMPLES: dict[str, Payload] = {
    "JournalEntry": draft(movement("receipt", stock("tea", 1, "5")), books()).payload,
    "Invoice": draft(INVOICE, books()).payload,
    "Bill": draft(document("bill", item("bag", 1, "10", "10")), books()).payload,
    "Payment": draft(payment("payment_received", "10", ("i1", "10")), books(INVOICE)).payload,
}


def _line(payload: Payload) -> Payload:
    line: Payload = payload["Line"][0]
    return line


# entity, what is done to a good payload, field, words of the reason
FAULTS: list[tuple[str, Callable[[Payload], Any], str, str]] = [
    ("JournalEntry", lambda p: p.pop("TxnDate"), "TxnDate", "required"),
    ("JournalEntry", lambda p: p.update(TxnDate="2026-02-30"), "TxnDate", "not a date"),
    ("JournalEntry", lambda p: p.update(DocNumber="x" * 22), "DocNumber", "22 characters, and QBO takes 21"),
    ("JournalEntry", lambda p: p.update(PrivateNote="x" * 4001), "PrivateNote", "4001 characters"),
    ("JournalEntry", lambda p: p.update(Memo="x"), "Memo", "not a field"),
    ("JournalEntry", lambda p: p.update(DocNumber=88), "DocNumber", "is int"),
    ("JournalEntry", lambda p: p.update(ExchangeRate=1.5), "ExchangeRate", "is float"),
    ("JournalEntry", lambda p: p.update(CurrencyRef={"value": "usd"}), "CurrencyRef.value", "'usd'"),
    ("JournalEntry", lambda p: p.update(Line=[]), "Line", "required"),
    ("JournalEntry", lambda p: p["Line"].pop(), "Line", "debits 5.00 are not credits 0"),
    ("JournalEntry", lambda p: p.update(Line=p["Line"] * 5001), "Line", "10002 lines"),
    ("JournalEntry", lambda p: _line(p).update(Amount=D("-5.00")), "Line[0].Amount", "negative"),
    ("JournalEntry", lambda p: _line(p).update(Amount=D("5")), "Line[0].Amount", "two decimals"),
    ("JournalEntry", lambda p: _line(p).update(Amount=5.0), "Line[0].Amount", "is float"),
    ("JournalEntry", lambda p: _line(p).pop("JournalEntryLineDetail"), "Line[0].JournalEntryLineDetail", "missing"),
    ("JournalEntry", lambda p: _line(p).update(DetailType="X"), "Line[0].DetailType", "not one of"),
    (
        "JournalEntry",
        lambda p: _line(p)["JournalEntryLineDetail"].update(PostingType="debit"),
        "Line[0].JournalEntryLineDetail.PostingType",
        "Debit, Credit",
    ),
    (
        "JournalEntry",
        lambda p: _line(p)["JournalEntryLineDetail"].update(AccountRef={"value": "Inventory"}),
        "Line[0].JournalEntryLineDetail.AccountRef.value",
        "neither a QBO id nor a reference",
    ),
    ("Invoice", lambda p: p.pop("CustomerRef"), "CustomerRef", "required"),
    ("Invoice", lambda p: _line(p).update(Amount=D("-10.00")), "Line", "total -10.00 is negative"),
    ("Invoice", lambda p: p.update(GlobalTaxCalculation="None"), "GlobalTaxCalculation", "TaxInclusive"),
    ("Invoice", lambda p: p.update(TxnTaxDetail={"TotalTax": D("-1.00")}), "TxnTaxDetail.TotalTax", "negative"),
    ("Bill", lambda p: _line(p).update(Amount=D("1.234")), "Line[0].Amount", "two decimals"),
    ("Payment", lambda p: p.update(TotalAmt=D("9.99")), "Line", "10.00 is linked, more than the payment of 9.99"),
    ("Payment", lambda p: _line(p)["LinkedTxn"][0].update(TxnType="Order"), "Line[0].LinkedTxn[0].TxnType", "Invoice"),
    (
        "Payment",
        lambda p: _line(p)["LinkedTxn"][0].update(TxnType="CreditMemo"),
        "Line",
        "credits exceed what they settle by 10.00",
    ),
]


@pytest.mark.parametrize(
    ("entity", "spoil", "field", "words"), FAULTS, ids=[f"{row[0]}: {row[2]}, {row[3]}" for row in FAULTS]
)
def test_a_fault_is_named_by_field(entity: str, spoil: Callable[[Payload], Any], field: str, words: str) -> None:
    payload = copy.deepcopy(SAMPLES[entity])
    assert problem_in(entity, payload) is None
    spoil(payload)
    problem = problem_in(entity, payload)
    assert problem is not None
    assert problem.field == field
    assert words in problem.text


def test_names_with_what_qbo_bans_are_found() -> None:
    problem = problem_in("Customer", {"DisplayName": "A:B"})
    assert problem is not None
    assert problem.field == "DisplayName"


def test_every_entity_that_the_rules_make_has_a_schema() -> None:
    assert set(SCHEMAS) == {
        "Customer", "Vendor", "Item", "Invoice", "CreditMemo", "Estimate", "Bill", "VendorCredit", "PurchaseOrder",
        "Payment", "BillPayment", "InventoryAdjustment", "JournalEntry", "SalesReceipt", "RefundReceipt", "Term",
    }  # fmt: skip


amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False, allow_infinity=False)


@given(st.lists(amounts, max_size=60))
def test_parts_add_up_to_the_rounded_sum(exact: list[Decimal]) -> None:
    parts = apportion(exact)
    assert sum(parts, D(0)) == cents(sum(exact, D(0)))
    assert all(abs(part - amount) < D("0.01") for part, amount in zip(parts, exact, strict=True))


@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), max_size=60))
def test_whole_cents_are_left_alone(exact: list[Decimal]) -> None:
    assert apportion(exact) == exact


@given(amounts, st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_slices_in_any_sizes_add_up_to_the_whole(amount: Decimal, sizes: list[int]) -> None:
    total, whole = cents(amount), D(sum(sizes))
    before, taken = D(0), D(0)
    for size in sizes:
        taken += slice_of(total, whole, before, D(size))
        before += size
    assert taken == total


@given(st.text(max_size=60))
def test_a_document_number_fits_and_is_told_apart(number: str) -> None:
    assert len(doc_number(number)) <= 21
    assert doc_number(number + "x" * 30) != doc_number(number + "y" * 30)


def test_texts_are_cleaned_and_shortened() -> None:
    assert clean(" a:b\tc\n\x00d ", ":") == "a b c d"
    assert shorten("a" * 21, 21) == "a" * 21
    assert len(shorten("a" * 22, 21)) == 21
