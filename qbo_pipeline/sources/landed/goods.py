"""The goods of an invoice, of systems that have no shipments: what an invoice names has left on its day, and what is
negative on it has come back.

What belongs here: the movements of one invoice. How its lines are read is the system's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.projection import Row
from qbo_pipeline.sources.landed.values import cents

Tables = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of an invoice with a stocked product: `mark` tells it from the others, `unit_cost` is what one cost."""

    mark: str
    position: int
    product_id: str
    location_id: str
    quantity: Decimal
    unit_cost: Decimal | None


def goods_rows(
    invoice_id: str,
    number: str,
    dated: str | None,
    customer_id: str | None,
    currency: str,
    sold: Iterable[Sold],
    status: str = "completed",
) -> Tables:
    """The shipment and the customer's return of an invoice, where it has lines for them."""
    lines: Tables = defaultdict(list)
    for line in sold:
        kind = "shipment" if line.quantity > 0 else "customer_return"
        value = None if line.unit_cost is None else decimal_text(cents(-line.quantity * line.unit_cost))
        lines[kind].append(
            {"movement_id": f"{invoice_id}:{kind}", "business_date": dated,
             "line_id": f"{invoice_id}:{kind}:{line.mark}", "line_number": line.position, "role": "stock",
             "product_id": line.product_id, "location_id": line.location_id,
             "quantity": decimal_text(-line.quantity), "value": value}
        )  # fmt: skip
    rows: Tables = {"movements": [], "movement_lines": []}
    for kind, found in lines.items():
        rows["movements"].append(
            {"movement_id": f"{invoice_id}:{kind}", "kind": kind, "number": number, "business_date": dated,
             "party_id": customer_id, "currency": currency, "status": status}
        )  # fmt: skip
        rows["movement_lines"] += found
    return rows
