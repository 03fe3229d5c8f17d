"""TaxSummary: what documents charged for each agency and rate, in home currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.money import convert, minor, share
from qbo_pipeline.emulator.company.reports.cash import DEFERRED, is_cash, settlements
from qbo_pipeline.emulator.company.reports.choosing import ids, sort_order
from qbo_pipeline.emulator.company.reports.periods import Period, period
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report, section, total_row

# Document -> the sign of its tax as owed to the agency.
_SIGNS: Final = {
    **dict.fromkeys(("Invoice", "SalesReceipt", "VendorCredit"), 1),
    **dict.fromkeys(("CreditMemo", "RefundReceipt", "Bill", "Purchase"), -1),
}
_Key = tuple[str, str]
"""Ids of agency and rate; "" where the document names none."""


def tax_summary(book: Book, params: Mapping[str, str]) -> Body:
    """A section for each agency with its rates: net amount taxed, and tax owed less tax paid.

    `agency_id` chooses, `sort_order` sorts the rates of an agency by their tax. On cash basis what a document charges
    counts in the proportion in which it is settled, on the day of the settlement.
    """
    found = period(book, params, "this month-to-date")
    wanted, order = ids(params, "agency_id"), sort_order(params)
    sums: defaultdict[_Key, list[int]] = defaultdict(lambda: [0, 0])
    for entity, body, counted in _documents(book, found, is_cash(book, params)):
        sign = -_SIGNS[entity] if body.get("Credit") else _SIGNS[entity]
        for key, net, tax in _taxes(book, body):
            sums[key][0] += sign * counted(net)
            sums[key][1] += sign * counted(tax)
    rows: list[Row] = []
    total = 0
    for agency in sorted({key[0] for key in sums}, key=lambda id: (not id, id)):
        if wanted is not None and (not agency or int(agency) not in wanted):
            continue
        rates = [rate for a, rate in sorted(sums) if a == agency]
        if order:
            taxes = {rate: sums[(agency, rate)][1] for rate in rates}
            rates.sort(key=taxes.__getitem__, reverse=order == "descend")
        inner = [_rate(book, rate, sums[(agency, rate)]) for rate in rates]
        owed = sum(tax for (a, _), (_, tax) in sums.items() if a == agency)
        total += owed
        entry = book.entries["TaxAgency"].get(agency)
        name = entry.name if entry else "Not Specified"
        head = [{"value": name, **({"id": agency} if entry else {})}, *cells("", "")]
        rows.append(section(head, inner, cells(f"Total for {name}", "", amount(owed))))
    if rows:
        rows.append(total_row("TOTAL", "", amount(total)))
    columns = [
        column("", "String", "tax_rate"),
        column("Net Amount", "Money", "net_amount"),
        column("Tax", "Money", "tax_amount"),
    ]
    return report(book, "TaxSummary", params, columns, rows, found)


def _documents(book: Book, found: Period, by_cash: bool) -> Iterator[tuple[str, Body, Callable[[int], int]]]:
    """The documents that count in a period: entity, body, and how much of an amount of theirs counts in it."""
    kinds = ", ".join(f"'{kind}'" for kind in _SIGNS)
    start = "" if by_cash else found.start
    sql = f"""SELECT id, entity, date, total, balance, body FROM txns
              WHERE entity IN ({kinds}) AND date BETWEEN ? AND ? ORDER BY id"""
    settled = settlements(book) if by_cash else {}
    for id, entity, day, total, balance, stored in book.store.rows(sql, (start, found.end)):
        body = jsontext.loads(stored)
        if not by_cash or entity not in DEFERRED or not total:
            if day >= found.start:
                yield entity, body, _whole
            continue
        steps = settled.get(id, [])
        at_once = total - (balance or 0) - sum(step.amount for step in steps)
        before = sum(step.amount for step in steps if step.day < found.start) + (at_once if day < found.start else 0)
        until = sum(step.amount for step in steps if step.day <= found.end) + at_once
        if before != until:
            yield entity, body, partial(_between, total, before, until)


def _whole(amount: int) -> int:
    return amount


def _between(total: int, before: int, until: int, amount: int) -> int:
    """What of an amount counts between two states of a document's settlement; all parts of it add up to the amount."""
    return share(amount, min(until, total), total) - share(amount, min(before, total), total)


def _taxes(book: Book, body: Body) -> list[tuple[_Key, int, int]]:
    """Agency and rate, net and tax in home currency, of each tax line of a document."""
    detail: Body = body.get("TxnTaxDetail") or {}
    rate = Decimal(body.get("ExchangeRate") or 1)
    out: list[tuple[_Key, int, int]] = []
    rest = minor(detail.get("TotalTax") or 0)
    for line in detail.get("TaxLine", []):
        own: dict[str, Any] = line.get("TaxLineDetail") or {}
        id = str((own.get("TaxRateRef") or {}).get("value", ""))
        entry = book.entries["TaxRate"].get(id)
        agency = str((entry.body.get("AgencyRef") or {}).get("value", "")) if entry else ""
        tax = minor(line.get("Amount") or 0)
        rest -= tax
        out.append(((agency, id), convert(minor(own.get("NetAmountTaxable") or 0), rate), convert(tax, rate)))
    if rest:
        out.append((("", ""), 0, convert(rest, rate)))
    return out


def _rate(book: Book, id: str, sums: list[int]) -> Row:
    entry = book.entries["TaxRate"].get(id)
    name = {"value": entry.name, "id": id} if entry else {"value": "Not Specified"}
    return {"ColData": [name, *cells(amount(sums[0]), amount(sums[1]))], "type": "Data"}
