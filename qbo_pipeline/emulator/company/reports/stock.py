"""Inventory valuation, in summary and in detail: from stock movements and their FIFO costs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.money import major, quantity, round_money
from qbo_pipeline.emulator.company.reports.choosing import ids, sort_order
from qbo_pipeline.emulator.company.reports.dividing import Division, divide, division, nested, time_heads
from qbo_pipeline.emulator.company.reports.ledger_lines import label
from qbo_pipeline.emulator.company.reports.periods import Period, cut, period, report_day
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row
from qbo_pipeline.emulator.company.reports.tables import chosen
from qbo_pipeline.emulator.company.reports.trees import Totals

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

_VALUES: Final = (
    ("Qty", "Money", "qty"),
    ("Asset Value", "Money", "asset_value"),
    ("Avg Cost", "Money", "avg_cost"),
)


def valuation(book: Book, day: str) -> dict[int, tuple[int, int]]:
    """Quantity (ten-millionths) and value (minor units) of each tracked item at the end of a day."""
    sql = "SELECT item, SUM(qty), SUM(cost) FROM moves WHERE date <= ? GROUP BY item"
    return {item: (qty, cost) for item, qty, cost in book.store.rows(sql, (day,))}


def summary(book: Book, params: Mapping[str, str]) -> Body:
    """Item, SKU, quantity, asset value and average cost at `report_date` (or the end of the period; default today).

    `summarize_column_by` has the three at the end of each part of the period (of the fiscal year up to the day where no
    start is given), or of what came and went under each name. `sort_order` sorts the items by their asset value.
    """
    day = report_day(book, params)
    by = division(params)
    wanted = ids(params, "item")
    heads, found = _divided(book, by, params, day)
    items = sorted(book.entries["Item"].values(), key=lambda e: e.name.casefold())
    items = [e for e in items if int(e.id) in found and (wanted is None or int(e.id) in wanted)]
    if order := sort_order(params):
        items.sort(key=lambda e: found[int(e.id)][-1], reverse=order == "descend")
    rows: list[Row] = []
    totals = [0] * (2 * len(heads))
    for entry in items:
        sums = found[int(entry.id)]
        totals = [a + b for a, b in zip(totals, sums, strict=True)]
        head = [{"value": entry.name, "id": entry.id}, {"value": entry.body.get("Sku", "")}]
        rows.append({"ColData": [*head, *cells(*_three(sums, has_average=True))], "type": "Data"})
    if rows:
        rows.append(total_row("TOTAL", "", *_three(totals, has_average=False)))
    columns = [column(*each) for each in _VALUES] if by.is_whole else nested(heads, _VALUES)
    columns[:0] = [column("", "ProductsAndService", "item"), column("SKU", "Money", "sku")]
    name, options = "InventoryValuationSummary", {"report_date": day}
    return report(book, name, params, columns, rows, Period(day, day), options=options, summarize=by.word)


def _divided(book: Book, by: Division, params: Mapping[str, str], day: str) -> tuple[list[Body], Totals]:
    """The columns and, for each item, the quantity and value of each."""
    if by.unit is None:
        sql = f"""SELECT m.item, {by.key}, SUM(m.qty), SUM(m.cost) FROM moves m
                  JOIN lines l ON l.txn = m.txn AND l.n = m.n WHERE m.date <= ? GROUP BY 1, 2"""
        sums: dict[int, dict[Any, list[int]]] = {}
        for item, key, units, value in book.store.rows(sql, (day,)):
            sums.setdefault(item, {})[key] = [units, value]
        return divide(book, by, Period(day, day), sums, 2)
    parts = cut(book, period(book, {"start_date": params.get("start_date", ""), "end_date": day}, "today"), by.unit)
    ends = [valuation(book, part.end) for part in parts]
    every = {item for end in ends for item in end}
    return time_heads(parts, by.unit), {i: [n for end in ends for n in end.get(i, (0, 0))] for i in every}


def _three(sums: list[int], *, has_average: bool) -> list[str]:
    """Quantity, value and average cost of each column."""
    out: list[str] = []
    for units, value in zip(sums[::2], sums[1::2], strict=True):
        out += format(quantity(units), "f"), amount(value), _average(units, value) if has_average else ""
    return out


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
