"""Notes on which business days something changed, whoever changed it: the generator, or a person with plain SQL.

What belongs here: the triggers on the company's tables, and the note that the generator makes for a whole day.
The time of a change is by the company's own clock, which only moves forward: a generated day is written at its
business date's end, and each later change one second after the latest before it. So equal work gives equal times.
"""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from qbo_pipeline.demo.schema import has_boatyard

_CLOSING_TIME = time(22, 0)

HEADERS = (
    "purchase_orders", "receipts", "bills", "supplier_returns", "supplier_credits", "shipments", "invoices",
    "customer_returns", "credit_notes", "stock_entries", "bank_entries", "quotes",
)  # fmt: skip
LINES = {
    "purchase_order_lines": ("purchase_orders", "order_id"),
    "receipt_lines": ("receipts", "receipt_id"),
    "bill_lines": ("bills", "bill_id"),
    "supplier_return_lines": ("supplier_returns", "return_id"),
    "supplier_credit_lines": ("supplier_credits", "credit_id"),
    "shipment_lines": ("shipments", "shipment_id"),
    "invoice_lines": ("invoices", "invoice_id"),
    "customer_return_lines": ("customer_returns", "return_id"),
    "credit_note_lines": ("credit_notes", "credit_note_id"),
    "stock_entry_lines": ("stock_entries", "entry_id"),
    "quote_lines": ("quotes", "quote_id"),
    "bank_entry_allocations": ("bank_entries", "entry_id"),
}
YARD_HEADERS = ("yard_documents", "yard_movements", "yard_payments")
YARD_LINES = {
    "yard_document_lines": ("yard_documents", "document_id"),
    "yard_matches": ("yard_documents", "document_id"),
    "yard_movement_lines": ("yard_movements", "movement_id"),
    "yard_payment_allocations": ("yard_payments", "payment_id"),
}
_NEXT_INSTANT = (
    "(SELECT coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', max(changed_at), '+1 second'), '2000-01-01T00:00:00Z')"
    " FROM day_changes)"
)


def install(db: sqlite3.Connection) -> None:
    """Create the triggers: from now on every insert, update and delete marks its day as changed."""
    for statement in _statements(yard=has_boatyard(db)):
        db.execute(statement)


def remove(db: sqlite3.Connection) -> None:
    """Drop the triggers, so that the generator writes at full speed; it notes its day itself."""
    for table in (*HEADERS, *LINES, "bill_receipt_matches", *YARD_HEADERS, *YARD_LINES):
        for event in ("insert", "update", "delete"):
            db.execute(f"DROP TRIGGER IF EXISTS {table}_{event}_changes_day")


def note_day(db: sqlite3.Connection, day: date, time_zone: str) -> None:
    """Note that `day` was worked: at its closing time, or a second after the latest change, whichever is later."""
    closing = datetime.combine(day, _CLOSING_TIME, ZoneInfo(time_zone)).astimezone(ZoneInfo("UTC"))
    _note(db, day.isoformat(), closing.strftime("%Y-%m-%dT%H:%M:%SZ"))


def note_earlier_day(db: sqlite3.Connection, business_date: str) -> None:
    """Note that today's work changed a document of an earlier day (goods that match an earlier bill)."""
    _note(db, business_date, "")


def _note(db: sqlite3.Connection, business_date: str, earliest: str) -> None:
    db.execute(
        f"INSERT INTO day_changes (business_date, changed_at) VALUES (?, max(?, {_NEXT_INSTANT}))"
        " ON CONFLICT (business_date) DO UPDATE SET changed_at = excluded.changed_at",
        (business_date, earliest),
    )


def _statements(*, yard: bool) -> list[str]:
    day_of = dict.fromkeys(HEADERS + (YARD_HEADERS if yard else ()), "{row}.business_date")
    for table, (header, column) in (LINES | (YARD_LINES if yard else {})).items():
        day_of[table] = f"(SELECT h.business_date FROM {header} AS h WHERE h.id = {{row}}.{column})"
    day_of["bill_receipt_matches"] = (
        "(SELECT h.business_date FROM bills AS h JOIN bill_lines AS l ON l.bill_id = h.id"
        " WHERE l.id = {row}.bill_line_id)"
    )
    rows = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}
    return [
        _trigger(table, event, [day.format(row=row) for row in names])
        for table, day in day_of.items()
        for event, names in rows.items()
    ]


def _trigger(table: str, event: str, days: list[str]) -> str:
    changed = " UNION ".join(f"SELECT {day} AS day" for day in days)
    return (
        f"CREATE TRIGGER {table}_{event}_changes_day AFTER {event.upper()} ON {table} BEGIN"
        f" INSERT INTO day_changes SELECT day, {_NEXT_INSTANT} FROM ({changed}) WHERE day IS NOT NULL"
        " ON CONFLICT (business_date) DO UPDATE SET changed_at = excluded.changed_at; END"
    )
