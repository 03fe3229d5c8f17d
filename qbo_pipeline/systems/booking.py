"""What the systems in a box write to the company: payments and parties that somebody enters by their
API.

What belongs here: SQL on the company's own tables, a transaction each; the triggers there note which day changed. Ids
are the company's own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from qbo_pipeline.demo.catalogue import BANK_ACCOUNT
from qbo_pipeline.demo.company import open_company, transaction
from qbo_pipeline.systems.company import CompanyDatabase

_DOCUMENTS = {"payment_received": "invoices", "payment_made": "bills"}
BY_API = "Entered by the API"  # the memo of such a payment
_SERIES = {"payment_received": "PMT", "payment_made": "PAY"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A payment as somebody enters it; `settled` is by document, in cents."""

    kind: str
    party_id: int
    day: str
    cents: int
    method: str
    reference: str
    settled: Mapping[int, int]


def enter_payment(company: CompanyDatabase, money: Money) -> int:
    """Book a payment; answers its id."""
    with open_company(company.path) as db, transaction(db):
        entry_id = _next_id(db)
        number = f"{_SERIES[money.kind]}-B{entry_id}"
        db.execute(
            "INSERT INTO bank_entries (id, number, business_date, kind, party_id, amount_cents, bank_account, method,"
            " reference, memo) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (entry_id, number, money.day, money.kind, money.party_id, money.cents, BANK_ACCOUNT, money.method,
             money.reference, BY_API),
        )  # fmt: skip
        for document_id in money.settled:
            _settle(db, entry_id, money, document_id)
    return entry_id


def change_payment(company: CompanyDatabase, entry_id: int, money: Money) -> None:
    """Book a payment otherwise, under the id that it has."""
    with open_company(company.path) as db, transaction(db):
        query = "SELECT document_id, id, amount_cents FROM bank_entry_allocations WHERE entry_id = ?"
        held = {document_id: (own, cents) for document_id, own, cents in db.execute(query, (entry_id,)).fetchall()}
        db.execute(
            "UPDATE bank_entries SET business_date = ?, amount_cents = ?, method = ?, reference = ?,"
            " status = 'completed' WHERE id = ?",
            (money.day, money.cents, money.method, money.reference, entry_id),
        )
        for document_id, (own, cents) in held.items():
            now = money.settled.get(document_id, 0)
            db.execute("UPDATE bank_entry_allocations SET amount_cents = ? WHERE id = ?", (now, own))
            db.execute("DELETE FROM bank_entry_allocations WHERE id = ? AND amount_cents = 0", (own,))
            _paid(db, money.kind, document_id, now - cents)
        for document_id in money.settled.keys() - held.keys():
            _settle(db, entry_id, money, document_id)


def delete_payment(company: CompanyDatabase, entry_id: int) -> None:
    """Take a payment out of the books, with all that it settled."""
    with open_company(company.path) as db, transaction(db):
        _release(db, entry_id)
        db.execute("DELETE FROM bank_entries WHERE id = ?", (entry_id,))


def void_payment(company: CompanyDatabase, entry_id: int) -> None:
    """Take a payment out of the books, with all that it settled; it stays, as voided."""
    with open_company(company.path) as db, transaction(db):
        _release(db, entry_id)
        db.execute("UPDATE bank_entries SET status = 'voided' WHERE id = ?", (entry_id,))


def _settle(db: sqlite3.Connection, entry_id: int, money: Money, document_id: int) -> None:
    cents = money.settled[document_id]
    statement = "INSERT INTO bank_entry_allocations (id, entry_id, document_id, amount_cents) VALUES (?, ?, ?, ?)"
    db.execute(statement, (_next_id(db), entry_id, document_id, cents))
    _paid(db, money.kind, document_id, cents)


def _release(db: sqlite3.Connection, entry_id: int) -> None:
    ((kind,),) = db.execute("SELECT kind FROM bank_entries WHERE id = ?", (entry_id,)).fetchall()
    query = "SELECT document_id, amount_cents FROM bank_entry_allocations WHERE entry_id = ?"
    for document_id, cents in db.execute(query, (entry_id,)).fetchall():
        _paid(db, kind, document_id, -cents)
    db.execute("DELETE FROM bank_entry_allocations WHERE entry_id = ?", (entry_id,))


def _paid(db: sqlite3.Connection, kind: str, document_id: int, cents: int) -> None:
    table = _DOCUMENTS[kind]
    db.execute(f"UPDATE {table} SET paid_cents = paid_cents + ? WHERE id = ?", (cents, document_id))


def _next_id(db: sqlite3.Connection) -> int:
    ((found,),) = db.execute("UPDATE company SET last_id = last_id + 1 RETURNING last_id").fetchall()
    return int(found)


def enter_party(company: CompanyDatabase, table: str, name: str, email: str) -> int:
    """Enter a customer or a supplier; answers its id."""
    with open_company(company.path) as db, transaction(db):
        party_id = _next_id(db)
        row = (party_id, f"B{party_id}", name, email, 30)
        columns, more = ("terms_days, taxable", ", 1") if table == "customers" else ("terms_days", "")
        db.execute(f"INSERT INTO {table} (id, number, name, email, {columns}) VALUES (?, ?, ?, ?, ?{more})", row)
    return party_id


def change_party(
    company: CompanyDatabase, table: str, party_id: int, name: str | None, email: str | None, *, active: bool = True
) -> None:
    """Change what is given of a customer or a supplier."""
    with open_company(company.path) as db, transaction(db):
        fields = "name = coalesce(?, name), email = coalesce(?, email), active = ?"
        db.execute(f"UPDATE {table} SET {fields} WHERE id = ?", (name, email, active, party_id))
