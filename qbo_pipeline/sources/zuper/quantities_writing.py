"""Adjustments of quantity that people make in QuickBooks, as stock transactions of Zuper.

What belongs here: what an entry of the way back is there. Zuper takes what comes in and what goes out, as QuickBooks
says it, so that what both sides take in the same minute adds up. A transaction carries our marker in its remarks; what
a later revision says otherwise is made up by a transaction of the difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from qbo_pipeline.returning.abilities import KindAbility
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.entries import Cell, quantities, whole, with_mark
from qbo_pipeline.sources.landed.values import Object
from qbo_pipeline.sources.zuper.abilities import QUANTITIES
from qbo_pipeline.sources.zuper.pages import pages
from qbo_pipeline.sources.zuper.transactions import TRANSACTIONS, marked, moved
from qbo_pipeline.sources.zuper.values import uid

REMARKS_LENGTH = 250


@dataclass(frozen=True, slots=True)
class QuantityWriter:
    """`Writer` of Zuper's quantities."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the transactions that carry the marker come to what the entry says."""
        there = self._there(entry)
        return UnderMarker(not _missing(entry, there), " ".join(sorted(there)) or None)

    def write(self, entry: TargetEntry) -> None:
        """Make what is missing: product by product, in or out."""
        missing = _missing(entry, self._there(entry))
        pieces = {cell: whole(quantity, f"product {cell[0]}", "Zuper") for cell, quantity in missing.items()}
        for (product_id, location_id), quantity in sorted(pieces.items()):
            transaction = {
                "product_uid": product_id,
                "location_uid": location_id,
                "quantity": abs(quantity),
                "serial_nos": [],
                "remarks": with_mark(entry.number, entry.marker, REMARKS_LENGTH),
            }
            way = "inward" if quantity > 0 else "outward"
            self.doors.writer.send("POST", f"product/{product_id}/{way}", content={"transaction": transaction})

    def _there(self, entry: TargetEntry) -> dict[str, Object]:
        """By uid, the transactions that carry the marker: those that were read, and those made since it was told
        first. By which clock the list tells "created since" is not described: a day is taken off [?]."""
        found: dict[str, Object] = {}
        told = min((one.business_date for one in self.doors.beside.told(entry.marker)), default=entry.business_date)
        first = min(told, entry.business_date) - timedelta(days=1)
        for own in self.doors.beside.carrying(TRANSACTIONS, entry.marker):
            answer = self.doors.reader.get(f"product/transaction/{own}")
            data = answer.get("data") if isinstance(answer, dict) else None
            if isinstance(data, dict) and marked(data, entry.marker):
                found[own] = data
        for item in pages(self.doors.reader, "product/transaction", {"created_at_from": first.isoformat()}):
            if marked(item, entry.marker):
                found[uid(item, "transaction_uid") or ""] = item
        return found


def writer(doors: Doors) -> QuantityWriter:
    """The writer of an account's quantities."""
    return QuantityWriter(doors, QUANTITIES)


def _missing(entry: TargetEntry, there: Mapping[str, Object]) -> dict[Cell, Decimal]:
    """By how much what was done differs from what the entry says."""
    left: dict[Cell, Decimal] = defaultdict(Decimal, quantities(entry))
    for transaction in there.values():
        for cell, quantity in moved(transaction):
            left[cell] -= quantity
    return {cell: quantity for cell, quantity in left.items() if quantity}
