"""A purchase order of Syncro: lines in cents, its shipping and other costs in dollars."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.landed.orders import OrderedLine, OrderNow
from qbo_pipeline.sources.landed.values import Object, amount, day, exact, objects, part, text
from qbo_pipeline.sources.syncro.values import ident, money, place

DONE = frozenset({"finished", "finish", "complete", "completed", "closed", "received and finished"})
"""Statuses of a purchase order that is over: that is when Syncro makes a bill of it."""


def read_order(zone: ZoneInfo, order_id: str, content: Object) -> OrderNow:
    """An order as Syncro answers it."""
    order = part(content, "purchase_order") or content
    where = place(order) if ident(order, "location_id") else place(part(order, "location"), "id")
    return OrderNow(
        order_id=order_id,
        number=text(order, "number") or order_id,
        vendor_id=ident(order, "vendor_id") or ident(part(order, "vendor"), "id"),
        dated=day(order, zone, "order_date", "created_at"),
        due=day(order, zone, "due_date"),
        seen_on=day(order, zone, "updated_at"),
        is_over=(text(order, "status") or "").lower() in DONE,
        status=text(order, "status"),
        lines=[_line(line, where) for line in objects(order, "line_items")],
        charges=[(name, net) for name in ("shipping", "other") if exact(order, name) and (net := money(order, name))],
    )


def _line(line: Object, where: str) -> OrderedLine:
    cost = exact(line, "cost_cents")
    return OrderedLine(
        line_id=str(line.get("id")),
        product_id=ident(line, "product_id"),
        description=text(line, "name"),
        quantity=amount(line, "quantity"),
        net=money(line, "total_cents"),
        unit_cost=None if cost is None else cost / 100,
        received=_received(line),
        location_id=where,
    )


def _received(line: Object) -> Decimal | None:
    """How much of an order's line has come in all."""
    found = exact(line, "received_quantity")
    if found is None and line.get("received") is True:
        return exact(line, "quantity")
    return found
