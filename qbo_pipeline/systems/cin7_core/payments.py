"""What Cin7 Core makes of payments that are posted, put and deleted by its API.

What belongs here: its checks and the booking. A payment is of one invoice or bill, and no larger than what is open of
it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qbo_pipeline.systems.booking import Money, change_payment, delete_payment, enter_payment
from qbo_pipeline.systems.cin7_core.chart import BANK
from qbo_pipeline.systems.cin7_core.resources import BadRequest
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.company import Record, guid

PATHS = {
    "sale/payment": "payment_received",
    "purchase/payment": "payment_made",
    "advanced-purchase/payment": "payment_made",
}


def answer(world: World, method: str, path: str, params: Mapping[str, str], body: bytes) -> Any:
    """Answer a payment that is posted, put or deleted; `None` where it is not there.

    Raises `BadRequest` where it makes no sense.
    """
    kind = PATHS[path]
    if method == "DELETE":
        found = _allocation(world, params.get("ID", ""))
        if found is None:
            return None
        delete_payment(world.company, found["entry_id"])
        return {"Success": True}
    try:
        given: dict[str, Any] = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        cents = int(Decimal(given["Amount"]) * 100)
        day = str(given["DatePaid"])[:10]
    except (ValueError, KeyError, TypeError, ArithmeticError):
        raise BadRequest("Amount and DatePaid are required") from None
    if given.get("Account") != BANK:
        raise BadRequest(f"Account {given.get('Account')} is not found")
    if method == "PUT":
        found = _allocation(world, str(given.get("ID")))
        if found is None:
            return None
        document = _document(world, kind, found["document_id"])
        open_cents = _open(document) + found["amount_cents"]
    elif (document_id := _task(world, kind, str(given.get("TaskID")).lower())) is None:
        return None
    else:
        found, document = None, _document(world, kind, document_id)
        open_cents = _open(document)
    if not 0 < cents <= open_cents:
        raise BadRequest("Payment amount is more than the amount outstanding")
    money = Money(
        kind=kind, party_id=document["customer_id" if kind == "payment_received" else "supplier_id"], day=day,
        cents=cents, method="Bank transfer", reference=str(given.get("Reference") or ""),
        settled={document["id"]: cents},
    )  # fmt: skip
    if found is None:
        enter_payment(world.company, money)
    else:
        change_payment(world.company, found["entry_id"], money)
    world.refresh()
    return [{**given, "TaskID": given.get("TaskID"), "Type": "Payment"}]


def _allocation(world: World, payment_id: str) -> Record | None:
    rows = world.company.table("bank_entry_allocations")
    return next((row for row in rows if guid("allocation", row["id"]) == payment_id.lower()), None)


def _document(world: World, kind: str, document_id: int) -> Record:
    return world.company.by_id("invoices" if kind == "payment_received" else "bills")[document_id]


def _open(document: Record) -> int:
    return int(document["total_cents"] - document["paid_cents"])


def _task(world: World, kind: str, task_id: str) -> int | None:
    """The id of the invoice or bill behind a task."""
    if kind == "payment_received":
        ids = [row["id"] for row in world.company.table("invoices")]
        return next((found for found in ids if guid("invoice", found) == task_id), None)
    bills = world.company.table("bills")
    for row in bills:
        if guid("bill", row["id"]) == task_id:
            return int(row["id"])
    for paper in world.objects["purchase"].values():
        parts = paper["Invoice"] if isinstance(paper["Invoice"], list) else []
        for part in parts:
            if part["TaskID"] == task_id:
                return next((row["id"] for row in bills if row["supplier_reference"] == part["InvoiceNumber"]), None)
    return None
