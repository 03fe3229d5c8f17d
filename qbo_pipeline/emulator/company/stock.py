"""Tracked stock: costing each movement by FIFO, again from the start when the past of an item changes."""

from __future__ import annotations

from dataclasses import dataclass

from qbo_pipeline.emulator.company import ledger
from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.draft import Draft, Move
from qbo_pipeline.emulator.company.fifo import Fifo
from qbo_pipeline.emulator.company.money import QUANTITY_SCALE, minor

_Key = tuple[str, int, int]


@dataclass(slots=True)
class ItemStock:
    """An item's layers after its latest costed movement, whose (date, transaction, line) is `last`."""

    fifo: Fifo
    last: _Key


def _fresh(book: Book, item: int) -> Fifo:
    body = book.entries["Item"][str(item)].body
    return Fifo(minor(body.get("PurchaseCost") or 0), QUANTITY_SCALE)


def cost(book: Book, draft: Draft) -> set[int]:
    """Cost the moves of a new transaction that come after everything else of their item, before it is written.

    Returns the items that must be costed anew after it is written: the transaction lies in their past.
    """
    again: set[int] = set()
    book.touched = True
    is_delayed = book.due_instant() is not None
    for move in draft.moves:
        book.balances.stock(move.item, move.qty)
        state = book.stock.get(move.item)
        key = (draft.date, draft.id, move.line)
        if move.item in again or state is None or key <= state.last or (is_delayed and move.rule != "fixed"):
            again.add(move.item)
            continue
        value, changes = _take(state.fifo, move.rule, move.qty, draft.lines[move.line].home, key)
        state.last = key
        _set_draft_cost(draft, move, value)
        for changed, delta in changes:
            _change(book, changed, -delta, draft)
    return again


def _take(fifo: Fifo, rule: str, qty: int, given: int, key: _Key) -> tuple[int, list[tuple[_Key, int]]]:
    """Cost one movement: its signed value, and the changes (in cost) of earlier shortages that it fills."""
    if rule == "issue":
        return -fifo.issue(key, -qty), []
    if rule == "fixed":
        return given, fifo.receive(qty, given)
    known = fifo.unit_value, fifo.unit_count
    value = fifo.at_last_cost(qty)
    changes = fifo.receive(qty, value)
    fifo.unit_value, fifo.unit_count = known
    return value, changes


def _set_draft_cost(draft: Draft, move: Move, value: int) -> None:
    if move.rule != "fixed":
        draft.set_home(move.line, value, in_home=True)
        if move.counter >= 0:
            draft.set_home(move.counter, move.base - value, in_home=True)


def _change(book: Book, key: _Key, delta: int, draft: Draft | None = None) -> None:
    """Change a movement's signed value by `delta`, on its inventory line and, the other way, on its counter line."""
    if not delta:
        return
    _, txn, n = key
    if draft is not None and txn == draft.id:
        move = next(m for m in draft.moves if m.line == n)
        _set_draft_cost(draft, move, draft.lines[n].home + delta)
        return
    counter = book.store.value("SELECT counter FROM moves WHERE txn = ? AND n = ?", (txn, n))
    book.store.execute("UPDATE moves SET cost = cost + ? WHERE txn = ? AND n = ?", (delta, txn, n))
    ledger.change_home(book, txn, n, delta)
    ledger.change_home(book, txn, counter, -delta)


def write(book: Book, draft: Draft) -> None:
    """Store the moves of a transaction."""
    if not draft.moves:
        return
    due = book.due_instant()
    rows = [
        (
            draft.id,
            move.line,
            move.item,
            draft.date,
            move.qty,
            move.rule,
            draft.lines[move.line].home,
            move.base,
            move.counter,
            None if move.rule == "fixed" else due,
        )
        for move in draft.moves
    ]
    book.store.executemany("INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    if due is not None and (book.next_due is None or due < book.next_due):
        book.next_due = due


def remove(book: Book, txn: int) -> set[int]:
    """Take a transaction's moves out; returns the items to be costed anew."""
    found = book.store.rows("SELECT item, qty FROM moves WHERE txn = ?", (txn,))
    if not found:
        return set()
    book.touched = True
    for item, qty in found:
        book.balances.stock(item, -qty)
    book.store.execute("DELETE FROM moves WHERE txn = ?", (txn,))
    return {item for item, _ in found}


def replay(book: Book, items: set[int]) -> None:
    """Cost items anew from their first movement, and change the ledger where a cost came out differently."""
    sql = """SELECT date, txn, n, qty, rule, cost FROM moves
             WHERE item = ? AND due IS NULL ORDER BY date, txn, n"""
    for item in sorted(items):
        book.touched = True
        fifo = _fresh(book, item)
        costs: dict[_Key, int] = {}
        before: dict[_Key, int] = {}
        last: _Key = ("", 0, 0)
        for day, txn, n, qty, rule, given in book.store.rows(sql, (item,)):
            last = (day, txn, n)
            before[last] = given
            costs[last], changes = _take(fifo, rule, qty, given, last)
            for key, delta in changes:
                costs[key] -= delta
        for key, value in costs.items():
            _change(book, key, value - before[key])
        book.stock[item] = ItemStock(fifo, last)


def settle(book: Book) -> None:
    """Post the costs that have become due, where cost of goods sold is delayed."""
    if book.next_due is None or book.now() < book.next_due:
        return
    now = book.now()
    items = {row[0] for row in book.store.rows("SELECT DISTINCT item FROM moves WHERE due <= ?", (now,))}
    book.store.execute("UPDATE moves SET due = NULL WHERE due <= ?", (now,))
    replay(book, items)
    book.next_due = book.store.value("SELECT MIN(due) FROM moves WHERE due IS NOT NULL")
