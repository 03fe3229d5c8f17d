"""What people do to an inventory system after the night's run: late, back-dated, changed, voided and deleted papers.

What belongs here: changes to documents that were there before, each one transaction of plain SQL on the company's own
tables, for tests and for the demo's story. Documents are named by their number; amounts are `Decimal` US dollars.
Every function returns the business days that it touched, which the `changed_days` view then names too.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from qbo_pipeline.demo.company import open_company, transaction
from qbo_pipeline.demo.stock import take_back


class Paper(NamedTuple):
    """Where documents of a series are kept; `sign` is the direction of their stock, 0 where they move none."""

    headers: str
    lines: str
    header_id: str
    sign: int


class Settlement(NamedTuple):
    """What other documents say of one: the days of those documents, and the statement that removes it."""

    days: str
    removal: str


PAPERS = {
    "SHP": Paper("shipments", "shipment_lines", "shipment_id", -1),
    "GRN": Paper("receipts", "receipt_lines", "receipt_id", 1),
    "RET": Paper("customer_returns", "customer_return_lines", "return_id", 1),
    "RTS": Paper("supplier_returns", "supplier_return_lines", "return_id", -1),
    **dict.fromkeys(
        ("OPN", "ADJ", "WO", "CNT", "ASM", "DIS", "TRF"), Paper("stock_entries", "stock_entry_lines", "entry_id", 1)
    ),
    "INV": Paper("invoices", "invoice_lines", "invoice_id", 0),
    "CRN": Paper("credit_notes", "credit_note_lines", "credit_note_id", 0),
    "BILL": Paper("bills", "bill_lines", "bill_id", 0),
    "SCR": Paper("supplier_credits", "supplier_credit_lines", "credit_id", 0),
    "QUO": Paper("quotes", "quote_lines", "quote_id", 0),
    "PO": Paper("purchase_orders", "purchase_order_lines", "order_id", 0),
    "PMT": Paper("bank_entries", "bank_entry_allocations", "entry_id", 0),
    "PAY": Paper("bank_entries", "bank_entry_allocations", "entry_id", 0),
}

# Documents on which later ones build: the later ones' table, and their column that names the earlier one.
_BUILT_ON = {
    "purchase_orders": (("receipts", "order_id"), ("bills", "order_id")),
    "receipts": (("supplier_returns", "receipt_id"),),
    "supplier_returns": (("supplier_credits", "return_id"),),
    "shipments": (("invoices", "shipment_id"),),
    "invoices": (("customer_returns", "invoice_id"), ("credit_notes", "invoice_id")),
    "customer_returns": (("credit_notes", "return_id"),),
}

_ALLOCATIONS = Settlement(
    days="SELECT h.business_date FROM bank_entries AS h JOIN bank_entry_allocations AS l ON l.entry_id = h.id"
    " WHERE l.document_id = ?",
    removal="DELETE FROM bank_entry_allocations WHERE document_id = ?",
)
_BILLED_MATCHES = Settlement(
    days="SELECT business_date FROM bills WHERE id = ?",
    removal="DELETE FROM bill_receipt_matches WHERE bill_line_id IN (SELECT id FROM bill_lines WHERE bill_id = ?)",
)
_RECEIVED_MATCHES = Settlement(
    days="SELECT b.business_date FROM receipt_lines AS r JOIN bill_receipt_matches AS m ON m.receipt_line_id = r.id"
    " JOIN bill_lines AS l ON l.id = m.bill_line_id JOIN bills AS b ON b.id = l.bill_id WHERE r.receipt_id = ?",
    removal="DELETE FROM bill_receipt_matches WHERE receipt_line_id IN"
    " (SELECT id FROM receipt_lines WHERE receipt_id = ?)",
)
_SETTLEMENTS = {
    "invoices": (_ALLOCATIONS,),
    "bills": (_ALLOCATIONS, _BILLED_MATCHES),
    "receipts": (_RECEIVED_MATCHES,),
}


def change_cost(path: Path | str, number: str, by: Decimal) -> list[date]:
    """Make the first line of a movement dearer (or cheaper) by an amount: its cost, and the stock's value with it.

    Raises `ValueError` where the document moves no stock, or the cost would become negative.
    """
    with open_company(path) as db, transaction(db):
        paper, header_id, day = _movement(db, number)
        line = _change_line_cost(db, paper, header_id, number, by)
        value = paper.sign * _cents(by)
        db.execute("UPDATE stock_ledger SET value_cents = value_cents + ? WHERE source_line_id = ?", (value, line))
        db.execute(
            "UPDATE stock_balances SET value_cents = value_cents + ? WHERE (item_id, warehouse_id) ="
            " (SELECT item_id, warehouse_id FROM stock_ledger WHERE source_line_id = ?)",
            (value, line),
        )
    return [day]


def misstate_cost(path: Path | str, number: str, by: Decimal) -> list[date]:
    """Change a movement's cost but not the stock's value, as a faulty system does: it then contradicts itself.

    Raises `ValueError` as `change_cost` does.
    """
    with open_company(path) as db, transaction(db):
        paper, header_id, day = _movement(db, number)
        _change_line_cost(db, paper, header_id, number, by)
    return [day]


def move_to_day(path: Path | str, number: str, day: date) -> list[date]:
    """Date a document differently; the stock that it moved moves on that day too.

    Raises `ValueError` where there is no such document.
    """
    with open_company(path) as db, transaction(db):
        paper, header_id, before = _find(db, number)
        db.execute(f"UPDATE {paper.headers} SET business_date = ? WHERE id = ?", (day.isoformat(), header_id))
        db.execute("UPDATE stock_ledger SET business_date = ? WHERE source_id = ?", (day.isoformat(), header_id))
    return sorted({before, day})


def void(path: Path | str, number: str) -> list[date]:
    """Void a document: it stays with its lines and its status says so, and the stock that it moved moves back.

    Raises `ValueError` where there is no such document.
    """
    with open_company(path) as db, transaction(db):
        paper, header_id, day = _find(db, number)
        db.execute(f"UPDATE {paper.headers} SET status = 'voided' WHERE id = ?", (header_id,))
        _reopen_settled(db, paper, header_id)
        take_back(db, header_id)
    return [day]


def delete(path: Path | str, number: str) -> list[date]:
    """Delete a document as if it had never been: its lines, the stock it moved, and what it settled or matched.

    Money that settled it stays on account. Raises `ValueError` where there is no such document, or a later one
    builds on it.
    """
    with open_company(path) as db, transaction(db):
        paper, header_id, day = _find(db, number)
        _refuse_if_built_on(db, paper, header_id, number)
        touched = {day} | _forget_settlements(db, paper, header_id)
        _reopen_settled(db, paper, header_id)
        take_back(db, header_id)
        db.execute(f"DELETE FROM {paper.lines} WHERE {paper.header_id} = ?", (header_id,))
        db.execute(f"DELETE FROM {paper.headers} WHERE id = ?", (header_id,))
    return sorted(touched)


def late_bill(path: Path | str, day: date, amount: Decimal, *, supplier: str = "S003") -> tuple[str, list[date]]:
    """Enter a bill for inbound freight dated on an earlier day; returns its number too.

    Raises `ValueError` where there is no such supplier.
    """
    with open_company(path) as db, transaction(db):
        ((last_id,),) = db.execute("SELECT last_id FROM company")
        found = db.execute("SELECT id FROM suppliers WHERE number = ?", (supplier,)).fetchone()
        if found is None:
            raise ValueError(f"there is no supplier {supplier}")
        db.execute("UPDATE numbering SET last_number = last_number + 1 WHERE series = 'BILL'")
        ((number,),) = db.execute("SELECT printf('BILL-%06d', last_number) FROM numbering WHERE series = 'BILL'")
        cents = _cents(amount)
        db.execute(
            "INSERT INTO bills (id, number, business_date, due_date, supplier_id, supplier_reference, net_cents,"
            " total_cents, memo) VALUES (?, ?, ?, date(?, '+14 days'), ?, ?, ?, ?, 'Arrived late')",
            (last_id + 1, number, day.isoformat(), day.isoformat(), found[0], f"L{last_id}", cents, cents),
        )
        db.execute(
            "INSERT INTO bill_lines (id, bill_id, line_number, item_id, description, quantity_milli, unit_cents,"
            " net_cents, expense_account) SELECT ?, ?, 1, id, name, 1000, ?, ?, 'FREIGHT-IN' FROM items"
            " WHERE sku = 'FREIGHT-IN'",
            (last_id + 2, last_id + 1, cents, cents),
        )
        db.execute("UPDATE company SET last_id = ?", (last_id + 2,))
    return number, [day]


def _find(db: sqlite3.Connection, number: str) -> tuple[Paper, int, date]:
    paper = PAPERS.get(number.partition("-")[0])
    row = (
        paper
        and db.execute(
            f"SELECT id, business_date FROM {paper.headers} WHERE number = ?",
            (number,),
        ).fetchone()
    )
    if not paper or not row:
        raise ValueError(f"there is no document {number}; numbers look like {', '.join(f'{s}-000001' for s in PAPERS)}")
    return paper, row[0], date.fromisoformat(row[1])


def _movement(db: sqlite3.Connection, number: str) -> tuple[Paper, int, date]:
    paper, header_id, day = _find(db, number)
    if not paper.sign:
        raise ValueError(f"{number} moves no stock, so it has no cost")
    return paper, header_id, day


def _change_line_cost(db: sqlite3.Connection, paper: Paper, header_id: int, number: str, by: Decimal) -> int:
    line: int
    line, cost = db.execute(
        f"SELECT id, cost_cents FROM {paper.lines} WHERE {paper.header_id} = ? ORDER BY line_number",
        (header_id,),
    ).fetchone()
    if paper.headers != "stock_entries" and cost + _cents(by) < 0:
        raise ValueError(f"the first line of {number} costs {Decimal(cost) / 100}: it cannot change by {by}")
    db.execute(f"UPDATE {paper.lines} SET cost_cents = cost_cents + ? WHERE id = ?", (_cents(by), line))
    return line


def _refuse_if_built_on(db: sqlite3.Connection, paper: Paper, header_id: int, number: str) -> None:
    for table, column in _BUILT_ON.get(paper.headers, ()):
        later = db.execute(f"SELECT number FROM {table} WHERE {column} = ?", (header_id,)).fetchone()
        if later:
            raise ValueError(
                f"{number} cannot be deleted: {later[0]} builds on it; delete that first, or void {number}"
            )


def _forget_settlements(db: sqlite3.Connection, paper: Paper, header_id: int) -> set[date]:
    """Remove what payments and matches say of a document; returns the days of the payments and bills."""
    touched = set()
    for said in _SETTLEMENTS.get(paper.headers, ()):
        touched |= {date.fromisoformat(day) for (day,) in db.execute(said.days, (header_id,))}
        db.execute(said.removal, (header_id,))
    return touched


def _reopen_settled(db: sqlite3.Connection, paper: Paper, header_id: int) -> None:
    """Take a payment's allocations off what is paid of its documents."""
    if paper.headers == "bank_entries":
        for documents in ("invoices", "bills"):
            db.execute(
                f"UPDATE {documents} SET paid_cents = paid_cents - l.amount_cents FROM bank_entry_allocations AS l"
                f" WHERE l.entry_id = ? AND {documents}.id = l.document_id",
                (header_id,),
            )


def _cents(amount: Decimal) -> int:
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} is not a whole number of cents")
    return int(cents)
