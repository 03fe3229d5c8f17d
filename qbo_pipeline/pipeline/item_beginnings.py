"""With which stock the tracked items of a connection begin, and with which they were made in QuickBooks.

What belongs here: the look-ups of `accounting.books` that tracked mode has besides. Neither reads anything where no
rule asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, or_, select

from qbo_pipeline.accounting.books import Made, Opening
from qbo_pipeline.pipeline.arrow import streamed
from qbo_pipeline.posting.events import CREATE
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import records, stock_lines

ToHome = Callable[[Decimal, str, date, Decimal | None], Decimal | None]
_MAKING = ("assembly", "disassembly", "production_receipt")
BY_NAME = ("name", "person")  # how an item that was there before came to be one of ours


class ItemBeginnings:
    """The beginnings of one connection's items, as the store has them when they are first asked for."""

    def __init__(self, connection: Connection, name: str, to_home: ToHome) -> None:
        self._connection = connection
        self._name = name
        self._to_home = to_home
        self._made: dict[str, Made | None] = {}

    def _lines(self, *kinds: str) -> Iterator[tuple[Any, Decimal]]:
        """The stock lines of some kinds of movements, each with its value in home currency; without those that have no
        rate."""
        joined = (stock_lines.c.connection == records.c.connection) & (stock_lines.c.record_id == records.c.record_id)
        query = (
            select(stock_lines)
            .join(records, joined & (records.c.record_type == "movement"))
            .where(stock_lines.c.connection == self._name, stock_lines.c.kind.in_(kinds))
            .where(records.c.vanished_at.is_(None), records.c.disposition != "set_aside")
            .order_by(stock_lines.c.business_date, stock_lines.c.record_id, stock_lines.c.line_id)
        )
        for row in streamed(self._connection, query):
            value = self._to_home(row.value, row.currency, row.business_date, row.rate)
            if value is not None:
                yield row, value

    @cached_property
    def first_made(self) -> dict[str, Opening]:
        """By product, the line by which any of it was first made at a cost."""
        found: dict[str, Opening] = {}
        for row, value in self._lines(*_MAKING):
            if row.quantity > 0 and value > 0 and row.product_id not in found:
                found[row.product_id] = Opening(business_date=row.business_date, quantity=row.quantity, value=value)
        return found

    @cached_property
    def openings(self) -> dict[str, Opening]:
        """By product, its opening stock over all movements and locations; without those whose value has no rate."""
        found: dict[str, Opening] = {}
        for row, value in self._lines("opening"):
            if not (row.quantity or value):
                continue
            before = found.get(row.product_id)
            found[row.product_id] = Opening(
                business_date=min(row.business_date, before.business_date) if before else row.business_date,
                quantity=row.quantity + (before.quantity if before else 0),
                value=value + (before.value if before else 0),
            )
        return found

    def made(self, product_id: str) -> Made | None:
        """How a product's tracked item came to be; `None` where nothing of it was ever sent."""
        if product_id not in self._made:
            self._made[product_id] = self._look(f"product/{product_id}")
        return self._made[product_id]

    def _look(self, key: str) -> Made | None:
        mine = (postings.c.connection == self._name, postings.c.key == key, postings.c.entity == "Item")
        linked = select(posting_links.c.linked_by).where(
            posting_links.c.connection == self._name, posting_links.c.key == key
        )
        link = self._connection.execute(linked).scalar_one_or_none()
        if link in BY_NAME:
            return Made(quantity=None)
        sent = or_(postings.c.attempts > 0, postings.c.qbo_id.is_not(None))
        first = (
            select(postings.c.payload)
            .where(*mine, sent, postings.c.operation == CREATE, postings.c.payload.is_not(None))
            .order_by(postings.c.revision)
        )
        payload = self._connection.execute(first.limit(1)).scalar_one_or_none()
        if payload is None:
            return None
        quantity = from_wire(payload).get("QtyOnHand")
        return None if quantity is None else Made(quantity=Decimal(quantity))
