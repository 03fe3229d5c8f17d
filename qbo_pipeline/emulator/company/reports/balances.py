"""What each customer owes and each vendor is owed: CustomerBalance, VendorBalance, and both document by document."""

from __future__ import annotations

from collections.abc import Mapping

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.reports.choosing import sort_order
from qbo_pipeline.emulator.company.reports.item_rows import columns_of, grand_total, heads, item_rows, sums
from qbo_pipeline.emulator.company.reports.open_items import PAYABLE, RECEIVABLE, OpenItem, Side, open_items
from qbo_pipeline.emulator.company.reports.periods import Period, report_day
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row
from qbo_pipeline.emulator.company.reports.trees import Totals, tree


def customers(book: Book, params: Mapping[str, str]) -> Body:
    """CustomerBalance at `report_date` (default today), sub-customers inside their customers."""
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
    totals: Totals = {}
    for item in open_items(book, side, day, params):
        totals.setdefault(item.party, [0])[0] += item.open
    rows = tree(book, side.kind, totals, sort_order(params))
    if rows:
        rows.append(total_row("TOTAL", amount(sum(found[0] for found in totals.values()))))
    columns = [column("", side.kind, side.filter), column("Total", "Money", "total")]
    return report(book, name, params, columns, rows, Period(day, day), options={"report_date": day})


def _detail(book: Book, params: Mapping[str, str], name: str, side: Side) -> Body:
    day = report_day(book, params)
    keys = columns_of(
        params, ("tx_date", "txn_type", "doc_num", "due_date", "subt_amount", "subt_open_bal", "rbal_open_bal")
    )
    items = open_items(book, side, day, params)
    by_name: dict[int, list[OpenItem]] = {}
    for item in items:
        by_name.setdefault(item.party, []).append(item)
    rows: list[Row] = []
    for entry in sorted(book.entries[side.kind].values(), key=lambda e: e.name.casefold()):
        found = by_name.get(int(entry.id))
        if found is None:
            continue
        if sort_order(params) == "descend":
            found = found[::-1]
        head = [{"value": entry.name, "id": entry.id}, *cells(*[""] * (len(keys) - 1))]
        rows.append(
            section(head, item_rows(book, side, found, keys, day), sums(keys, found, f"Total for {entry.name}"))
        )
    if rows:
        rows.append(grand_total(keys, items))
    return report(book, name, params, heads(keys), rows, Period(day, day), options={"report_date": day})
