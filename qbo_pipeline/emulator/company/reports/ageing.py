"""Aged receivables and payables: what each customer owes, or each vendor is owed, by days past due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import QboError, fault
from qbo_pipeline.emulator.company.fields import DATE, clean
from qbo_pipeline.emulator.company.reports.shape import (
    Period,
    Row,
    amount,
    cells,
    column,
    filter_ids,
    report,
    total_row,
)

_BUCKETS: Final = ("Current", "1 - 30", "31 - 60", "61 - 90", "91 and over")
_KEYS: Final = ("current", "0", "1", "2", "3")


def receivables(book: Book, params: Mapping[str, str]) -> Body:
    """AgedReceivables at `report_date` (default today), in home currency."""
    return _aged(book, params, "AgedReceivables", "Accounts Receivable", "Customer", 1)


def payables(book: Book, params: Mapping[str, str]) -> Body:
    """AgedPayables at `report_date` (default today), in home currency."""
    return _aged(book, params, "AgedPayables", "Accounts Payable", "Vendor", -1)


def _aged(book: Book, params: Mapping[str, str], name: str, account_type: str, kind: str, sign: int) -> Body:
    day = _day(book, params)
    wanted = filter_ids(params, kind.lower())
    control = [int(e.id) for e in book.entries["Account"].values() if e.body["AccountType"] == account_type]
    sums: dict[int, list[int]] = {}
    for party, days, open_home in _open_items(book, control, kind, day):
        if wanted is None or party in wanted:
            sums.setdefault(party, [0] * len(_BUCKETS))[_bucket(days)] += sign * open_home
    rows: list[Row] = []
    totals = [0] * len(_BUCKETS)
    for entry in sorted(book.entries[kind].values(), key=lambda e: e.name.casefold()):
        found = sums.get(int(entry.id))
        if found is None or not any(found):
            continue
        totals = [a + b for a, b in zip(totals, found, strict=True)]
        values = [amount(v) if v else "" for v in found]
        rows.append(
            {"ColData": [{"value": entry.name, "id": entry.id}, *cells(*values, amount(sum(found)))], "type": "Data"}
        )
    if rows:
        rows.append(total_row("TOTAL", *map(amount, totals), amount(sum(totals))))
    columns = [column("", kind, kind.lower())]
    columns += [column(title, "Money", key) for title, key in zip(_BUCKETS, _KEYS, strict=True)]
    columns.append(column("Total", "Money", "total"))
    return report(
        book, name, params, columns, rows, Period(day, day), options={"report_date": day, "aging_method": "Report_Date"}
    )


def _day(book: Book, params: Mapping[str, str]) -> str:
    given = params.get("report_date") or params.get("end_date") or book.today().isoformat()
    problems: list[QboError] = []
    checked = clean({"report_date": given}, {"report_date": DATE}, problems)
    if problems:
        raise fault(problems[0].code, "report_date", what=given)
    return str(checked["report_date"])


def _open_items(book: Book, control: list[int], kind: str, day: str) -> list[tuple[int, int, int]]:
    """Party, days past due and open home value of each document dated up to the day.

    What a payment dated up to the day takes off a document, at the document's own value, leaves the payment itself
    with its unapplied rest; so the sum for a party is its balance in the ledger on that day.
    """
    marks = ", ".join("?" * len(control))
    sql = f"""SELECT l.txn, l.party, t.date, t.body, SUM(l.home), SUM(l.amount) FROM lines l JOIN txns t ON t.id = l.txn
              WHERE l.account IN ({marks}) AND l.party_kind = ? AND l.date <= ? GROUP BY l.txn, l.party"""
    rows = book.store.rows(sql, (*control, kind, day))
    open_home = {(txn, party): home for txn, party, _, _, home, _ in rows}
    foreign = {(txn, party): value for txn, party, _, _, _, value in rows}
    links = """SELECT k.source, k.target, k.amount, COALESCE(g.party, s.party)
               FROM links k JOIN txns s ON s.id = k.source
               JOIN txns g ON g.id = k.target WHERE k.kind = 'settle' AND s.date <= ? AND g.date <= ?"""
    for source, target, applied, party in book.store.rows(links, (day, day)):
        whole = foreign.get((target, party))
        if not whole or (source, party) not in open_home:
            continue
        share = _share(open_home[(target, party)], applied, abs(whole))
        foreign[(target, party)] = whole - (applied if whole > 0 else -applied)
        open_home[(target, party)] -= share
        open_home[(source, party)] += share
    at = date.fromisoformat(day)
    out = []
    for txn, party, txn_date, body, _, _ in rows:
        rest = open_home[(txn, party)]
        if rest:
            due = jsontext.loads(body).get("DueDate") or txn_date
            out.append((party, (at - date.fromisoformat(due)).days, rest))
    return out


def _share(home: int, part: int, whole: int) -> int:
    if part >= whole:
        return home
    magnitude = (2 * abs(home) * part + whole) // (2 * whole)
    return magnitude if home >= 0 else -magnitude


def _bucket(days: int) -> int:
    return 0 if days <= 0 else min((days - 1) // 30 + 1, len(_BUCKETS) - 1)
