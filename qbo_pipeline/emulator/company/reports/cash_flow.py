"""Statement of cash flows, by the indirect method: net income, and the change of each balance sheet account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.periods import Period, period
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row
from qbo_pipeline.emulator.company.reports.statements import in_order
from qbo_pipeline.emulator.company.reports.sums import Columns, summarize

# Section title, QBO's group, the word for its net, and the account types whose changes it lists.
_PARTS: Final = (
    ("Investing Activities", "InvestingActivities", ("Fixed Asset", "Other Asset")),
    ("Financing Activities", "FinancingActivities", ("Long Term Liability", "Equity")),
)
_OPERATING: Final = (
    *("Accounts Receivable", "Other Current Asset", "Accounts Payable", "Credit Card"),
    "Other Current Liability",
)


def cash_flow(book: Book, params: Mapping[str, str]) -> Body:
    """CashFlow: operating, investing and financing activities, net cash increase, cash at the beginning and the end.

    Cash is what is in the bank and in Undeposited Funds. Adjustments of net income are those of the accounts that move
    with operations; `summarize_column_by` divides the period.
    """
    found = period(book, params, "this fiscal year-to-date")
    data = summarize(book, params, found)
    if data.is_by_name:
        raise fault("5030", "summarize_column_by", what=f"Cash flows by {data.by} are not emulated.")
    accounts = in_order(book)
    net = [
        a + b
        for a, b in zip(_class(book, data, "Revenue"), _class(book, data, "Expense"), strict=True)
    ]  # fmt: skip
    adjusting = [e for e in accounts if e.body["AccountType"] in _OPERATING and not _is_cash(e)]
    inner, adjustments = _changes(data, adjusting)
    title = "Adjustments to reconcile Net Income to Net Cash provided by operations:"
    blank = [""] * len(data.heads)
    operating: list[Row] = [{"ColData": cells("Net Income", *map(amount, net)), "type": "Data", "group": "NetIncome"}]
    if inner:
        total = cells(f"Total {title.rstrip(':')}", *map(amount, adjustments))
        operating.append(section(cells(title, *blank), inner, total, "OperatingAdjustments"))
    flow = [a + b for a, b in zip(net, adjustments, strict=True)]
    rows = [_part("Operating Activities", "OperatingActivities", operating, flow)]
    for label, group, types in _PARTS:
        part, sums = _changes(data, [e for e in accounts if e.body["AccountType"] in types])
        flow = [a + b for a, b in zip(flow, sums, strict=True)]
        if part:
            rows.append(_part(label, group, part, sums))
    rows.append(total_row("Net cash increase for period", *map(amount, flow), group="CashIncrease"))
    begins = _beginning(book, params, found.start, data)
    ends = [a + b for a, b in zip(begins, flow, strict=True)]
    rows.append({"ColData": cells("Cash at beginning of period", *map(amount, begins)), "type": "Data",
                 "group": "BeginningCash"})  # fmt: skip
    rows.append(total_row("Cash at end of period", *map(amount, ends), group="EndingCash"))
    kept = rows if any(data.sums) or any(begins) else []
    columns = [column("", "Account", "account"), *data.heads]
    return report(book, "CashFlow", params, columns, kept, found, summarize=data.by)


def _part(label: str, group: str, rows: list[Row], sums: list[int]) -> Row:
    head = cells(label.upper(), *[""] * len(sums))
    return section(head, rows, cells(f"Net cash provided by {label.lower()}", *map(amount, sums)), group)


def _changes(data: Columns, entries: list[Entry]) -> tuple[list[Row], list[int]]:
    """A row for each account that changed, as a movement of cash (an asset that grew took cash), and their sum."""
    rows: list[Row] = []
    for entry in entries:
        values = data.of([int(entry.id)], -1)
        if any(values):
            rows.append(
                {"ColData": [{"value": entry.name, "id": entry.id}, *cells(*map(amount, values))], "type": "Data"}
            )
    return rows, data.of([int(entry.id) for entry in entries], -1)


def _class(book: Book, data: Columns, classification: str) -> list[int]:
    ids = [int(e.id) for e in book.entries["Account"].values() if e.body["Classification"] == classification]
    return data.of(ids, -1)


def _is_cash(entry: Entry) -> bool:
    return bool(entry.body["AccountType"] == "Bank" or entry.body["AccountSubType"] == "UndepositedFunds")


def _beginning(book: Book, params: Mapping[str, str], start: str, data: Columns) -> list[int]:
    """Cash before the period; each column of time begins with what the one before it ended with, the total with all."""
    cash = [int(e.id) for e in book.entries["Account"].values() if _is_cash(e)]
    before = (date.fromisoformat(start) - timedelta(days=1)).isoformat()
    whole = {k: v for k, v in params.items() if k != "summarize_column_by"}
    at = summarize(book, whole, Period("0001-01-01", before), at_end=True).of(cash, 1)[0]
    moves = data.of(cash, 1)[:-1]
    return [*(at + sum(moves[:n]) for n in range(len(moves))), at]
