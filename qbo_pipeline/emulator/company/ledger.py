"""Writing balanced ledger lines and taking them out again, with the running balances that follow from them."""

from __future__ import annotations

from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.draft import Line

_INSERT = "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def write(book: Book, txn: int, day: str, lines: list[Line]) -> None:
    """Enter a transaction's lines. Debits must equal credits to the minor unit."""
    difference = sum(line.home for line in lines)
    if difference:
        raise AssertionError(f"transaction {txn} is out of balance by {difference} minor units")
    if not lines:
        return
    book.touched = True
    book.store.executemany(_INSERT, [(txn, n, day, *line) for n, line in enumerate(lines)])
    balances = book.balances
    for line in lines:
        balances.post(line.account, line.home, line.amount)
        if line.party is not None and line.account in book.control:
            balances.owe(str(line.party_kind), line.party, line.amount)


def remove(book: Book, txn: int) -> None:
    """Take all lines of a transaction out."""
    book.touched = True
    sql = "SELECT account, home, amount, party_kind, party FROM lines WHERE txn = ?"
    balances = book.balances
    for account, home, amount, kind, party in book.store.rows(sql, (txn,)):
        balances.post(account, -home, -amount)
        if party is not None and account in book.control:
            balances.owe(kind, party, -amount)
    book.store.execute("DELETE FROM lines WHERE txn = ?", (txn,))


def change_home(book: Book, txn: int, n: int, delta: int) -> None:
    """Move the value of a line that is kept in home currency (a cost) by `delta`."""
    row = book.store.row("SELECT account FROM lines WHERE txn = ? AND n = ?", (txn, n))
    assert row is not None
    book.touched = True
    book.store.execute(
        "UPDATE lines SET home = home + ?, amount = amount + ? WHERE txn = ? AND n = ?", (delta, delta, txn, n)
    )
    book.balances.post(row[0], delta, delta)
