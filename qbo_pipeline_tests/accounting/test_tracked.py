"""Tracked mode: what moves the stock moves it once, and no journal names an account of stock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.books import Books, Made, Opening, PostingMode
from qbo_pipeline.accounting.drafts import Draft, Excluded, Refused
from qbo_pipeline.accounting.money import cents
from qbo_pipeline.accounting.rules import MODES, RULES, build
from qbo_pipeline.accounting.tracked import by_document, line_moves_stock
from qbo_pipeline.inventory.records import MOVEMENT_KINDS, Movement, MovementLine
from qbo_pipeline_tests.accounting.company import (
    FURTHER_ROLES,
    NAMES,
    PRODUCTS,
    ROLES,
    Ledger,
    books,
    document,
    draft,
    excluded,
    item,
    labour,
    movement,
    refused,
    stock,
)
from qbo_pipeline_tests.accounting.many import many

D = Decimal
BEGINS = date(2026, 1, 1)
OPENED = Opening(business_date=BEGINS, quantity=D(12), value=D("100.00"))
TEA = PRODUCTS[0]
DOCUMENTS = (
    "sales_invoice",
    "sales_credit",
    "sales_receipt",
    "sales_refund",
    "quote",
    "bill",
    "purchase_credit",
    "purchase_order",
)


def tracked(*records: Any, policies: dict[str, Any] | None = None, **changes: Any) -> Books:
    wanted = {"mode": "tracked", "quotes": True, "purchase_orders": True} | (policies or {})
    return books(*records, policies=wanted, begins=BEGINS, **changes)


def drafts(record: Any, in_books: Books) -> list[Draft]:
    outcome = build(record, in_books)
    return [outcome] if isinstance(outcome, Draft) else outcome if isinstance(outcome, list) else []


def moved(made: Draft) -> dict[str, Decimal]:
    """The quantity that a payload moves of each tracked item, in is positive."""
    sign = {
        "Invoice": -1,
        "CreditMemo": 1,
        "SalesReceipt": -1,
        "RefundReceipt": 1,
        "Bill": 1,
        "VendorCredit": -1,
        "InventoryAdjustment": 1,
    }.get(made.entity, 0)
    found: dict[str, Decimal] = {}
    for line in made.payload.get("Line", ()):
        detail = line[line["DetailType"]]
        key = detail.get("ItemRef", {"value": ""})["value"].removeprefix("$product/")
        if key in ("tea", "cup", "set"):
            found[key] = found.get(key, D(0)) + sign * detail.get("QtyDiff", detail.get("Qty", D(0)))
    return {key: quantity for key, quantity in found.items() if quantity}


def test_each_mode_has_a_rule_for_each_kind() -> None:
    assert set(MODES) == set(get_args(PostingMode))
    assert all(set(table) == set(RULES) for table in MODES.values())


def test_a_stocked_product_is_an_inventory_item_made_with_its_opening_stock() -> None:
    made = draft(TEA, tracked(opening={"tea": OPENED}.get))
    assert made.payload == {
        "Name": "T-1", "Sku": "T-1", "Description": "Green tea", "Type": "Inventory", "TrackQtyOnHand": True,
        "QtyOnHand": D(12), "InvStartDate": "2026-01-01", "PurchaseCost": D("8.3333333"),
        "IncomeAccountRef": {"value": "40"}, "AssetAccountRef": {"value": "81"}, "ExpenseAccountRef": {"value": "50"},
    }  # fmt: skip
    bag = draft(PRODUCTS[3], tracked())
    assert bag.payload["Type"] == "NonInventory"
    least = draft(replace(TEA, minimum_quantity=D(4)), tracked(opening={"tea": OPENED}.get))
    assert least.payload == made.payload | {"ReorderPoint": D(4)}


def test_what_an_item_was_made_with_stands_and_an_adjustment_carries_what_its_opening_is_now() -> None:
    in_books = tracked(opening={"tea": OPENED}.get, made={"tea": Made(quantity=D(10))}.get)
    first, rest = drafts(TEA, in_books)
    assert first.payload["QtyOnHand"] == D(10)
    assert (rest.key, rest.entity, moved(rest)) == ("product/tea#opening", "InventoryAdjustment", {"tea": D(2)})
    assert rest.payload["AdjustAccountRef"] == {"value": "30"}
    assert rest.business_date == BEGINS
    adopted = tracked(opening={"tea": OPENED}.get, made={"tea": Made(quantity=None)}.get)
    assert [one.key for one in drafts(TEA, adopted)] == ["product/tea"]


@pytest.mark.parametrize(
    ("roles", "role"), [({"cost_of_goods_sold": "61"}, "cost_of_goods_sold"), ({"inventory": "10"}, "inventory")]
)
def test_an_account_that_qbo_does_not_take_for_a_tracked_item_is_refused(roles: dict[str, str], role: str) -> None:
    there = tracked()
    answer = refused(TEA, replace(there, roles={**there.roles, **roles}))
    assert (answer.reason, answer.field) == ("account_type", f"role:{role}")


# kind, signed quantity, what it posts: (account against which, quantity), or the rule by which it posts nothing
MOVED: list[tuple[str, int, tuple[str, int] | str]] = [
    ("receipt", 3, "moved_by_document"),
    ("receipt", -3, ("54", -3)),
    ("shipment", -3, "moved_by_document"),
    ("shipment", 3, ("50", 3)),
    ("customer_return", 3, ("50", 3)),
    ("supplier_return", -3, ("54", -3)),
    ("adjustment", 3, ("51", 3)),
    ("adjustment", -3, ("51", -3)),
    ("write_off", -3, ("52", -3)),
    ("stock_count", -3, ("51", -3)),
    ("write_down", 0, "value_only"),
    ("production_issue", -3, (ROLES["work_in_progress"], -3)),
    ("production_receipt", 3, (ROLES["work_in_progress"], 3)),
    ("transfer_out", -3, (ROLES["in_transit"], -3)),
    ("transfer_in", 3, (ROLES["in_transit"], 3)),
    ("assembly", 3, ("51", 3)),
    ("disassembly", -3, ("51", -3)),
    ("opening", 3, "opened_with_item"),
    ("revaluation", 0, "value_only"),
    ("landed_cost", 0, "value_only"),
]


@pytest.mark.parametrize(("kind", "quantity", "told"), MOVED)
def test_each_kind_of_movement(kind: str, quantity: int, told: tuple[str, int] | str) -> None:
    record = movement(kind, stock("tea", quantity, str(quantity * 5 or 5)))
    if isinstance(told, str):
        assert excluded(record, tracked()).rule == told
        return
    made = draft(record, tracked())
    assert (made.entity, made.effects, made.amount) == ("InventoryAdjustment", (), D("0.00"))
    assert (made.payload["AdjustAccountRef"]["value"], moved(made)) == (told[0], {"tea": D(told[1])})


@pytest.mark.parametrize("kind", ["customer_return", "supplier_return"])
def test_returns_are_left_to_the_documents_where_the_policy_says_so(kind: str) -> None:
    quantity = 3 if kind == "customer_return" else -3
    by_documents = tracked(policies={"returns_move_stock_by": "documents"})
    assert excluded(movement(kind, stock("tea", quantity, "9")), by_documents).rule == "moved_by_document"
    credit = document("sales_credit" if kind == "customer_return" else "purchase_credit", item("tea", 3, "5", "15"))
    assert moved(draft(credit, by_documents)) == {"tea": D(quantity)}
    assert moved(draft(credit, tracked())) == {}


def test_a_transfer_posts_nothing_and_an_assembly_its_parts_and_product() -> None:
    transfer = movement("transfer", stock("tea", -2, "-9", "east"), stock("tea", 2, "9", "west"))
    assert excluded(transfer, tracked()).rule == "nil_effect"
    lost = movement("transfer", stock("tea", -2, "-9", "east"), stock("tea", 1, "9", "west"))
    assert moved(draft(lost, tracked())) == {"tea": D(-1)}
    made, _ = drafts(movement("assembly", stock("tea", -2, "-9"), stock("set", 1, "14"), labour("5")), tracked())
    assert moved(made) == {"tea": D(-2), "set": D(1)}


def beside(role: str, value: str) -> MovementLine:
    return MovementLine(line_id="", line_number=0, role=role, value=D(value))


# kind, what stands beside its goods, and what that books
ABSORBED: list[tuple[str, tuple[MovementLine, ...], dict[str, str]]] = [
    ("assembly", (labour("5"), beside("overhead", "2")),
     {"Shrinkage": "7", "Labour absorbed": "-5", "Overhead absorbed": "-2"}),
    ("assembly", (beside("supplier_cost", "4"), stock("bag", -1, "-3")), {"Shrinkage": "7", "Purchases": "-7"}),
    ("production_issue", (labour("5"), stock("fit", -1, "-3")),
     {"Work in progress": "8", "Labour absorbed": "-5", "Purchases": "-3"}),
    ("production_receipt", (beside("waste", "2"),), {"Work in progress": "-2", "Shrinkage": "2"}),
    ("write_off", (stock("fit", -1, "-7"),), {"Write-offs": "7", "Purchases": "-7"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "lines", "books_them"), ABSORBED)
def test_what_goods_absorb_is_a_journal_against_the_account_of_their_adjustment(
    kind: str, lines: tuple[MovementLine, ...], books_them: dict[str, str]
) -> None:
    in_books = tracked(roles=FURTHER_ROLES)
    goods, journal = drafts(movement(kind, stock("tea", -2, "-9"), *lines), in_books)
    assert (goods.entity, journal.entity, journal.key) == (
        "InventoryAdjustment", "JournalEntry", f"movement/{kind}#absorbed",
    )  # fmt: skip
    ledger = Ledger().post(journal)
    assert {name: ledger.balance(name) for name, _ in ledger.lines} == {k: D(v) for k, v in books_them.items()}
    assert NAMES[goods.payload["AdjustAccountRef"]["value"]] in books_them
    assert not {effect.account_id for effect in journal.effects} & in_books.accounts_of("inventory")


def test_what_is_made_here_and_never_bought_is_worth_what_it_cost_when_it_was_first_made() -> None:
    made_at = Opening(business_date=BEGINS, quantity=D(3), value=D("10.00"))
    in_books = tracked(first_made={"tea": made_at}.get)
    assert draft(TEA, in_books).payload["PurchaseCost"] == D("3.3333333")
    bought = replace(TEA, purchase_cost=D("4.50"))
    assert draft(bought, in_books).payload["PurchaseCost"] == D("4.50")
    opened = tracked(first_made={"tea": made_at}.get, opening={"tea": OPENED}.get)
    assert draft(TEA, opened).payload["PurchaseCost"] == D("8.3333333")


def test_a_cost_without_goods_posts_nothing_and_is_named_as_one() -> None:
    late = movement("landed_cost", beside("sold", "12"))
    assert excluded(late, tracked()).rule == "value_only"
    assert excluded(movement("adjustment", stock("fit", 1, "2")), tracked()).rule == "service_movement"


def test_lines_against_several_accounts_are_an_adjustment_each() -> None:
    particular = {("inventory_adjustment", "product", "cup"): "56"}
    counted = movement("stock_count", stock("tea", 1, "2"), stock("cup", -4, "-8"))
    made = drafts(counted, tracked(overrides=particular))
    assert [(one.key, moved(one)) for one in made] == [
        ("movement/stock_count#51", {"tea": D(1)}),
        ("movement/stock_count#56", {"cup": D(-4)}),
    ]


def test_adjusting_against_the_inventory_account_is_refused() -> None:
    assert refused(movement("adjustment", stock("tea", 1, "2"), account="stock"), tracked()).reason == (
        "account_is_inventory"
    )


def test_a_bill_brings_goods_in_by_its_item_lines_and_says_what_that_does_to_the_stock_account() -> None:
    made = draft(document("bill", item("tea", 3, "5", "15"), item("fit", 1, "7", "7"), item("cup", None, None, "2")),
                 tracked())  # fmt: skip
    kinds = [line["DetailType"] for line in made.payload["Line"]]
    assert kinds == ["ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail"]
    assert moved(made) == {"tea": D(3)}
    assert [(effect.account_id, effect.amount, effect.product_id) for effect in made.effects] == [("81", 15, "tea")]
    assert made.payload["Line"][2]["AccountBasedExpenseLineDetail"]["AccountRef"] == {"value": "54"}


def test_an_expense_line_on_the_inventory_account_is_refused() -> None:
    bill = document("bill", item(None, None, None, "5", account="stock", description="Freight"))
    assert refused(bill, tracked()).reason == "stock_by_account"


def test_a_sale_to_another_account_than_its_items_is_refused_and_free_goods_move_the_stock() -> None:
    other = document("sales_invoice", item("tea", 1, "5", "5", account="online"))
    assert refused(other, tracked()).reason == "account_of_item"
    assert moved(draft(document("sales_invoice", item("tea", 2, "0", "0")), tracked())) == {"tea": D(-2)}


def test_a_negative_line_of_an_invoice_is_left_to_the_return() -> None:
    made = draft(document("sales_invoice", item("tea", 3, "5", "15"), item("cup", -1, "4", "-4")), tracked())
    assert moved(made) == {"tea": D(-3)}
    assert made.payload["Line"][1]["SalesItemLineDetail"]["ItemRef"] == {"value": "$item/40"}


def test_a_quantity_of_more_than_five_decimals_is_refused() -> None:
    assert refused(document("bill", item("tea", "0.000001", "5", "1")), tracked()).reason == "quantity_decimals"


quantities = st.decimals(min_value=D("0.00001"), max_value=D(10**6), places=5)


@given(quantities, st.decimals(min_value=0, max_value=D(10**7), places=2), st.sampled_from(["bill", "sales_invoice"]))
@many(40)
def test_the_lines_of_goods_have_the_whole_quantity_and_amount(quantity: Decimal, net: Decimal, kind: str) -> None:
    made = draft(document(kind, item("tea", quantity, None, net)), tracked())
    parts = [(line["Amount"], line[line["DetailType"]]) for line in made.payload["Line"]]
    assert sum(detail["Qty"] for _, detail in parts) == quantity
    assert sum(amount for amount, _ in parts) == cents(net)
    # QBO refuses a line whose amount is not quantity times price (6070).
    assert all(cents(detail["Qty"] * detail["UnitPrice"]) == amount for amount, detail in parts)
    assert all(detail["Qty"] > 0 and detail["UnitPrice"] >= 0 for _, detail in parts)


lines = st.tuples(
    st.sampled_from(["tea", "cup", "bag", "fit", None]),
    st.sampled_from([D(-2), D(0), D("1.5"), D(7)]),
    st.sampled_from([D("-3.10"), D(0), D("12.34")]),
)
policies = st.fixed_dictionaries(
    {
        "returns_move_stock_by": st.sampled_from(["movements", "documents"]),
        "supplier_return_clearing": st.sampled_from(["purchase_price_variance", "goods_received_not_invoiced"]),
        "zero_cost": st.sampled_from(["hold", "post"]),
        "accrue_receipts": st.booleans(),
    }
)
hints = st.sampled_from([None, "stock", "freight", "online"])


@given(st.sampled_from([*MOVEMENT_KINDS, *DOCUMENTS]), st.lists(lines, min_size=1, max_size=4), policies, hints)
@many(40)
def test_nothing_posts_stock_or_its_cost_a_second_time(
    kind: str, given_lines: list[Any], policy: dict[str, Any], hint: str | None
) -> None:
    in_books = tracked(policies=policy)
    record: Any
    if kind in MOVEMENT_KINDS:
        record = movement(kind, *(stock(p, str(q), str(v)) for p, q, v in given_lines if p), account=hint)
    else:
        record = document(kind, *(item(p, q, None, str(v), account=hint) for p, q, v in given_lines))
    outcome = build(record, in_books)
    if isinstance(outcome, Excluded | Refused):
        return
    for made in drafts(record, in_books):
        for line in made.payload["Line"]:
            entry = line.get("JournalEntryLineDetail", {"AccountRef": {"value": ""}})
            assert entry["AccountRef"]["value"] not in in_books.accounts_of("inventory")
            by_account = line.get("AccountBasedExpenseLineDetail", {"AccountRef": {"value": ""}})
            assert by_account["AccountRef"]["value"] not in in_books.accounts_of("inventory")
        against = made.payload.get("AdjustAccountRef", {"value": ""})
        assert against["value"] not in in_books.accounts_of("inventory")
        if made.entity == "InventoryAdjustment":
            assert all(not by_document(kind, line.quantity, in_books) for line in _moving(record, made, in_books))
        elif made.entity != "JournalEntry" and kind not in ("quote", "purchase_order"):
            assert moved(made) == _goods(record, made, in_books)


def _moving(record: Movement, made: Draft, in_books: Books) -> list[Any]:
    left = [line for line in record.lines if not by_document(record.kind, line.quantity, in_books)]
    net: dict[str, Decimal] = {}
    for line in left:
        if line.product_id in ("tea", "cup"):
            net[line.product_id] = net.get(line.product_id, D(0)) + line.quantity
    assert moved(made) == {key: quantity for key, quantity in net.items() if quantity}
    return left


def _goods(record: Any, made: Draft, in_books: Books) -> dict[str, Decimal]:
    sign = {"sales_invoice": -1, "sales_credit": 1, "sales_receipt": -1, "sales_refund": 1, "bill": 1,
            "purchase_credit": -1}[record.kind]  # fmt: skip
    net: dict[str, Decimal] = {}
    for line in record.lines:
        product = in_books.product(line.product_id) if line.product_id else None
        if line_moves_stock(record, line, product, in_books):
            net[line.product_id] = net.get(line.product_id, D(0)) + sign * line.quantity
    return {key: quantity for key, quantity in net.items() if quantity}
