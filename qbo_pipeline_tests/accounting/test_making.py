"""Goods on the way from one date to another: made, moved, written down, and what is known of their cost later.

The docstring of each test is what its movements book together, account by account.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Document, Movement, MovementLine, Product
from qbo_pipeline_tests.accounting.company import (
    FURTHER_ROLES,
    Ledger,
    books,
    document,
    draft,
    item,
    labour,
    ledger_of,
    match,
    money,
    movement,
    refused,
    stock,
)
from qbo_pipeline_tests.accounting.many import many

D = Decimal
Together = Callable[..., Ledger]


def other(role: str, value: str, product: str | None = None) -> MovementLine:
    """A line that is no stock."""
    return MovementLine(line_id="", line_number=0, role=role, product_id=product, value=money(value))


@pytest.fixture
def together(request: pytest.FixtureRequest) -> Together:
    """Posts records and compares each account's balance with the docstring of the test."""

    def check(*records: Movement | Document, of: Books | None = None) -> Ledger:
        of, ledger = of or books(*records), Ledger()
        for record in records:
            ledger.lines += ledger_of(draft(record, of)).lines
        told = {name: ledger.balance(name) for name, _ in ledger.lines if ledger.balance(name)}
        expected = inspect.getdoc(request.function)
        assert expected is not None
        rows = [line.rsplit(maxsplit=1) for line in expected.splitlines()]
        assert told == {name.strip(): D(amount) for name, amount in rows}
        return ledger

    return check


START = movement("production_issue", stock("tea", -10, "-50"), stock("cup", -4, "-20"), labour("8"))


def test_work_in_progress_is_worth_its_parts_and_its_labour(together: Together) -> None:
    """
    Inventory         -70.00
    Work in progress   78.00
    Labour absorbed    -8.00
    """
    together(START)


def test_from_start_to_finish_with_waste_nothing_is_left_in_progress(together: Together) -> None:
    """
    Inventory          -0.50
    Labour absorbed    -8.00
    Shrinkage           8.50
    """
    finish = movement("production_receipt", stock("set", 4, "69.50"), other("waste", "8.50"))
    assert together(START, finish).balance("Work in progress") == 0


def test_what_is_not_finished_yet_stays_in_progress(together: Together) -> None:
    """
    Inventory         -31.00
    Work in progress   39.00
    Labour absorbed    -8.00
    """
    together(START, movement("production_receipt", stock("set", 2, "39")))


def test_an_assembly_takes_what_is_no_stock_off_its_purchases(together: Together) -> None:
    """
    Inventory          18.00
    Purchases          -5.00
    Labour absorbed    -3.00
    GRNI              -10.00
    """
    lines = (stock("tea", -10, "-50"), stock("bag", -2, "-5"), stock("set", 1, "68"), labour("3"))
    together(movement("assembly", *lines, other("supplier_cost", "10")))


def test_overhead_is_absorbed_on_an_account_of_its_own(together: Together) -> None:
    """
    Inventory           9.00
    Labour absorbed    -6.00
    Overhead absorbed  -3.00
    """
    made = movement("assembly", stock("tea", -10, "-50"), stock("set", 1, "59"), labour("6"), other("overhead", "3"))
    together(made, of=books(made, roles=FURTHER_ROLES))


def test_the_sources_account_of_an_assembly_is_that_of_its_labour_and_not_of_its_overhead(together: Together) -> None:
    """
    Inventory           9.00
    Spoilage           -6.00
    Overhead absorbed  -3.00
    """
    lines = (stock("tea", -10, "-50"), stock("set", 1, "59"), labour("6"), other("overhead", "3"))
    made = movement("assembly", *lines, account="spoiled")
    together(made, of=books(made, roles=FURTHER_ROLES))


def test_where_a_company_keeps_one_account_overhead_is_absorbed_with_labour(together: Together) -> None:
    """
    Work in progress   59.00
    Inventory         -50.00
    Labour absorbed    -9.00
    """
    together(movement("production_issue", stock("tea", -10, "-50"), labour("6"), other("overhead", "3")))


def test_a_suppliers_work_waits_for_its_bill_as_goods_do(together: Together) -> None:
    """
    Inventory   10.00
    PPV          1.50
    Payables   -11.50
    """
    made = movement("assembly", stock("tea", -10, "-50"), stock("set", 1, "60"), other("supplier_cost", "10"))
    billed = document("bill", item("fit", 1, "11.50", "11.50"), matches=(match(1, "assembly", 3, 1),))
    assert together(made, billed).balance("GRNI") == 0


def test_a_disassembly_gives_back_parts_and_what_was_bought_for_it(together: Together) -> None:
    """
    Inventory  -9.00
    Purchases   4.00
    Shrinkage   5.00
    """
    together(movement("disassembly", stock("set", -1, "-29"), stock("cup", 2, "20"), stock("bag", 1, "4")))


def test_a_service_in_a_write_off_is_written_off_with_it(together: Together) -> None:
    """
    Inventory   -12.00
    Purchases    -7.00
    Write-offs   19.00
    """
    together(movement("write_off", stock("tea", -2, "-12"), stock("fit", -1, "-7")))


def test_a_service_alone_can_be_written_off_and_its_account_is_that_of_the_product(together: Together) -> None:
    """
    Freight     -7.00
    Write-offs   7.00
    """
    of = books(overrides={("purchases", "product", "fit"): "61"})
    together(movement("write_off", stock("fit", -1, "-7")), of=of)


@pytest.mark.parametrize("kind", ["shipment", "receipt", "adjustment"])
def test_elsewhere_a_service_says_nothing(kind: str) -> None:
    made = draft(movement(kind, stock("tea", -2, "-12"), stock("fit", -1, "-7")), books())
    assert made.amount == D("12.00")


def test_a_write_down_to_what_the_goods_would_bring(together: Together) -> None:
    """
    Inventory  -30.00
    COGS        30.00
    """
    together(movement("write_down", stock("tea", 0, "-30")))


def test_a_write_down_taken_back_in_part_on_the_account_of_its_reason(together: Together) -> None:
    """
    Inventory   10.00
    Spoilage   -10.00
    """
    together(movement("write_down", stock("tea", 0, "10"), account="spoiled"))


WAY_OUT = movement("transfer_out", stock("tea", -10, "-50"))


def test_goods_between_two_warehouses_are_in_transit(together: Together) -> None:
    """
    Inventory   -50.00
    In transit   50.00
    """
    assert together(WAY_OUT).balance("COGS") == 0


def test_what_does_not_arrive_stays_in_transit(together: Together) -> None:
    """
    Inventory West   45.00
    Inventory       -50.00
    In transit        5.00
    """
    arrived = movement("transfer_in", stock("tea", 9, "45", "west"))
    together(WAY_OUT, arrived, of=books(overrides={("inventory", "location", "west"): "83"}))


def test_without_an_account_for_it_goods_in_transit_wait() -> None:
    roles = {role: account for role, account in books().roles.items() if role != "in_transit"}
    assert refused(WAY_OUT, books(roles=roles)).field == "role:in_transit"


def test_freight_is_shared_between_stock_and_what_is_sold_and_cleared_by_its_bill(together: Together) -> None:
    """
    Inventory   30.00
    COGS        70.00
    PPV          4.00
    Payables  -104.00
    """
    shared = movement("landed_cost", stock("tea", 0, "30"), other("sold", "70", "tea"), movement_id="f")
    matches = (match(1, "f", 1, 1), match(1, "f", 2, 1))
    billed = document("bill", item("fit", 1, "104", "104"), matches=matches)
    assert together(shared, billed).balance("Landed cost") == 0


def test_a_late_cost_of_goods_that_are_all_sold_is_cost_of_sales(together: Together) -> None:
    """
    COGS         12.00
    Landed cost -12.00
    """
    together(movement("landed_cost", other("sold", "12", "tea")))


def test_a_receipt_of_what_was_sold_before_it_came(together: Together) -> None:
    """
    Inventory   20.00
    COGS        30.00
    GRNI       -50.00
    """
    together(movement("receipt", stock("tea", 4, "20"), other("sold", "30", "tea")))


SHARED = movement("receipt", stock("tea", 10, "60"), stock("cup", 30, "40", "west"), movement_id="r1")
WEIGHTS = (
    Product(product_id="tea", kind="stocked", number="T-1", name="Green tea", weight=D("0.5")),
    Product(product_id="cup", kind="stocked", number="C-1", name="Cup", weight=D("0.1")),
)


def freight(value: str, **changes: Any) -> Movement:
    return movement("landed_cost", other("to_share", value), movement_id="f", for_movement_id="r1", **changes)


def sharing(by: str, on_hand: dict[str, int], *records: Any) -> Books:
    known = WEIGHTS if by == "weight" else ()
    held = {product: D(count) for product, count in on_hand.items()}
    return books(
        SHARED, *known, *records, policies={"landed_cost_by": by}, on_hand=lambda product, day: held.get(product, D(0))
    )


@pytest.mark.parametrize(
    ("by", "on_hand", "tea", "cup", "sold"),
    [
        ("value", {"tea": 10, "cup": 30}, "60", "40", "0"),
        ("quantity", {"tea": 10, "cup": 30}, "25", "75", "0"),
        ("weight", {"tea": 10, "cup": 30}, "62.50", "37.50", "0"),
        ("value", {"tea": 4, "cup": 30}, "24", "40", "36"),
        ("quantity", {"tea": 0, "cup": 10}, "0", "25", "75"),
        ("weight", {}, "0", "0", "100"),
    ],
)
def test_a_landed_cost_as_one_sum_is_shared_over_its_receipt(
    by: str, on_hand: dict[str, int], tea: str, cup: str, sold: str
) -> None:
    made = draft(freight("100"), sharing(by, on_hand))
    told = {(effect.product_id, effect.location_id): effect.amount for effect in made.effects}
    expected = {("tea", "east"): D(tea), ("cup", "west"): D(cup)}
    assert told == {place: amount for place, amount in expected.items() if amount}
    ledger = ledger_of(made)
    assert (ledger.balance("COGS"), ledger.balance("Landed cost")) == (D(sold), D(-100))


@given(
    st.lists(st.tuples(st.sampled_from(["tea", "cup", "set"]), st.integers(1, 40), st.integers(1, 9999)), min_size=1),
    st.decimals("-999", "999", places=2),
    st.sampled_from(["value", "quantity"]),
    st.integers(0, 60),
)
@many(40)
def test_whatever_is_shared_adds_up_and_its_bill_clears_it(
    rows: list[tuple[str, int, int]], value: Decimal, by: str, there: int
) -> None:
    came = movement("receipt", *(stock(p, q, str(D(v) / 100)) for p, q, v in rows), movement_id="r1")
    billed = document("bill", item("fit", 1, None, str(value)), matches=(match(1, "f", 1, 1),))
    of = books(
        came, freight(str(value)), billed, policies={"landed_cost_by": by}, on_hand=lambda product, day: D(there)
    )
    ledger = Ledger()
    for record in (freight(str(value)), billed):
        outcome = build(record, of)
        if isinstance(outcome, Draft):
            ledger.lines += ledger_of(outcome).lines
    assert ledger.balance("Inventory") + ledger.balance("COGS") == value == -ledger.balance("Payables")
    assert ledger.balance("Landed cost") == 0


@pytest.mark.parametrize(
    ("record", "by", "reason", "says"),
    [
        (freight("100"), "weight", "no_weight", "product T-1 has none"),
        (replace(freight("100"), for_movement_id="r9"), "value", "unknown_receipt", "receipt r9"),
        (replace(freight("100"), for_movement_id=None), "value", "unknown_receipt", "a receipt, and names none: see"),
    ],
)
def test_what_cannot_be_shared_waits(record: Movement, by: str, reason: str, says: str) -> None:
    answer = refused(record, books(SHARED, policies={"landed_cost_by": by}))
    assert (answer.reason, says in answer.message) == (reason, True), answer


def test_goods_that_came_for_nothing_share_nothing_by_value() -> None:
    gift = movement("receipt", stock("tea", 10, "0"), movement_id="r1")
    assert refused(freight("100"), books(gift)).reason == "nothing_to_share"
