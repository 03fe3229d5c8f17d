"""Rows for lists that nest: sub-customers inside customers, items inside categories, classes, locations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qbo_pipeline.emulator.company.book import Book, Entry
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, amount, cells, section

Totals = dict[int, list[int]]
"""For each object the amounts (minor units) of its columns."""
_NAMES: Final = ("DisplayName", "Name")
Write = Callable[[list[int]], list[Cell]]


def amounts(values: list[int]) -> list[Cell]:
    """Cells of amounts."""
    return cells(*map(amount, values))


def tree(book: Book, kind: str, totals: Totals, order: str = "", write: Write = amounts) -> list[Row]:
    """A row for each object with totals, in a section with its parent's; objects by name, or by their last column.

    `order` is "", `ascend` or `descend`; `write` makes cells of an object's amounts.
    """
    width = len(next(iter(totals.values()), [0]))
    entries = book.entries[kind]

    def whole(entry: Entry) -> list[int]:
        out = list(totals.get(int(entry.id), [0] * width))
        for child in book.children[(kind, entry.id)]:
            out = [a + b for a, b in zip(out, whole(entries[child]), strict=True)]
        return out

    def sort(found: list[Entry]) -> list[Entry]:
        found.sort(key=lambda e: e.name.casefold())
        if order:
            found.sort(key=lambda e: whole(e)[-1], reverse=order == "descend")
        return found

    def rows_of(found: list[Entry]) -> list[Row]:
        return [row for entry in sort(found) if (row := row_of(entry)) is not None]

    def row_of(entry: Entry) -> Row | None:
        own = totals.get(int(entry.id))
        name: Cell = {"value": _own_name(entry), "id": entry.id}
        inner = rows_of([entries[child] for child in book.children[(kind, entry.id)]])
        if not inner:
            return {"ColData": [name, *write(own)], "type": "Data"} if own is not None and any(own) else None
        head = [name, *(write(own) if own is not None and any(own) else cells(*[""] * len(write([0] * width))))]
        return section(head, inner, [{"value": f"Total {_own_name(entry)}"}, *write(whole(entry))])

    return rows_of([e for e in entries.values() if not e.body.get("ParentRef")])


def _own_name(entry: Entry) -> str:
    return next((str(entry.body[name]) for name in _NAMES if entry.body.get(name)), entry.name)
