"""The journal: every transaction of a period as debits and credits."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.reports.choosing import sort_order
from qbo_pipeline.emulator.company.reports.ledger_lines import label
from qbo_pipeline.emulator.company.reports.periods import period
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, report, total_row
from qbo_pipeline.emulator.company.reports.tables import chosen, place, sortable
from qbo_pipeline.emulator.company.window import party_name

_JOURNAL: Final = (
    ("Date", "Date", "tx_date"),
    ("Transaction Type", "String", "txn_type"),
    ("Num", "String", "doc_num"),
    ("Name", "String", "name"),
    ("Memo/Description", "String", "memo"),
    ("Account", "String", "account_name"),
    ("Debit", "Money", "debt_amt"),
    ("Credit", "Money", "credt_amt"),
)


def journal_report(book: Book, params: Mapping[str, str]) -> Body:
    """Every transaction of the period as debits and credits in home currency.

    `columns` chooses ColKeys; `sort_by` (a ColKey) and `sort_order` sort the transactions by their first lines.
    """
    found = period(book, params, "this month-to-date")
    sql = """SELECT l.txn, t.entity, t.number, l.date, l.party_kind, l.party, l.memo, l.account, l.home, t.body
             FROM lines l JOIN txns t ON t.id = l.txn WHERE l.date BETWEEN ? AND ? ORDER BY l.date, l.txn, l.n"""
    names = {int(e.id): e.name for e in book.entries["Account"].values()}
    by = place(params, "sort_by", _JOURNAL, params["sort_by"]) if params.get("sort_by") else None
    is_descending = sort_order(params) == "descend"
    blocks: list[list[Row]] = []
    debits = credits = 0
    for _, grouped in groupby(book.store.execute(sql, (found.start, found.end)), key=lambda row: row[0]):
        debit = credit = 0
        rows: list[Row] = []
        for n, (txn, entity, number, day, kind, party, memo, account, home, body) in enumerate(grouped):
            head = [{"value": day}, {"value": label(entity, body), "id": str(txn)}] if n == 0 else cells("", "")
            debit, credit = debit + max(home, 0), credit + max(-home, 0)
            sides = (amount(home), "") if home >= 0 else ("", amount(-home))
            data = [
                *head,
                *cells((number or "") if n == 0 else "", party_name(book, kind, party), memo or ""),
                {"value": names[account], "id": str(account)},
                *cells(*sides),
            ]
            rows.append({"ColData": data, "type": "Data"})
        rows.append(
            {"Summary": {"ColData": cells("", "", "", "", "", "", amount(debit), amount(credit))}, "type": "Section"}
        )
        blocks.append(rows)
        debits, credits = debits + debit, credits + credit
    if by is not None:
        at = by
        blocks.sort(key=lambda block: sortable(_JOURNAL, at, block[0]["ColData"][at]), reverse=is_descending)
    elif is_descending:
        blocks.reverse()
    rows = [row for block in blocks for row in block]
    if rows:
        rows.append(total_row("TOTAL", "", "", "", "", "", amount(debits), amount(credits)))
    columns, rows = chosen(params, _JOURNAL, rows)
    return report(book, "JournalReport", params, columns, rows, found)
