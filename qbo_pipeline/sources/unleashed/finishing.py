"""What several of Unleashed's papers give together: shipments at the cost of order lines, and what is worked out.

What belongs here: reading what was staged and making rows of it. The arithmetic is in `solving.py`.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.http.exact import read_exact
from qbo_pipeline.sources.landed.anchor import number
from qbo_pipeline.sources.landed.projection import Projection, Row
from qbo_pipeline.sources.unleashed.fields import cents
from qbo_pipeline.sources.unleashed.look_up import LookUp
from qbo_pipeline.sources.unleashed.papers import invoice_rows
from qbo_pipeline.sources.unleashed.solving import Answer, MovedLine, Pair, solve

MOVEMENT = ("movement_id", "kind", "number", "business_date", "party_id", "currency", "status", "account", "memo")
LINE = ("movement_id", "business_date", "line_id", "line_number", "role", "product_id", "location_id", "quantity",
        "value")  # fmt: skip
SHIPPED = ("task_id", "movement_id", "number", "business_date", "party_id", "location_id", "status", "line_id",
           "position", "order_line", "code", "quantity")  # fmt: skip
UNSOLVED = ("movement_id", "business_date", "line_id", "line_number", "product_id", "location_id", "how", "quantity",
            "new_value", "target_id", "sequence")  # fmt: skip
_ORDER_TABLES = ("documents", "document_lines", "movements", "movement_lines")
_SOLVED = "solved/"

Tables = dict[str, list[Row]]


def finish_order(look: LookUp, task_id: str, at: str) -> None:
    """Make the invoices and shipments of an order anew, by what the order says of them."""
    select = look.projection.select
    rows: Tables = defaultdict(list)
    orders = select("SELECT * FROM orders_rows WHERE task_id = ?", task_id)
    lines = {line["line_number"]: line for line in select("SELECT * FROM order_lines_rows WHERE task_id = ?", task_id)}
    journal_only = any(order["journal_only"] for order in orders)
    for invoice in select("SELECT * FROM invoices_rows WHERE task_id = ? ORDER BY invoice_id", task_id):
        made = invoice_rows(look, read_exact(invoice["content"]), invoice["invoice_id"], journal_only=journal_only)
        for table, found in made.items():
            rows[table] += found
    query = "SELECT * FROM shipped_rows WHERE task_id = ? ORDER BY movement_id, CAST(position AS INTEGER)"
    heads: dict[str, Row] = {}
    for shipped in select(query, task_id):
        line = lines.get(shipped["order_line"])
        if line is not None and not look.stocked(line["product_id"]) and line["product_id"]:
            continue
        heads[shipped["movement_id"]] = {
            "kind": "shipment", "currency": look.currency, "account": None, "memo": None,
            **{name: shipped[name] for name in ("movement_id", "number", "business_date", "party_id", "status")},
        }  # fmt: skip
        rows["movement_lines"].append(_shipped_line(shipped, line))
    rows["movements"] = list(heads.values())
    look.projection.replace(f"order/{task_id}", rows, at, _ORDER_TABLES)


def _shipped_line(shipped: sqlite3.Row, line: sqlite3.Row | None) -> Row:
    """A line of a shipment: product and cost are the order line's. Where that is not there, or is of another product,
    the line has neither, and its record is set aside."""
    found = None if line is None else line["product_id"]
    if line is not None and shipped["code"] and line["code"] and shipped["code"].lower() != line["code"].lower():
        found = shipped["code"]
    quantity, value = shipped["quantity"], None
    if line is not None and line["cost"] is not None and quantity is not None:
        quantity = decimal_text(-number(quantity))
        value = decimal_text(cents(number(quantity) * number(line["cost"])))
    return {
        "movement_id": shipped["movement_id"],
        "business_date": shipped["business_date"],
        "line_id": shipped["line_id"],
        "line_number": shipped["position"],
        "role": "stock",
        "product_id": found,
        "location_id": shipped["location_id"],
        "quantity": quantity,
        "value": value,
    }


def solve_all(projection: Projection, at: str) -> None:
    """Make the movements of which something had to be worked out."""
    answers = _answers(projection)
    lines: dict[str, list[Row]] = defaultdict(list)
    for row in projection.select("SELECT * FROM unsolved_rows ORDER BY line_id"):
        lines[row["movement_id"]] += _solved_lines(row, answers[row["line_id"]])
    for row in projection.select("SELECT * FROM pending_lines_rows"):
        lines[row["movement_id"]].append({name: row[name] for name in LINE})
    wanted = {}
    for head in projection.select("SELECT * FROM pending_rows"):
        found = sorted(lines[head["movement_id"]], key=lambda line: (int(line["line_number"]), line["line_id"]))
        if not found:
            continue  # a credit whose goods stayed away
        movement = {name: head[name] for name in MOVEMENT}
        if movement["kind"] == "adjustment" and all(line["quantity"] == "0" for line in found):
            movement["kind"] = "revaluation"
        wanted[f"{_SOLVED}{head['movement_id']}"] = {"movements": [movement], "movement_lines": found}
    before = projection.select(f"SELECT DISTINCT owner FROM movements_rows WHERE owner LIKE '{_SOLVED}%'")
    for owner in {row["owner"] for row in before} | wanted.keys():
        projection.replace(owner, wanted.get(owner, {}), at, ("movements", "movement_lines"))


def _solved_lines(row: sqlite3.Row, answer: Answer) -> Iterable[Row]:
    """The lines of the contract for one that was worked out; what could not be is handed on with the reason as its
    value, so that its record is set aside and says why."""
    line: Row = {name: row[name] for name in LINE if name not in ("role", "value")} | {"role": "stock"}
    if isinstance(answer, str):
        yield line | {"value": answer}
        return
    quantity, value = answer
    if row["how"] != "adjustment" and not quantity:
        return
    yield line | {"quantity": decimal_text(quantity), "value": decimal_text(value)}
    if row["target_id"]:
        yield line | {
            "line_id": f"{row['line_id']}:in",
            "location_id": row["target_id"],
            "quantity": decimal_text(-quantity),
            "value": decimal_text(-value),
        }


_KNOWN = f"""
SELECT l.product_id, l.business_date, l.location_id, l.quantity, l.value
FROM movement_lines_rows AS l JOIN movements_rows AS m ON m.movement_id = l.movement_id
WHERE m.status = 'completed' AND l.role = 'stock' AND l.owner NOT LIKE '{_SOLVED}%' AND EXISTS
  (SELECT 1 FROM unsolved_rows AS u WHERE u.product_id = l.product_id AND u.business_date = l.business_date)
UNION ALL
SELECT product_id, business_date, location_id, quantity, value FROM pending_lines_rows WHERE value IS NOT NULL
"""


def _answers(projection: Projection) -> dict[str, Answer]:
    """By line, what could be worked out, product by product and day by day."""
    groups: dict[tuple[str, str], list[sqlite3.Row]] = defaultdict(list)
    for row in projection.select("SELECT * FROM unsolved_rows ORDER BY sequence, line_id"):
        groups[str(row["product_id"]), str(row["business_date"])].append(row)
    known: dict[tuple[str, str], list[tuple[str, Pair]]] = defaultdict(list)
    for row in projection.select(_KNOWN):
        pair = (number(row["quantity"]), number(row["value"]))
        known[row["product_id"], row["business_date"]].append((str(row["location_id"]), pair))
    days = {row["day"] for row in projection.select("SELECT DISTINCT day FROM stock_days_rows")}
    stock = _stock(projection, groups.keys())
    answers: dict[str, Answer] = {}
    for (product_id, day), rows in groups.items():
        eve = _day_before(day)
        if day not in days or eve not in days:
            answers |= {row["line_id"]: f"stock as at {day} and the day before was not read yet" for row in rows}
            continue
        lines = [_moved(row) for row in rows]
        answers |= solve(lines, known[product_id, day], stock[product_id, eve], stock[product_id, day])
    return answers


def _moved(row: sqlite3.Row) -> MovedLine:
    return MovedLine(
        line_id=row["line_id"],
        kind=row["how"],
        location=str(row["location_id"]),
        quantity=number(row["quantity"]),
        value=number(row["new_value"]),
        target=row["target_id"],
    )


def _stock(projection: Projection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str | None], dict[str, Pair]]:
    """By product and day, what there was in each warehouse: in the evenings of these days and of the days before."""
    keys = {(product_id, at) for product_id, day in wanted for at in (_day_before(day), day)}
    found: dict[tuple[str, str | None], dict[str, Pair]] = {key: {} for key in keys}
    for row in projection.select("SELECT * FROM stock_rows"):
        if (key := (row["product_id"], row["day"])) in keys:
            q, v = found[key].get(row["location_id"], (Decimal(0), Decimal(0)))
            found[key][row["location_id"]] = (q + number(row["quantity"]), v + number(row["value"]))
    return found


def _day_before(day: str) -> str | None:
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return None
