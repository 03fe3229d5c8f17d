"""Statement of cash flows, by the indirect method: net income, and the change of each balance sheet account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.reports.dividing import division
from qbo_pipeline.emulator.company.reports.periods import Period, period
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row
from qbo_pipeline.emulator.company.reports.statements import in_order
from qbo_pipeline.emulator.company.reports.sums import Columns, aligned, summarize

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
    with operations; `summarize_column_by` divides the period, or has a column for each name with what its lines moved
    (which adds up in the total alone: the lines of a document do not all carry its name).
    """
    found = period(book, params, "this fiscal year-to-date")
    data = summarize(book, params, found)
    before = _before(book, params, found.start)
    if data.is_by_name:
        data, before = aligned(book, data, before)
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
    begins = _beginning(book, before, data)
    moved = data.of(_cash(book), 1) if data.is_by_name else flow
    ends = [a + b for a, b in zip(begins, moved, strict=True)]
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


def _cash(book: Book) -> list[int]:
    return [int(e.id) for e in book.entries["Account"].values() if _is_cash(e)]


def _before(book: Book, params: Mapping[str, str], start: str) -> Columns:
    """What was posted before the period: in one column, or in those of names."""
    earlier = Period("0001-01-01", (date.fromisoformat(start) - timedelta(days=1)).isoformat())
    if division(params).parameter is None:
        params = {k: v for k, v in params.items() if k != "summarize_column_by"}
    return summarize(book, params, earlier)


def _beginning(book: Book, before: Columns, data: Columns) -> list[int]:
    """Cash before the period; each column of time begins with what the one before it ended with, the total with all."""
    at = before.of(_cash(book), 1)
    if data.is_by_name:
        return at
    moves = data.of(_cash(book), 1)[:-1]
    return [*(at[0] + sum(moves[:n]) for n in range(len(moves))), at[0]]
