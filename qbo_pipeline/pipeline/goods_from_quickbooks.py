"""Documents and adjustments of tracked items that people made in QuickBooks and the inventory system has taken.

What belongs here: what each of them moves, in the words of a posting. None of them is posted by us; once it is a record
of the inventory system too, it moves the same goods on both sides as what we posted does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from qbo_pipeline.pipeline.made_in_quickbooks import WRITTEN_BACK
from qbo_pipeline.posting.content import is_voided
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object, exact, objects
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.returning.reading import day_of, value_of
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline.store.tables.write_backs import quickbooks_objects

SIGN = {
    "Invoice": -1, "CreditMemo": 1, "SalesReceipt": -1, "RefundReceipt": 1, "Bill": 1, "VendorCredit": -1,
    "InventoryAdjustment": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MadeThere:
    """An object of QuickBooks that a record came from; the names are those of a row of `postings`."""

    key: str
    record_key: str
    entity: str
    qbo_id: str
    qbo_number: str | None
    business_date: date
    sync_token: str
    first_seen: datetime
    quantities: Mapping[str, Decimal]  # by Id of the item, in is positive
    revision: int = 1
    state: str = "posted"
    reason: None = None
    currency: None = None
    origin: None = None
    linked_by: None = None


def made_there(connection: Connection, name: str) -> list[MadeThere]:
    """Those that are in QuickBooks' books, as they were read last; what is voided or gone there moves nothing."""
    q, p = quickbooks_objects.c, posting_links.c
    query = (
        select(p.key, q.entity, q.qbo_id, q.content, q.sync_token, q.first_seen)
        .join(posting_links, (p.connection == q.connection) & (p.entity == q.entity) & (p.qbo_id == q.qbo_id))
        .where(
            q.connection == name, q.entity.in_(SIGN), q.deleted.is_(False), q.content.is_not(None),
            p.linked_by == WRITTEN_BACK,
        )
        .order_by(p.key)
    )  # fmt: skip
    found = []
    for row in connection.execute(query):
        thing = from_wire(row.content)
        if is_voided(thing):
            continue
        try:
            moved, day = item_quantities(row.entity, thing), day_of(thing)
        except OddShape:
            continue  # the return rule says what is odd about it
        number = str(thing["DocNumber"]) if thing.get("DocNumber") else None
        found.append(
            MadeThere(row.key, row.key, row.entity, row.qbo_id, number, day, row.sync_token, row.first_seen, moved)
        )
    return found


def item_quantities(entity: str, thing: JsonObject) -> dict[str, Decimal]:
    """By Id of the item, what an object moves of it; in is positive. Raises `OddShape`."""
    found: dict[str, Decimal] = {}
    for line in objects(thing.get("Line"), "Line"):
        kind = str(line.get("DetailType") or "ItemAdjustmentLineDetail")
        detail = an_object(line.get(kind), kind)
        quantity = detail.get("QtyDiff", detail.get("Qty"))
        if quantity is not None and detail.get("ItemRef"):
            item = value_of(detail, "ItemRef")
            found[item] = found.get(item, Decimal(0)) + SIGN[entity] * exact(quantity, "Qty")
    return found
