"""Which documents carry the goods of a tracked company's movements to QuickBooks, and what they carry beyond that.

What belongs here: goods and documents brought together by product. What a bill says of its receipts comes first; the
rest goes in order of date, for an inventory system tells of no other tie, and quantities of one product are alike.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Stop
from qbo_pipeline.accounting.orders import bill_of, makes_its_bill
from qbo_pipeline.accounting.tracked import by_document, line_moves_stock
from qbo_pipeline.inventory.records import Document
from qbo_pipeline.pipeline.arrow import streamed
from qbo_pipeline.pipeline.billed import Billed, Line
from qbo_pipeline.pipeline.made_in_quickbooks import MADE_THERE
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.tables.records import records, stock_lines

# The flow of goods that a kind belongs to, and which way its documents move the stock.
FLOWS = {
    "receipt": "supplier", "supplier_return": "supplier", "bill": "supplier", "purchase_credit": "supplier",
    "shipment": "customer", "customer_return": "customer", "sales_invoice": "customer", "sales_credit": "customer",
    "sales_receipt": "customer", "sales_refund": "customer",
}  # fmt: skip
INWARD = {
    "bill": 1, "purchase_credit": -1, "sales_invoice": -1, "sales_credit": 1, "sales_receipt": -1, "sales_refund": 1,
}  # fmt: skip
Kind = tuple[str, str, bool]  # flow, product, and whether the goods come in


class Goods(NamedTuple):
    """A quantity of a product on one line of a movement or document; `quantity` is not negative."""

    business_date: date
    record_id: str
    line_id: str
    quantity: Decimal


@dataclass(slots=True)
class Carried:
    """By movement line the documents that carry it, in order of date; by document and product, the signed quantity that
    it carries and no movement has moved."""

    shares: dict[Line, list[Billed]] = field(default_factory=lambda: defaultdict(list))
    ahead: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    awaiting: set[Line] = field(default_factory=set)  # lines of which a part has no document


def carried_lines(connection: Connection, name: str, books: Books) -> Carried:
    """Everything that is stored, whatever its date."""
    moved, told, matched = _moved(connection, name, books), defaultdict(list), []
    for document in _documents(connection, name, books):
        for line in document.lines:
            product = books.product(line.product_id) if line.product_id else None
            if product is None or not line_moves_stock(document, line, product, books):
                continue
            signed = (line.quantity or Decimal(0)) * INWARD[document.kind]
            kind = (FLOWS[document.kind], product.product_id, signed > 0)
            told[kind].append(Goods(document.business_date, document.document_id, line.line_id, abs(signed)))
        matched += [(document.document_id, match) for match in document.matches]
    ties = {
        ((document_id, match.line_id), (match.movement_id, match.movement_line_id)): abs(match.quantity)
        for document_id, match in matched
    }
    carried = Carried()
    for kind in sorted({*moved, *told}):
        _bring_together(kind, moved.get(kind, []), told.get(kind, []), ties, carried)
    return carried


def _moved(connection: Connection, name: str, books: Books) -> dict[Kind, list[Goods]]:
    """What moves by documents, as the movements tell it."""
    joined = (stock_lines.c.connection == records.c.connection) & (stock_lines.c.record_id == records.c.record_id)
    query = (
        select(stock_lines)
        .join(records, joined & (records.c.record_type == "movement"))
        .where(stock_lines.c.connection == name, stock_lines.c.kind.in_(FLOWS), records.c.vanished_at.is_(None))
    )
    found: dict[Kind, list[Goods]] = defaultdict(list)
    for row in streamed(connection, query):
        product = books.product(row.product_id)
        stocked = product is not None and product.kind == "stocked"
        if stocked and row.quantity and by_document(row.kind, row.quantity, books):
            kind = (FLOWS[row.kind], row.product_id, row.quantity > 0)
            found[kind].append(Goods(row.business_date, row.record_id, row.line_id, abs(row.quantity)))
    return found


def _documents(connection: Connection, name: str, books: Books) -> Iterable[Document]:
    """The documents that are, or are to be, in QBO and move stock there, those that people made there among them; an
    order's bill stands for it."""
    query = select(records).where(
        records.c.connection == name,
        records.c.record_type == "document",
        records.c.kind.in_((*INWARD, "purchase_order")),
        records.c.vanished_at.is_(None),
        or_(records.c.disposition.in_(("posting", "refused")), records.c.rule == MADE_THERE),
    )
    for row in connection.execute(query):
        record = load_record(row)
        if not isinstance(record, Document):
            continue
        if row.rule == MADE_THERE:
            if record.status == "completed":
                yield record
        elif record.kind != "purchase_order":
            yield record
        elif record.status == "completed" and makes_its_bill(record, books):
            with suppress(Stop):  # refused: it makes no bill
                yield bill_of(record, books)


def _bring_together(
    kind: Kind, moved: list[Goods], told: list[Goods], ties: dict[tuple[Line, Line], Decimal], carried: Carried
) -> None:
    left = {(one.record_id, one.line_id): one.quantity for one in moved}
    free = {(one.record_id, one.line_id): one.quantity for one in told}
    for (document, movement), quantity in sorted(ties.items()):
        if document in free and movement in left:
            _take(document, movement, min(quantity, left[movement], free[document]), left, free, carried)
    waiting = deque(sorted(one for one in told if free[one.record_id, one.line_id]))
    for one in sorted(moved):
        place = (one.record_id, one.line_id)
        while left[place] and waiting:
            document = (waiting[0].record_id, waiting[0].line_id)
            _take(document, place, min(left[place], free[document]), left, free, carried)
            if not free[document]:
                waiting.popleft()
        if left[place]:
            carried.awaiting.add(place)
    for document_line in waiting:
        rest = free[document_line.record_id, document_line.line_id]
        ahead = carried.ahead.setdefault(document_line.record_id, {})
        ahead[kind[1]] = ahead.get(kind[1], Decimal(0)) + (rest if kind[2] else -rest)


def _take(
    document: Line, movement: Line, quantity: Decimal, left: dict[Line, Decimal], free: dict[Line, Decimal],
    carried: Carried,
) -> None:  # fmt: skip
    if quantity <= 0:
        return
    left[movement] -= quantity
    free[document] -= quantity
    carried.shares[movement].append(Billed(document[0], quantity))
