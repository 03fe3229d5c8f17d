"""Documents and payments in a foreign currency, converted to the home currency; and rates that cannot be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Document, Party
from qbo_pipeline_tests.accounting.company import (
    books,
    document,
    draft,
    item,
    ledger_of,
    match,
    movement,
    payment,
    refused,
    stock,
)
from qbo_pipeline_tests.accounting.many import many

D = Decimal
EURO: dict[str, Any] = {"currency": "EUR", "exchange_rate": D("1.10")}
ABROAD = Party(party_id="9", kind="supplier", name="Tee GmbH", currency="EUR")
CAFE = Party(party_id="7", kind="customer", name="Café", currency="EUR")
BILL = document("bill", item("bag", 10, "10", "100"), document_id="b1", **EURO)
INVOICE = document("sales_invoice", item("tea", 3, "33.33", "99.99"), document_id="i1", number="I-1", **EURO)


def converting(*records: Any, **policies: Any) -> Books:
    return books(ABROAD, CAFE, *records, policies={"foreign_documents": "home_currency", **policies})


@pytest.mark.parametrize("multicurrency", [False, True])
def test_a_foreign_invoice_goes_in_home_currency_and_says_what_it_was(multicurrency: bool) -> None:
    made = draft(INVOICE, converting(multicurrency=multicurrency))
    assert (made.amount, made.currency) == (D("109.99"), "USD")
    assert ledger_of(made).text() == "Cr Sales 109.99\nDr Receivables 109.99"
    assert "EUR 99.99 at 1.1" in made.payload["PrivateNote"]
    assert made.payload.get("CurrencyRef") == ({"value": "USD"} if multicurrency else None)
    assert "ExchangeRate" not in made.payload
    assert draft(CAFE, converting(multicurrency=True)).payload["CurrencyRef"] == {"value": "USD"}


def test_a_bill_clears_what_its_receipt_accrued_to_the_cent() -> None:
    arrived = movement("receipt", stock("tea", 3, "33.33"), currency="EUR", exchange_rate=D("1.0777"))
    billed = document("bill", item("tea", 3, "11.11", "33.33"), matches=(match(1, "receipt", 1, 3),), **EURO)
    in_books = converting(arrived, billed)
    ledger = ledger_of(draft(arrived, in_books)).post(draft(billed, in_books))
    assert (ledger.balance("GRNI"), ledger.balance("PPV")) == (0, D("0.74"))
    assert ledger.balance("Payables") == D("-36.66")


GAINS = [
    ("received dearer", "payment_received", INVOICE, "99.99", "1.20", "10.00"),
    ("received cheaper", "payment_received", INVOICE, "99.99", "1.00", "-10.00"),
    ("paid dearer", "payment_made", BILL, "100", "1.20", "-10.00"),
    ("paid cheaper", "payment_made", BILL, "100", "1.00", "10.00"),
    ("at the same rate", "payment_received", INVOICE, "99.99", "1.10", "0.00"),
]


@pytest.mark.parametrize(
    ("kind", "of", "amount", "rate", "gain"), [row[1:] for row in GAINS], ids=[r[0] for r in GAINS]
)
def test_a_payment_settles_its_document_and_shows_what_the_rate_did(
    kind: str, of: Document, amount: str, rate: str, gain: str
) -> None:
    paid = payment(kind, amount, (of.document_id, amount), currency="EUR", exchange_rate=D(rate))
    outcome = build(paid, converting(of))
    drafts = outcome if isinstance(outcome, list) else [outcome]
    ledger = ledger_of(draft(of, converting(of)))
    for made in drafts:
        assert isinstance(made, Draft), made
        ledger.post(made)
    side = 1 if kind == "payment_received" else -1
    assert ledger.balance("Receivables" if side > 0 else "Payables") == 0
    assert ledger.balance("Bank") == side * (D(amount) * D(rate)).quantize(D("0.01"), "ROUND_HALF_UP")
    assert ledger.balance("Exchange differences") == -D(gain)
    assert [made.key for made in drafts if isinstance(made, Draft)][1:] == (["payment/p1#exchange"] if D(gain) else [])


def test_what_settles_nothing_goes_at_its_own_rate() -> None:
    paid = payment("payment_received", "100", ("i1", "40"), currency="EUR", exchange_rate=D("1.20"))
    outcome = build(paid, converting(INVOICE))
    assert isinstance(outcome, list)
    assert [made.amount for made in outcome] == [D("116.00"), D("4.00")]  # 44.00 + 72.00; 120.00 came in


OTHER_SIDE = {
    "sales_invoice": "Receivables", "sales_credit": "Receivables", "sales_receipt": "Bank", "sales_refund": "Bank",
    "bill": "Payables", "purchase_credit": "Payables",
}  # fmt: skip


@given(
    st.lists(st.decimals("1", "9999", places=2), min_size=1, max_size=40),
    st.decimals("0.01", "2000", places=4),
    st.sampled_from(sorted(OTHER_SIDE)),
)
@many(60)
def test_home_amounts_are_equal_on_both_sides(nets: list[Decimal], rate: Decimal, kind: str) -> None:
    record = document(kind, *(item("bag", 1, None, str(net)) for net in nets), currency="EUR", exchange_rate=rate)
    made = draft(record, converting())
    other = ledger_of(made).balance(OTHER_SIDE[kind])
    total = (sum(nets) * rate).quantize(D("0.01"), "ROUND_HALF_UP")
    assert made.amount == abs(other) == total


@pytest.mark.parametrize("rate", ["0.0000000001", "0", "-1.1", "1000001"])
@pytest.mark.parametrize("policy", ["own_currency", "home_currency"])
def test_a_rate_that_cannot_be_is_refused_wherever_it_stands(rate: str, policy: str) -> None:
    own = {"currency": "EUR", "exchange_rate": D(rate)}
    policies = {"foreign_documents": policy, "multicurrency": True}
    in_books = books(ABROAD, CAFE, policies=policies)
    records = [
        document("bill", item("bag", 1, "1", "1"), **own),
        document("sales_invoice", item("tea", 1, "1", "1"), **own),
        movement("receipt", stock("tea", 1, "1"), **own),
        payment("payment_received", "1", **own),
    ]
    for record in records:
        answer = refused(record, in_books)
        assert (answer.reason, answer.field) == ("impossible_exchange_rate", "exchange_rate")
        assert "correct it in the source" in answer.message
    stated = books(rate=lambda currency, day: D(rate))
    assert refused(movement("receipt", stock("tea", 1, "1"), currency="EUR"), stated).field == "currency"
