"""The count comparison: each item whose quantities part between the inventory system and QuickBooks, since when, and by
which documents.

What belongs here: reading both sides in tracked mode. What follows from them is in `reconciliation/parting.py`. The
inventory system's count is its own, asked for; its documents are those that were read last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.carried import carried_lines
from qbo_pipeline.pipeline.frames import StoredFrames
from qbo_pipeline.pipeline.item_side import item_moves, quantity_of
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.tracked_frames import STARTING_VALUE, products_of_items
from qbo_pipeline.posting.reversal import reversed_key
from qbo_pipeline.quickbooks.errors import Unavailable
from qbo_pipeline.reconciliation.coding import ENTITIES
from qbo_pipeline.reconciliation.parting import ItemMove, Parting, PartingDocument, parting
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline.store.tables.records import records

_SHOWN = 3  # documents named in a sentence


@dataclass(frozen=True, slots=True)
class PartedItem:
    """An item whose quantities part: the product, its item in QuickBooks, and both counts."""

    product_id: str
    item_id: str
    name: str
    here: Decimal
    there: Decimal
    parting: Parting

    def told(self) -> str:
        """Since when and by which documents, in words."""
        by, beyond = self.parting.by, self.parting.beyond
        parts = []
        if by:
            since = f"since {self.parting.since}" if self.parting.since else "the documents that part cancel out"
            more = len(self.parting.documents) - min(len(by), _SHOWN)
            named = "; ".join(_document(document) for document in by[:_SHOWN])
            parts.append(f"{since}, by {named}" + (f"; {more} more since then" if more > 0 else ""))
        if beyond:
            parts.append(f"{beyond:+} by no document that is known on either side")
        return "; ".join(parts)


def parted_items(run: Run) -> tuple[int, list[PartedItem]]:
    """How many items have the same quantity on both sides, and each whose quantities part; (0, []) where QuickBooks
    keeps no quantities.

    A report, and one more for each item that parts: metered reads. Raises a `TransientError` where QuickBooks or the
    source does not answer.
    """
    if run.settings.posting.mode != "tracked":
        return 0, []
    as_at = _as_at(run)
    here: dict[str, Decimal] = defaultdict(Decimal)
    with run.source() as source:
        for value in source.stock_values(as_at):
            here[value.product_id] += _plain(value.quantity)
    with run.database.reading() as connection:
        products = products_of_items(connection, run.name)
    items = {product: (item_id, product) for item_id, product in products.items()}
    there = dict.fromkeys(items, Decimal(0))
    for row in run.quickbooks().report("InventoryValuationSummary", {"report_date": as_at.isoformat()}).rows:
        if row.kind == "data" and (product := products.get(row.first.id)) is not None:
            items[product] = (row.first.id, row.first.value)
            there[product] = _plain(quantity_of(row))
    parted = sorted(product for product in items if here[product] != there[product])
    if not parted:
        return len(items), []
    with run.database.reading() as connection:
        moved_here = _moves_here(run, connection, parted, as_at)
        keys = _keys_of_objects(connection, run.name)
    found = []
    for product in parted:
        item_id, name = items[product]
        moved_there = _moves_there(run, product, item_id, as_at, keys)
        what = parting(moved_here.get(product, ()), moved_there, (here[product], there[product]))
        found.append(PartedItem(product, item_id, name, here[product], there[product], what))
    return len(items) - len(found), found


def _as_at(run: Run) -> date:
    """Today by the company's clock, or the connection's last day."""
    today = datetime.now(ZoneInfo(run.settings.connection.time_zone)).date()
    return min(filter(None, (run.settings.connection.last_day, today)))


def _moves_here(run: Run, connection: Connection, products: Sequence[str], as_at: date) -> dict[str, list[ItemMove]]:
    """What the source's movements moved, each under the document that carries it to QuickBooks, if there is one."""
    books = StoredBooks(connection, run.settings).books
    frames = StoredFrames(connection, run.name, books, carried=carried_lines(connection, run.name, books))
    wanted, numbers = set(products), _numbers(connection, run.name)
    found: dict[str, list[ItemMove]] = defaultdict(list)
    columns = ("product_id", "business_date", "record_key", "posted_by", "kind", "quantity")
    for row in frames.stock().select(columns).to_pylist():
        if row["product_id"] not in wanted or not row["quantity"] or row["business_date"] > as_at:
            continue
        key = row["posted_by"] or row["record_key"]
        if row["kind"] == "opening":
            key = f"product/{row['product_id']}"  # opening stock comes with its item
        label = f"{row['kind'].replace('_', ' ')} {numbers.get(row['record_key'], row['record_key'])}"
        found[row["product_id"]].append(ItemMove(row["business_date"], key, label, _plain(row["quantity"])))
    return found


def _moves_there(
    run: Run, product: str, item_id: str, as_at: date, keys: Mapping[tuple[str, str], str]
) -> list[ItemMove]:
    return list(_as_moved(item_moves(run.quickbooks(), product, item_id, as_at), product, keys))


def _as_moved(
    moves: Sequence[Mapping[str, Any]], product: str, keys: Mapping[tuple[str, str], str]
) -> Iterator[ItemMove]:
    for move in moves:
        entity = ENTITIES.get(move["qbo_type"], move["qbo_type"])
        own = f"{entity}/{move['qbo_id']}"
        key = f"product/{product}" if entity == STARTING_VALUE else keys.get((entity, move["qbo_id"]), own)
        label = f"{move['qbo_type']} {move['number'] or 'Id ' + move['qbo_id']}"
        yield ItemMove(_day(move["date"]), key, label, _plain(move["quantity"]))


def _plain(quantity: Decimal) -> Decimal:
    """The same quantity without zeros that say nothing."""
    return Decimal(decimal_text(quantity))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unavailable(f"QuickBooks' report of what moved an item has a date that is none: {text!r}") from None


def _keys_of_objects(connection: Connection, name: str) -> dict[tuple[str, str], str]:
    """By entity and Id, the key of the record that an object is."""
    p = posting_links.c
    query = select(p.entity, p.qbo_id, p.key).where(p.connection == name, p.entity.not_in(("Customer", "Vendor")))
    return {(row.entity, row.qbo_id): reversed_key(row.key).partition("#")[0] for row in connection.execute(query)}


def _numbers(connection: Connection, name: str) -> dict[str, str]:
    r = records.c
    query = select(r.record_id, r.number).where(
        r.connection == name, r.record_type == "movement", r.number.is_not(None), r.vanished_at.is_(None)
    )
    return {f"movement/{row.record_id}": row.number for row in connection.execute(query)}


def _document(document: PartingDocument) -> str:
    if not document.here:
        where = "which only QuickBooks has"
    elif not document.there:
        where = "which only the inventory system has"
    else:
        where = f"{document.here:+} here, {document.there:+} in QuickBooks"
    return f"{document.label} of {document.day} ({document.key}), {where}: {document.difference:+}"
