"""Stock transactions of Zuper: what they moved, and whose marker they carry.

What belongs here: reading one. Those that carry a marker of ours have a paper, which is in QuickBooks; the others are
not read, as nobody could say which of them the papers already account for.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.entries import Cell, carries
from qbo_pipeline.sources.landed.anchor import number
from qbo_pipeline.sources.landed.objects import Landed
from qbo_pipeline.sources.landed.projection import Row, Rows
from qbo_pipeline.sources.landed.values import Object, cents, day, exact, part, text
from qbo_pipeline.sources.landed.without_history import Making
from qbo_pipeline.sources.zuper.values import uid

TRANSACTIONS = "transaction"


def marked(transaction: Object, marker: str) -> bool:
    """Whether a transaction counts and carries the marker."""
    return transaction.get("is_deleted") is not True and carries(text(transaction, "remarks"), marker)


def moved(transaction: Object) -> Iterator[tuple[Cell, Decimal]]:
    """By product and location, what a transaction brought in or took out."""
    product_id, quantity = uid(part(transaction, "product"), "product_uid") or "", exact(transaction, "quantity")
    for name, sign in (("to_location", 1), ("from_location", -1)):
        place = uid(part(transaction, name), "location_uid")
        if place is not None:
            yield (product_id, place), sign * (quantity or Decimal(0))


def transaction_rows(making: Making, landed: Landed) -> Rows:
    """An adjustment that was made in QuickBooks: at the cost that the product was last seen with."""
    source, own = part(landed.content, "data") or landed.content, landed.object_id
    dated = day(source, making.zone, "created_at")
    lines: list[Row] = []
    for (product_id, place), quantity in moved(source):
        query = "SELECT unit_cost FROM stock_rows WHERE product_id = ? ORDER BY day DESC LIMIT 1"
        seen = making.projection.select(query, product_id)
        value = cents(quantity * number(seen[0]["unit_cost"])) if seen else Decimal(0)
        lines.append(
            {"movement_id": own, "business_date": dated, "line_id": f"{own}:{len(lines) + 1}", "role": "stock",
             "line_number": len(lines) + 1, "product_id": product_id, "location_id": place,
             "quantity": decimal_text(quantity), "value": decimal_text(value)}
        )  # fmt: skip
    movement: Row = {"movement_id": own, "kind": "adjustment", "number": own[:8], "business_date": dated,
                     "currency": making.currency, "status": "completed", "memo": text(source, "remarks")}  # fmt: skip
    return {"movements": [movement], "movement_lines": lines}
