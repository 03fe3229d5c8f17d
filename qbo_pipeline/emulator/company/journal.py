"""The whole ledger as an hledger journal, in home currency, so that an independent program can check its sums."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.money import major
from qbo_pipeline.emulator.company.schema.entities import LABELS

_ROOTS: Final = {
    "Asset": "assets",
    "Liability": "liabilities",
    "Equity": "equity",
    "Revenue": "revenues",
    "Expense": "expenses",
}
_TYPES: Final = {"assets": "A", "liabilities": "L", "equity": "E", "revenues": "R", "expenses": "X"}


def text(book: Book) -> str:
    """The journal: account declarations, then each transaction with its date, number, QBO id and lines."""
    names = {int(e.id): account_name(book, int(e.id)) for e in book.entries["Account"].values()}
    out = [
        "; The ledger of an emulated QuickBooks Online company, in home currency.",
        f"commodity 1000.00 {book.home_currency}",
        "",
    ]
    out += [f"account {root}  ; type: {letter}" for root, letter in _TYPES.items()]
    out += [f"account {name}" for name in sorted(names.values())]
    sql = """SELECT l.date, l.txn, t.entity, COALESCE(t.number, ''), l.account, l.home
             FROM lines l JOIN txns t ON t.id = l.txn ORDER BY l.date, l.txn, l.n"""
    for (day, txn, entity, number), lines in groupby(book.store.execute(sql), key=lambda row: row[:4]):
        code = number.replace("(", "").replace(")", "").replace("\n", " ")
        head = f"{day} * " + (f"({code}) " if code else "")
        out += ["", f"{head}{LABELS[entity]}  ; id: {txn}"]
        out += [f"    {names[account]}  {major(home)} {book.home_currency}" for *_, account, home in lines]
    return "\n".join(out) + "\n"


def account_name(book: Book, account: int) -> str:
    """The hledger name of an account: its class, its full name without what hledger reads as syntax, and its id."""
    body = book.account(account)
    clean = " ".join(str(body["FullyQualifiedName"]).replace(";", ",").replace("\t", " ").split())
    return f"{_ROOTS[body['Classification']]}:{clean} #{account}"
