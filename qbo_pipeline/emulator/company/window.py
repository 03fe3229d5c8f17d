"""Views for the emulator's own page: accounts, latest transactions, latest ledger lines."""

from __future__ import annotations

from typing import Any

from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.money import major
from qbo_pipeline.emulator.company.schema.entities import LABELS
from qbo_pipeline.emulator.company.schema.lists import ACCOUNT_TYPES


def accounts(book: Book) -> list[dict[str, Any]]:
    """Each account with its balance: debit positive, in home currency, over all time."""
    order = list(ACCOUNT_TYPES)
    found = [
        {
            "id": e.id,
            "name": e.name,
            "type": e.body["AccountType"],
            "currency": book.currency_of(e.body),
            "balance": major(book.balances.home[int(e.id)]),
        }
        for e in book.entries["Account"].values()
    ]
    return sorted(found, key=lambda row: (order.index(row["type"]), row["name"]))


def latest_transactions(book: Book, limit: int) -> list[dict[str, Any]]:
    """The newest transactions, newest first."""
    sql = """SELECT id, entity, number, date, party_kind, party, total, currency, updated
             FROM txns ORDER BY id DESC LIMIT ?"""
    return [
        {
            "id": str(id),
            "entity": entity,
            "label": LABELS[entity],
            "number": number or "",
            "date": day,
            "name": party_name(book, kind, party),
            "amount": major(total),
            "currency": currency,
            "updated": book.local(updated),
        }
        for id, entity, number, day, kind, party, total, currency, updated in book.store.rows(sql, (limit,))
    ]


def latest_lines(book: Book, limit: int) -> list[dict[str, Any]]:
    """The newest ledger lines in home currency, newest transaction first."""
    sql = """SELECT l.txn, t.entity, l.date, l.account, l.home, l.party_kind, l.party, l.memo
             FROM lines l JOIN txns t ON t.id = l.txn ORDER BY l.txn DESC, l.n LIMIT ?"""
    return [
        {
            "txn": str(txn),
            "label": LABELS[entity],
            "date": day,
            "account": book.entries["Account"][str(account)].name,
            "debit": major(home) if home > 0 else None,
            "credit": major(-home) if home < 0 else None,
            "name": party_name(book, kind, party),
            "memo": memo or "",
        }
        for txn, entity, day, account, home, kind, party, memo in book.store.rows(sql, (limit,))
    ]


def party_name(book: Book, kind: str | None, id: int | None) -> str:
    """The name of a customer, vendor or employee; "" for none."""
    entry = book.entries[kind].get(str(id)) if kind else None
    return entry.name if entry else ""
