"""Quantities of tracked items: the inventory system's against QBO's, item by item, and why they differ.

What belongs here: where QBO keeps the stock by items, each piece that one side has and the other has not is named by
the same groups of causes as money is. What is left when each is named is unexplained, and makes the reconciliation so.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.causes import CAUSES
from qbo_pipeline.reconciliation.coding import ENTITIES
from qbo_pipeline.reconciliation.frames import empty, flat, make, to_table
from qbo_pipeline.reconciliation.inputs import TrackedItems
from qbo_pipeline.reconciliation.result_frames import QUANTITIES, QUANTITY_GROUPS
from qbo_pipeline.reconciliation.unsent import BILLED_KINDS, BY_DISPOSITION, BY_STATE, INVOICED_KINDS

_IN_QBO = ("posted", "drifted", "deleted_in_qbo")
Counts = dict[str, dict[str, Decimal]]  # by product, the quantity of each group
Place = tuple[str, str]  # product and record


def quantities(books: CodedInput) -> pd.DataFrame:
    """The frame `quantities` (`result_frames.QUANTITIES`), a row a product with a tracked item; empty where QBO tracks
    none for us. In each row the groups and `unexplained` add up to `difference`, QBO's less the source's."""
    tracked = books.input.tracked
    if tracked is None:
        return make({column.name: [] for column in QUANTITIES}, QUANTITIES)
    stock = to_table("tracked.stock", tracked.stock, inputs.ITEM_STOCK).to_pylist()
    posted = to_table("tracked.posted", tracked.posted, inputs.POSTED_QUANTITIES).to_pylist()
    in_qbo = [row for row in posted if row["state"] in _IN_QBO and row["business_date"] <= books.input.as_at]
    source, facts = _source(books, tracked)
    found: Counts = defaultdict(lambda: defaultdict(Decimal))
    for (product, key), quantity in _between(source, in_qbo).items():
        found[product][_group(key, product, quantity, posted, facts.get(key))] += quantity
    own = {product: count for product, count in _own(books).items() if product in tracked.products}
    for product, quantity in own.items():
        moved = sum((held for (of, _), held in source.items() if of == product), Decimal(0))
        found[product]["source"] += moved - quantity
    for product, group, quantity in _in_quickbooks(tracked, stock, in_qbo):
        found[product][group] += quantity
    return make(_columns(stock, source, own, found), QUANTITIES)


def _source(books: CodedInput, tracked: TrackedItems) -> tuple[dict[Place, Decimal], dict[str, tuple[str, str]]]:
    """What the source moved of each product under each record, and kind and disposition of each record."""
    table = books.stock.filter(pc.less_equal(books.stock["business_date"], books.input.as_at))
    carried = pc.coalesce(flat(table["posted_by"]), flat(table["record_key"])).to_pylist()
    columns = (flat(table[name]).to_pylist() for name in ("product_id", "quantity", "kind", "disposition"))
    found: dict[Place, Decimal] = defaultdict(Decimal)
    facts: dict[str, tuple[str, str]] = {}
    for key, product, quantity, kind, disposition in zip(carried, *columns, strict=True):
        if product not in tracked.products or quantity is None:
            continue
        own = f"product/{product}" if kind == "opening" else key  # opening stock comes with its item
        found[product, own] += quantity
        facts.setdefault(own, (kind, disposition))
    return found, facts


def _own(books: CodedInput) -> dict[str, Decimal]:
    """The source's own quantity of each product, where it tells."""
    if books.input.stock_values is None:
        return {}
    table = to_table("stock_values", books.input.stock_values, inputs.STOCK_VALUES)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for product, quantity in zip(*(flat(table[name]).to_pylist() for name in ("product_id", "quantity")), strict=True):
        if product is not None and quantity is not None:
            found[product] += quantity
    return found


def _between(source: dict[Place, Decimal], in_qbo: list[dict[str, Any]]) -> dict[Place, Decimal]:
    """What our postings moved less what the source moved, by product and record, where they differ."""
    gap: dict[Place, Decimal] = defaultdict(Decimal)
    for place, quantity in source.items():
        gap[place] -= quantity
    for row in in_qbo:
        if row["product_id"] is not None:
            gap[row["product_id"], row["record_key"]] += row["quantity"]
    return {place: quantity for place, quantity in gap.items() if quantity}


def _group(
    key: str, product: str, quantity: Decimal, posted: list[dict[str, Any]], facts: tuple[str, str] | None
) -> str:
    """The group of causes of a quantity that one record's posting and the source do not share."""
    mine = [row for row in posted if row["record_key"] == key]
    there = [row for row in mine if row["state"] in _IN_QBO and row["product_id"] == product]
    waiting = next((row["state"] for row in mine if row["state"] in BY_STATE), None)
    if waiting is not None:
        return CAUSES[BY_STATE[waiting][0]].group
    if key.startswith("product/"):
        return "opening"
    if there or key.startswith("document/"):  # goods and document of different days, or of different quantities
        return "timing" if key.startswith("document/") else "source"
    kind, disposition = facts or ("", "posted")
    if disposition == "excluded" and kind in (*BILLED_KINDS, *INVOICED_KINDS):  # its document is not there yet
        return "timing"
    return CAUSES[BY_DISPOSITION[disposition][0]].group if disposition != "posted" else "unexplained"


def _in_quickbooks(
    tracked: TrackedItems, stock: list[dict[str, Any]], in_qbo: list[dict[str, Any]]
) -> list[tuple[str, str, Decimal]]:
    """What moved the items in QBO otherwise than our postings say, of those whose moves were read because their
    quantities differ: product, group, quantity."""
    found: list[tuple[str, str, Decimal]] = []
    sent: dict[str, Decimal] = defaultdict(Decimal)
    objects: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in in_qbo:
        if row["product_id"] is not None:
            sent[row["product_id"]] += row["quantity"]
            objects[row["product_id"], row["qbo_type"], row["qbo_id"] or ""] += row["quantity"]
    table = empty(inputs.ITEM_MOVES) if tracked.moves is None else tracked.moves
    moves: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in to_table("tracked.moves", table, inputs.ITEM_MOVES).to_pylist():
        kind = ENTITIES.get(row["qbo_type"], row["qbo_type"])
        # The starting value of an item is a transaction of its own, and ours is known by the item.
        number = "" if kind == "InventoryStartingValue" else row["qbo_id"]
        moves[row["product_id"], kind, number] += row["quantity"]
    read = {product for product, _, _ in moves}
    for row in stock:
        product = row["product_id"]
        if product not in read or row["quantity"] == sent[product]:
            continue
        for key in sorted(key for key in {*objects, *moves} if key[0] == product):
            gap = moves.get(key, Decimal(0)) - objects.get(key, Decimal(0))
            group = "qbo_only" if key not in objects else "changed_in_qbo" if key in moves else "deleted_in_qbo"
            found += [(product, group, gap)] if gap else []
    return found


def _columns(
    stock: list[dict[str, Any]], source: dict[Place, Decimal], own: dict[str, Decimal], found: Counts
) -> dict[str, list[Any]]:
    items = {row["product_id"]: row for row in stock}
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for (product, _), quantity in source.items():
        moved[product] += quantity
    moved |= own
    rows = []
    for product in sorted({*items, *found, *(key for key, quantity in moved.items() if quantity)}):
        item = items.get(product)
        there = item["quantity"] if item else Decimal(0)
        row = {"product_id": product, "item_id": item and item["item_id"], "item_name": item and item["item_name"]}
        row |= {"source_quantity": moved[product], "qbo_quantity": there, "difference": there - moved[product]}
        row |= {group: found[product][group] for group in QUANTITY_GROUPS}
        row["unexplained"] = row["difference"] - sum((row[group] for group in QUANTITY_GROUPS), Decimal(0))
        row["qbo_value"] = item["value"] if item else Decimal(0)
        rows.append(row)
    return {column.name: [row[column.name] for row in rows] for column in QUANTITIES}
