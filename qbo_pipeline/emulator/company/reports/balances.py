"""What each customer owes and each vendor is owed: CustomerBalance, VendorBalance, and both document by document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.ageing import late_on
from qbo_pipeline.emulator.company.reports.choosing import sort_order
from qbo_pipeline.emulator.company.reports.dividing import Division, divide, division
from qbo_pipeline.emulator.company.reports.item_rows import columns_of, grand_total, heads, item_rows, sortable, sums
from qbo_pipeline.emulator.company.reports.open_items import PAYABLE, RECEIVABLE, OpenItem, Side, open_items
from qbo_pipeline.emulator.company.reports.periods import Period, report_day
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row
from qbo_pipeline.emulator.company.reports.trees import tree


def customers(book: Book, params: Mapping[str, str]) -> Body:
    """CustomerBalance at `report_date` (default today), sub-customers inside their customers.

    `summarize_column_by` divides what is open by the date of its document, or by whom and what the document names.
    """
    return _summary(book, params, "CustomerBalance", RECEIVABLE)


def vendors(book: Book, params: Mapping[str, str]) -> Body:
    """VendorBalance at `report_date` (default today)."""
    return _summary(book, params, "VendorBalance", PAYABLE)


def customer_detail(book: Book, params: Mapping[str, str]) -> Body:
    """CustomerBalanceDetail: the open documents of each customer."""
    return _detail(book, params, "CustomerBalanceDetail", RECEIVABLE)


def vendor_detail(book: Book, params: Mapping[str, str]) -> Body:
    """VendorBalanceDetail: the open documents of each vendor."""
    return _detail(book, params, "VendorBalanceDetail", PAYABLE)


def _summary(book: Book, params: Mapping[str, str], name: str, side: Side) -> Body:
    day = report_day(book, params)
    by = division(params)
    items = open_items(book, side, day, params)
    sums: defaultdict[int, defaultdict[Any, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0]))
    for item in items:
        sums[item.party][_key(by, side, item)][0] += item.open
    first = min((item.day for item in items), default=day)
    heads, totals = divide(book, by, Period(first, day), sums, 1)
    rows = tree(book, side.kind, totals, sort_order(params))
    if rows:
        rows.append(total_row("TOTAL", *(amount(sum(found)) for found in zip(*totals.values(), strict=True))))
    columns = [column("", side.kind, side.filter), *heads]
    options = {"report_date": day}
    return report(book, name, params, columns, rows, Period(day, day), options=options, summarize=by.word)


def _key(by: Division, side: Side, item: OpenItem) -> Any:
    """What of a document decides the column of its open balance: its date, its name, or what it names itself."""
    if by.unit:
        return item.day
    if by.parameter is None:
        return ""
    if by.parameter == side.filter:
        return item.party
    return item.department if by.parameter == "department" else item.class_id if by.parameter == "class" else None


def _detail(book: Book, params: Mapping[str, str], name: str, side: Side) -> Body:
    day = report_day(book, params)
    keys = columns_of(
        params, ("tx_date", "txn_type", "doc_num", "due_date", "subt_amount", "subt_open_bal", "rbal_open_bal")
    )
    items = open_items(book, side, day, params)
    to = late_on(book, params, day)
    by = params.get("sort_by")
    if by and by not in keys:
        raise fault("2170", "sort_by", what=by)
    by_name: dict[int, list[OpenItem]] = {}
    for item in items:
        by_name.setdefault(item.party, []).append(item)
    rows: list[Row] = []
    for entry in sorted(book.entries[side.kind].values(), key=lambda e: e.name.casefold()):
        found = by_name.get(int(entry.id))
        if found is None:
            continue
        if sort_order(params) == "descend" and not by:
            found = found[::-1]
        head = [{"value": entry.name, "id": entry.id}, *cells(*[""] * (len(keys) - 1))]
        inner = item_rows(book, side, found, keys, to)
        if by:
            inner.sort(key=partial(sortable, keys, by), reverse=sort_order(params) == "descend")
        rows.append(section(head, inner, sums(keys, found, f"Total for {entry.name}")))
    if rows:
        rows.append(grand_total(keys, items))
    return report(book, name, params, heads(keys), rows, Period(day, day), options={"report_date": day})
