"""Transaction list and journal report: transactions one by one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.general_ledger import label
from qbo_pipeline.emulator.company.reports.shape import (
    Cell,
    Row,
    amount,
    cells,
    column,
    filter_ids,
    period,
    report,
    total_row,
)
from qbo_pipeline.emulator.company.schema.entities import ENTITIES
from qbo_pipeline.emulator.company.window import party_name

# ColKey -> (title, ColType).
_LIST_COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "tx_date": ("Date", "Date"),
    "txn_type": ("Transaction Type", "String"),
    "doc_num": ("Num", "String"),
    "is_no_post": ("Posting", "Boolean"),
    "name": ("Name", "String"),
    "memo": ("Memo/Description", "String"),
    "account_name": ("Account", "String"),
    "other_account": ("Split", "String"),
    "subt_nat_amount": ("Amount", "Money"),
    "currency": ("Currency", "String"),
    "create_date": ("Create Date", "Date"),
    "create_by": ("Created By", "String"),
    "last_mod_date": ("Last Modified", "Date"),
    "last_mod_by": ("Last Modified By", "String"),
}
_LIST_DEFAULT: Final = tuple(list(_LIST_COLUMNS)[:9])
_NO_POST: Final = ("Estimate", "PurchaseOrder")


def transaction_list(book: Book, params: Mapping[str, str]) -> Body:
    """One row a transaction of the period: `columns`, `transaction_type`, `customer`, `vendor` and `docnum` choose."""
    found = period(book, params, "this month-to-date")
    text = params.get("columns")
    keys = [key.strip() for key in text.split(",")] if text else list(_LIST_DEFAULT)
    wrong = [key for key in keys if key not in _LIST_COLUMNS]
    if wrong:
        raise fault("2170", "columns", what=", ".join(wrong))
    where, values = _where(params)
    sql = f"""SELECT id, entity, number, date, party_kind, party, currency, total, created, updated, body
              FROM txns WHERE date BETWEEN ? AND ? {where} ORDER BY date, id"""
    first = _first_accounts(book, found.start, found.end)
    rows: list[Row] = []
    for row in book.store.execute(sql, (found.start, found.end, *values)):
        cells_of = _list_cells(book, row, first.get(row[0], ("", "")))
        rows.append({"ColData": [cells_of[key] for key in keys], "type": "Data"})
    columns = [column(*_LIST_COLUMNS[key], key) for key in keys]
    return report(book, "TransactionList", params, columns, rows, found)


def _where(params: Mapping[str, str]) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    wanted = params.get("transaction_type")
    if wanted:
        names = [name.strip() for name in wanted.split(",")]
        unknown = [name for name in names if name not in ENTITIES or ENTITIES[name].kind != "transaction"]
        if unknown:
            raise fault("2170", "transaction_type", what=", ".join(unknown))
        parts.append(f"AND entity IN ({', '.join('?' * len(names))})")
        values += names
    for name, kind in (("customer", "Customer"), ("vendor", "Vendor")):
        ids = filter_ids(params, name)
        if ids is not None:
            parts.append(f"AND party_kind = ? AND party IN ({', '.join('?' * len(ids))})")
            values += [kind, *sorted(ids)]
    if params.get("docnum"):
        parts.append("AND number = ?")
        values.append(params["docnum"])
    return " ".join(parts), values


def _first_accounts(book: Book, start: str, end: str) -> dict[int, tuple[str, str]]:
    """For each transaction the account of its first line, and what stands against it."""
    names = {int(e.id): e.name for e in book.entries["Account"].values()}
    out: dict[int, tuple[str, str]] = {}
    sql = "SELECT txn, account FROM lines WHERE date BETWEEN ? AND ? ORDER BY txn, n"
    for txn, grouped in groupby(book.store.execute(sql, (start, end)), key=lambda row: row[0]):
        accounts = [account for _, account in grouped]
        others = set(accounts[1:])
        out[txn] = names[accounts[0]], names[others.pop()] if len(others) == 1 else "-Split-" if others else ""
    return out


def _list_cells(book: Book, row: tuple[Any, ...], accounts: tuple[str, str]) -> dict[str, Cell]:
    id, entity, number, day, kind, party, currency, total, created, updated, body = row
    name: Cell = {"value": party_name(book, kind, party)}
    if party is not None:
        name["id"] = str(party)
    note = _note(body)
    user = book.settings.user
    return {
        "tx_date": {"value": day},
        "txn_type": {"value": label(entity, body), "id": str(id)},
        "doc_num": {"value": number or ""},
        "is_no_post": {"value": "No" if entity in _NO_POST else "Yes"},
        "name": name,
        "memo": {"value": note},
        "account_name": {"value": accounts[0]},
        "other_account": {"value": accounts[1]},
        "subt_nat_amount": {"value": amount(total)},
        "currency": {"value": currency},
        "create_date": {"value": book.local(created)},
        "create_by": {"value": user},
        "last_mod_date": {"value": book.local(updated)},
        "last_mod_by": {"value": user},
    }


def _note(body: bytes) -> str:
    return str(jsontext.loads(body).get("PrivateNote") or "")


def journal_report(book: Book, params: Mapping[str, str]) -> Body:
    """Every transaction of the period as debits and credits in home currency."""
    found = period(book, params, "this month-to-date")
    sql = """SELECT l.txn, t.entity, t.number, l.date, l.party_kind, l.party, l.memo, l.account, l.home, t.body
             FROM lines l JOIN txns t ON t.id = l.txn WHERE l.date BETWEEN ? AND ? ORDER BY l.date, l.txn, l.n"""
    names = {int(e.id): e.name for e in book.entries["Account"].values()}
    rows: list[Row] = []
    debits = credits = 0
    for _, grouped in groupby(book.store.execute(sql, (found.start, found.end)), key=lambda row: row[0]):
        debit = credit = 0
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
        debits, credits = debits + debit, credits + credit
    if rows:
        rows.append(total_row("TOTAL", "", "", "", "", "", amount(debits), amount(credits)))
    titles = (
        ("Date", "Date", "tx_date"),
        ("Transaction Type", "String", "txn_type"),
        ("Num", "String", "doc_num"),
        ("Name", "String", "name"),
        ("Memo/Description", "String", "memo"),
        ("Account", "String", "account_name"),
        ("Debit", "Money", "debt_amt"),
        ("Credit", "Money", "credt_amt"),
    )
    return report(book, "JournalReport", params, [column(*title) for title in titles], rows, found)
