"""What was ordered on the page: each order is shown first and carried out once.

What belongs here: SQL on `page_orders`. What became of each posting stands in the journal as well, with who and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, and_, select, update

from qbo_pipeline.store.tables.page import page_orders


@dataclass(frozen=True, slots=True)
class PageOrder:
    """A decision about some postings, as they were when it was shown."""

    order_id: str
    name: str
    decision: str
    items: list[dict[str, Any]]
    why: str | None
    results: list[dict[str, Any]] | None
    made_at: datetime
    begun_at: datetime | None
    done_at: datetime | None


def put_order(
    transaction: Connection, connection: str, order_id: str, name: str, decision: str, items: list[dict[str, Any]],
    *, now: datetime,
) -> None:  # fmt: skip
    """Keep an order that is to be shown."""
    row = {"connection": connection, "order_id": order_id, "name": name, "decision": decision, "made_at": now}
    transaction.execute(page_orders.insert(), row | {"items": orjson.dumps(items).decode()})


def load_order(reading: Connection, connection: str, order_id: str) -> PageOrder | None:
    """The order with this id."""
    row = reading.execute(
        select(page_orders).where(page_orders.c.connection == connection, page_orders.c.order_id == order_id)
    ).first()
    if row is None:
        return None
    results = None if row.results is None else orjson.loads(row.results)
    return PageOrder(
        row.order_id, row.name, row.decision, orjson.loads(row.items), row.why, results, row.made_at, row.begun_at,
        row.done_at,
    )  # fmt: skip


def begin_order(transaction: Connection, connection: str, order_id: str, name: str, why: str, now: datetime) -> bool:
    """Take an order to carry it out; `False` where that was begun before, or it is somebody else's."""
    taken = transaction.execute(
        update(page_orders)
        .where(
            and_(
                page_orders.c.connection == connection,
                page_orders.c.order_id == order_id,
                page_orders.c.name == name,
                page_orders.c.begun_at.is_(None),
            )
        )
        .values(begun_at=now, why=why)
    )
    return taken.rowcount == 1


def end_order(
    transaction: Connection, connection: str, order_id: str, results: list[dict[str, Any]], now: datetime
) -> None:
    """Keep what became of each posting of an order."""
    transaction.execute(
        update(page_orders)
        .where(page_orders.c.connection == connection, page_orders.c.order_id == order_id)
        .values(results=orjson.dumps(results).decode(), done_at=now)
    )
