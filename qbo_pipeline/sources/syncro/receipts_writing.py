"""Bills that people enter in QuickBooks for a purchase order of Syncro: its goods are received there.

What belongs here: what an entry of the way back is there. Syncro has no bills: it makes one of an order that is
finished. Its API receives a whole line of an order, without a note of ours: that the line is received is what tells
that it was done, so it is looked at before each, and no line is received twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.returning.abilities import KindAbility
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker
from qbo_pipeline.sources.entries import content_of, is_out
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import Object, exact, objects, part, text
from qbo_pipeline.sources.syncro.abilities import RECEIPTS
from qbo_pipeline.sources.syncro.values import ident


@dataclass(frozen=True, slots=True)
class ReceiptWriter:
    """`Writer` of the receipts of Syncro's purchase orders."""

    doors: Doors
    abilities: Mapping[str, KindAbility]

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the goods of the bill have come; of one that is taken back, whether none have."""
        order_id, billed = _billed(entry)
        lines = self._lines(order_id)
        if is_out(entry):
            come = any(_received(line) for line in lines if ident(line, "product_id") in billed)
            return UnderMarker(not come, f"{order_id}:bill")
        left = [line for line in lines if ident(line, "product_id") in billed and not _is_received(line)]
        return UnderMarker(not left, f"{order_id}:bill")

    def write(self, entry: TargetEntry) -> None:
        """Receive the lines of the order that the bill is for, each once."""
        order_id, billed = _billed(entry)
        lines = self._lines(order_id)
        wanted = [line for line in lines if ident(line, "product_id") in billed]
        _refuse_parts(wanted, billed)
        for line in wanted:
            if not _is_received(line):
                content = {"line_item_id": int(str(line["id"]))}
                self.doors.writer.send("POST", f"purchase_orders/{order_id}/receive", content=content)

    def _lines(self, order_id: str) -> list[Object]:
        answer = self.doors.reader.get(f"purchase_orders/{order_id}")
        order = part(answer, "purchase_order") or answer if isinstance(answer, dict) else {}
        if not order:
            raise Declined(f"purchase order {order_id} is not there any more")
        return objects(order, "line_items")


def writer(doors: Doors) -> ReceiptWriter:
    """The writer of an account's receipts."""
    return ReceiptWriter(doors, RECEIPTS)


def _billed(entry: TargetEntry) -> tuple[str, dict[str, Decimal]]:
    """The order that a bill is for, and by product how much of it.

    Raises `Declined` where it is for none, or for several.
    """
    lines = [line for line in content_of(entry).get("lines", ()) if line.get("order_id")]
    orders = {str(line["order_id"]).partition(":")[0] for line in lines}
    if len(orders) != 1:
        why = "it is for several purchase orders" if orders else "it is for no purchase order of Syncro"
        raise Declined(
            f"{why}, and Syncro's API makes no bill but that of an order: enter the bill of one order in QuickBooks "
            "with that order, or `qbo-pipeline write-back skip` it"
        )
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.get("product_id"):
            billed[line["product_id"]] += Decimal(line.get("quantity") or 0)
    return orders.pop(), dict(billed)


def _refuse_parts(lines: list[Object], billed: Mapping[str, Decimal]) -> None:
    """Raise `Declined` where the bill is for less or more of a product than its lines of the order."""
    ordered: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        ordered[str(ident(line, "product_id"))] += exact(line, "quantity") or Decimal(0)
    for product_id, quantity in billed.items():
        if ordered.get(product_id, Decimal(0)) != quantity:
            raise Declined(
                f"it is for {decimal_text(quantity)} of product {product_id}, of which "
                f"{decimal_text(ordered.get(product_id, Decimal(0)))} are ordered: Syncro's API receives whole lines, "
                "receive this one there by hand, then `qbo-pipeline write-back retry`"
            )


def _received(line: Object) -> bool:
    return line.get("received") is True or bool(exact(line, "received_quantity"))


def _is_received(line: Object) -> bool:
    """Whether all of a line has come."""
    if line.get("received") is True:
        return True
    come, ordered = exact(line, "received_quantity"), exact(line, "quantity")
    return text(line, "received_quantity") is not None and come is not None and ordered is not None and come >= ordered
