"""Inventory valuation, in summary and in detail: from stock movements and their FIFO costs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.money import major, quantity, round_money
from qbo_pipeline.emulator.company.reports.choosing import ids, sort_order
from qbo_pipeline.emulator.company.reports.ledger_lines import label
from qbo_pipeline.emulator.company.reports.periods import Period, period, report_day
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row
from qbo_pipeline.emulator.company.reports.tables import chosen

_DETAIL: Final = (
    ("Date", "Date", "tx_date"),
    ("Transaction Type", "String", "txn_type"),
    ("Num", "String", "doc_num"),
    ("Name", "String", "name"),
    ("Qty", "Quantity", "quantity"),
    ("Rate", "Money", "rate"),
    ("FIFO Cost", "Money", "fifo_cost"),
    ("Qty on Hand", "Quantity", "qty_on_hand"),
    ("Asset Value", "Money", "asset_value"),
)


def valuation(book: Book, day: str) -> dict[int, tuple[int, int]]:
    """Quantity (ten-millionths) and value (minor units) of each tracked item at the end of a day."""
    sql = "SELECT item, SUM(qty), SUM(cost) FROM moves WHERE date <= ? GROUP BY item"
    return {item: (qty, cost) for item, qty, cost in book.store.rows(sql, (day,))}


def summary(book: Book, params: Mapping[str, str]) -> Body:
    """Item, SKU, quantity, asset value and average cost at `report_date` (or the end of the period; default today).

    `sort_order` sorts the items by their asset value.
    """
    day = report_day(book, params)
    wanted = ids(params, "item")
    found = valuation(book, day)
    rows: list[Row] = []
    total_units = total_value = 0
    items = sorted(book.entries["Item"].values(), key=lambda e: e.name.casefold())
    if order := sort_order(params):
        items.sort(key=lambda e: found.get(int(e.id), (0, 0))[1], reverse=order == "descend")
    for entry in items:
        if (
            entry.body["Type"] != "Inventory"
            or int(entry.id) not in found
            or (wanted is not None and int(entry.id) not in wanted)
        ):
            continue
        units, value = found[int(entry.id)]
        total_units, total_value = total_units + units, total_value + value
        average = _average(units, value)
        values = (entry.body.get("Sku", ""), format(quantity(units), "f"), amount(value), average)
        rows.append({"ColData": [{"value": entry.name, "id": entry.id}, *cells(*values)], "type": "Data"})
    if rows:
        rows.append(total_row("TOTAL", "", format(quantity(total_units), "f"), amount(total_value), ""))
    columns = [
        column("", "ProductsAndService", "item"),
        column("SKU", "Money", "sku"),
        column("Qty", "Money", "qty"),
        column("Asset Value", "Money", "asset_value"),
        column("Avg Cost", "Money", "avg_cost"),
    ]
    options = {"report_date": day}
    return report(book, "InventoryValuationSummary", params, columns, rows, Period(day, day), options=options)


def _average(units: int, value: int) -> str:
    if units == 0:
        return ""
    return format(round_money(major(value) / quantity(units)), "f")


def detail(book: Book, params: Mapping[str, str]) -> Body:
    """Each stock movement of the period by item, with its cost and what was on hand after it; `columns` chooses."""
    found = period(book, params, "this month-to-date")
    wanted = ids(params, "item")
    before = valuation(book, _day_before(found.start))
    sql = """SELECT m.item, m.date, m.qty, m.cost, t.id, t.entity, t.number, t.party_kind, t.party, t.body
             FROM moves m JOIN txns t ON t.id = m.txn
             WHERE m.date BETWEEN ? AND ? ORDER BY m.item, m.date, m.txn, m.n"""
    by_item: dict[int, list[tuple[Any, ...]]] = {}
    for row in book.store.execute(sql, (found.start, found.end)):
        by_item.setdefault(row[0], []).append(row)
    rows: list[Row] = []
    for entry in sorted(book.entries["Item"].values(), key=lambda e: e.name.casefold()):
        id = int(entry.id)
        if (id in by_item or before.get(id, (0, 0)) != (0, 0)) and (wanted is None or id in wanted):
            rows.append(_item_section(book, entry.name, entry.id, before.get(id, (0, 0)), by_item.get(id, [])))
    columns, rows = chosen(params, _DETAIL, rows)
    return report(book, "InventoryValuationDetail", params, columns, rows, found)


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _item_section(book: Book, name: str, id: str, opening: tuple[int, int], moves: list[tuple[Any, ...]]) -> Row:
    units, value = opening
    rows: list[Row] = []
    if opening != (0, 0):
        start = cells("Starting Balance", *[""] * 6, format(quantity(units), "f"), amount(value))
        rows.append({"ColData": start, "type": "Data"})
    moved = cost = 0
    for _, day, qty, spent, txn, entity, number, kind, party, body in moves:
        units, value, moved, cost = units + qty, value + spent, moved + qty, cost + spent
        holder = book.entries[str(kind)].get(str(party)) if kind else None
        rate = format(round_money(abs(major(spent)) / abs(quantity(qty) or Decimal(1))), "f")
        cell = [{"value": str(day)}, {"value": label(str(entity), body), "id": str(txn)}]
        values = (str(number or ""), holder.name if holder else "", format(quantity(qty), "f"), rate, amount(spent))
        after = (format(quantity(units), "f"), amount(value))
        rows.append({"ColData": [*cell, *cells(*values, *after)], "type": "Data"})
    totals = cells(
        f"Total for {name}",
        "",
        "",
        "",
        format(quantity(moved), "f"),
        "",
        amount(cost),
        format(quantity(units), "f"),
        amount(value),
    )
    return section([{"value": name, "id": id}, *cells(*[""] * 8)], rows, totals)
