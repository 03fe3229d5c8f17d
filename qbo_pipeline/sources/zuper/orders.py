"""A purchase order of Zuper: how much of each line was fulfilled, and whether the vendor has invoiced it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from qbo_pipeline.sources.landed.orders import OrderedLine, OrderNow
from qbo_pipeline.sources.landed.values import MAIN, Object, amount, day, exact, objects, part, text
from qbo_pipeline.sources.zuper.values import behind, line_net, numbered, uid

INVOICED = frozenset({"INVOICED", "PAID", "CLOSED"})
"""Statuses of an order that its vendor has invoiced."""
NOTHING = frozenset({"CANCELED", "REJECTED", "VENDOR_REJECTED"})
"""Statuses of an order of which nothing comes."""


def read_order(zone: ZoneInfo, order_id: str, content: Object) -> OrderNow:
    """An order as Zuper answers it."""
    order = part(content, "data") or content
    status = text(order, "purchase_order_status", "status")
    ship_to = uid(part(order, "ship_to"), "product_location")
    return OrderNow(
        order_id=order_id,
        number=numbered(order, "purchase_order_number") or text(order, "reference_number") or order_id,
        vendor_id=behind(order, "vendor", "vendor_uid"),
        dated=day(order, zone, "purchase_order_date", "created_at"),
        due=None,  # `due_date` is when the goods are due
        seen_on=day(order, zone, "updated_at"),
        is_over=status in INVOICED,
        is_void=status in NOTHING,
        status=status,
        lines=[
            _line(line, position, ship_to or MAIN)
            for position, line in enumerate(objects(order, "line_items"), start=1)
            if text(line, "line_item_type") not in ("HEADER", "GROUP")
        ],
    )


def _line(line: Object, position: int, ship_to: str) -> OrderedLine:
    quantity, net = exact(line, "quantity"), line_net(line)
    worth = exact({"net": net}, "net")
    return OrderedLine(
        line_id=text(line, "line_item_uid") or str(position),
        product_id=uid(line, "product_uid"),
        description=text(line, "name"),
        quantity=amount(line, "quantity"),
        net=net,
        # With its discount: what the order costs is what the goods are worth.
        unit_cost=worth / quantity if quantity and worth is not None else exact(line, "unit_price"),
        received=exact(line, "fulfilled_quantity"),
        location_id=uid(line, "location_uid") or ship_to,
    )
