"""General ledger: every line of every account, with running balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.cash import lines_of
from qbo_pipeline.emulator.company.reports.choosing import conditions, of_types, sort_order
from qbo_pipeline.emulator.company.reports.ledger_lines import (
    COLUMNS,
    LedgerLine,
    Maker,
    chosen_columns,
    makers_of,
    read_lines,
)
from qbo_pipeline.emulator.company.reports.periods import Period, period
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section
from qbo_pipeline.emulator.company.reports.statements import in_order
from qbo_pipeline.emulator.company.schema.lists import BALANCE_SHEET_CLASSES

_DEFAULT: Final = ("tx_date", "txn_type", "doc_num", "name", "memo", "split_acc", "subt_nat_amount", "rbal_nat_amount")
_RUNNING: Final = ("rbal_nat_amount", "rbal_nat_home_amount")
_SUMMED: Final = ("subt_nat_amount", "subt_nat_home_amount", "debt_amt", "credt_amt", "debt_home_amt", "credt_home_amt")


def general_ledger(book: Book, params: Mapping[str, str]) -> Body:
    """Sections by account: beginning balance, lines with running balance, total.

    `columns` chooses ColKeys, `account`, `account_type` and `customer`, `vendor`, `employee`, `item`, `class`,
    `department` the lines;
    `sort_by` (a ColKey) and `sort_order` (ascend, descend) sort those of an account. The cell of txn_type carries the
    transaction's id. Amounts are in home currency, in the direction of the account's class.
    """
    found = period(book, params, "this month-to-date")
    params = of_types(book, params)
    keys = chosen_columns(book, params, _DEFAULT)
    table = lines_of(book, params)
    opening = _opening(book, params, found, table)
    makers = makers_of(book, keys, params, found, table)
    order = _order(keys, params)
    accounts = book.entries["Account"]
    made = {
        id: _section(keys, makers, accounts[str(id)], opening.get(id, 0), lines, order)
        for id, lines in read_lines(book, params, found, table)
    }
    for id, amount_before in opening.items():
        if amount_before and id not in made:
            made[id] = _section(keys, makers, accounts[str(id)], amount_before, (), order)
    sections = {entry.id: made[int(entry.id)] for entry in in_order(book) if int(entry.id) in made}
    columns = [column(*COLUMNS[key], key) for key in keys]
    if book.settings.general_ledger_shape == "recorded":
        for each, key in zip(columns, keys, strict=True):
            each["ColType"] = key
            del each["MetaData"]
        rows = [_nested(book, id, row) for id, row in sections.items()]
    else:
        rows = list(sections.values())
    return report(book, "GeneralLedger", params, columns, rows, found)


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


def _order(keys: list[str], params: Mapping[str, str]) -> tuple[int | None, bool]:
    """The column by which lines are sorted (None: as they were posted), and whether the last comes first."""
    wanted = params.get("sort_by")
    if wanted and wanted not in keys:
        raise fault("2170", "sort_by", what=wanted)
    return keys.index(wanted) if wanted else None, sort_order(params) == "descend"


def _opening(book: Book, params: Mapping[str, str], found: Period, table: str) -> dict[int, int]:
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


def _section(
    keys: list[str],
    makers: list[Maker],
    entry: Entry,
    opening: int,
    lines: Iterable[LedgerLine],
    order: tuple[int | None, bool],
) -> Row:
    sign = 1 if entry.body["Classification"] in ("Asset", "Expense") else -1
    balance = sign * opening
    total = debit = 0
    rows: list[Row] = []
    for line in lines:
        debit += max(line.home, 0)
        line.home *= sign
        total += line.home
        balance += line.home
        line.balance = balance
        rows.append({"ColData": [make(line) for make in makers], "type": "Data"})
    by, is_descending = order
    if by is not None:
        rows.sort(key=lambda row: _sortable(keys[by], row["ColData"][by]["value"]), reverse=is_descending)
    elif is_descending:
        rows.reverse()
    if opening:
        start = [{"value": "Beginning Balance"}] + [
            {"value": amount(sign * opening) if k in _RUNNING else ""} for k in keys[1:]
        ]
        rows.insert(0, {"ColData": start, "type": "Data"})
    totals = {"debt": amount(debit), "cred": amount(debit - sign * total), "subt": amount(total)}
    summary = cells(f"Total for {entry.name}", *(totals[key[:4]] if key in _SUMMED else "" for key in keys[1:]))
    return section([{"value": entry.name, "id": entry.id}, *cells(*[""] * (len(keys) - 1))], rows, summary)


def _sortable(key: str, value: str) -> Any:
    if COLUMNS[key][1] in ("Money", "Quantity"):
        return Decimal(value or 0)
    return value.casefold()
