"""Profit and loss, line by line: each account of income and cost with its lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.reports import filters
from qbo_pipeline.emulator.company.reports.cash import lines_of
from qbo_pipeline.emulator.company.reports.choosing import of_types
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
from qbo_pipeline.emulator.company.reports.periods import period
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row
from qbo_pipeline.emulator.company.reports.statements import in_order

_DEFAULT: Final = ("tx_date", "txn_type", "doc_num", "name", "memo", "split_acc", "subt_nat_amount", "rbal_nat_amount")
_AMOUNTS: Final = ("subt_nat_amount", "subt_nat_home_amount")
# Account type -> the title of its section, QBO's group, and the sign that makes its usual side positive.
_PARTS: Final = {
    "Income": ("Income", "Income", -1),
    "Cost of Goods Sold": ("Cost of Goods Sold", "COGS", 1),
    "Expense": ("Expenses", "Expenses", 1),
    "Other Income": ("Other Income", "OtherIncome", -1),
    "Other Expense": ("Other Expenses", "OtherExpenses", 1),
}


class _Detail:
    """The lines of a period by account, and how they are written."""

    def __init__(self, book: Book, params: Mapping[str, str]) -> None:
        params = of_types(book, params)
        self.book = book
        self.found = period(book, params, "this month-to-date")
        self.keys = chosen_columns(book, params, _DEFAULT)
        table = lines_of(book, params)
        chosen = filters.chosen(book, params, self.found.start, self.found.end)
        self.lines: dict[int, list[LedgerLine]] = {
            account: kept
            for account, lines in read_lines(book, params, self.found, table)
            if (kept := [line for line in lines if chosen is None or line.txn in chosen])
        }
        self.makers: list[Maker] = makers_of(book, self.keys, params, self.found, table)
        self.order = line_order(self.keys, params)

    def summary(self, title: str, total: int) -> list[str]:
        """The texts of a summary row."""
        return [title, *(amount(total) if key in _AMOUNTS else "" for key in self.keys[1:])]

    def part(self, kind: str) -> tuple[Row | None, int]:
        """The section of one type of account, and its total."""
        title, group, sign = _PARTS[kind]
        rows: list[Row] = []
        total = 0
        for entry in in_order(self.book):
            if entry.body["AccountType"] == kind and int(entry.id) in self.lines:
                row, sum_ = self._account(entry, sign)
                rows.append(row)
                total += sum_
        if not rows:
            return None, 0
        head = cells(title, *[""] * (len(self.keys) - 1))
        return section(head, rows, cells(*self.summary(f"Total {title}", total)), group), total

    def _account(self, entry: Entry, sign: int) -> tuple[Row, int]:
        rows: list[Row] = []
        balance = 0
        for line in self.lines[int(entry.id)]:
            line.home *= sign
            balance += line.home
            line.balance = balance
            rows.append({"ColData": [make(line) for make in self.makers], "type": "Data"})
        sort_lines(rows, self.keys, self.order)
        head = [{"value": entry.name, "id": entry.id}, *cells(*[""] * (len(self.keys) - 1))]
        return section(head, rows, cells(*self.summary(f"Total for {entry.name}", balance))), balance


def profit_and_loss_detail(book: Book, params: Mapping[str, str]) -> Body:
    """ProfitAndLossDetail: `columns`, `account`, names, class, location choose; the last row is the net income.

    `payment_method` chooses documents by how they were paid; `sort_by` and `sort_order` sort the lines of an account.
    """
    made = _Detail(book, params)
    income, incomes = made.part("Income")
    cogs, costs = made.part("Cost of Goods Sold")
    expense, expenses = made.part("Expense")
    other_income, others = made.part("Other Income")
    other_expense, other_costs = made.part("Other Expense")
    ordinary = incomes - costs - expenses
    inner = [
        income,
        cogs,
        total_row(*made.summary("Gross Profit", incomes - costs), group="GrossProfit"),
        expense,
    ]
    head = cells("Ordinary Income/Expenses", *[""] * (len(made.keys) - 1))
    summary = cells(*made.summary("Net Ordinary Income", ordinary))
    rows = [
        section(head, [row for row in inner if row is not None], summary, "OrdinaryIncomeExpenses"),
        other_income,
        other_expense,
        total_row(*made.summary("Net Income", ordinary + others - other_costs), group="NetIncome"),
    ]
    kept = [row for row in rows if row is not None] if made.lines else []
    columns = [column(*COLUMNS[key], key) for key in made.keys]
    return report(book, "ProfitAndLossDetail", params, columns, kept, made.found)
