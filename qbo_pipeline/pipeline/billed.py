"""Receipts that are not accrued: which bills carry their value to QBO.

What belongs here: the matches of such receipts, and a receipt's stock row taken apart by them, so that a bill is
compared with what it brought in and each of the two is reported once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from qbo_pipeline.store.tables.records import bill_matches, records

NOT_ACCRUED = "accrual_off"  # the rule under which such a receipt posts nothing
_MILLIONTH = Decimal("0.000001")

Line = tuple[str, str]  # movement and line


class Billed(NamedTuple):
    """What one bill has of a receipt's line."""

    document_id: str
    quantity: Decimal


def billed_lines(connection: Connection, name: str) -> dict[Line, list[Billed]]:
    """By line of each receipt that is not accrued, its bills in the order of their dates."""
    mine = (records.c.connection == name, records.c.record_type == "movement", records.c.rule == NOT_ACCRUED)
    receipts = select(records.c.record_id).where(*mine, records.c.disposition == "excluded")
    table = bill_matches.c
    query = select(table.movement_id, table.movement_line_id, table.document_id, table.quantity).where(
        table.connection == name, table.movement_id.in_(receipts)
    )
    found: dict[Line, list[Billed]] = defaultdict(list)
    for row in connection.execute(query.order_by(table.business_date, table.document_id, table.line_id)):
        found[row.movement_id, row.movement_line_id].append(Billed(row.document_id, row.quantity))
    return dict(found)


def by_bill(row: Mapping[str, Any], bills: Sequence[Billed]) -> Iterator[dict[str, Any]]:
    """A stock row as one for each bill that carries a part of it, and one for what is not billed yet.

    Values are shared by quantity, in millionths; together they are the row's. What is billed beyond the quantity
    that was received has no share.
    """
    whole, value = row["quantity"], row["value"]
    taken, spent = Decimal(0), Decimal(0)
    for bill in bills:
        quantity = min(abs(bill.quantity), abs(whole) - abs(taken))
        if quantity <= 0:
            continue
        taken += quantity if whole > 0 else -quantity
        upto = (value * taken / whole).quantize(_MILLIONTH, ROUND_HALF_EVEN)
        signed = quantity if whole > 0 else -quantity
        part = {"quantity": signed, "value": upto - spent, "posted_by": f"document/{bill.document_id}"}
        spent = upto
        yield dict(row) | part
    if taken != whole or not bills:
        yield dict(row) | {"quantity": whole - taken, "value": value - spent}
