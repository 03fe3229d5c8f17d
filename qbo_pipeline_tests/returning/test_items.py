"""Return rules of items and quantities: products with their own numbers, and differences, never absolute counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.inventory.records import Movement, Product
from qbo_pipeline.returning.rules import build
from qbo_pipeline.returning.values import NotReturned, ReturnBook, Returned, Withheld

BOOK = ReturnBook(
    home_currency="USD",
    first_day=date(2024, 3, 1),
    party=lambda entity, qbo_id: "c7",
    document=lambda entity, qbo_id: None,
    gone=lambda document_id: False,
    account=lambda qbo_id: {"60": "SHRINKAGE"}.get(qbo_id),
    product=lambda qbo_id: {"5": "p5"}.get(qbo_id),
    namesake=lambda entity, name: {"GLUE": "p9"}.get(name),
    location="MAIN",
    documents_move_stock=True,
)


def item(**more: Any) -> dict[str, Any]:
    body = {"Id": "40", "Name": "B-1", "Description": "Beans, a bag", "Type": "Inventory", "Sku": "B1", "Active": True,
            "UnitPrice": Decimal("9.50"), "PurchaseCost": Decimal("4.00"), "QtyOnHand": Decimal(12),
            "ReorderPoint": Decimal(3), "InvStartDate": "2024-03-02",
            "MetaData": {"CreateTime": "2024-03-02T08:00:00-08:00"}}  # fmt: skip
    return {**body, **more}


def test_an_inventory_item_comes_as_a_product_with_what_is_there_at_the_default_location() -> None:
    outcome = build("Item", item(), BOOK)
    assert isinstance(outcome, Returned)
    said = {"sales_price": Decimal("9.50"), "purchase_cost": Decimal("4.00"), "minimum_quantity": Decimal(3)}
    assert outcome.record == Product(product_id="Item/40", kind="stocked", number="B1", name="Beans, a bag", **said)
    assert outcome.beside == {"quantity_at_first": "12", "quantity_from": "2024-03-02", "location_id": "MAIN"}


@pytest.mark.parametrize(
    ("above", "category"),
    [
        ({}, None),
        ({"ParentRef": {"value": "71", "name": "Heiß"}, "FullyQualifiedName": "Getränke:Heiß:B-1"}, "Drinks:Hot"),
        ({"ParentRef": {"value": "72", "name": "Cold"}, "FullyQualifiedName": "Drinks:Cold:B-1"}, "Drinks:Cold"),
        ({"ParentRef": {"value": "72", "name": "Cold"}}, "Cold"),
        ({"ParentRef": {"value": "$category/Drinks:Cold"}}, "Drinks:Cold"),
    ],
)
def test_a_category_is_called_as_the_source_calls_it_and_else_as_quickbooks_does(
    above: dict[str, Any], category: str | None
) -> None:
    outcome = build("Item", item(**above), replace(BOOK, category={"71": "Drinks:Hot"}.get))
    assert isinstance(outcome, Returned)
    assert outcome.record.to_content().get("category") == category


def test_a_non_inventory_item_begins_with_its_default_quantity_where_the_settings_say_one() -> None:
    given = item(Type="NonInventory", QtyOnHand=None, InvStartDate=None)
    for book, expected in ((BOOK, None), (replace(BOOK, default_quantity=Decimal(1)), "1")):
        outcome = build("Item", given, book)
        assert isinstance(outcome, Returned)
        assert (outcome.record.to_content()["kind"], outcome.beside.get("quantity_at_first")) == (
            "non_stocked",
            expected,
        )
    known = build("Item", {**given, "Id": "5"}, replace(BOOK, default_quantity=Decimal(1)))
    assert isinstance(known, Returned)
    assert "quantity_at_first" not in known.beside


def test_of_an_item_that_the_source_has_no_quantity_is_told() -> None:
    outcome = build("Item", item(Id="5"), BOOK)
    assert isinstance(outcome, Returned)
    assert outcome.record.record_id == "p5"
    assert not {"quantity_at_first", "quantity_from"} & set(outcome.beside)


@pytest.mark.parametrize(
    ("more", "kind", "why"),
    [
        ({"Type": "Group"}, NotReturned, "no_product"),
        ({"Active": False}, NotReturned, "not_active"),
        ({"MetaData": {"CreateTime": "2024-02-02T08:00:00-08:00"}}, NotReturned, "before_first_day"),
        ({"Sku": "GLUE"}, Withheld, "same_name"),
        ({"Name": ""}, Withheld, "odd_object"),
    ],
)
def test_what_is_no_new_product_says_why(more: dict[str, Any], kind: type, why: str) -> None:
    outcome = build("Item", item(**more), BOOK)
    assert isinstance(outcome, kind)
    assert why in (getattr(outcome, "rule", None), getattr(outcome, "reason", None))


@pytest.mark.parametrize(("kind", "expected"), [("NonInventory", "non_stocked"), ("Service", "service")])
def test_each_type_has_its_kind(kind: str, expected: str) -> None:
    outcome = build("Item", item(Type=kind), BOOK)
    assert isinstance(outcome, Returned)
    assert (outcome.record.kind, "location_id" in outcome.beside) == (expected, False)


def adjustment(*lines: tuple[str, str], **more: Any) -> dict[str, Any]:
    rows = [
        {"DetailType": "ItemAdjustmentLineDetail",
         "ItemAdjustmentLineDetail": {"ItemRef": {"value": own}, "QtyDiff": Decimal(difference)}}
        for own, difference in lines
    ]  # fmt: skip
    return {"Id": "50", "TxnDate": "2024-03-06", "AdjustAccountRef": {"value": "60"}, "Line": rows, **more}


def test_an_adjustment_comes_as_differences() -> None:
    outcome = build("InventoryAdjustment", adjustment(("5", "-3"), ("9", "1")), BOOK)
    assert isinstance(outcome, Returned)
    assert isinstance(outcome.record, Movement)
    assert [(line.product_id, line.quantity, line.location_id) for line in outcome.record.lines] == [
        ("p5", Decimal(-3), "MAIN")
    ]
    assert (outcome.record.account, outcome.record.memo) == ("SHRINKAGE", "In QuickBooks it also adjusts items 9")


def test_an_adjustment_waits_for_an_item_that_is_on_its_way_and_is_left_where_none_is_of_the_source() -> None:
    coming = replace(BOOK, on_its_way=lambda entity, qbo_id: (entity, qbo_id) == ("Item", "9"))
    assert getattr(build("InventoryAdjustment", adjustment(("9", "1")), coming), "reason", None) == "on_its_way"
    assert getattr(build("InventoryAdjustment", adjustment(("9", "1")), BOOK), "rule", None) == "nothing_of_source"


@pytest.mark.parametrize(
    ("entity", "moved"),
    [("Invoice", "-3"), ("CreditMemo", "3"), ("SalesReceipt", "-3"), ("RefundReceipt", "3"), ("Bill", "3"),
     ("VendorCredit", "-3")],
)  # fmt: skip
@pytest.mark.parametrize("by_setting", [True, False])
def test_a_document_tells_the_stock_that_it_moves_where_the_setting_says_so(
    entity: str, moved: str, by_setting: bool
) -> None:
    kind = "SalesItemLineDetail" if entity not in ("Bill", "VendorCredit") else "ItemBasedExpenseLineDetail"
    lines = [
        {"Amount": Decimal(amount), "DetailType": kind, kind: {"ItemRef": {"value": own}, "Qty": Decimal(quantity)}}
        for own, quantity, amount in (("5", "1", "10"), ("5", "2", "20"), ("8", "4", "5"))
    ]
    thing = {"Id": "1", "CustomerRef": {"value": "7"}, "VendorRef": {"value": "7"}, "TxnDate": "2024-03-06",
             "TotalAmt": Decimal(35), "Line": lines}  # fmt: skip
    outcome = build(entity, thing, replace(BOOK, documents_move_stock=by_setting))
    assert isinstance(outcome, Returned)
    stock = [{"product_id": "p5", "quantity": moved, "location_id": "MAIN"}]
    assert outcome.beside == ({"stock": stock} if by_setting else {})
