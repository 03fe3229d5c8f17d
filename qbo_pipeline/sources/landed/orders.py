"""Purchase orders of systems that say how much of one has come and that it is over, but not when.

What belongs here: the history of them that we keep, and what an order gives: itself, what was received of it day by
day, and its bill once it is over. How a system writes an order is in its own folder; it is read as an `OrderNow`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.http.exact import read_exact, write_exact
from qbo_pipeline.sources.landed.anchor import number
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import Landed, Landing, SeenObject
from qbo_pipeline.sources.landed.projection import Projection, Row, Rows
from qbo_pipeline.sources.landed.values import Object, cents

ORDER = "purchase_order"
RECEIVED = "received"
FINISHED = "finished"
STAGING: Mapping[str, tuple[str, ...]] = {
    "orders": ("task_id", "content"),
    "received": ("task_id", "line_id", "quantity", "day"),
    "finished": ("task_id", "day"),
}
_TABLES = ("documents", "document_lines", "bill_matches", "movements", "movement_lines")
_AT_ONCE = 500
Tables = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """A line of an order: `net` is what all of it costs, `unit_cost` what one does, `received` how much of it has come
    in all, at `location_id`. What is no number is text as it came, or `None`."""

    line_id: str
    product_id: str | None
    description: str | None
    quantity: str | None
    net: str | None
    unit_cost: Decimal | None
    received: Decimal | None
    location_id: str


@dataclass(frozen=True, slots=True)
class OrderNow:
    """An order as it is now: `seen_on` is the day of its last change, `is_over` where it has become a bill, `is_void`
    where nothing comes of it.

    `charges` are amounts beside the goods by what they are for, which is their hint too.
    """

    order_id: str
    number: str
    vendor_id: str | None
    dated: str | None
    due: str | None
    seen_on: str | None
    is_over: bool
    lines: Sequence[OrderedLine]
    charges: Sequence[tuple[str, str]] = ()
    is_void: bool = False
    status: str | None = None


Read = Callable[[str, Object], OrderNow]
"""How a system's content is read as an order, with its id."""


def keep_history(lists: Lists, read: Read) -> None:
    """Land on which day so much of an order's line was first seen as received, and the order as over."""
    landing = lists.landing
    last = int(landing.watermark("received") or 0)
    known: dict[str, Decimal] | None = None
    found: list[SeenObject] = []
    for landed in landing.changed_after(last):
        last = landed.change_number
        if landed.kind != ORDER or landed.vanished:
            continue
        known = _received_until_now(landing) if known is None else known
        found += _events(landing, read(landed.object_id, landed.content), known)
        if len(found) >= _AT_ONCE:  # what lands meanwhile is met again, and is no order
            lists.put(found)
            found = []
    lists.put(found)
    landing.keep_watermark("received", str(last))


def _received_until_now(landing: Landing) -> dict[str, Decimal]:
    """By line, how much was seen to have come."""
    known: dict[str, Decimal] = defaultdict(Decimal)
    for landed in landing.each(RECEIVED):
        known[str(landed.content["line"])] += Decimal(landed.content["quantity"])
    return known


def _events(landing: Landing, order: OrderNow, known: dict[str, Decimal]) -> list[SeenObject]:
    found = []
    for line in order.lines:
        if line.received is not None and (more := line.received - known[line.line_id]):
            known[line.line_id] = line.received
            content = {"order": order.order_id, "line": line.line_id, "quantity": decimal_text(more),
                       "day": order.seen_on}  # fmt: skip
            found.append(SeenObject(RECEIVED, f"{line.line_id}:{decimal_text(line.received)}", content))
    if order.is_over and landing.get(FINISHED, order.order_id) is None:
        content = {"order": order.order_id, "day": order.seen_on}
        found.append(SeenObject(FINISHED, order.order_id, content))
    return found


def staged(landed: Landed) -> Rows:
    """The staging rows of an order, of what was received and of an order that is over."""
    source = landed.content
    if landed.kind == RECEIVED:
        return {"received": [{"task_id": source["order"], "line_id": source["line"], "quantity": source["quantity"],
                              "day": source["day"]}]}  # fmt: skip
    if landed.kind == FINISHED:
        return {"finished": [{"task_id": source["order"], "day": source["day"]}]}
    return {"orders": [{"task_id": landed.object_id, "content": write_exact(source)}]}


def make_orders(
    projection: Projection, read: Read, is_stocked: Callable[[str | None], bool], currency: str, at: str
) -> None:
    """Make the rows of the orders that were touched, of what was received of them and of their bills."""
    for task_id in sorted(projection.tasks):
        rows: Tables = defaultdict(list)
        for found in projection.select("SELECT content FROM orders_rows WHERE task_id = ?", task_id):
            _make(projection, rows, read(task_id, read_exact(found["content"])), is_stocked, currency)
        projection.replace(f"order/{task_id}", rows, at, _TABLES)


def _make(
    projection: Projection, rows: Tables, order: OrderNow, is_stocked: Callable[[str | None], bool], currency: str
) -> None:
    task_id = order.order_id
    finished = projection.select("SELECT day FROM finished_rows WHERE task_id = ?", task_id)
    finished_on = finished[0]["day"] if finished else None
    _document(rows, order, f"{task_id}:order", "purchase_order", order.dated, currency, finished_on)
    if finished:
        _document(rows, order, f"{task_id}:bill", "bill", finished_on, currency, finished_on)
    lines = {line.line_id: line for line in order.lines}
    came: dict[str, list[Row]] = defaultdict(list)
    received = "SELECT * FROM received_rows WHERE task_id = ? ORDER BY day, line_id"
    for event in projection.select(received, task_id):
        line = lines.get(event["line_id"])
        if line is None or not is_stocked(line.product_id):
            continue
        movement_id, before = f"{task_id}:receipt:{event['day']}", len(came[event["day"]])
        line_id, quantity = f"{movement_id}:{line.line_id}:{before}", Decimal(event["quantity"])
        came[event["day"]].append(
            {"movement_id": movement_id, "business_date": event["day"], "line_id": line_id, "line_number": before + 1,
             "role": "stock", "product_id": line.product_id, "location_id": line.location_id,
             "quantity": event["quantity"],
             "value": None if line.unit_cost is None else decimal_text(cents(quantity * line.unit_cost))}
        )  # fmt: skip
        if finished and quantity > 0:
            rows["bill_matches"].append(
                {"document_id": f"{task_id}:bill", "line_id": f"{task_id}:bill:{line.line_id}",
                 "movement_id": movement_id, "movement_line_id": line_id, "quantity": event["quantity"]}
            )  # fmt: skip
    for dated, found in came.items():
        rows["movements"].append(
            {"movement_id": f"{task_id}:receipt:{dated}", "kind": "receipt", "number": order.number,
             "business_date": dated, "party_id": order.vendor_id, "currency": currency, "status": "completed"}
        )  # fmt: skip
        rows["movement_lines"] += found


def _document(
    rows: Tables,
    order: OrderNow,
    document_id: str,
    kind: str,
    dated: str | None,
    currency: str,
    finished_on: str | None,
) -> None:
    """An order's lines and charges as a document."""
    total = sum((number(net) for net in _amounts(order)), Decimal(0))
    rows["documents"].append(
        {"document_id": document_id, "kind": kind, "number": order.number, "business_date": dated,
         "party_id": order.vendor_id, "currency": currency, "net_amount": decimal_text(total), "tax_amount": "0",
         "total_amount": decimal_text(total), "status": "voided" if order.is_void else "completed",
         "due_date": order.due if kind == "bill" else None, "source_status": order.status,
         "finished_on": finished_on if kind == "purchase_order" else None}
    )  # fmt: skip
    shown: list[Row] = [
        {"line_id": f"{document_id}:{line.line_id}", "product_id": line.product_id, "description": line.description,
         "quantity": line.quantity, "net_amount": line.net,
         **({"order_line_id": f"{order.order_id}:order:{line.line_id}"} if kind == "bill" else {})}
        for line in order.lines
    ]  # fmt: skip
    shown += [
        {"line_id": f"{document_id}:{name}", "description": name.capitalize(), "net_amount": net,
         "account": name.upper(), "role": "freight" if name == "shipping" else "charge"}
        for name, net in order.charges
    ]  # fmt: skip
    rows["document_lines"] += [
        {
            "document_id": document_id,
            "business_date": dated,
            "line_number": position,
            **({"order_id": f"{order.order_id}:order"} if kind == "bill" and row.get("order_line_id") else {}),
            **row,
        }
        for position, row in enumerate(shown, start=1)
    ]


def _amounts(order: OrderNow) -> list[str | None]:
    return [*(line.net for line in order.lines), *(net for _, net in order.charges)]
