"""Bills that come before their goods, and differences that follow the goods: stock, transit and cost of sales."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.inventory.records import Document, Movement
from qbo_pipeline_tests.accounting.company import (
    DAY,
    Ledger,
    books,
    document,
    draft,
    excluded,
    item,
    ledger_of,
    match,
    movement,
    refused,
    stock,
)
from qbo_pipeline_tests.accounting.many import many

D = Decimal
TRANSIT: dict[str, Any] = {"unmatched_bill_lines": "in_transit"}
LATER, EARLIER = DAY + timedelta(days=9), DAY - timedelta(days=9)


def posted(*records: Any, **policies: Any) -> Ledger:
    in_books, ledger = books(*records, policies=TRANSIT | policies), Ledger()
    for record in records:
        ledger.lines += ledger_of(draft(record, in_books)).lines
    return ledger


def receipt(*lines: Any, **changes: Any) -> Movement:
    own = {"movement_id": "r1", "party_id": "9", "business_date": LATER}
    return movement("receipt", *(lines or (stock("tea", 10, "50"),)), **own | changes)


def bill(net: str, quantity: int = 10, *matches: Any, **changes: Any) -> Document:
    return document(
        "bill", item("tea", quantity, None, net), matches=matches or (match(1, "r1", 1, quantity),), **changes
    )


def test_a_bill_before_its_goods_is_in_transit_until_they_come() -> None:
    early = document("bill", item("tea", 10, "5", "50"))  # nobody knows of a receipt yet
    assert posted(early).text() == "Dr In transit 50.00\nCr Payables 50.00"
    assert posted(bill("50"), receipt()).text() == (
        "Dr In transit 50.00\nCr Payables 50.00\nDr Inventory 50.00\nCr In transit 50.00"
    )
    text = draft(bill("50"), books(receipt(), policies=TRANSIT)).payload["Line"][0]["Description"]
    assert text == "Green tea (goods to come)"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("purchase_price_variance", "Dr PPV 10.00\nDr Inventory 50.00\nCr In transit 60.00"),
        ("inventory", "Dr Inventory 60.00\nCr In transit 60.00"),
        ("on_hand_share", "Dr Inventory 60.00\nCr In transit 60.00"),  # all of it is there as it comes
    ],
)
def test_what_the_bill_said_otherwise_is_known_when_the_goods_come(policy: str, expected: str) -> None:
    in_books = books(bill("60"), receipt(), policies=TRANSIT | {"bill_difference": policy})
    assert ledger_of(draft(receipt(), in_books)).text() == expected


def test_a_receipt_that_is_billed_in_part_before_and_in_part_after() -> None:
    before = bill("24", 4, document_id="b1")
    after = bill("36", 6, document_id="b2", business_date=LATER + timedelta(days=1))
    ledger = posted(before, receipt(), after)
    assert {name: ledger.balance(name) for name in ("In transit", "GRNI", "Inventory", "PPV")} == {
        "In transit": 0, "GRNI": 0, "Inventory": D("50.00"), "PPV": D("10.00"),
    }  # fmt: skip


def test_a_bill_of_goods_of_which_some_have_come_and_some_will_not() -> None:
    come = receipt(stock("tea", 4, "20"), business_date=EARLIER)
    to_come = receipt(stock("tea", 5, "25"), movement_id="r2")
    billed = bill("60", 10, match(1, "r1", 1, 4), match(1, "r2", 1, 5))
    ledger = posted(come, billed, to_come)
    assert (ledger.balance("GRNI"), ledger.balance("Inventory")) == (0, D("45.00"))
    assert ledger.balance("In transit") == D("6.00")  # one of ten at 6.00 is still to come
    assert ledger.balance("PPV") == D("9.00")


def test_of_goods_that_are_billed_twice_the_second_bill_stays_in_transit() -> None:
    ledger = posted(bill("50", document_id="a"), bill("50", document_id="b"), receipt())
    assert (ledger.balance("In transit"), ledger.balance("GRNI")) == (D("50.00"), 0)


def test_a_voided_bill_is_ahead_of_nothing() -> None:
    in_books = books(bill("50", status="voided"), receipt(), policies=TRANSIT)
    assert ledger_of(draft(receipt(), in_books)).text() == "Dr Inventory 50.00\nCr GRNI 50.00"
    assert excluded(bill("50", status="voided"), in_books).rule == "voided_in_source"


def test_on_the_same_day_the_goods_are_there() -> None:
    ledger = posted(receipt(business_date=DAY), bill("50"))
    assert ledger.text() == "Dr Inventory 50.00\nCr GRNI 50.00\nDr GRNI 50.00\nCr Payables 50.00"


def test_a_foreign_bill_ahead_is_taken_off_at_what_it_was_booked_with() -> None:
    euro: dict[str, Any] = {"currency": "EUR", "exchange_rate": D("1.1")}
    ledger = posted(bill("33.33", **euro), receipt(stock("tea", 10, "36")), foreign_documents="home_currency")
    assert (ledger.balance("In transit"), ledger.balance("PPV")) == (0, D("0.66"))


def test_without_an_account_in_transit_both_wait() -> None:
    roles = {role: account for role, account in books().roles.items() if role != "in_transit"}
    in_books = books(bill("50"), receipt(), roles=roles, policies=TRANSIT)
    assert [refused(record, in_books).field for record in (bill("50"), receipt())] == ["role:in_transit"] * 2


pieces = st.integers(1, 30)


@given(
    st.lists(st.tuples(pieces, st.decimals("0.01", "999", places=2), st.integers(-5, 5)), min_size=1, max_size=5),
    st.lists(st.tuples(pieces, st.decimals("0.01", "999", places=2), st.integers(-5, 5)), min_size=1, max_size=4),
    st.data(),
)
@many(40)
def test_whatever_is_billed_and_received_in_full_nothing_is_left_between_them(
    bills: list[tuple[int, Decimal, int]], receipts: list[tuple[int, Decimal, int]], data: st.DataObject
) -> None:
    """Bills and receipts of one product in any order of dates: matched piece by piece, where as many are billed as
    came, transit and accrual end at nothing and stock is worth what the receipts say."""
    count = min(sum(row[0] for row in bills), sum(row[0] for row in receipts))
    arrived = _cut(receipts, count)
    asked = _cut(bills, count)
    pool = [n for n, (quantity, _, _) in enumerate(arrived) for _ in range(quantity)]
    pool = data.draw(st.permutations(pool))
    records: list[Any] = [
        receipt(stock("tea", quantity, str(value)), movement_id=f"r{n}", business_date=DAY + timedelta(days=day))
        for n, (quantity, value, day) in enumerate(arrived)
    ]
    for n, (quantity, net, day) in enumerate(asked):
        taken, pool = pool[:quantity], pool[quantity:]
        matches = tuple(match(1, f"r{of}", 1, taken.count(of)) for of in sorted(set(taken)))
        when = DAY + timedelta(days=day)
        records.append(bill(str(net), quantity, *matches, document_id=f"b{n}", business_date=when))
    ledger = posted(*records)
    assert (ledger.balance("In transit"), ledger.balance("GRNI")) == (0, 0)
    assert ledger.balance("Inventory") == sum(row[1] for row in arrived)
    assert ledger.balance("Payables") == -sum(row[1] for row in asked)
    assert ledger.balance("PPV") == sum(row[1] for row in asked) - sum(row[1] for row in arrived)


def _cut(rows: list[tuple[int, Decimal, int]], count: int) -> list[tuple[int, Decimal, int]]:
    """The rows up to a number of pieces."""
    found = []
    for quantity, amount, day in rows:
        if quantity := min(quantity, count):
            count -= quantity
            found.append((quantity, amount, day))
    return found


def sharing(on_hand: str, *records: Any) -> Books:
    return books(*records, policies={"bill_difference": "on_hand_share"}, on_hand=lambda product, day: D(on_hand))


@pytest.mark.parametrize(
    ("on_hand", "stock_part", "sold_part"),
    [("10", "10.00", "0"), ("99", "10.00", "0"), ("3", "3.00", "7.00"), ("0", "0", "10.00"), ("-4", "0", "10.00")],
)
def test_a_difference_is_shared_by_what_is_still_there(on_hand: str, stock_part: str, sold_part: str) -> None:
    came = receipt(business_date=EARLIER)
    ledger = ledger_of(draft(bill("60"), sharing(on_hand, came)))
    assert ledger.balance("GRNI") == D("50.00")
    assert (ledger.balance("Inventory"), ledger.balance("COGS")) == (D(stock_part), D(sold_part))


def test_of_two_lines_each_piece_on_hand_counts_once() -> None:
    came = receipt(stock("tea", 10, "50"), stock("tea", 10, "50"), business_date=EARLIER)
    lines = (item("tea", 10, None, "60"), item("tea", 10, None, "60"))
    billed = document("bill", *lines, matches=(match(1, "r1", 1, 10), match(2, "r1", 2, 10)))
    ledger = ledger_of(draft(billed, sharing("12", came)))
    assert (ledger.balance("Inventory"), ledger.balance("COGS")) == (D("12.00"), D("8.00"))
