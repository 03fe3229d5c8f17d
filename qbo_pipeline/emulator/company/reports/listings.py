"""Transactions one by one: in a list, by customer, by vendor, with their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports import filters, types
from qbo_pipeline.emulator.company.reports.choosing import ids, sort_order
from qbo_pipeline.emulator.company.reports.grouping import Cells, Key, grouping
from qbo_pipeline.emulator.company.reports.ledger_lines import label
from qbo_pipeline.emulator.company.reports.periods import period
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, amount, cells, column, report, section
from qbo_pipeline.emulator.company.window import party_name

PARAMETERS: Final = (
    "columns",
    "transaction_type",
    "customer",
    "vendor",
    "docnum",
    "department",
    "sort_by",
    "sort_order",
    "group_by",
    *filters.LISTED,
)
# ColKey -> (title, ColType).
_COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "tx_date": ("Date", "Date"),
    "txn_type": ("Transaction Type", "String"),
    "doc_num": ("Num", "String"),
    "is_no_post": ("Posting", "Boolean"),
    "name": ("Name", "String"),
    "memo": ("Memo/Description", "String"),
    "account_name": ("Account", "String"),
    "other_account": ("Split", "String"),
    "subt_nat_amount": ("Amount", "Money"),
    "dept_name": ("Location", "String"),
    "due_date": ("Due Date", "Date"),
    "currency": ("Currency", "String"),
    "create_date": ("Create Date", "Date"),
    "create_by": ("Created By", "String"),
    "last_mod_date": ("Last Modified", "Date"),
    "last_mod_by": ("Last Modified By", "String"),
    "cust_name": ("Customer", "String"),
    "vend_name": ("Vendor", "String"),
    "emp_name": ("Employee", "String"),
    "pmt_mthd": ("Payment Method", "String"),
    "term_name": ("Terms", "String"),
    "ship_via": ("Ship Via", "String"),
    "tracking_num": ("Tracking #", "String"),
    "cust_msg": ("Message", "String"),
    "printed": ("Printed", "String"),
}
_DEFAULT: Final = tuple(list(_COLUMNS)[:9])
_PRINTED: Final = {"NeedToPrint": "To be printed", "PrintComplete": "Printed"}
_NO_POST: Final = ("Estimate", "PurchaseOrder")
_Found = tuple[str | None, str, dict[str, Cell]]
"""A transaction's kind and name of party, and its cells by ColKey."""


def transaction_list(book: Book, params: Mapping[str, str]) -> Body:
    """TransactionList: one row a transaction of the period. `PARAMETERS` choose, sort and group."""
    keys = _keys(params)
    found = [(cells, _data(keys, cells)) for _, _, cells in _found(book, params, keys)]
    return _report(book, params, "TransactionList", keys, _grouped(book, params, keys, found))


def _grouped(book: Book, params: Mapping[str, str], keys: list[str], found: Sequence[tuple[Cells, Row]]) -> list[Row]:
    """The rows as they are, or in the sections that `group_by` asks for."""
    key_of = grouping(book, params)
    if key_of is None:
        return [row for _, row in found]
    sections: dict[Key, list[Row]] = {}
    for made, row in found:
        sections.setdefault(key_of(made), []).append(row)
    blank = cells(*[""] * (len(keys) - 1))
    return [section([{"value": key[1]}, *blank], sections[key], None) for key in sorted(sections)]


def by_customer(book: Book, params: Mapping[str, str]) -> Body:
    """TransactionListByCustomer: those of customers, in a section for each, or in those that `group_by` asks for."""
    return _by(book, params, "TransactionListByCustomer", "Customer")


def by_vendor(book: Book, params: Mapping[str, str]) -> Body:
    """TransactionListByVendor: the same of vendors."""
    return _by(book, params, "TransactionListByVendor", "Vendor")


def _by(book: Book, params: Mapping[str, str], name: str, kind: str) -> Body:
    keys = _keys(params)
    chosen = [found for found in _found(book, params, keys) if found[0] == kind]
    if params.get("group_by", kind).lower() != kind.lower():
        rows = _grouped(book, params, keys, [(found, _data(keys, found)) for _, _, found in chosen])
        return _report(book, params, name, keys, rows)
    sections: dict[tuple[str, str], list[Row]] = {}
    for _, title, found in chosen:
        sections.setdefault((title, found["name"]["id"]), []).append(_data(keys, found))
    blank = cells(*[""] * (len(keys) - 1))
    rows = [
        section([{"value": title, "id": id}, *blank], sections[(title, id)], None)
        for title, id in sorted(sections, key=lambda found: found[0].casefold())
    ]
    return _report(book, params, name, keys, rows)


def with_splits(book: Book, params: Mapping[str, str]) -> Body:
    """TransactionListWithSplits: each transaction with its ledger lines, debits positive, in home currency."""
    keys = _keys(params)
    span = period(book, params, "this month-to-date")
    sql = """SELECT txn, account, home, party_kind, party, memo FROM lines
             WHERE date BETWEEN ? AND ? ORDER BY txn, n"""
    lines = {txn: list(found) for txn, found in groupby(book.store.rows(sql, (span.start, span.end)), lambda r: r[0])}
    accounts = book.entries["Account"]
    rows: list[tuple[Cells, Row]] = []
    for _, _, found in _found(book, params, keys):
        inner: list[Row] = []
        for _, account, home, kind, party, memo in lines.get(int(found["txn_type"]["id"]), []):
            own: dict[str, Cell] = {
                "account_name": {"value": accounts[str(account)].name, "id": str(account)},
                "name": {"value": party_name(book, kind, party)},
                "memo": {"value": memo or ""},
                "subt_nat_amount": {"value": amount(home)},
            }
            inner.append({"ColData": [own.get(key, {"value": ""}) for key in keys], "type": "Data"})
        head = [found[key] if key not in ("account_name", "other_account") else {"value": ""} for key in keys]
        rows.append((found, section(head, inner, None)))
    return _report(book, params, "TransactionListWithSplits", keys, _grouped(book, params, keys, rows))


def _keys(params: Mapping[str, str]) -> list[str]:
    text = params.get("columns")
    keys = [key.strip() for key in text.split(",") if key.strip()] if text else list(_DEFAULT)
    wrong = [key for key in keys if key not in _COLUMNS]
    if wrong:
        raise fault("2170", "columns", what=", ".join(wrong))
    return keys


def _data(keys: list[str], found: dict[str, Cell]) -> Row:
    return {"ColData": [found[key] for key in keys], "type": "Data"}


def _report(book: Book, params: Mapping[str, str], name: str, keys: list[str], rows: list[Row]) -> Body:
    columns = [column(*_COLUMNS[key], key) for key in keys]
    return report(book, name, params, columns, rows, period(book, params, "this month-to-date"))


def _found(book: Book, params: Mapping[str, str], keys: list[str]) -> list[_Found]:
    """The transactions that the parameters choose, by date, or sorted by a column."""
    span = period(book, params, "this month-to-date")
    where, values = _where(params)
    sql = f"""SELECT id, entity, number, date, party_kind, party, currency, total, created, updated, body
              FROM txns WHERE date BETWEEN ? AND ? {where} ORDER BY date, id"""
    first = _first_accounts(book, span.start, span.end)
    wanted = filters.chosen(book, params, span.start, span.end)
    out: list[_Found] = []
    for row in book.store.execute(sql, (span.start, span.end, *values)):
        if wanted is not None and row[0] not in wanted:
            continue
        made = _cells(book, row, first.get(row[0], ("", "")))
        out.append((row[4], made["name"]["value"], made))
    by = params.get("sort_by")
    if by and by not in _COLUMNS:
        raise fault("2170", "sort_by", what=by)
    if by == "subt_nat_amount":
        out.sort(key=lambda found: _minor(found[2][by]["value"]))
    elif by:
        out.sort(key=lambda found: found[2][by]["value"].casefold())
    return out[::-1] if sort_order(params) == "descend" else out


def _minor(text: str) -> int:
    return int(text.replace(".", "") or 0)


def _where(params: Mapping[str, str]) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    if params.get("transaction_type"):
        parts.append(f"AND {types.condition(params['transaction_type'])}")
    for name, kind in (("customer", "Customer"), ("vendor", "Vendor")):
        found = ids(params, name)
        if found is not None:
            parts.append(f"AND party_kind = ? AND party IN ({', '.join('?' * len(found))})")
            values += [kind, *sorted(found)]
    departments = ids(params, "department")
    if departments is not None:
        marks = ", ".join("?" * len(departments))
        parts.append(f"AND CAST(json_extract(body, '$.DepartmentRef.value') AS INTEGER) IN ({marks})")
        values += sorted(departments)
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


def _cells(book: Book, row: tuple[Any, ...], accounts: tuple[str, str]) -> dict[str, Cell]:
    id, entity, number, day, kind, party, currency, total, created, updated, stored = row
    name: Cell = {"value": party_name(book, kind, party)}
    if party is not None:
        name["id"] = str(party)
    body = jsontext.loads(stored)
    department = book.entries["Department"].get((body.get("DepartmentRef") or {}).get("value", ""))
    user = book.settings.user

    def named(reference: str, entity: str) -> Cell:
        entry = book.entries[entity].get((body.get(reference) or {}).get("value", ""))
        return {"value": entry.name, "id": entry.id} if entry else {"value": ""}

    def of(wanted: str) -> Cell:
        return name if kind == wanted else {"value": ""}

    return {
        "tx_date": {"value": day},
        "txn_type": {"value": label(entity, stored), "id": str(id)},
        "doc_num": {"value": number or ""},
        "is_no_post": {"value": "No" if entity in _NO_POST else "Yes"},
        "name": name,
        "memo": {"value": str(body.get("PrivateNote") or "")},
        "account_name": {"value": accounts[0]},
        "other_account": {"value": accounts[1]},
        "subt_nat_amount": {"value": amount(total)},
        "dept_name": {"value": department.name, "id": department.id} if department else {"value": ""},
        "due_date": {"value": body.get("DueDate") or ""},
        "currency": {"value": currency},
        "create_date": {"value": book.local(created)},
        "create_by": {"value": user},
        "last_mod_date": {"value": book.local(updated)},
        "last_mod_by": {"value": user},
        "cust_name": of("Customer"),
        "vend_name": of("Vendor"),
        "emp_name": of("Employee"),
        "pmt_mthd": named("PaymentMethodRef", "PaymentMethod"),
        "term_name": named("SalesTermRef", "Term"),
        "ship_via": {"value": str((body.get("ShipMethodRef") or {}).get("value", ""))},
        "tracking_num": {"value": str(body.get("TrackingNum") or "")},
        "cust_msg": {"value": str((body.get("CustomerMemo") or {}).get("value", ""))},
        "printed": {"value": _PRINTED.get(str(body.get("PrintStatus")), "")},
    }
