"""Adjustments of quantity that people make in QuickBooks, as stock adjustments of Cin7 Core.

What belongs here: what an entry of the way back is there. Cin7 Core is told how much there is to be after an
adjustment [?], QuickBooks says by how much it changed: what there is is read just before, product by product. Whoever
sells at that moment is not seen; the reconciliation shows what is left. A completed adjustment is not changed: it is
voided and made anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.returning.abilities import KindAbility
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.cin7_core.abilities import ADJUSTMENTS
from qbo_pipeline.sources.entries import Cell, carries, content_of, quantities, with_mark
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import Object, exact, key, objects, text

_A_PAGE = 1000
_UNIT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class AdjustmentWriter:
    """`Writer` of Cin7 Core's stock adjustments."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the adjustments that carry the marker come to what the entry says."""
        there = self._there(entry.marker)
        moved: dict[Cell, Decimal] = defaultdict(Decimal)
        for task in there.values():
            for cell, quantity in _differences(task):
                moved[cell] += quantity
        held = {cell: quantity for cell, quantity in moved.items() if quantity}
        return UnderMarker(held == quantities(entry), f"{min(there)}:adjustment" if there else None)

    def write(self, entry: TargetEntry) -> None:
        """Void what carries the marker and says something else, and make the adjustment."""
        wanted = quantities(entry)
        account = content_of(entry).get("account")
        if wanted and not account:
            raise Declined("Cin7 Core needs the account of an adjustment: map it in [accounts.hints], one code for it")
        lines = [self._line(cell, quantity) for cell, quantity in sorted(wanted.items())]
        for task_id in self._there(entry.marker):
            self.doors.writer.send("DELETE", "stockadjustment", {"ID": task_id, "Void": "true"})
        if lines:
            day = f"{entry.business_date.isoformat()} 00:00:00"
            dated = [{**line, "ReceivedDate": day} for line in lines]
            body = {"EffectiveDate": day, "Status": "COMPLETED", "Account": account, "Lines": dated,
                    "Reference": with_mark(entry.number, entry.marker)}  # fmt: skip
            self.doors.writer.send("POST", "stockadjustment", content=body)

    def _there(self, marker: str) -> dict[str, Object]:
        """By id, the adjustments that carry the marker and count."""
        found: dict[str, Object] = {}
        for item in self._pages("stockadjustmentList", {}, "StockAdjustmentList"):
            if carries(text(item, "Reference"), marker) and text(item, "Status") != "VOIDED":
                task_id = key(item, "TaskID") or ""
                task = self.doors.reader.get("stockadjustment", {"TaskID": task_id})
                if isinstance(task, dict) and text(task, "Status") != "VOIDED":
                    found[task_id] = task
        return found

    def _line(self, cell: Cell, quantity: Decimal) -> dict[str, Any]:
        product_id, location_id = cell
        name = self._location(location_id)
        held = worth = everywhere = value = Decimal(0)
        for item in self._pages("ref/productavailability", {"ID": product_id}, "ProductAvailabilityList"):
            if key(item, "ID") != product_id.lower():
                continue
            on_hand, stock = exact(item, "OnHand") or Decimal(0), exact(item, "StockOnHand") or Decimal(0)
            everywhere, value = everywhere + on_hand, value + stock
            if (text(item, "Location") or "").partition(": ")[0] == name:
                held, worth = held + on_hand, worth + stock
        if held + quantity < 0:
            raise Declined(
                f"product {product_id} has {decimal_text(held)} at {name}, {decimal_text(-quantity)} cannot leave"
            )
        cost = worth / held if held else value / everywhere if everywhere else None
        if cost is None:
            raise Declined(f"Cin7 Core has no stock of product {product_id} to value it by: adjust it there by hand")
        return {"ProductID": product_id, "LocationID": location_id, "Location": name, "Quantity": held + quantity,
                "UnitCost": cost.quantize(_UNIT), "Comments": ""}  # fmt: skip

    def _location(self, location_id: str) -> str:
        for item in self._pages("ref/location", {}, "LocationList"):
            if key(item, "ID") == location_id.lower():
                return text(item, "Name") or ""
        raise Declined(f"Cin7 Core has no location {location_id}: correct [write_back] location")

    def _pages(self, path: str, params: Mapping[str, str], name: str) -> Iterator[Object]:
        for page in count(1):
            answer = self.doors.reader.get(path, {**params, "Page": str(page), "Limit": str(_A_PAGE)})
            found = objects(answer if isinstance(answer, dict) else {}, name)
            yield from found
            if len(found) < _A_PAGE:
                return


def writer(doors: Doors) -> AdjustmentWriter:
    """The writer of an account's adjustments."""
    return AdjustmentWriter(doors, ADJUSTMENTS)


def _differences(task: Object) -> Iterator[tuple[Cell, Decimal]]:
    """By how much an adjustment changed what there was: it says what there is to be, and what there was."""
    for line in objects(task, "ExistingStockLines"):
        before, after = exact(line, "QuantityOnHand") or Decimal(0), exact(line, "Adjustment") or Decimal(0)
        yield _cell(line), after - before
    for line in objects(task, "NewStockLines"):
        yield _cell(line), exact(line, "Quantity") or Decimal(0)


def _cell(line: Object) -> Cell:
    return key(line, "ProductID") or "", key(line, "LocationID") or ""
