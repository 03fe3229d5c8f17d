"""Sums of ledger lines by account (or customer, item, …), in one column or one for each month, customer, class …"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from qbo_pipeline.emulator.company.account_rules import system_account
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.reports.cash import lines_of
from qbo_pipeline.emulator.company.reports.choosing import conditions, sort_order
from qbo_pipeline.emulator.company.reports.dividing import NAMES, Division, division, name_heads, time_heads
from qbo_pipeline.emulator.company.reports.periods import Period, cut
from qbo_pipeline.emulator.company.reports.shape import amount, column
from qbo_pipeline.emulator.company.schema.lists import BALANCE_SHEET_CLASSES

Sums = dict[int, int]
"""Home balance by account (or by the Id of something else; 0 where there is none), in minor units, debit positive."""


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
        return self.by.lower() in NAMES

    def shown(self, id: int, sign: int) -> list[str]:
        """The total of an account as its cells show it: nothing in a column for which it has none (recorded)."""
        return [amount(sign * found[id]) if id in found else "" for found in self.sums]

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
    by = division(params)
    if by.unit:
        return _by_time(book, by, found, lines, at_end)
    if by.parameter:
        return _by_name(book, by, found, lines, at_end)
    start = None if at_end else found.start
    rows = _daily(book, start, found.end, lines)
    sums = balances_at(book, rows, [found.end])[0] if at_end else _total((a, v) for a, _, v in rows)
    return Columns("Total", [column("Total", "Money", "total")], [sums])


def aligned(book: Book, *found: Columns) -> list[Columns]:
    """Columns of names with the same heads: a name that one has and another has not is at zero there."""
    by_key = [dict(zip(map(_key, each.heads), each.sums, strict=True)) for each in found]
    heads = {_key(head): head for each in found for head in each.heads}
    rank = {"not_specified": 1, "total": 2}
    order = sorted(heads, key=lambda key: (rank.get(key, 0), heads[key]["ColTitle"].casefold(), key))
    return [
        replace(each, heads=[heads[key] for key in order], sums=[sums.get(key, {}) for key in order])
        for each, sums in zip(found, by_key, strict=True)
    ]


def _key(head: Body) -> str:
    return str(head["MetaData"][-1]["Value"])


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


def _by_time(book: Book, by: Division, found: Period, lines: _Lines, at_end: bool) -> Columns:
    assert by.unit is not None
    parts = cut(book, found, by.unit)
    heads = time_heads(parts, by.unit)
    if at_end:
        daily = _daily(book, None, found.end, lines)
        return Columns(by.word, heads, balances_at(book, daily, [part.end for part in parts]))
    starts = [part.start for part in parts]
    sums: list[defaultdict[int, int]] = [defaultdict(int) for _ in (*parts, None)]
    for account, day, value in _daily(book, found.start, found.end, lines):
        sums[bisect_right(starts, day) - 1][account] += value
        sums[-1][account] += value
    return Columns(by.word, [*heads, *by.total], [dict(each) for each in sums])


def _by_name(book: Book, by: Division, found: Period, lines: _Lines, at_end: bool) -> Columns:
    start = "" if at_end else found.start
    sql = f"""SELECT {by.key}, COALESCE({lines.key}, 0), l.date, SUM(l.home) FROM {lines.table} l
              WHERE l.date BETWEEN ? AND ?{lines.where} GROUP BY 1, 2, 3 ORDER BY 3"""
    daily: defaultdict[int | None, list[tuple[int, str, int]]] = defaultdict(list)
    for name, account, day, value in book.store.execute(sql, (start, found.end, *lines.values)):
        daily[name].append((account, day, value))

    def summed(rows: list[tuple[int, str, int]]) -> Sums:
        return balances_at(book, rows, [found.end])[0] if at_end else _total((a, v) for a, _, v in rows)

    heads, order = name_heads(book, by.kind, daily)
    sums = [summed(daily[name]) for name in order]
    return Columns(by.word, [*heads, *by.total], [*sums, _total((a, v) for each in sums for a, v in each.items())])
