"""Both ways in tracked mode: what is sold or counted in QuickBooks moves the stock of both sides once, what both sides
take in the same minute adds up, and items whose quantities part are named with the document and the day."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.two_way import two_way
from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import LAST_DAY, Shop
from qbo_pipeline_tests.pipeline.test_tracked_mode import on_hand, open_tracked
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, owned_by
from qbo_pipeline_tests.write_back.taking import take_all

D = Decimal
KINDS = ("sales_invoices", "adjustments")


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    shop = open_tracked(tmp_path, emulator, store_url=f"sqlite:///{tmp_path / 'store.sqlite'}")
    owned_by(shop, "both", KINDS, 'location = "w1"\n')
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        inbox.create()  # type: ignore[attr-defined]
    return shop


def sells_a_box(shop: Shop, people: Bookkeeper) -> Thing:
    """A bookkeeper invoices one of the shop's gift boxes in QuickBooks."""
    with shop.run() as run:
        box, invoice = ours(run, people, "product/p2"), ours(run, people, "document/i1")
    detail = {"ItemRef": {"value": box["Id"]}, "Qty": D(1), "UnitPrice": D("20.00")}
    line = {"Amount": D("20.00"), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": invoice["CustomerRef"], "TxnDate": "2024-03-06", "DocNumber": "QB-1"}
    return people.save("Invoice", {**body, "Line": [line]})


def counts(shop: Shop, people: Bookkeeper, quantity: int, day: str = "2024-03-06", number: str = "QB-C") -> Thing:
    """A bookkeeper adjusts the shop's beans in QuickBooks."""
    with shop.run() as run:
        beans = ours(run, people, "product/p1")
    detail = {"ItemRef": {"value": beans["Id"]}, "QtyDiff": D(quantity)}
    line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
    body = {"TxnDate": day, "DocNumber": number, "AdjustAccountRef": beans["ExpenseAccountRef"]}
    return people.save("InventoryAdjustment", {**body, "Line": [line]})


def moves(shop: Shop, movement_id: str, kind: str, product: str, quantity: int, value: str) -> None:
    """The shop moves stock of its own on the same day."""
    shop.change(
        "INSERT INTO movements (movement_id, kind, number, business_date, currency) VALUES "
        f"('{movement_id}', '{kind}', '{movement_id}', '2024-03-06', 'USD')",
        "INSERT INTO movement_lines (movement_id, line_id, product_id, location_id, quantity, value) VALUES "
        f"('{movement_id}', '{movement_id}-1', '{product}', 'w1', '{quantity}', '{value}')",
    )
    lies(shop, product, quantity, value)


def lies(shop: Shop, product: str, quantity: int, value: str) -> None:
    """The shop's own count of a product changes."""
    shop.change(
        "INSERT INTO stock_values (business_date, product_id, location_id, quantity, value, currency) VALUES "
        f"('2024-03-06', '{product}', 'w1', '{quantity}', '{value}', 'USD')"
    )


def reconciled(shop: Shop) -> Reconciliation:
    with shop.run() as run:
        read_ledger(run, LAST_DAY)
        return reconcile_as_at(run, LAST_DAY)


def quantities(result: Reconciliation) -> dict[str, tuple[Decimal, Decimal]]:
    """By product, the quantity of the source and that of QuickBooks."""
    found = result.quantities.to_dict("records")
    return {row["product_id"]: (row["source_quantity"], row["qbo_quantity"]) for row in found}


@pytest.mark.torture
def test_what_both_sides_take_adds_up_and_what_parts_is_named(shop: Shop, people: Bookkeeper, qbo: CommandLine) -> None:
    night(shop)
    sells_a_box(shop, people)
    counts(shop, people, -1)
    moves(shop, "a9", "adjustment", "p1", -2, "-20.00")  # in the same minute
    night(shop)
    told = {entry["kind"]: json.loads(entry["content"]) for entry in in_the_inbox(shop)}
    assert told["sales_invoice"]["stock"] == [{"location_id": "w1", "product_id": "p2", "quantity": "-1"}]
    assert [line["quantity"] for line in told["adjustment"]["lines"]] == ["-1"]  # a difference, not what is to be there
    take_all(shop)
    lies(shop, "p1", -1, "0")
    moves(shop, "s9", "shipment", "p2", -1, "-12.50")
    assert night(shop)["waiting"] == []
    with shop.run() as run:
        assert on_hand(run) == {"Beans p1": D(2), "Gift box p2": D(3)}
        query = "SELECT COUNT(*) AS n FROM postings WHERE entity = 'InventoryAdjustment'"
        (adjustments,) = rows(run, query)
    result = reconciled(shop)
    assert quantities(result) == {"p1": (D(2), D(2)), "p2": (D(3), D(3))}
    assert (result.unexplained, set(result.quantities["unexplained"])) == (D("0.00"), {D(0)})
    night(shop)
    with shop.run() as run:
        assert rows(run, query) == [adjustments]  # what came from QuickBooks is not adjusted there again

    counts(shop, people, 3, "2024-03-07", "QB-D")  # nobody has carried it yet
    done = qbo("write-back", "compare", "--json", "--settings", shop.settings)
    assert done.status == 1
    (found,) = [kind for kind in done.json["kinds"] if kind["kind"] == "quantities"]
    (row,) = found["differ"]
    assert (row["key"], row["since"], found["agree"]) == ("product/p1", "2024-03-07", 1)
    assert [document["label"].rpartition(" ")[2] for document in row["documents"]] == ["QB-D"]
    assert "since 2024-03-07, by " in row["why"]
    assert "which only QuickBooks has: +3" in row["why"]


@pytest.mark.torture
def test_less_than_nothing_is_carried_where_both_sides_allow_it(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    counts(shop, people, -9)  # five are there
    night(shop)
    take_all(shop)
    lies(shop, "p1", -9, "0")
    assert night(shop)["waiting"] == []
    with shop.run() as run:
        assert on_hand(run)["Beans p1"] == D(-4)
    assert quantities(reconciled(shop))["p1"] == (D(-4), D(-4))


@pytest.mark.torture
def test_a_document_that_only_the_source_has_is_named_with_its_day(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    moves(shop, "a9", "adjustment", "p1", -2, "-20.00")
    with shop.run() as run:
        from qbo_pipeline.pipeline.extract import extract_days

        extract_days(run, date(2024, 3, 6), date(2024, 3, 6))
        (found,) = [kind for kind in two_way(run) if kind.kind == "quantities"]
    row: dict[str, Any]
    (row,) = found.differ
    assert (row["key"], row["since"], row["here"], row["there"]) == ("product/p1", date(2024, 3, 6), D(3), D(5))
    assert row["why"].endswith("adjustment a9 of 2024-03-06 (movement/a9), which only the inventory system has: +2")
