"""What each kind of stock movement posts: the docstring of each test is the ledger."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from decimal import Decimal

import pytest

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Effect
from qbo_pipeline.inventory.records import MOVEMENT_KINDS, Movement
from qbo_pipeline_tests.accounting.company import (
    DAY,
    books,
    draft,
    labour,
    ledger_of,
    movement,
    stock,
)

D = Decimal
Posts = Callable[..., Draft]


@pytest.fixture
def posts(request: pytest.FixtureRequest) -> Posts:
    """Builds a movement and compares what it books with the docstring of the test."""

    def check(record: Movement, in_books: Books | None = None) -> Draft:
        made = draft(record, in_books or books())
        expected = inspect.getdoc(request.function)
        assert expected is not None
        assert ledger_of(made).text() == "\n".join(" ".join(line.split()) for line in expected.splitlines())
        return made

    return check


def test_receipt(posts: Posts) -> None:
    """
    Dr Inventory  80.00
    Cr GRNI       80.00
    """
    made = posts(movement("receipt", stock("tea", 10, "50"), stock("cup", 3, "30")))
    assert (made.key, made.entity, made.amount) == ("movement/receipt", "JournalEntry", Decimal("80.00"))
    assert made.business_date == DAY
    assert made.payload["TxnDate"] == "2026-03-14"
    assert made.payload["DocNumber"] == "88"


def test_shipment(posts: Posts) -> None:
    """
    Dr COGS       20.00
    Cr Inventory  20.00
    """
    posts(movement("shipment", stock("tea", -4, "-20")))


def test_shipment_that_was_reversed_comes_back(posts: Posts) -> None:
    """
    Dr Inventory  20.00
    Cr COGS       20.00
    """
    posts(movement("shipment", stock("tea", 4, "20")))


def test_customer_return(posts: Posts) -> None:
    """
    Dr Inventory  5.00
    Cr COGS       5.00
    """
    posts(movement("customer_return", stock("tea", 1, "5")))


def test_supplier_return(posts: Posts) -> None:
    """
    Dr PPV        9.50
    Cr Inventory  9.50
    """
    posts(movement("supplier_return", stock("tea", -2, "-9.50")))


def test_supplier_return_cleared_by_its_credit(posts: Posts) -> None:
    """
    Dr GRNI       9.50
    Cr Inventory  9.50
    """
    clearing = {"supplier_return_clearing": "goods_received_not_invoiced"}
    posts(movement("supplier_return", stock("tea", -2, "-9.50")), books(policies=clearing))


def test_adjustment_up(posts: Posts) -> None:
    """
    Dr Inventory  7.00
    Cr Shrinkage  7.00
    """
    posts(movement("adjustment", stock("tea", 1, "7")))


def test_adjustment_down_with_its_reason(posts: Posts) -> None:
    """
    Dr Spoilage   7.00
    Cr Inventory  7.00
    """
    posts(movement("adjustment", stock("tea", -1, "-7"), account="spoiled"))


def test_write_off(posts: Posts) -> None:
    """
    Dr Write-offs  12.00
    Cr Inventory   12.00
    """
    posts(movement("write_off", stock("tea", -2, "-12")))


def test_write_off_with_the_cost_of_disposal(posts: Posts) -> None:
    """
    Dr Write-offs       15.00
    Cr Labour absorbed   3.00
    Cr Inventory        12.00
    """
    posts(movement("write_off", stock("tea", -2, "-12"), labour("3")))


def test_stock_count_up_and_down(posts: Posts) -> None:
    """
    Dr Shrinkage  2.00
    Cr Inventory  2.00
    """
    made = posts(movement("stock_count", stock("tea", 1, "5"), stock("cup", -1, "-7")))
    assert made.effects == (
        Effect(account_id="81", amount=Decimal("5.00"), product_id="tea", location_id="east"),
        Effect(account_id="81", amount=Decimal("-7.00"), product_id="cup", location_id="east"),
    )


def test_revaluation(posts: Posts) -> None:
    """
    Dr Shrinkage  200.00
    Cr Inventory  200.00
    """
    posts(movement("revaluation", stock("tea", 0, "-200")))


def test_landed_cost(posts: Posts) -> None:
    """
    Dr Inventory  45.00
    Cr Freight    45.00
    """
    posts(movement("landed_cost", stock("tea", 0, "30"), stock("cup", 0, "15"), account="freight"))


def test_opening(posts: Posts) -> None:
    """
    Dr Inventory       1000.00
    Cr Opening equity  1000.00
    """
    posts(movement("opening", stock("tea", 100, "1000")))


def test_assembly_with_labour(posts: Posts) -> None:
    """
    Dr Inventory        6.00
    Cr Labour absorbed  6.00
    """
    made = posts(
        movement("assembly", stock("tea", -1, "-5"), stock("cup", -2, "-20"), stock("set", 1, "31"), labour("6"))
    )
    assert {effect.product_id: effect.amount for effect in made.effects} == {
        "tea": Decimal("-5.00"),
        "cup": Decimal("-20.00"),
        "set": Decimal("31.00"),
    }


def test_assembly_between_inventory_accounts(posts: Posts) -> None:
    """
    Dr Inventory West  25.00
    Cr Inventory       25.00
    """
    by_product = {("inventory", "product", "set"): "83"}
    lines = (stock("tea", -1, "-5"), stock("cup", -2, "-20"), stock("set", 1, "25"))
    posts(movement("assembly", *lines), books(overrides=by_product))


def test_disassembly_with_a_loss(posts: Posts) -> None:
    """
    Dr Shrinkage  4.00
    Cr Inventory  4.00
    """
    posts(movement("disassembly", stock("set", -1, "-29"), stock("tea", 1, "5"), stock("cup", 2, "20")))


def test_transfer_between_inventory_accounts(posts: Posts) -> None:
    """
    Dr Inventory West  50.00
    Cr Inventory       50.00
    """
    by_location = {("inventory", "location", "west"): "83"}
    posts(movement("transfer", stock("tea", -10, "-50"), stock("tea", 10, "50", "west")), books(overrides=by_location))


def test_transfer_whose_cents_do_not_meet(posts: Posts) -> None:
    """
    Dr Inventory  0.03
    Cr Rounding   0.03
    """
    posts(movement("transfer", stock("tea", -10, "-50"), stock("tea", 10, "50.03", "west")))


def test_transfer_that_changes_the_value(posts: Posts) -> None:
    """
    Dr Inventory  8.00
    Cr Shrinkage  8.00
    """
    posts(movement("transfer", stock("tea", -10, "-50"), stock("tea", 10, "58", "west")))


def test_foreign_cost_is_converted_at_the_rate_of_its_day(posts: Posts) -> None:
    """
    Dr Inventory  123.46
    Cr GRNI       123.46
    """
    rates = {("EUR", DAY): Decimal("1.2345678")}
    posts(
        movement("receipt", stock("tea", 10, "100"), currency="EUR"),
        books(rate=lambda currency, day: rates.get((currency, day))),
    )


def test_a_movements_own_rate_comes_first_and_each_line_is_rounded_by_itself(posts: Posts) -> None:
    """
    Dr COGS       2.02
    Cr Inventory  2.02
    """
    sent = movement(
        "shipment", stock("tea", -1, "-0.67"), stock("cup", -1, "-0.67"), currency="EUR", exchange_rate=D("1.5")
    )
    posts(sent, books(rate=lambda currency, day: D("9")))


def test_departments_and_classes_get_lines_of_their_own(posts: Posts) -> None:
    """
    Dr COGS        5.00
    Dr COGS        9.00
    Cr Inventory   5.00
    Cr Inventory   9.00
    """
    mapped = {("department", "location", "east"): "1", ("class", "category", "ware"): "300"}
    made = posts(movement("shipment", stock("tea", -1, "-5"), stock("cup", -1, "-9")), books(overrides=mapped))
    details = [line["JournalEntryLineDetail"] for line in made.payload["Line"]]
    assert [detail["DepartmentRef"]["value"] for detail in details] == ["1"] * 4
    assert [detail.get("ClassRef", {}).get("value") for detail in details] == [None, "300", None, "300"]


def test_every_kind_of_movement_posts_or_is_nil() -> None:
    lines = (stock("tea", 2, "10"), stock("cup", -1, "-4"))
    made = {kind: draft(movement(kind, *lines), books()) for kind in MOVEMENT_KINDS}
    assert all(entry.entity == "JournalEntry" for entry in made.values())
    assert all(sum(e.amount for e in entry.effects if e.account_id == "81") == 6 for entry in made.values())
