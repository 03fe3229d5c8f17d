"""Rows of open documents, as the detail reports of balances and ages show them: columns, cells, sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.ledger_lines import label
from qbo_pipeline.emulator.company.reports.open_items import OpenItem, Side
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, amount, cells, column, total_row

# ColKey -> (title, ColType).
_COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "tx_date": ("Date", "Date"),
    "txn_type": ("Transaction Type", "String"),
    "doc_num": ("Num", "String"),
    "cust_name": ("Customer", "String"),
    "vend_name": ("Vendor", "String"),
    "dept_name": ("Location", "String"),
    "memo": ("Memo/Description", "String"),
    "due_date": ("Due Date", "Date"),
    "past_due": ("Past Due", "Number"),
    "subt_amount": ("Amount", "Money"),
    "subt_open_bal": ("Open Balance", "Money"),
    "rbal_open_bal": ("Balance", "Money"),
}


def columns_of(params: Mapping[str, str], default: tuple[str, ...]) -> list[str]:
    """The ColKeys that `columns` chooses, else the usual ones. Raises 2170 for an unknown one."""
    text = params.get("columns")
    keys = [key.strip() for key in text.split(",") if key.strip()] if text else list(default)
    wrong = [key for key in keys if key not in _COLUMNS]
    if wrong:
        raise fault("2170", "columns", what=", ".join(wrong))
    return keys


def heads(keys: list[str]) -> list[Body]:
    """The entries of Columns."""
    return [column(*_COLUMNS[key], key) for key in keys]


def item_rows(book: Book, side: Side, items: Iterable[OpenItem], keys: list[str], day: str) -> list[Row]:
    """A row for each document, with a running balance of what is open; `past_due` counts the days up to `day`."""
    rows: list[Row] = []
    running = 0
    for item in items:
        running += item.open
        department = book.entries["Department"].get(str(item.department)) if item.department else None
        late = (date.fromisoformat(day) - date.fromisoformat(item.due)).days
        name: Cell = {"value": book.entries[side.kind][str(item.party)].name, "id": str(item.party)}
        made: dict[str, Cell] = {
            "tx_date": {"value": item.day},
            "txn_type": {"value": label(item.entity, item.body), "id": str(item.txn)},
            "doc_num": {"value": item.number},
            "cust_name": name,
            "vend_name": name,
            "dept_name": {"value": department.name, "id": department.id} if department else {"value": ""},
            "memo": {"value": str(jsontext.loads(item.body).get("PrivateNote") or "")},
            "due_date": {"value": item.due},
            "past_due": {"value": str(late)},
            "subt_amount": {"value": amount(item.amount)},
            "subt_open_bal": {"value": amount(item.open)},
            "rbal_open_bal": {"value": amount(running)},
        }
        rows.append({"ColData": [made[key] for key in keys], "type": "Data"})
    return rows


def sortable(keys: list[str], key: str, row: Row) -> Any:
    """What a row is sorted by: a number in a column of numbers, its text in any other."""
    value = row["ColData"][keys.index(key)]["value"]
    return Decimal(value or 0) if _COLUMNS[key][1] in ("Money", "Number") else value.casefold()


def sums(keys: list[str], items: Iterable[OpenItem], title: str) -> list[Cell]:
    """The summary of some documents: amounts and open balances added up."""
    found = list(items)
    totals = {"subt_amount": sum(item.amount for item in found), "subt_open_bal": sum(item.open for item in found)}
    return cells(title, *(amount(totals[key]) if key in totals else "" for key in keys[1:]))


def grand_total(keys: list[str], items: Iterable[OpenItem]) -> Row:
    """The last row of a report: everything added up."""
    return total_row("TOTAL", *(cell["value"] for cell in sums(keys, items, "TOTAL")[1:]))
