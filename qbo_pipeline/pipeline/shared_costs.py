"""What landed costs that come as one sum add to goods in stock: their lines name no goods, we share them.

What belongs here: the shares as they were posted, by themselves or within a day's summary; and where nothing of one is
posted, as they would be. The inventory system shares such a cost itself, so its own stock value has them either way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, and_, func, select

from qbo_pipeline.accounting.books import Books, rate_on
from qbo_pipeline.accounting.drafts import Stop
from qbo_pipeline.accounting.sharing import TO_SHARE, shared_legs
from qbo_pipeline.inventory.records import Movement
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import posting_effects, postings
from qbo_pipeline.store.tables.records import records

Part = tuple[str | None, str | None, Decimal]  # product, location, home currency


class ShareInStock(NamedTuple):
    """A share of a landed cost that goods in stock bear, in home currency; `record` is the row of the landed cost."""

    record: Any
    product_id: str | None
    location_id: str | None
    amount: Decimal


def shares_in_stock(connection: Connection, name: str, books: Books, since: date) -> Iterator[ShareInStock]:
    """The shares of all landed costs as one sum from a day on, by date; none of one that is voided or set aside."""
    query = (
        select(records)
        .where(
            records.c.connection == name,
            records.c.record_type == "movement",
            records.c.kind == "landed_cost",
            records.c.business_date >= since,
            records.c.disposition != "set_aside",
            records.c.content.contains(f'"{TO_SHARE}"', autoescape=True),
            records.c.vanished_at.is_(None),
        )
        .order_by(records.c.business_date, records.c.record_id)
    )
    for rows in chunks(connection.execute(query).all()):
        posted = _posted(connection, name, books, [f"movement/{row.record_id}" for row in rows])
        for row in rows:
            movement = Movement.from_content(orjson.loads(row.content))
            if movement.status == "completed":
                parts = posted.get(f"movement/{row.record_id}")
                for product_id, location_id, amount in _as_shared(movement, books) if parts is None else parts:
                    yield ShareInStock(row, product_id, location_id, amount)


def _posted(connection: Connection, name: str, books: Books, keys: Sequence[str]) -> dict[str, list[Part]]:
    """By key, what the newest postings of these landed costs do to stock; one without a posting is not there."""
    effects = posting_effects.c
    newest = and_(
        postings.c.connection == effects.connection,
        postings.c.key == effects.key,
        postings.c.revision == effects.revision,
        postings.c.superseded_by.is_(None),
    )
    of = func.coalesce(effects.record_key, effects.key)
    query = (
        select(of.label("of"), effects.product_id, effects.location_id, effects.amount, effects.account_id)
        .join(postings, newest)
        .where(effects.connection == name, of.in_(keys))
        .order_by(effects.key, effects.line)
    )
    stock = books.accounts_of("inventory")
    found: dict[str, list[Part]] = {}
    for row in connection.execute(query):
        parts = found.setdefault(row.of, [])
        if row.account_id in stock:
            parts.append((row.product_id, row.location_id, row.amount))
    return found


def _as_shared(movement: Movement, books: Books) -> Iterator[Part]:
    """What its lines to share would put on stock by the rules of its day; nothing where the rules refuse it."""
    own = books.on(movement.business_date)
    try:
        rate = rate_on(own, movement.currency, movement.business_date, movement.exchange_rate)
        for line in movement.lines:
            for leg in shared_legs(movement, line, line.value * rate, own) if line.role == TO_SHARE else ():
                if leg.role == "inventory":
                    yield leg.product_id, leg.location_id, leg.amount
    except Stop:
        return
