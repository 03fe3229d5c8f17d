"""Sums of ledger lines by account (or customer, item, …), in one column or one for each month, customer, class …"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from qbo_pipeline.emulator.company.account_rules import system_account
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.cash import lines_of
from qbo_pipeline.emulator.company.reports.choosing import FILTERS, conditions, sort_order
from qbo_pipeline.emulator.company.reports.periods import Period, cut, title
from qbo_pipeline.emulator.company.reports.shape import column
from qbo_pipeline.emulator.company.schema.lists import BALANCE_SHEET_CLASSES

Sums = dict[int, int]
"""Home balance by account (or by the Id of something else; 0 where there is none), in minor units, debit positive."""
# summarize_column_by -> the unit of time of its columns. QBO's own words are plural for some and not for others.
_TIMES: Final = {
    **dict.fromkeys(("days", "day"), "day"),
    **dict.fromkeys(("weeks", "week"), "week"),
    **dict.fromkeys(("months", "month"), "month"),
    **dict.fromkeys(("quarters", "quarter"), "calendar quarter"),
    **dict.fromkeys(("years", "year"), "calendar year"),
}
# summarize_column_by -> the filter whose value it divides by, and the entity that names its columns.
_NAMES: Final = {
    "customers": ("customer", "Customer"),
    "vendors": ("vendor", "Vendor"),
    "employees": ("employee", "Employee"),
    "classes": ("class", "Class"),
    "departments": ("department", "Department"),
    "productsandservices": ("item", "Item"),
}
WORDS: Final = ("Total", "Days", "Weeks", "Month", "Quarter", "Year", "Customers", "Vendors", "Employees", "Classes",
                "Departments", "ProductsAndServices")  # fmt: skip
_MOST_COLUMNS: Final = 5_000


@dataclass(frozen=True, slots=True)
class _Lines:
    """Which lines are summed: their table, the expression to sum by, the condition and its values."""

    table: str
    key: str
    where: str
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """The amount columns of a report: their heads, and the sums of each; `by` is the word that the header repeats.

    `order` is how the rows of a section are sorted by their total (`sort_order`), "" for by name.
    """

    by: str
    heads: list[Body]
    sums: list[Sums]
    order: str = ""

    @property
    def is_by_name(self) -> bool:
        """Whether the columns are customers, classes and the like rather than parts of the period."""
        return self.by.lower() in _NAMES

    def of(self, ids: Iterable[int], sign: int) -> list[int]:
        """The total of some accounts in each column."""
        wanted = list(ids)
        return [sign * sum(found.get(id, 0) for id in wanted) for found in self.sums]


def summarize(
    book: Book,
    params: Mapping[str, str],
    found: Period,
    *,
    at_end: bool = False,
    key: str = "l.account",
    only: str = "",
) -> Columns:
    """What is posted in a period by account, in the columns that `summarize_column_by` names. Raises 2170.

    `at_end`: balances at the end of the period (of each part of it) instead, with what was earned in earlier fiscal
    years in Retained Earnings. `key` is another expression to sum by, `only` a condition (` AND …`) on the lines `l`.
    """
    where, values = conditions(params)
    lines = _Lines(lines_of(book, params), key, only + where, values)
    made = _summarize(book, params, found, at_end, lines)
    return replace(made, order=sort_order(params))


def _summarize(book: Book, params: Mapping[str, str], found: Period, at_end: bool, lines: _Lines) -> Columns:
    word = params.get("summarize_column_by") or "Total"
    key = word.lower().replace(" ", "")
    if key in _TIMES:
        return _by_time(book, word, _TIMES[key], found, lines, at_end)
    if key in _NAMES:
        return _by_name(book, word, key, found, lines, at_end)
    if key != "total":
        raise fault("2170", "summarize_column_by", what=word)
    start = None if at_end else found.start
    rows = _daily(book, start, found.end, lines)
    sums = balances_at(book, rows, [found.end])[0] if at_end else _total((a, v) for a, _, v in rows)
    return Columns("Total", [column("Total", "Money", "total")], [sums])


def _daily(book: Book, start: str | None, end: str, lines: _Lines) -> Iterator[tuple[int, str, int]]:
    """Account, day and sum, in order of days."""
    sql = f"""SELECT COALESCE({lines.key}, 0), l.date, SUM(l.home) FROM {lines.table} l
              WHERE l.date BETWEEN ? AND ?{lines.where} GROUP BY 2, 1 ORDER BY 2"""
    return iter(book.store.execute(sql, (start or "", end, *lines.values)))


def _total(rows: Iterable[tuple[int, int]]) -> Sums:
    out: defaultdict[int, int] = defaultdict(int)
    for account, value in rows:
        out[account] += value
    return dict(out)


def balances_at(book: Book, rows: Iterable[tuple[int, str, int]], days: list[str]) -> list[Sums]:
    """The trial balance at the end of each of some days, which are in order, from all daily sums up to the last.

    Income and expense count from the start of the fiscal year; what was earned before is part of Retained Earnings.
    """
    permanent = {
        int(id) for id, a in book.entries["Account"].items() if a.body["Classification"] in BALANCE_SHEET_CLASSES
    }
    whole: defaultdict[int, int] = defaultdict(int)
    out: list[Sums] = []
    year = ""

    def begin_year(day: str) -> None:
        nonlocal year
        start = book.fiscal_year_start(date.fromisoformat(day)).isoformat()
        if start == year:
            return
        year = start
        earned = [account for account in whole if account not in permanent]
        total = sum(whole.pop(account) for account in earned)
        if total:
            whole[int(system_account(book, "Equity", "RetainedEarnings"))] += total

    def close(before: str | None) -> None:
        while len(out) < len(days) and (before is None or days[len(out)] < before):
            begin_year(days[len(out)])
            out.append({account: value for account, value in whole.items() if value})

    for account, day, value in rows:
        close(day)
        begin_year(day)
        whole[account] += value
    close(None)
    return out


def _by_time(book: Book, word: str, unit: str, found: Period, lines: _Lines, at_end: bool) -> Columns:
    parts = cut(book, found, unit)
    _refuse_too_many(len(parts))
    heads = []
    for part in parts:
        name = title(part, unit)
        head = column(name, "Money", name)
        extra = [{"Name": "StartDate", "Value": part.start}, {"Name": "EndDate", "Value": part.end}]
        head["MetaData"] = extra + head["MetaData"]
        heads.append(head)
    if at_end:
        daily = _daily(book, None, found.end, lines)
        return Columns(word, heads, balances_at(book, daily, [part.end for part in parts]))
    starts = [part.start for part in parts]
    sums: list[defaultdict[int, int]] = [defaultdict(int) for _ in (*parts, None)]
    for account, day, value in _daily(book, found.start, found.end, lines):
        sums[bisect_right(starts, day) - 1][account] += value
        sums[-1][account] += value
    return Columns(word, [*heads, column("Total", "Money", "total")], [dict(each) for each in sums])


def _by_name(book: Book, word: str, key: str, found: Period, lines: _Lines, at_end: bool) -> Columns:
    parameter, kind = _NAMES[key]
    start = "" if at_end else found.start
    sql = f"""SELECT {FILTERS[parameter]}, COALESCE({lines.key}, 0), l.date, SUM(l.home) FROM {lines.table} l
              WHERE l.date BETWEEN ? AND ?{lines.where} GROUP BY 1, 2, 3 ORDER BY 3"""
    daily: defaultdict[int | None, list[tuple[int, str, int]]] = defaultdict(list)
    for name, account, day, value in book.store.execute(sql, (start, found.end, *lines.values)):
        daily[name].append((account, day, value))

    def summed(rows: list[tuple[int, str, int]]) -> Sums:
        return balances_at(book, rows, [found.end])[0] if at_end else _total((a, v) for a, _, v in rows)

    entries = book.entries[kind]
    names = sorted((id for id in daily if id is not None), key=lambda id: entries[str(id)].name.casefold())
    _refuse_too_many(len(names))
    heads = [column(entries[str(id)].name, "Money", str(id)) for id in names]
    sums = [summed(daily[id]) for id in names]
    if None in daily:
        heads.append(column("Not Specified", "Money", "not_specified"))
        sums.append(summed(daily[None]))
    heads.append(column("TOTAL", "Money", "total"))
    return Columns(word, heads, [*sums, _total((a, v) for each in sums for a, v in each.items())])


def _refuse_too_many(count: int) -> None:
    if count > _MOST_COLUMNS:
        raise fault("10000", what=f"A report of {count} columns is too large; choose a shorter period.")
