"""Quantities of tracked items: each piece that one side has and the other has not, by its group of causes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.inputs import TrackedItems
from qbo_pipeline.reconciliation.result_frames import QUANTITY_GROUPS
from qbo_pipeline_tests.reconciliation.language import read, rows_table

D = Decimal
DAY = date(2026, 3, 1)


def posted(record: str, quantity: str, state: str = "posted", day: date = DAY, **more: Any) -> dict[str, Any]:
    own = {"record_key": record, "state": state, "qbo_type": "Invoice", "qbo_id": "10", "business_date": day}
    return {**own, "product_id": "P1", "quantity": D(quantity), **more}


def move(kind: str, qbo_id: str, quantity: str) -> dict[str, Any]:
    return {"product_id": "P1", "qbo_type": kind, "qbo_id": qbo_id, "quantity": D(quantity)}


def row_of(
    source: str, sent: list[dict[str, Any]], on_hand: str | None, moves: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The one row of `quantities`, without what is 0; the status beside it."""
    item = {"product_id": "P1", "item_id": "7", "item_name": "Tea", "quantity": D(on_hand or 0), "value": D("12.50")}
    tracked = TrackedItems(
        products=frozenset({"P1"}),
        posted=rows_table(sent, inputs.POSTED_QUANTITIES),
        stock=rows_table([item] if on_hand is not None else [], inputs.ITEM_STOCK),
        moves=None if moves is None else rows_table(moves, inputs.ITEM_MOVES),
    )
    result = reconcile(replace(read(source).input, tracked=tracked))
    (row,) = result.quantities.to_dict("records")
    parts = {name: row[name] for name in (*QUANTITY_GROUPS, "unexplained") if row[name]}
    assert sum(parts.values(), D(0)) == row["difference"]
    assert row["qbo_value"] == (0 if on_hand is None else D("12.50"))
    assert (result.status == "unexplained") is (bool(row["unexplained"]) or bool(result.unexplained))
    return parts


SHIPPED = "source movement/1 shipment 2026-03-01 -0.00 disposition=excluded quantity=-3 "
INVOICED = SHIPPED + "posted_by=document/1"
COUNTED = "source movement/1 stock_count 2026-03-01 0.00 quantity=-3"

CASES: dict[str, tuple[str, list[dict[str, Any]], str | None, list[dict[str, Any]] | None, dict[str, str]]] = {
    "agrees": (INVOICED, [posted("document/1", "-3")], "-3", None, {}),
    "shipped, not invoiced": (SHIPPED, [], "0", None, {"timing": "3"}),
    "invoiced later than the date": (INVOICED, [posted("document/1", "-3", day=date(2026, 4, 2))], "0", None,
                                     {"timing": "3"}),
    "invoiced, not shipped": ("", [posted("document/1", "-3")], "-3", None, {"timing": "-3"}),
    "invoiced in part": (INVOICED, [posted("document/1", "-5")], "-5", None, {"timing": "-2"}),
    "its invoice is ready": (INVOICED, [posted("document/1", "-3", "ready", qbo_id=None)], "0", None,
                             {"not_posted": "3"}),
    "its invoice is refused": (INVOICED, [posted("document/1", "0", "parked", product_id=None, qbo_id=None)], "0",
                               None, {"parked": "3"}),
    "its item is not there": (COUNTED, [posted("movement/1", "-3", "ready", qbo_id=None)], None, None,
                              {"not_posted": "3"}),
    "skipped": (COUNTED, [posted("movement/1", "-3", "skipped", qbo_id=None)], "0", None, {"not_posted": "3"}),
    "not extracted": (COUNTED + " disposition=not_extracted", [], "0", None, {"not_posted": "3"}),
    "shipped, and not extracted": (SHIPPED.replace("excluded", "not_extracted"), [], "0", None, {"not_posted": "3"}),
    "said to be posted, and nothing is there": (COUNTED, [], "0", None, {"unexplained": "3"}),
    "changed in the source": (COUNTED, [posted("movement/1", "-2")], "-2", None, {"source": "1"}),
    "the source contradicts itself": (COUNTED + "\nown P1 L1 0.00 quantity=-4", [posted("movement/1", "-3")], "-3",
                                      None, {"source": "1"}),
    "opening stock": ("source movement/1 opening 2026-03-01 0.00 quantity=5 disposition=excluded",
                      [posted("product/P1", "4", qbo_type="InventoryStartingValue", qbo_id="")], "4", None,
                      {"opening": "-1"}),
    "opening stock, and moved by others": (
        "source movement/1 opening 2026-03-01 0.00 quantity=4 disposition=excluded",
        [posted("product/P1", "4", qbo_type="InventoryStartingValue", qbo_id="")], "5",
        [move("Inventory Starting Value", "77", "4"), move("Inventory Qty Adjust", "20", "1")], {"qbo_only": "1"}),
    "nobody has looked yet": (COUNTED, [posted("movement/1", "-3")], "1", None, {"unexplained": "4"}),
    "moved by others": (COUNTED, [posted("movement/1", "-3")], "1",
                        [move("Invoice", "10", "-3"), move("Inventory Qty Adjust", "20", "4")], {"qbo_only": "4"}),
    "changed in QuickBooks": (COUNTED, [posted("movement/1", "-3")], "-1", [move("Invoice", "10", "-1")],
                              {"changed_in_qbo": "2"}),
    "deleted in QuickBooks": (COUNTED, [posted("movement/1", "-3")], "0", [move("Bill", "11", "0")],
                              {"deleted_in_qbo": "3"}),
    "what moved it does not say it": (COUNTED, [posted("movement/1", "-3")], "-1", [move("Invoice", "10", "-3")],
                                      {"unexplained": "2"}),
    "an item that the valuation leaves out": (COUNTED, [posted("movement/1", "-3")], None, None, {"unexplained": "3"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_piece_is_named(name: str) -> None:
    source, sent, on_hand, moves, expected = CASES[name]
    assert row_of(source, sent, on_hand, moves) == {group: D(quantity) for group, quantity in expected.items()}


def test_where_nothing_is_tracked_there_are_no_quantities() -> None:
    result = reconcile(read("source movement/1 receipt 2026-03-01 100.00").input)
    assert result.quantities.empty
    assert not any("items" in note for note in result.notes)
