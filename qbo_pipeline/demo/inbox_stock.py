"""Goods of the inbox: what was sold or counted in QuickBooks moves the warehouse's own stock, as a difference.

What belongs here: shipments of invoices that were made in QuickBooks, and adjustments. Quantities are differences to
what lies there now, so that what both sides take in the same minute adds up. Stock never goes below zero here: an entry
that would do so is refused, as a shipment of the warehouse's own would be.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qbo_pipeline.demo import stock
from qbo_pipeline.demo.arithmetic import line_cents
from qbo_pipeline.demo.inbox_goods import ADJUSTED_THERE, cents, milli
from qbo_pipeline.demo.workday import Workday

Content = dict[str, Any]


def ship_sold(work: Workday, customer: int, content: Content) -> tuple[int | None, int, dict[int, int]]:
    """Ship what an invoice says that it moves, by an order of its own.

    Answers shipment (none where it moves nothing), warehouse, and by number of the invoice's line that of the
    shipment. Raises `NotEnoughStock` where no warehouse has all of it.
    """
    moved = {int(part["product_id"]) for part in content.get("stock", ())}
    lines = [
        (line["line_number"], int(line["product_id"]), milli(line["quantity"]), cents(line.get("unit_price") or "0"))
        for line in content["lines"]
        if int(line.get("product_id") or 0) in moved and Decimal(line.get("quantity") or "0") > 0
    ]
    lines = [line for line in lines if work.items[line[1]].kind == "stocked"]
    wanted = int(content.get("location_id") or min(work.warehouses))
    if not lines:
        return None, wanted, {}
    place = next((where for where in (wanted, *work.warehouses) if _has_all(work, where, lines)), wanted)
    order = work.add(
        "sales_orders", number=work.number("SO"), business_date=work.today, customer_id=customer,
        warehouse_id=place, customer_reference=content["number"], shipped=1,
    )  # fmt: skip
    shipment = work.add(
        "shipments", number=work.number("SHP"), business_date=work.today, customer_id=customer,
        warehouse_id=place, order_id=order, invoiced=1,
    )  # fmt: skip
    shipped = {}
    for position, (number, item, quantity, unit) in enumerate(lines, start=1):
        of_order = work.add(
            "sales_order_lines", order_id=order, line_number=position, item_id=item, quantity_milli=quantity,
            unit_cents=unit, shipped_milli=quantity,
        )  # fmt: skip
        shipped[number] = work.new_id()
        cost = stock.take_out(work, (shipment, shipped[number]), item, place, quantity)
        work.add(
            "shipment_lines", shipped[number], shipment_id=shipment, line_number=position, order_line_id=of_order,
            item_id=item, quantity_milli=quantity, cost_cents=cost,
        )  # fmt: skip
    return shipment, place, shipped


def _has_all(work: Workday, place: int, lines: list[tuple[int, int, int, int]]) -> bool:
    wanted: dict[int, int] = {}
    for _, item, quantity, _ in lines:
        wanted[item] = wanted.get(item, 0) + quantity
    return all(stock.on_hand(work, item, place)[0] >= quantity for item, quantity in wanted.items())


def take_back_sold(work: Workday, invoice: int) -> None:
    """Void the shipment of an invoice that was made in QuickBooks: its goods lie on the shelf again."""
    query = (
        "SELECT s.id FROM shipments AS s JOIN invoices AS i ON i.shipment_id = s.id"
        " WHERE i.id = ? AND s.status = 'completed' ORDER BY s.id"
    )
    for (shipment,) in work.rows(query, invoice):
        stock.take_back(work.db, shipment)
        work.set("shipments", shipment, "status", "voided")


def adjust(work: Workday, content: Content, own: int | None, gone: bool) -> int:
    """Book an adjustment of QuickBooks' at the present average cost; what an earlier entry booked is taken back."""
    if own is not None:
        stock.take_back(work.db, own)
        if gone:
            work.set("stock_entries", own, "status", "voided")
            return own
        work.db.execute("DELETE FROM stock_entry_lines WHERE entry_id = ?", (own,))
        work.set("stock_entries", own, "business_date", work.today)
    else:
        own = work.add(
            "stock_entries", number=work.number("ADJ"), business_date=work.today, kind="adjustment",
            reason=ADJUSTED_THERE, memo=f"QuickBooks {content['number']}",
        )  # fmt: skip
    for position, part in enumerate(content["lines"], start=1):
        item, quantity, line = int(part["product_id"]), milli(part["quantity"]), work.new_id()
        place = int(part.get("location_id") or min(work.warehouses))
        if quantity < 0:
            cost = -stock.take_out(work, (own, line), item, place, -quantity)
        else:
            cost = _cost_of_found(work, item, place, quantity)
            stock.bring_in(work, (own, line), item, place, quantity, cost)
        work.add(
            "stock_entry_lines", line, entry_id=own, line_number=position, item_id=item, warehouse_id=place,
            quantity_milli=quantity, cost_cents=cost,
        )  # fmt: skip
    return own


def _cost_of_found(work: Workday, item: int, place: int, quantity: int) -> int:
    if stock.on_hand(work, item, place)[0] > 0:
        return stock.average_cost(work, item, place, quantity)
    return line_cents(quantity, work.items[item].purchase_cents)
