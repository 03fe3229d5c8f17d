"""Trial balance, balance sheet, profit and loss: sums of ledger lines by account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from qbo_pipeline.emulator.company.account_rules import system_account
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.shape import (
    Cell,
    Period,
    Row,
    amount,
    basis,
    cells,
    column,
    months,
    period,
    report,
    section,
    total_row,
)
from qbo_pipeline.emulator.company.schema.lists import ACCOUNT_TYPES, BALANCE_SHEET_CLASSES

_TYPE_ORDER = list(ACCOUNT_TYPES)


def balances(book: Book, start: str | None, end: str) -> dict[int, int]:
    """Home balance of each account over the lines from `start` (None: the beginning) to `end`, debit positive."""
    sql = "SELECT account, SUM(home) FROM lines WHERE date <= ? AND date >= ? GROUP BY account"
    return dict(book.store.rows(sql, (end, start or "")))


def trial(book: Book, day: str) -> dict[int, int]:
    """The trial balance at the end of a day.

    Income and expense count from the start of the fiscal year; what was earned before is part of Retained Earnings.
    """
    year = book.fiscal_year_start(date.fromisoformat(day)).isoformat()
    whole, current = balances(book, None, day), balances(book, year, day)
    out: dict[int, int] = {}
    earned = 0
    for account, balance in whole.items():
        if book.account(account)["Classification"] in BALANCE_SHEET_CLASSES:
            out[account] = balance
        else:
            out[account] = current.get(account, 0)
            earned += balance - out[account]
    if earned:
        retained = int(system_account(book, "Equity", "RetainedEarnings"))
        out[retained] = out.get(retained, 0) + earned
    return out


def in_order(book: Book) -> list[Entry]:
    """Accounts in the order of statements: by type, then by full name."""
    accounts = book.entries["Account"].values()
    return sorted(accounts, key=lambda e: (_TYPE_ORDER.index(e.body["AccountType"]), e.name.casefold()))


def trial_balance(book: Book, params: Mapping[str, str]) -> Body:
    """Account, debit, credit at the end of the period; accounts at zero are left out."""
    found = period(book, params, "this month-to-date")
    basis(params)
    sums = trial(book, found.end)
    rows: list[Row] = []
    debits = credits = 0
    for entry in in_order(book):
        balance = sums.get(int(entry.id), 0)
        if not balance:
            continue
        debits, credits = debits + max(balance, 0), credits + max(-balance, 0)
        sides = (amount(balance), "") if balance > 0 else ("", amount(-balance))
        rows.append({"ColData": [{"value": entry.name, "id": entry.id}, *cells(*sides)]})
    if rows:
        rows.append(total_row("TOTAL", amount(debits), amount(credits)))
    columns = [column("", "Account", "account"), column("Debit", "Money", "debit"), column("Credit", "Money", "credit")]
    return report(book, "TrialBalance", params, columns, rows, found, summarize="Total")


class _Columns:
    """Amounts of each account for each column of a statement."""

    def __init__(self, sums: list[dict[int, int]]) -> None:
        self.sums = sums

    def of(self, ids: list[int], sign: int) -> list[int]:
        return [sign * sum(found.get(id, 0) for id in ids) for found in self.sums]


def _columns(book: Book, params: Mapping[str, str], found: Period) -> tuple[list[Period], str]:
    wanted = (params.get("summarize_column_by") or "Total").lower()
    if wanted == "total":
        return [found], "Total"
    if wanted == "month":
        return months(found), "Month"
    raise fault(
        "5030", "summarize_column_by", what=f"summarize_column_by={params['summarize_column_by']} is not emulated."
    )


def _titles(periods: list[Period], by: str) -> list[Body]:
    if by == "Total":
        return [column("", "Account", "account"), column("Total", "Money", "total")]
    found = [column("", "Account", "account")]
    for each in periods:
        title = date.fromisoformat(each.start).strftime("%b %Y")
        extra = [{"Name": "StartDate", "Value": each.start}, {"Name": "EndDate", "Value": each.end}]
        made = column(title, "Money", title)
        made["MetaData"] = extra + made["MetaData"]
        found.append(made)
    return found


def _group(
    book: Book, data: _Columns, types: tuple[str, ...], sign: int, label: str, group: str
) -> tuple[Row | None, list[int]]:
    """A section of the accounts of some types, sub-accounts inside their parents; and its totals."""
    tops = [e for e in in_order(book) if e.body["AccountType"] in types and not _has_parent(book, e, types)]
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


def _account_row(book: Book, data: _Columns, entry: Entry, sign: int) -> Row | None:
    own = data.of([int(entry.id)], sign)
    name: Cell = {"value": entry.body["Name"], "id": entry.id}
    children = sorted(book.children[("Account", entry.id)], key=lambda id: book.entries["Account"][id].name)
    inner = [row for id in children if (row := _account_row(book, data, book.entries["Account"][id], sign)) is not None]
    if not inner:
        return {"ColData": [name, *cells(*map(amount, own))], "type": "Data"} if any(own) else None
    whole = data.of(_family(book, entry.id), sign)
    head = [name, *cells(*(amount(v) if v else "" for v in own))]
    return section(head, inner, cells(f"Total {entry.body['Name']}", *map(amount, whole)))


def _family(book: Book, id: str) -> list[int]:
    return [int(id), *(member for child in book.children[("Account", id)] for member in _family(book, child))]


def profit_and_loss(book: Book, params: Mapping[str, str]) -> Body:
    """Income, cost of goods sold, gross profit, expenses, other income and expenses, net income."""
    found = period(book, params, "this fiscal year-to-date")
    periods, by = _columns(book, params, found)
    data = _Columns([balances(book, p.start, p.end) for p in periods])
    income, incomes = _group(book, data, ("Income",), -1, "Income", "Income")
    cogs, costs = _group(book, data, ("Cost of Goods Sold",), 1, "Cost of Goods Sold", "COGS")
    expense, expenses = _group(book, data, ("Expense",), 1, "Expenses", "Expenses")
    other_income, others = _group(book, data, ("Other Income",), -1, "Other Income", "OtherIncome")
    other_expense, other_costs = _group(book, data, ("Other Expense",), 1, "Other Expenses", "OtherExpenses")
    gross = [a - b for a, b in zip(incomes, costs, strict=True)]
    operating = [a - b for a, b in zip(gross, expenses, strict=True)]
    other = [a - b for a, b in zip(others, other_costs, strict=True)]
    net = [a + b for a, b in zip(operating, other, strict=True)]
    rows = [
        income,
        cogs,
        total_row("Gross Profit", *map(amount, gross), group="GrossProfit"),
        expense,
        total_row("Net Operating Income", *map(amount, operating), group="NetOperatingIncome"),
        other_income,
        other_expense,
        total_row("Net Other Income", *map(amount, other), group="NetOtherIncome") if any(other) else None,
        total_row("Net Income", *map(amount, net), group="NetIncome"),
    ]
    kept = [row for row in rows if row is not None] if any(data.sums) else []
    return report(book, "ProfitAndLoss", params, _titles(periods, by), kept, found, summarize=by)


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
    periods, by = _columns(book, params, found)
    data = _Columns([trial(book, p.end) for p in periods])
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
    blank = [""] * len(periods)
    equity_rows = list(equity["Rows"]["Row"]) if equity else []
    equity_rows.append({"ColData": cells("Net Income", *map(amount, net)), "type": "Data", "group": "NetIncome"})
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
    return report(
        book, "BalanceSheet", params, _titles(periods, by), rows if any(data.sums) else [], found, summarize=by
    )


def _sections(
    book: Book, data: _Columns, parts: tuple[tuple[tuple[str, ...], str, str], ...], sign: int, label: str, group: str
) -> Row | None:
    found = [_group(book, data, types, sign, name, key) for types, name, key in parts]
    rows = [row for row, _ in found if row is not None]
    totals = [sum(column) for column in zip(*(t for _, t in found), strict=True)]
    if not rows:
        return None
    return section(cells(label, *[""] * len(totals)), rows, cells(f"Total {label}", *map(amount, totals)), group)


def _class_total(book: Book, data: _Columns, classification: str, sign: int) -> list[int]:
    ids = [int(e.id) for e in book.entries["Account"].values() if e.body["Classification"] == classification]
    return data.of(ids, sign)
