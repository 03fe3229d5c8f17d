"""Keeping what is ordered, so that it is shown before anything is done, and done once."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, go
from qbo_pipeline.store.page_orders import put_order


def keep_order(asked: Asked, decision: str, items: list[dict[str, Any]]) -> Response:
    """Keep what is ordered, and go where it is shown."""
    order_id = secrets.token_urlsafe(16)
    with asked.here.database.transaction() as connection:
        now = asked.here.database.now(connection)
        put_order(connection, asked.here.name, order_id, asked.who.name, decision, items, now=now)
    return go(asked.link(f"orders/{order_id}"))
