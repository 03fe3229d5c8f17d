"""General ledger: every line of every account, with running balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.reports.cash import lines_of
from qbo_pipeline.emulator.company.reports.choosing import conditions, of_types
from qbo_pipeline.emulator.company.reports.dividing import Division, Places, division
from qbo_pipeline.emulator.company.reports.ledger_lines import (
    COLUMNS,
    LedgerLine,
    Maker,
    chosen_columns,
    line_order,
    makers_of,
    read_lines,
    sort_lines,
)
from qbo_pipeline.emulator.company.reports.periods import Period, period
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section
from qbo_pipeline.emulator.company.reports.statements import in_order
from qbo_pipeline.emulator.company.schema.lists import BALANCE_SHEET_CLASSES

_DEFAULT: Final = ("tx_date", "txn_type", "doc_num", "name", "memo", "split_acc", "subt_nat_amount", "rbal_nat_amount")
_AMOUNTS: Final = ("subt_nat_amount", "subt_nat_home_amount")
_RUNNING: Final = ("rbal_nat_amount", "rbal_nat_home_amount")
_SUMMED: Final = ("subt_nat_amount", "subt_nat_home_amount", "debt_amt", "credt_amt", "debt_home_amt", "credt_home_amt")


def general_ledger(book: Book, params: Mapping[str, str]) -> Body:
    """Sections by account: beginning balance, lines with running balance, total.

    `columns` chooses ColKeys; `account`, `account_type`, `customer`, `vendor`, `employee`, `item`, `class` and
    `department` the lines; `source_account` and `source_account_type` those whose transaction has its first line there;
    `sort_by` (a ColKey) and `sort_order` (ascend, descend) sort those of an account. The cell of txn_type carries the
    transaction's id. Amounts are in home currency, in the direction of the account's class. `summarize_column_by` shows
    the amount once more in a column for each part of the period or name.
    """
    found = period(book, params, "this month-to-date")
    params = of_types(book, params)
    table = lines_of(book, params)
    by = division(params)
    before = opening(book, params, found, table)
    layout = _layout(book, params, found, table, by)
    accounts = book.entries["Account"]
    made = {
        id: _section(layout, accounts[str(id)], before.get(id, 0), lines)
        for id, lines in read_lines(book, params, found, table, by.key)
    }
    for id, amount_before in before.items():
        if amount_before and id not in made:
            made[id] = _section(layout, accounts[str(id)], amount_before, ())
    sections = {entry.id: made[int(entry.id)] for entry in in_order(book) if int(entry.id) in made}
    columns = layout.heads
    if book.settings.general_ledger_shape == "recorded":
        columns = [{"ColTitle": each["ColTitle"], "ColType": each["MetaData"][-1]["Value"]} for each in columns]
        rows = [_nested(book, id, row) for id, row in sections.items()]
    else:
        rows = list(sections.values())
    summarize = None if by.is_whole else by.word
    return report(book, "GeneralLedger", params, columns, rows, found, summarize=summarize)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns of the report: ColKeys and what fills their cells, and by which of them lines are sorted.

    `order` has the column (None: as they were posted) and whether the last comes first. The columns that divide the
    amount, one for each of `places`, begin at `at`; they have no key.
    """

    keys: list[str]
    makers: list[Maker]
    heads: list[Body]
    order: tuple[int | None, bool]
    places: Places
    at: int


def _layout(book: Book, params: Mapping[str, str], found: Period, table: str, by: Division) -> _Layout:
    keys = chosen_columns(book, params, _DEFAULT)
    makers = makers_of(book, keys, params, found, table)
    heads = [column(*COLUMNS[key], key) for key in keys]
    if by.is_whole:
        return _Layout(keys, makers, heads, line_order(keys, params), Places([]), 0)
    filters, values = conditions(params)
    sql = f"SELECT DISTINCT {by.key} FROM {table} l WHERE l.date BETWEEN ? AND ?{filters}"
    places = by.columns(book, found, (row[0] for row in book.store.rows(sql, (found.start, found.end, *values))))
    at = next((n for n, key in enumerate(keys) if key in _AMOUNTS), len(keys))
    keys[at:at] = [""] * len(places.heads)
    makers[at:at] = [_part_maker(places, n) for n in range(len(places.heads))]
    heads[at:at] = places.heads
    return _Layout(keys, makers, heads, line_order(keys, params), places, at)


def _part_maker(places: Places, number: int) -> Maker:
    """What fills the cells of one column that divides the amount."""
    blank = {"value": ""}
    return lambda line: {"value": amount(line.home)} if places.of(line.part) == number else blank


def _nested(book: Book, id: str, row: Row) -> Row:
    """A sub-account's section inside one of its parent's: the outer header has the leaf's id, the inner one none."""
    parent = book.account(id).get("ParentRef")
    if parent is None:
        return row
    blank = cells(*[""] * (len(row["Header"]["ColData"]) - 1))
    inner = row | {"Header": {"ColData": [{"value": book.account(id)["Name"]}, *blank]}}
    name = book.entries["Account"][parent["value"]].name
    summary = [{"value": f"Total for {name} with sub-accounts"}, *row["Summary"]["ColData"][1:]]
    return section([{"value": name, "id": id}, *blank], [inner], summary)


def opening(book: Book, params: Mapping[str, str], found: Period, table: str) -> dict[int, int]:
    """Balances before the period: all time for the balance sheet, the fiscal year for income and expense."""
    filters, values = conditions(params)
    year = book.fiscal_year_start(date.fromisoformat(found.start)).isoformat()
    sql = f"""SELECT l.account, SUM(l.home), SUM(CASE WHEN l.date >= ? THEN l.home ELSE 0 END)
              FROM {table} l WHERE l.date < ?{filters} GROUP BY l.account"""
    out = {}
    for account, whole, current in book.store.rows(sql, (year, found.start, *values)):
        is_permanent = book.account(account)["Classification"] in BALANCE_SHEET_CLASSES
        out[account] = whole if is_permanent else current
    return out


def _section(layout: _Layout, entry: Entry, opening: int, lines: Iterable[LedgerLine]) -> Row:
    keys, makers, places = layout.keys, layout.makers, layout.places
    sign = 1 if entry.body["Classification"] in ("Asset", "Expense") else -1
    balance = sign * opening
    total = debit = 0
    parts = [0] * len(places.heads)
    rows: list[Row] = []
    for line in lines:
        debit += max(line.home, 0)
        line.home *= sign
        total += line.home
        balance += line.home
        line.balance = balance
        if parts:
            parts[places.of(line.part)] += line.home
        rows.append({"ColData": [make(line) for make in makers], "type": "Data"})
    sort_lines(rows, keys, layout.order)
    if opening:
        start = [{"value": "Beginning Balance"}] + [
            {"value": amount(sign * opening) if k in _RUNNING else ""} for k in keys[1:]
        ]
        rows.insert(0, {"ColData": start, "type": "Data"})
    totals = {"debt": amount(debit), "cred": amount(debit - sign * total), "subt": amount(total)}
    has_lines = len(rows) > bool(opening)
    values = [totals[key[:4]] if key in _SUMMED and has_lines else "" for key in keys]
    values[layout.at : layout.at + len(parts)] = [amount(part) if has_lines else "" for part in parts]
    summary = cells(f"Total for {entry.name}", *values[1:])
    return section([{"value": entry.name, "id": entry.id}, *cells(*[""] * (len(keys) - 1))], rows, summary)
