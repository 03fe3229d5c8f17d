"""A company of very many documents, written straight into its store: what the page must be quick with.

What belongs here: the rows, made by SQLite itself from the first of each kind. One in ten waits for approval, the
others are posted; every party has its share of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, event, text

from qbo_pipeline.posting.blank_rows import blank
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.posting import posting_records, postings
from qbo_pipeline.store.tables.reconciliation import differences, reconciliations
from qbo_pipeline.store.tables.records import records

PARTIES, DAYS = 200, 1000
_DAY = f"date('2022-01-01', '+' || (i % {DAYS}) || ' days')"
_AMOUNT = "printf('%d.%02d', 1 + i / 100, i % 100)"
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_POSTED = "CASE WHEN i % 10 = 0 THEN NULL ELSE "
# What differs from the first row of its kind, the `i`th of which is made.
_INVOICES = {
    "record_id": "'d' || i", "number": "printf('INV-%06d', i)", "business_date": _DAY, "amount": f"{_AMOUNT} || '0000'",
    "party_id": f"'p' || (i % {PARTIES})",
}  # fmt: skip
_CUSTOMERS = {
    "record_id": "'customer:p' || i", "number": "'P' || i",
    "content": "printf('{\"kind\":\"customer\",\"name\":\"Company %03d\",\"party_id\":\"p%d\"}', i, i)",
}  # fmt: skip
_KEY = "'document/d' || i"
_POSTINGS = {
    "key": _KEY, "record_key": _KEY, "business_date": _DAY, "amount": _AMOUNT, "number": "printf('INV-%06d', i)",
    "marker": "'m' || i", "state": "CASE WHEN i % 10 = 0 THEN 'parked' ELSE 'posted' END",
    "reason": "CASE WHEN i % 10 = 0 THEN 'awaiting_approval' END", "qbo_id": f"{_POSTED} i END",
    "qbo_number": f"{_POSTED} printf('Q%06d', i) END",
}  # fmt: skip
_SHARES = {"key": _KEY, "record_key": _KEY, "amount": _AMOUNT}


def write_many(database: Database, name: str, number: int) -> None:
    """So many invoices with their postings, and their customers; a store in SQLite."""
    share = {"connection": name, "key": "document/d0", "revision": 1, "record_key": "document/d0", "record_hash": "h"}
    with database.transaction() as connection:
        for table, first, differs, count in (
            (records, _record(name, "party", "customer:p0", "customer", date.min), _CUSTOMERS, PARTIES),
            (records, _record(name, "document", "d0", "sales_invoice", date(2022, 1, 1)), _INVOICES, number),
            (postings, _posting(name), _POSTINGS, number),
            (posting_records, share | {"amount": Decimal("1.00")}, _SHARES, number),
        ):
            connection.execute(table.insert(), first)
            connection.execute(text(_multiplied(table, differs, count)), {"name": name})


_DIFFERENCES = {
    "difference_key": "printf('k%06d', i)", "document_key": "'movement/' || i", "record_key": "'movement/' || i",
    "source_number": "printf('M-%06d', i)", "qbo_number": "printf('Q-%06d', i)",
    "business_date": f"date('2022-01-01', '+' || (i % {DAYS}) || ' days')", "amount": _AMOUNT,
    "cause": "CASE i % 3 WHEN 0 THEN 'waiting' WHEN 1 THEN 'changed_in_qbo' ELSE 'qbo_only' END",
}  # fmt: skip


def write_differences(database: Database, name: str, number: int, as_at: date) -> None:
    """Two reconciliations as at a date, numbers 1 and 2, each with so many differences; a store in SQLite."""
    first = {
        "connection": name, "difference_key": "k", "scope": "document", "document_key": "movement/0",
        "record_key": "movement/0", "kind": "shipment", "business_date": as_at, "account_id": "130",
        "cause": "waiting", "detail": "ready", "amount": Decimal("1.00"), "first_seen": _AT,
        "explanation": "It is extracted and will be posted, but QuickBooks does not have it yet.",
        "remedy": "Run the pipeline for this day.", "who": "data engineer",
    }  # fmt: skip
    with database.transaction() as connection:
        for which in (1, 2):
            connection.execute(reconciliations.insert(), kept(name, which, as_at))
            connection.execute(differences.insert(), first | {"number": which})
            connection.execute(text(_multiplied(differences, _DIFFERENCES, number)), {"name": name})


def kept(name: str, number: int, as_at: date) -> dict[str, Any]:
    """A reconciliation's row."""
    amounts = ("stock_value", "ledger_balance", "difference", "explained", "unexplained", "tolerance")
    return {column.name: None for column in reconciliations.columns} | dict.fromkeys(amounts, Decimal("0.00")) | {
        "connection": name, "number": number, "as_at": as_at, "currency": "USD", "status": "explained",
        "stock_basis": "movements", "notes": "[]", "content_hash": f"h{number}", "report_hash": "h", "made_at": _AT,
        "run_id": "r",
    }  # fmt: skip


def amount(index: int) -> Decimal:
    """What the document of this number comes to."""
    return Decimal(index) / 100 + 1


def _multiplied(table: Table, differs: dict[str, str], count: int) -> str:
    """The statement that makes the others of the row that was written last."""
    names = [column.name for column in table.columns]
    made = ", ".join(differs.get(name, f'first."{name}"').replace(":p", "\\:p") for name in names)
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) "
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1}) "
        f"SELECT {made} FROM n, (SELECT * FROM {table.name} WHERE connection = :name ORDER BY rowid DESC LIMIT 1) first"
    )


def _record(name: str, record_type: str, record_id: str, kind: str, day: date) -> dict[str, Any]:
    party = record_type == "party"
    return {
        "connection": name, "record_type": record_type, "record_id": record_id, "kind": kind, "number": "INV-000000",
        "business_date": day, "currency": "USD", "amount": None if party else amount(0), "revision": 1,
        "content_hash": "h", "content": '{"name":"Company 000"}' if party else '{"lines":[]}',
        "disposition": "posting", "first_seen": _AT, "changed_at": _AT, "run_id": "r",
        "party_id": None if party else "p0",
    }  # fmt: skip


def _posting(name: str) -> dict[str, Any]:
    return {
        **blank(), "connection": name, "key": "document/d0", "revision": 1, "record_key": "document/d0",
        "record_hash": "h", "entity": "Invoice", "operation": "create", "business_date": date(2022, 1, 1),
        "amount": amount(0), "currency": "USD", "payload": '{"Line":[]}', "payload_hash": "h", "origin": "draft",
        "number": "INV-000000", "marker": "m0", "by_name": False, "state": "parked", "reason": "awaiting_approval",
        "first_seen": _AT, "number_twice": False,
    }  # fmt: skip


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are executed within the block, but for the beginning of transactions."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
