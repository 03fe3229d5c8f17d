"""Sales and costs by customer, item, class, location and vendor: sums of ledger lines that name them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.money import major, quantity, round_money
from qbo_pipeline.emulator.company.reports import filters
from qbo_pipeline.emulator.company.reports.cash import lines_of
from qbo_pipeline.emulator.company.reports.choosing import CUSTOMER, FILTERS, conditions, sort_order
from qbo_pipeline.emulator.company.reports.dividing import divide, division, nested
from qbo_pipeline.emulator.company.reports.periods import period
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, amount, cells, column, report, total_row
from qbo_pipeline.emulator.company.reports.sums import Columns, summarize
from qbo_pipeline.emulator.company.reports.trees import Totals, Write, amounts, tree

# The plus keeps SQLite from going through the forms one by one: one pass over the lines is quicker.
_SALES_FORMS: Final = """ AND +l.txn IN (
    SELECT id FROM txns WHERE entity IN ('Invoice', 'SalesReceipt', 'CreditMemo', 'RefundReceipt'))"""
_DEFAULT: Final = "this month-to-date"
_INCOME: Final = (
    ("Total Income", "Money", "income"),
    ("Total Expenses", "Money", "expenses"),
    ("Net Income", "Money", "net_income"),
)
_Divided = defaultdict[int, dict[Any, list[int]]]
"""For each object (0: none), and each value that decides a column, the amounts."""


def customer_sales(book: Book, params: Mapping[str, str]) -> Body:
    """CustomerSales: what sales forms post to income, by customer."""
    return _sales(book, params, "CustomerSales", "Customer", CUSTOMER)


def class_sales(book: Book, params: Mapping[str, str]) -> Body:
    """ClassSales: what sales forms post to income, by class."""
    return _sales(book, params, "ClassSales", "Class", FILTERS["class"])


def department_sales(book: Book, params: Mapping[str, str]) -> Body:
    """DepartmentSales: what sales forms post to income, by location."""
    return _sales(book, params, "DepartmentSales", "Department", FILTERS["department"])


def vendor_expenses(book: Book, params: Mapping[str, str]) -> Body:
    """VendorExpenses: everything on cost and expense accounts, by vendor."""
    found = period(book, params, _DEFAULT)
    made = summarize(book, params, found, key=FILTERS["vendor"], only=_of_classes(book, "Expense"))
    return _listed(book, params, "VendorExpenses", "Vendor", made, 1)


def customer_income(book: Book, params: Mapping[str, str]) -> Body:
    """CustomerIncome: income, expenses and what is left, by customer; divided, each column has the three.

    `term` chooses documents by their terms.
    """
    found = period(book, params, _DEFAULT)
    by = division(params)
    where, values = conditions(params)
    of_terms, terms = filters.of_chosen(book, params)
    revenue, cost = _of_classes(book, "Revenue")[5:], _of_classes(book, "Expense")[5:]
    sql = f"""SELECT COALESCE({CUSTOMER}, 0), {by.key}, SUM(CASE WHEN {revenue} THEN -l.home ELSE 0 END),
                     SUM(CASE WHEN {cost} THEN l.home ELSE 0 END)
              FROM {lines_of(book, params)} l
              WHERE l.date BETWEEN ? AND ? AND ({revenue} OR {cost}){where}{of_terms} GROUP BY 1, 2"""
    earned: _Divided = defaultdict(dict)
    for customer, part, income, spent in book.store.rows(sql, (found.start, found.end, *values, *terms)):
        earned[customer][part] = [income, spent, income - spent]
    heads, totals = divide(book, by, found, earned, 3)
    rows = _rows(book, "Customer", totals, sort_order(params))
    columns = [column(*each) for each in _INCOME] if by.is_whole else nested(heads, _INCOME)
    columns.insert(0, column("", "Customer", "customer"))
    return report(book, "CustomerIncome", params, columns, rows, found, summarize=by.word)


def _sales(book: Book, params: Mapping[str, str], name: str, kind: str, key: str) -> Body:
    found = period(book, params, _DEFAULT)
    made = summarize(book, params, found, key=key, only=_SALES_FORMS + _of_classes(book, "Revenue"))
    return _listed(book, params, name, kind, made, -1)


def _listed(book: Book, params: Mapping[str, str], name: str, kind: str, made: Columns, sign: int) -> Body:
    ids = dict.fromkeys(id for found in made.sums for id in found)
    totals = {id: made.of([id], sign) for id in ids}
    rows = _rows(book, kind, totals, made.order)
    columns = [column("", kind, kind.lower()), *made.heads]
    return report(book, name, params, columns, rows, period(book, params, _DEFAULT), summarize=made.by)


def _rows(book: Book, kind: str, totals: Totals, order: str, write: Write = amounts) -> list[Row]:
    named = {id: found for id, found in totals.items() if id}
    rows = tree(book, kind, named, order, write)
    if any(totals.get(0, ())):
        rows.append({"ColData": [{"value": "Not Specified"}, *write(totals[0])], "type": "Data"})
    if rows:
        whole = [sum(column) for column in zip(*totals.values(), strict=True)]
        rows.append(total_row("TOTAL", *(cell["value"] for cell in write(whole))))
    return rows


def _of_classes(book: Book, classification: str) -> str:
    ids = [e.id for e in book.entries["Account"].values() if e.body["Classification"] == classification]
    return f" AND l.account IN ({', '.join(ids)})"


_ITEM_COLUMNS: Final = (
    ("Quantity", "Quantity", "quantity"),
    ("Amount", "Money", "amount"),
    ("% of Sales", "Money", "percent_sales"),
    ("Avg Price", "Money", "avg_price"),
    ("COGS", "Money", "cogs"),
    ("Gross Margin", "Money", "gross_margin"),
    ("Gross Margin %", "Money", "gross_margin_percent"),
)


def item_sales(book: Book, params: Mapping[str, str]) -> Body:
    """ItemSales: quantity, amount, share, average price, cost and margin of each product on sales forms.

    Cost is the FIFO cost of tracked products; the quantity of a product is what was sold less what came back. Divided,
    each column has all of these, its shares being those of its own sales. Due dates choose among the forms.
    """
    found = period(book, params, _DEFAULT)
    by = division(params)
    where, values = conditions(params)
    of_due, due = filters.of_chosen(book, params)
    revenue, cost = _of_classes(book, "Revenue")[5:], _of_classes(book, "Expense")[5:]
    sql = f"""SELECT COALESCE(l.item, 0), {by.key},
                     SUM(CASE WHEN NOT ({revenue}) THEN 0 WHEN l.home > 0 THEN -l.qty ELSE l.qty END),
                     SUM(CASE WHEN {revenue} THEN -l.home ELSE 0 END), SUM(CASE WHEN {cost} THEN l.home ELSE 0 END)
              FROM {lines_of(book, params)} l WHERE l.date BETWEEN ? AND ?{_SALES_FORMS}{where}{of_due} GROUP BY 1, 2"""
    sums: _Divided = defaultdict(dict)
    for item, part, units, sold, spent in book.store.rows(sql, (found.start, found.end, *values, *due)):
        sums[item][part] = [int(units or 0), sold, spent]
    heads, totals = divide(book, by, found, sums, 3)
    wholes = [sum(each) for each in zip(*totals.values(), strict=True)][1::3]

    def write(values: list[int]) -> list[Cell]:
        parts = zip(values[::3], values[1::3], values[2::3], wholes, strict=True)
        return [cell for part in parts for cell in _item_cells(*part)]

    rows = _rows(book, "Item", totals, sort_order(params), write)
    columns = [column(*each) for each in _ITEM_COLUMNS] if by.is_whole else nested(heads, _ITEM_COLUMNS)
    columns.insert(0, column("", "ProductsAndService", "item"))
    return report(book, "ItemSales", params, columns, rows, found, summarize=by.word)


def _item_cells(units: int, sold: int, spent: int, whole: int) -> list[Cell]:
    average = format(round_money(major(sold) / quantity(units)), "f") if units else ""
    return cells(
        format(quantity(units), "f"), amount(sold), _percent(sold, whole), average,
        amount(spent), amount(sold - spent), _percent(sold - spent, sold),
    )  # fmt: skip


def _percent(part: int, whole: int) -> str:
    return format(round_money(major(part) * 100 / major(whole)), "f") if whole else ""
