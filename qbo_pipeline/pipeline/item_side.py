"""What QuickBooks has of the items that it tracks for us: quantities by its own valuation, and what moved them there.

What belongs here: reading the two valuation reports, and holding them against what our postings move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from qbo_pipeline.pipeline.arrow import table_of
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.tracked_frames import PostedGoods, products_of_items
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.reports import ReportRow
from qbo_pipeline.reconciliation.coding import ENTITIES
from qbo_pipeline.reconciliation.inputs import ITEM_MOVES, ITEM_STOCK, POSTED_QUANTITIES, TrackedItems

_IN_QBO = ("posted", "drifted", "deleted_in_qbo")
_FROM_THE_BEGINNING = "1990-01-01"


class ItemSide(NamedTuple):
    """The quantities of both sides, and the objects of ours (type and Id) that move others in QBO than we posted."""

    tracked: TrackedItems | None
    changed: frozenset[tuple[str, str]]


def tracked_items(run: Run, as_at: date) -> ItemSide:
    """What QBO has of our items by its own valuation, and what our postings make of them.

    One metered read, and one for each item of which QBO has another quantity than our postings make.
    """
    with run.database.reading() as connection:
        goods = PostedGoods(connection, run.name, run.settings.connection.first_day)
        ours = products_of_items(connection, run.name)
    posted, quickbooks = goods.rows(), run.quickbooks()
    report = quickbooks.report("InventoryValuationSummary", {"report_date": as_at.isoformat()})
    stock: list[dict[str, Any]] = [
        {
            "product_id": ours[row.first.id],
            "item_id": row.first.id,
            "item_name": row.first.value,
            "quantity": quantity_of(row),
            "value": _number(row, "asset_value", "Asset Value"),
        }
        for row in report.rows
        if row.kind == "data" and row.first.id in ours
    ]
    in_qbo = [row for row in posted if row["state"] in _IN_QBO and row["business_date"] <= as_at]
    made = Counter[str]()
    for row in in_qbo:
        made[row["product_id"]] += row["quantity"]
    differing = [row for row in stock if row["quantity"] != made[row["product_id"]]]
    moves = [move for row in differing for move in item_moves(quickbooks, row["product_id"], row["item_id"], as_at)]
    items = TrackedItems(
        products=goods.products,
        posted=table_of(posted, POSTED_QUANTITIES),
        stock=table_of(stock, ITEM_STOCK),
        moves=table_of(moves, ITEM_MOVES),
    )
    return ItemSide(items, _changed(in_qbo, moves))


def item_moves(quickbooks: QuickBooks, product_id: str, item_id: str, as_at: date) -> list[dict[str, Any]]:
    """What moved an item in QBO up to a date: the columns of `ITEM_MOVES`, with number and date."""
    asked = {"item": item_id, "start_date": _FROM_THE_BEGINNING, "end_date": as_at.isoformat()}
    return [
        {
            "product_id": product_id,
            "qbo_type": kind.value,
            "qbo_id": kind.id,
            "quantity": _number(row, "quantity", "Qty"),
            "number": (row.cells.get("doc_num") or row.cell("Num")).value,
            "date": (row.cells.get("tx_date") or row.first).value,
        }
        for row in quickbooks.report("InventoryValuationDetail", asked).rows
        if (kind := row.cells.get("txn_type") or row.cell("Transaction Type")).id and row.kind == "data"
    ]


def _changed(in_qbo: Sequence[Mapping[str, Any]], moves: Sequence[Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    """The objects of ours that move another quantity of an item in QBO, and still move some."""
    read = {move["product_id"] for move in moves}
    ours, theirs = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for row in in_qbo:
        if row["product_id"] in read and row["qbo_id"]:
            ours[row["product_id"], row["qbo_type"], row["qbo_id"]] += row["quantity"]
    for move in moves:
        theirs[move["product_id"], ENTITIES.get(move["qbo_type"], move["qbo_type"]), move["qbo_id"]] += move["quantity"]
    return frozenset((key[1], key[2]) for key, quantity in ours.items() if theirs[key] not in (0, quantity))


def quantity_of(row: ReportRow) -> Decimal:
    """The quantity of a row of QuickBooks' valuation."""
    return _number(row, "qty", "Qty")


def _number(row: ReportRow, *keys: str) -> Decimal:
    return next((found for key in keys if (found := row.cell(key).amount) is not None), Decimal(0))
