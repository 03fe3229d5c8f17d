"""Movements that are not posted as they come: excluded by rule, refused with a reason; and which account decides."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.movements import MOVEMENT_RULES
from qbo_pipeline.inventory.records import Movement, Product
from qbo_pipeline_tests.accounting.company import (
    ACCOUNTS,
    DAY,
    books,
    draft,
    excluded,
    labour,
    ledger_of,
    movement,
    refused,
    stock,
)


def _yes(movement_id: str) -> bool:
    return True


EXCLUDED: list[tuple[str, Movement, dict[str, Any], str]] = [
    (
        "transfer in one account",
        movement("transfer", stock("tea", -1, "-5"), stock("tea", 1, "5", "west")),
        {},
        "nil_effect",
    ),
    (
        "all lines zero, by policy",
        movement("shipment", stock("tea", -1, "0")),
        {"policies": {"zero_cost": "post"}},
        "nil_effect",
    ),
    ("approved at cost 0", movement("shipment", stock("tea", -1, "0")), {"cost_approved": _yes}, "nil_effect"),
    (
        "a transfer at cost 0 in one account",
        movement("transfer", stock("tea", -1, "0"), stock("tea", 1, "0", "west")),
        {},
        "nil_effect",
    ),
    ("neither quantity nor cost", movement("adjustment", stock("tea", 0, "0")), {}, "nil_effect"),
    ("a bag at cost 0", movement("shipment", stock("bag", -1, "0")), {}, "service_movement"),
    ("voided at cost 0", movement("shipment", stock("tea", -1, "0"), status="voided"), {}, "voided_in_source"),
    ("no lines", movement("stock_count"), {}, "nil_effect"),
    ("less than half a cent", movement("shipment", stock("tea", -1, "-0.004")), {}, "nil_effect"),
    ("voided, nil", movement("shipment", stock("tea", 0, "0"), status="voided"), {}, "voided_in_source"),
    ("voided", movement("shipment", stock("tea", -1, "-5"), status="voided"), {}, "voided_in_source"),
    ("services only", movement("shipment", stock("fit", -1, "-5"), stock("bag", -1, "-1")), {}, "service_movement"),
    ("no accrual", movement("receipt", stock("tea", 1, "5")), {"policies": {"accrue_receipts": False}}, "accrual_off"),
]


@pytest.mark.parametrize(("record", "changes", "rule"), [row[1:] for row in EXCLUDED], ids=[row[0] for row in EXCLUDED])
def test_what_is_excluded(record: Movement, changes: dict[str, Any], rule: str) -> None:
    assert excluded(record, books(**changes)).rule == rule


@pytest.mark.parametrize(
    "kind",
    [kind for kind in MOVEMENT_RULES if kind not in ("revaluation", "landed_cost", "transfer")],  # which move no goods
)
def test_goods_at_cost_0_wait_for_their_cost_in_every_kind(kind: str) -> None:
    waits = refused(movement(kind, stock("tea", -1, "0"), stock("cup", -2, "-8")), books())
    assert (waits.reason, waits.field) == ("cost_pending", "lines.value")
    assert "the goods of line 1 have cost 0" in waits.message
    known = draft(movement(kind, stock("tea", -1, "-3"), stock("cup", -2, "-8")), books())
    assert known.amount == Decimal("11.00")


@pytest.mark.parametrize("kind", ["receipt", "opening", "adjustment"])
def test_goods_that_come_in_at_a_stated_cost_below_0_wait_for_a_person(kind: str) -> None:
    record = movement(kind, stock("cup", 2, "8"), stock("tea", 1, "-3"))
    waits = refused(record, books())
    assert (waits.reason, waits.field) == ("cost_pending", "lines.value")
    assert "the goods of line 2 come in at a cost below 0" in waits.message
    for changes in ({"policies": {"zero_cost": "post"}}, {"cost_approved": _yes}):
        assert draft(record, books(**changes)).amount == Decimal("5.00")
    # What goes out, and what is counted, has the cost of the stock, which may be below 0 for a while.
    assert draft(movement(kind, stock("tea", -1, "3")), books()).amount == Decimal("3.00")
    assert draft(movement("stock_count", stock("tea", 1, "-3")), books()).amount == Decimal("3.00")


def test_by_policy_or_approval_what_has_a_cost_is_posted() -> None:
    record = movement("shipment", stock("tea", -1, "0"), stock("cup", -2, "-8"))
    for changes in ({"policies": {"zero_cost": "post"}}, {"cost_approved": _yes}):
        assert draft(record, books(**changes)).amount == Decimal("8.00")


def test_a_nil_transfer_still_says_what_moved_between_locations() -> None:
    nil = excluded(movement("transfer", stock("tea", -1, "-5"), stock("tea", 1, "5", "west")), books())
    assert {effect.location_id: effect.amount for effect in nil.effects} == {
        "east": Decimal("-5.00"),
        "west": Decimal("5.00"),
    }


def test_a_service_line_beside_stock_is_left_out() -> None:
    made = draft(movement("shipment", stock("tea", -1, "-5"), stock("fit", -1, "-40")), books())
    assert made.amount == Decimal("5.00")


def test_a_shipment_and_its_reversal_of_another_day_each_count_on_their_own() -> None:
    out = movement("shipment", stock("tea", -4, "-20"), movement_id="1")
    back = movement("shipment", stock("tea", 4, "20"), movement_id="2", business_date=DAY + timedelta(days=3))
    first, second = draft(out, books()), draft(back, books())
    assert ledger_of(first).balance("Inventory") == Decimal("-20.00")
    assert ledger_of(first).post(second).balance("Inventory") == 0
    assert first.business_date != second.business_date


def without(role: str) -> Books:
    usual = books()
    return books(roles={name: account for name, account in usual.roles.items() if name != role})


GRNI_BY_CATEGORY = ("goods_received_not_invoiced", "category", "drinks")
RECEIPT = movement("receipt", stock("tea", 1, "6"))
# what it shows, movement, books, reason, field, what the message names
REFUSED: list[tuple[str, Movement, Books, str, str, str]] = [
    (
        "no account for labour",
        movement("assembly", stock("set", 1, "6"), labour("6")),
        without("labour_absorbed"),
        "unmapped_role",
        "role:labour_absorbed",
        "line 2 of assembly 88",
    ),
    (
        "no account for rounding",
        movement("transfer", stock("tea", 1, "0.03")),
        without("rounding"),
        "unmapped_role",
        "role:rounding",
        "cents left from rounding",
    ),
    (
        "reason not mapped",
        movement("adjustment", stock("tea", 1, "6"), account="theft"),
        books(),
        "unmapped_account",
        "hint:theft",
        "'theft' of line 1 of adjustment 88",
    ),
    (
        "reason is the inventory account",
        movement("adjustment", stock("tea", 1, "6"), account="stock"),
        books(),
        "account_is_inventory",
        "role:inventory_adjustment",
        "'Inventory'",
    ),
    (
        "account outside the chart",
        RECEIPT,
        books(overrides={("inventory", "category", "drinks"): "999"}),
        "unknown_account",
        "role:inventory",
        "account 999",
    ),
    (
        "account that needs a name",
        RECEIPT,
        books(overrides={GRNI_BY_CATEGORY: "20"}),
        "account_needs_name",
        "role:goods_received_not_invoiced",
        "'Payables'",
    ),
    (
        "no rate",
        movement("receipt", stock("tea", 1, "6"), currency="EUR"),
        books(),
        "no_exchange_rate",
        "currency",
        "from EUR to USD on 2026-03-14",
    ),
    (
        "unknown product",
        movement("receipt", stock("nil", 1, "6")),
        books(),
        "unknown_product",
        "lines[1].product_id",
        "product nil",
    ),
]


@pytest.mark.parametrize(
    ("record", "in_books", "reason", "field", "named"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_refused(record: Movement, in_books: Books, reason: str, field: str, named: str) -> None:
    answer = refused(record, in_books)
    assert (answer.reason, answer.field) == (reason, field)
    assert named in answer.message


def test_more_than_five_cents_of_rounding_are_refused() -> None:
    """Twelve products on twelve COGS accounts, each half a cent: 0.06 cannot be rounding."""

    products = [Product(product_id=f"p{n}", kind="stocked", name=f"P{n}") for n in range(12)]
    chart = ACCOUNTS | {
        str(900 + n): AccountRef(id=str(900 + n), name=f"COGS {n}", type="Cost of Goods Sold", currency="USD")
        for n in range(12)
    }
    overrides = {("cost_of_goods_sold", "product", f"p{n}"): str(900 + n) for n in range(12)}
    record = movement("shipment", *(stock(f"p{n}", -1, "-1.005") for n in range(12)))
    answer = refused(record, books(*products, chart=chart, overrides=overrides))
    assert (answer.reason, answer.field) == ("unbalanced", "lines")
    assert "0.06" in answer.message


PRIORITY = [
    ("product", "tea"),
    ("category", "drinks"),
    ("location", "east"),
    ("party", "customer:7"),
]


@pytest.mark.parametrize("depth", range(len(PRIORITY)))
def test_accounts_by_priority(depth: int) -> None:
    """Of all levels from `depth` on that are mapped, the first decides."""
    ids = ["50", "51", "52", "53"]
    overrides = {("cost_of_goods_sold", *PRIORITY[n]): ids[n] for n in range(depth, len(PRIORITY))}
    made = draft(movement("shipment", stock("tea", -1, "-5"), party_id="7"), books(overrides=overrides))
    debit = made.payload["Line"][0]["JournalEntryLineDetail"]
    assert (debit["PostingType"], debit["AccountRef"]["value"]) == ("Debit", ids[depth])


def test_a_reason_of_the_document_yields_to_the_location_and_beats_the_party() -> None:
    record = movement("adjustment", stock("tea", -1, "-5"), account="spoiled", party_id="7")
    by_party = {("inventory_adjustment", "party", "customer:7"): "53"}
    by_location = by_party | {("inventory_adjustment", "location", "east"): "52"}
    assert "Dr Spoilage 5.00" in ledger_of(draft(record, books(overrides=by_party))).text()
    assert "Dr Write-offs 5.00" in ledger_of(draft(record, books(overrides=by_location))).text()
