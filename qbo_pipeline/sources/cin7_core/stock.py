"""What moved Cin7 Core's stock, as movements with lines: each task's movements of all its products together.

What belongs here: the kinds of movement, the joining of what stands with products to the papers that moved them, and
what a bill's line is matched with. The API gives cost and location of a movement with its product alone.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.projection import Projection, Row

KINDS = {
    "Purchase": "receipt", "Advanced Purchase": "receipt",
    "Unstock": "supplier_return", "Advanced Purchase Unstock": "supplier_return",
    "Sale": "shipment", "SaleMultiple": "shipment",
    "Restock": "customer_return", "RestockMultiple": "customer_return",
    "Adjustment": "adjustment", "Stocktake": "stock_count",
    "Transfer Out": "transfer", "Transfer In": "transfer",
    "Finished Goods": "assembly", "Inventory Write-Off": "write_off", "Disassembly": "disassembly",
}  # fmt: skip
"""By Cin7 Core's types of a movement, ours. What moves no quantity (the types that end in "Cost Change", and those of
accrued cost) is a revaluation; a type that is not here is handed on as it is, and its record is set aside."""

_MOVES = "SELECT * FROM moves_rows WHERE task_id = ? ORDER BY business_date, type, product_id, location_id, quantity"


def finish_task(projection: Projection, task_id: str, currency: str | None, at: str) -> None:
    """Make the movements of a task anew, and the matches of the bills that pay for them."""
    tasks = projection.select("SELECT * FROM tasks_rows WHERE task_id = ? ORDER BY owner LIMIT 1", task_id)
    moves = projection.select(_MOVES, task_id)
    voided = bool(tasks) and tasks[0]["status"] == "VOIDED"
    # What a task moved before it was voided stays to be seen, and counts no more.
    live = [move for move in moves if not move["gone"]]
    rows: dict[str, list[Row]] = defaultdict(list)
    receipts: dict[str, list[Row]] = defaultdict(list)
    for movement_id, kind, found in _movements(task_id, moves if voided and not live else live):
        lines = [_line(movement_id, n, move) for n, move in enumerate(found, start=1)]
        head = tasks[0] if tasks else None
        rows["movements"].append(
            {
                "movement_id": movement_id,
                "kind": kind,
                "number": (head and head["number"]) or found[0]["number"] or task_id[:8],
                "business_date": found[0]["business_date"],
                "party_id": head and head["party_id"],
                "currency": currency,
                "status": "voided" if voided else "completed",
                "account": head and head["account"],
                "memo": head and head["memo"],
            }
        )
        rows["movement_lines"] += lines + _labour(movement_id, kind, lines)
        receipts[kind] += lines
    rows["bill_matches"] = list(_matches(projection, task_id, receipts))
    owner = f"task/{task_id}"
    if "bill_matches" in projection.replace(owner, rows, at, ("movements", "movement_lines", "bill_matches")):
        for bill in projection.select("SELECT DISTINCT business_date FROM billed_rows WHERE task_id = ?", task_id):
            if bill["business_date"]:
                projection.day_changed(bill["business_date"], at)


def _movements(task_id: str, moves: Iterable[sqlite3.Row]) -> Iterable[tuple[str, str, list[sqlite3.Row]]]:
    """One movement for each kind and day of a task; the first day's is named after the task and the kind alone."""
    groups: dict[tuple[str, str], list[sqlite3.Row]] = defaultdict(list)
    for move in moves:
        kind = "revaluation" if not _number(move["quantity"]) else KINDS.get(move["type"], str(move["type"]))
        groups[kind, move["business_date"] or ""].append(move)
    named: set[str] = set()
    for (kind, day), found in sorted(groups.items(), key=lambda group: group[0]):
        yield f"{task_id}:{kind}" + (f":{day}" if kind in named else ""), kind, found
        named.add(kind)


def _line(movement_id: str, position: int, move: sqlite3.Row) -> Row:
    """A line; its value has the sign of its quantity, whichever sign the API gives to cost."""
    quantity, value = _number(move["quantity"]), _number(move["amount"])
    signed = move["amount"] if value is None or not quantity else decimal_text(abs(value).copy_sign(quantity))
    return {
        "movement_id": movement_id,
        "business_date": move["business_date"],
        "line_id": f"{movement_id}:{position}",
        "line_number": position,
        "role": "stock",
        "product_id": move["product_id"],
        "location_id": move["location_id"],
        "quantity": move["quantity"] or "0",
        "value": signed,
    }


def _labour(movement_id: str, kind: str, lines: list[Row]) -> list[Row]:
    """What an assembly's product costs more than its components: the services that went into it."""
    values = [_number(line["value"]) for line in lines]
    added = sum((value for value in values if value is not None), Decimal(0))
    if kind != "assembly" or added <= 0 or None in values:
        return []
    return [
        {
            "movement_id": movement_id,
            "business_date": lines[0]["business_date"],
            "line_id": f"{movement_id}:labour",
            "line_number": len(lines) + 1,
            "role": "labour",
            "quantity": "0",
            "value": decimal_text(added),
        }
    ]


def _matches(projection: Projection, task_id: str, moved: dict[str, list[Row]]) -> Iterable[Row]:
    """The lines of bills and credits that pay for a task's movements, product by product, as far as quantity goes."""
    bills = projection.select("SELECT * FROM billed_rows WHERE task_id = ? ORDER BY length(line_id), line_id", task_id)
    left = {line["line_id"]: abs(_number(line["quantity"]) or Decimal(0)) for found in moved.values() for line in found}
    for bill in bills:
        wanted = _number(bill["quantity"]) or Decimal(0)
        for line in moved.get(bill["kind"], ()):
            taken = min(wanted, left[line["line_id"]]) if line["product_id"] == bill["product_id"] else Decimal(0)
            if taken <= 0:
                continue
            wanted -= taken
            left[line["line_id"]] -= taken
            yield {
                "document_id": bill["document_id"],
                "line_id": bill["line_id"],
                "movement_id": line["movement_id"],
                "movement_line_id": line["line_id"],
                "quantity": decimal_text(taken),
            }


def _number(value: str | None) -> Decimal | None:
    try:
        return Decimal(value) if value not in (None, "") else None
    except ArithmeticError:
        return None
