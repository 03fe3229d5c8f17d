"""Aged receivables and payables, in summary and in detail: what is open, by days past due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.choosing import sort_order
from qbo_pipeline.emulator.company.reports.item_rows import columns_of, grand_total, heads, item_rows, sums
from qbo_pipeline.emulator.company.reports.open_items import PAYABLE, RECEIVABLE, OpenItem, Side, open_items
from qbo_pipeline.emulator.company.reports.periods import Period, report_day
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row

PARAMETERS: Final = ("aging_method", "aging_period", "num_periods", "past_due", "sort_order", "department")
"""The parameters of these reports beside the day and the name."""


def receivables(book: Book, params: Mapping[str, str]) -> Body:
    """AgedReceivables: a row for each customer, in home currency."""
    return _summary(book, params, "AgedReceivables", RECEIVABLE)


def payables(book: Book, params: Mapping[str, str]) -> Body:
    """AgedPayables: a row for each vendor, in home currency."""
    return _summary(book, params, "AgedPayables", PAYABLE)


def receivable_detail(book: Book, params: Mapping[str, str]) -> Body:
    """AgedReceivableDetail: a row for each open document, by age."""
    return _detail(book, params, "AgedReceivableDetail", RECEIVABLE)


def payable_detail(book: Book, params: Mapping[str, str]) -> Body:
    """AgedPayableDetail: a row for each open document, by age."""
    return _detail(book, params, "AgedPayableDetail", PAYABLE)


@dataclass(frozen=True, slots=True)
class _Ages:
    """How documents are aged: the day they are aged to, days in a bucket, and how many buckets follow "Current"."""

    day: str
    method: str
    days: int
    count: int
    least: int | None

    def bucket(self, item: OpenItem) -> int:
        """0 for what is not due yet, else the number of the bucket."""
        late = self.late(item)
        return 0 if late <= 0 else min((late - 1) // self.days + 1, self.count)

    def late(self, item: OpenItem) -> int:
        """Days past due."""
        return (date.fromisoformat(self.day) - date.fromisoformat(item.due)).days

    def titles(self) -> list[str]:
        """Titles of the buckets, the one that is not due first."""
        bounds = [(n * self.days + 1, (n + 1) * self.days) for n in range(self.count)]
        spans = [f"{low} - {high}" for low, high in bounds[:-1]]
        return ["Current", *spans, f"{bounds[-1][0]} and over"]


def late_on(book: Book, params: Mapping[str, str], day: str) -> str:
    """The day up to which `aging_method` counts how late a document is: that of the report, or today. Raises 2170."""
    method = params.get("aging_method") or "Report_Date"
    if method.lower() not in ("report_date", "current"):
        raise fault("2170", "aging_method", what=method)
    return day if method.lower() == "report_date" else book.today().isoformat()


def _ages(book: Book, params: Mapping[str, str], day: str) -> _Ages:
    to = late_on(book, params, day)
    days, count = _number(params, "aging_period", 30, 1), _number(params, "num_periods", 4, 1)
    least = _number(params, "past_due", 0, 0) if params.get("past_due") else None
    return _Ages(to, "Report_Date" if to == day else "Current", days, count, least)


def _number(params: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = params.get(name) or str(default)
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= 1000:
        raise fault("2080", name, what=text)
    return int(text)


def _items(book: Book, params: Mapping[str, str], side: Side, day: str, ages: _Ages) -> list[OpenItem]:
    found = open_items(book, side, day, params)
    return [item for item in found if ages.least is None or ages.late(item) >= ages.least]


def _options(day: str, ages: _Ages) -> dict[str, str]:
    return {"report_date": day, "aging_method": ages.method}


def _summary(book: Book, params: Mapping[str, str], name: str, side: Side) -> Body:
    day = report_day(book, params)
    ages = _ages(book, params, day)
    by_name: dict[int, list[int]] = {}
    for item in _items(book, params, side, day, ages):
        by_name.setdefault(item.party, [0] * (ages.count + 1))[ages.bucket(item)] += item.open
    entries = sorted(book.entries[side.kind].values(), key=lambda e: e.name.casefold())
    order = sort_order(params)
    if order:
        entries.sort(key=lambda e: sum(by_name.get(int(e.id), ())), reverse=order == "descend")
    rows: list[Row] = []
    totals = [0] * (ages.count + 1)
    for entry in entries:
        found = by_name.get(int(entry.id))
        if found is None or not any(found):
            continue
        totals = [a + b for a, b in zip(totals, found, strict=True)]
        values = [amount(v) if v else "" for v in found]
        data = [{"value": entry.name, "id": entry.id}, *cells(*values, amount(sum(found)))]
        rows.append({"ColData": data, "type": "Data"})
    if rows:
        rows.append(total_row("TOTAL", *map(amount, totals), amount(sum(totals))))
    columns = [column("", side.kind, side.filter)]
    columns += [column(t, "Money", "current" if n == 0 else str(n - 1)) for n, t in enumerate(ages.titles())]
    columns.append(column("Total", "Money", "total"))
    return report(book, name, params, columns, rows, Period(day, day), options=_options(day, ages))


def _detail(book: Book, params: Mapping[str, str], name: str, side: Side) -> Body:
    day = report_day(book, params)
    ages = _ages(book, params, day)
    default = ("tx_date", "txn_type", "doc_num", side.name_key, "due_date", "past_due", "subt_amount", "subt_open_bal")
    keys = columns_of(params, default)
    items = _items(book, params, side, day, ages)
    buckets: dict[int, list[OpenItem]] = {}
    for item in items:
        buckets.setdefault(ages.bucket(item), []).append(item)
    rows: list[Row] = []
    for n in sorted(buckets, reverse=True):
        title = "Current" if n == 0 else f"{ages.titles()[n].replace('and over', 'or more')} days past due"
        head = cells(title, *[""] * (len(keys) - 1))
        inner = item_rows(book, side, buckets[n], keys, ages.day)
        rows.append(section(head, inner, sums(keys, buckets[n], f"Total for {title}")))
    if rows:
        rows.append(grand_total(keys, items))
    return report(book, name, params, heads(keys), rows, Period(day, day), options=_options(day, ages))
