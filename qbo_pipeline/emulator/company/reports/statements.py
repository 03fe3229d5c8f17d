"""Trial balance, balance sheet, profit and loss: sums of ledger lines by account.

`sort_order` sorts the accounts of each section by their total; without it they come by name.
"""

from __future__ import annotations

from collections.abc import Mapping

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.reports.dividing import nested
from qbo_pipeline.emulator.company.reports.periods import period
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, amount, cells, column, report, section, total_row
from qbo_pipeline.emulator.company.reports.sums import Columns, summarize
from qbo_pipeline.emulator.company.schema.lists import ACCOUNT_TYPES

_TYPE_ORDER = list(ACCOUNT_TYPES)
_ACCOUNT = column("", "Account", "account")
_SIDES = (("Debit", "Money", "debit"), ("Credit", "Money", "credit"))


def in_order(book: Book) -> list[Entry]:
    """Accounts in the order of statements: by type, then by full name."""
    accounts = book.entries["Account"].values()
    return sorted(accounts, key=lambda e: (_TYPE_ORDER.index(e.body["AccountType"]), e.name.casefold()))


def trial_balance(book: Book, params: Mapping[str, str]) -> Body:
    """Account, debit, credit at the end of the period; accounts at zero are left out.

    `summarize_column_by` gives each part of the period, or each name, a debit and a credit of its own, in nested
    columns; `sort_order` sorts by the last balance, credits below debits.
    """
    return trial_balance_named(book, params, "TrialBalance")


def trial_balance_named(book: Book, params: Mapping[str, str], name: str) -> Body:
    """The trial balance under the name that its header is to have."""
    found = period(book, params, "this month-to-date")
    made = summarize(book, params, found, at_end=True)
    rows: list[Row] = []
    totals = [0] * (2 * len(made.sums))
    accounts = list(in_order(book))
    if made.order:
        accounts.sort(key=lambda entry: made.sums[-1].get(int(entry.id), 0), reverse=made.order == "descend")
    for entry in accounts:
        balances = made.of([int(entry.id)], 1)
        if not any(balances):
            continue
        sides = [side for balance in balances for side in (max(balance, 0), max(-balance, 0))]
        totals = [a + b for a, b in zip(totals, sides, strict=True)]
        rows.append(
            {"ColData": [{"value": entry.name, "id": entry.id}, *cells(*(amount(v) if v else "" for v in sides))]}
        )
    if rows:
        rows.append(total_row("TOTAL", *map(amount, totals)))
    is_whole = made.by.lower() == "total"
    columns = [column(*side) for side in _SIDES] if is_whole else nested(made.heads, _SIDES)
    return report(book, name, params, [_ACCOUNT, *columns], rows, found, summarize=made.by)


def _group(
    book: Book, data: Columns, types: tuple[str, ...], sign: int, label: str, group: str
) -> tuple[Row | None, list[int]]:
    """A section of the accounts of some types, sub-accounts inside their parents; and its totals."""
    tops = [e for e in in_order(book) if e.body["AccountType"] in types and not _has_parent(book, e, types)]
    if data.order:
        tops.sort(key=lambda e: data.of(_family(book, e.id), sign)[-1], reverse=data.order == "descend")
    rows = [row for e in tops if (row := _account_row(book, data, e, sign)) is not None]
    ids = [int(e.id) for e in book.entries["Account"].values() if e.body["AccountType"] in types]
    totals = data.of(ids, sign)
    if not rows:
        return None, totals
    head = cells(label, *[""] * len(totals))
    return section(head, rows, cells(f"Total {label}", *map(amount, totals)), group), totals


def _has_parent(book: Book, entry: Entry, types: tuple[str, ...]) -> bool:
    parent = entry.body.get("ParentRef")
    return parent is not None and book.account(parent["value"])["AccountType"] in types


def _account_row(book: Book, data: Columns, entry: Entry, sign: int) -> Row | None:
    own = data.of([int(entry.id)], sign)
    name: Cell = {"value": entry.body["Name"], "id": entry.id}
    children = sorted(book.children[("Account", entry.id)], key=lambda id: book.entries["Account"][id].name)
    inner = [row for id in children if (row := _account_row(book, data, book.entries["Account"][id], sign)) is not None]
    if not inner:
        return {"ColData": [name, *cells(*data.shown(int(entry.id), sign))], "type": "Data"} if any(own) else None
    whole = data.of(_family(book, entry.id), sign)
    head = [name, *cells(*(amount(v) if v else "" for v in own))]
    return section(head, inner, cells(f"Total {entry.body['Name']}", *map(amount, whole)))


def _family(book: Book, id: str) -> list[int]:
    return [int(id), *(member for child in book.children[("Account", id)] for member in _family(book, child))]


def profit_and_loss(book: Book, params: Mapping[str, str]) -> Body:
    """Income, cost of goods sold, gross profit, expenses, other income and expenses, net income.

    Without data it has these parts without amounts, as recorded.
    """
    found = period(book, params, "this fiscal year-to-date")
    data = summarize(book, params, found)
    income, incomes = _group(book, data, ("Income",), -1, "Income", "Income")
    cogs, costs = _group(book, data, ("Cost of Goods Sold",), 1, "Cost of Goods Sold", "COGS")
    expense, expenses = _group(book, data, ("Expense",), 1, "Expenses", "Expenses")
    other_income, others = _group(book, data, ("Other Income",), -1, "Other Income", "OtherIncome")
    other_expense, other_costs = _group(book, data, ("Other Expense",), 1, "Other Expenses", "OtherExpenses")
    gross = [a - b for a, b in zip(incomes, costs, strict=True)]
    operating = [a - b for a, b in zip(gross, expenses, strict=True)]
    other = [a - b for a, b in zip(others, other_costs, strict=True)]
    net = [a + b for a, b in zip(operating, other, strict=True)]
    width = len(data.heads)
    shown = amount if any(data.sums) else _blank
    rows = [
        income or _empty("Income", "Income", width),
        cogs,
        total_row("Gross Profit", *map(shown, gross), group="GrossProfit"),
        expense or _empty("Expenses", "Expenses", width),
        total_row("Net Operating Income", *map(shown, operating), group="NetOperatingIncome"),
        other_income,
        other_expense,
        total_row("Net Other Income", *map(amount, other), group="NetOtherIncome") if any(other) else None,
        total_row("Net Income", *map(shown, net), group="NetIncome"),
    ]
    kept = [row for row in rows if row is not None]
    has_data = any(data.sums)
    heads = [_ACCOUNT, *data.heads]
    return report(book, "ProfitAndLoss", params, heads, kept, found, summarize=data.by, options=_no_data(not has_data))


def _empty(label: str, group: str, width: int) -> Row:
    """A section that is shown without accounts, as recorded of a profit and loss without data."""
    blank = [""] * width
    head, summary = {"ColData": cells(label, *blank)}, {"ColData": cells(f"Total {label}", *blank)}
    return {"Header": head, "Summary": summary, "type": "Section", "group": group}


def _blank(minor_units: int) -> str:
    return ""


def _no_data(is_so: bool) -> dict[str, str]:
    return {"NoReportData": "true" if is_so else "false"}


_ASSETS = (
    (("Bank",), "Bank Accounts", "BankAccounts"),
    (("Accounts Receivable",), "Accounts Receivable", "AR"),
    (("Other Current Asset",), "Other Current Assets", "OtherCurrentAssets"),
)
_CURRENT_LIABILITIES = (
    (("Accounts Payable",), "Accounts Payable", "AP"),
    (("Credit Card",), "Credit Cards", "CreditCards"),
    (("Other Current Liability",), "Other Current Liabilities", "OtherCurrentLiabilities"),
)


def balance_sheet(book: Book, params: Mapping[str, str]) -> Body:
    """Assets, liabilities, equity with the net income of the fiscal year, at the end of the period (or each month)."""
    found = period(book, params, "this fiscal year-to-date")
    data = summarize(book, params, found, at_end=True)
    current = _sections(book, data, _ASSETS, 1, "Current Assets", "CurrentAssets")
    fixed, _ = _group(book, data, ("Fixed Asset",), 1, "Fixed Assets", "FixedAssets")
    other, _ = _group(book, data, ("Other Asset",), 1, "Other Assets", "OtherAssets")
    assets = _class_total(book, data, "Asset", 1)
    debts = _sections(book, data, _CURRENT_LIABILITIES, -1, "Current Liabilities", "CurrentLiabilities")
    long_term, _ = _group(book, data, ("Long Term Liability",), -1, "Long-Term Liabilities", "LongTermLiabilities")
    liabilities = _class_total(book, data, "Liability", -1)
    equity, own = _group(book, data, ("Equity",), -1, "Equity", "Equity")
    net = [
        a + b
        for a, b in zip(_class_total(book, data, "Revenue", -1), _class_total(book, data, "Expense", -1), strict=True)
    ]
    total_equity = [a + b for a, b in zip(own, net, strict=True)]
    blank = [""] * len(data.heads)
    equity_rows = list(equity["Rows"]["Row"]) if equity else []
    shown = [amount(value) if value else "" for value in net]
    equity_rows.append({"ColData": cells("Net Income", *shown), "type": "Data", "group": "NetIncome"})
    liability_rows = [row for row in (debts, long_term) if row is not None]
    whole = [a + b for a, b in zip(liabilities, total_equity, strict=True)]
    inner = []
    if liability_rows:
        total = cells("Total Liabilities", *map(amount, liabilities))
        inner.append(section(cells("Liabilities", *blank), liability_rows, total, "Liabilities"))
    inner.append(
        section(cells("Equity", *blank), equity_rows, cells("Total Equity", *map(amount, total_equity)), "Equity")
    )
    asset_rows = [row for row in (current, fixed, other) if row is not None]
    rows = [
        section(cells("ASSETS", *blank), asset_rows, cells("TOTAL ASSETS", *map(amount, assets)), "TotalAssets"),
        section(
            cells("LIABILITIES AND EQUITY", *blank),
            inner,
            cells("TOTAL LIABILITIES AND EQUITY", *map(amount, whole)),
            "TotalLiabilitiesAndEquity",
        ),
    ]
    kept = rows if any(data.sums) else []
    return report(book, "BalanceSheet", params, [_ACCOUNT, *data.heads], kept, found, summarize=data.by)


def _sections(
    book: Book, data: Columns, parts: tuple[tuple[tuple[str, ...], str, str], ...], sign: int, label: str, group: str
) -> Row | None:
    found = [_group(book, data, types, sign, name, key) for types, name, key in parts]
    rows = [row for row, _ in found if row is not None]
    totals = [sum(column) for column in zip(*(t for _, t in found), strict=True)]
    if not rows:
        return None
    return section(cells(label, *[""] * len(totals)), rows, cells(f"Total {label}", *map(amount, totals)), group)


def _class_total(book: Book, data: Columns, classification: str, sign: int) -> list[int]:
    ids = [int(e.id) for e in book.entries["Account"].values() if e.body["Classification"] == classification]
    return data.of(ids, sign)
