"""General ledger: every line of every account, with running balance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.money import quantity
from qbo_pipeline.emulator.company.reports.shape import (
    Cell,
    Period,
    Row,
    amount,
    basis,
    cells,
    column,
    filter_ids,
    period,
    report,
    section,
)
from qbo_pipeline.emulator.company.reports.statements import in_order
from qbo_pipeline.emulator.company.schema.entities import LABELS
from qbo_pipeline.emulator.company.schema.lists import BALANCE_SHEET_CLASSES

# ColKey -> (title, ColType).
COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "tx_date": ("Date", "Date"),
    "txn_type": ("Transaction Type", "String"),
    "doc_num": ("Num", "String"),
    "is_adj": ("Adj", "String"),
    "create_date": ("Create Date", "Date"),
    "create_by": ("Created By", "String"),
    "last_mod_date": ("Last Modified", "Date"),
    "last_mod_by": ("Last Modified By", "String"),
    "name": ("Name", "String"),
    "cust_name": ("Customer", "String"),
    "vend_name": ("Vendor", "String"),
    "emp_name": ("Employee", "String"),
    "item_name": ("Product/Service", "String"),
    "memo": ("Memo/Description", "String"),
    "account_name": ("Account", "String"),
    "split_acc": ("Split", "String"),
    "klass_name": ("Class", "String"),
    "dept_name": ("Location", "String"),
    "quantity": ("Qty", "Quantity"),
    "currency": ("Currency", "String"),
    "debt_amt": ("Debit", "Money"),
    "credt_amt": ("Credit", "Money"),
    "debt_home_amt": ("Debit", "Money"),
    "credt_home_amt": ("Credit", "Money"),
    "subt_nat_amount": ("Amount", "Money"),
    "rbal_nat_amount": ("Balance", "Money"),
    "subt_nat_home_amount": ("Amount", "Money"),
    "rbal_nat_home_amount": ("Balance", "Money"),
}
_DEFAULT: Final = ("tx_date", "txn_type", "doc_num", "name", "memo", "split_acc", "subt_nat_amount", "rbal_nat_amount")
_FOREIGN: Final = {"subt_nat_amount": "subt_nat_home_amount", "rbal_nat_amount": "rbal_nat_home_amount"}
_RUNNING: Final = ("rbal_nat_amount", "rbal_nat_home_amount")
_SUMMED: Final = ("subt_nat_amount", "subt_nat_home_amount", "debt_amt", "credt_amt", "debt_home_amt", "credt_home_amt")

_SQL: Final = """
SELECT l.account, l.date, l.txn, l.n, l.home, l.amount, l.currency, l.party_kind, l.party, l.item, l.qty, l.memo,
       l.class, l.department, t.entity, t.number, t.created, t.updated,
       CASE WHEN t.entity IN ('Purchase', 'BillPayment', 'JournalEntry') THEN t.body END
FROM lines l JOIN txns t ON t.id = l.txn
WHERE l.date BETWEEN ? AND ? {filters}
ORDER BY l.account, l.date, l.txn, l.n"""


@dataclass(slots=True)
class _Line:
    """One ledger line with what its cells need."""

    account: int
    day: str
    txn: int
    n: int
    home: int
    amount: int
    currency: str
    party_kind: str | None
    party: int | None
    item: int | None
    qty: int | None
    memo: str | None
    class_id: int | None
    department: int | None
    entity: str
    number: str | None
    created: str
    updated: str
    body: bytes
    balance: int = 0


@dataclass(slots=True)
class _Report:
    book: Book
    keys: list[str]
    splits: dict[int, dict[int, str]] = field(default_factory=dict)
    makers: list[Callable[[_Line], Cell]] = field(default_factory=list)


def general_ledger(book: Book, params: Mapping[str, str]) -> Body:
    """Sections by account: beginning balance, lines with running balance, total.

    `columns` chooses ColKeys, `account` account ids; also `customer`, `vendor`, `item`, `class`, `department`,
    `sort_order` (ascend, descend). The cell of txn_type carries the transaction's id. Amounts are in home currency, in
    the direction of the account's class.
    """
    found = period(book, params, "this month-to-date")
    basis(params)
    keys = chosen_columns(book, params)
    made = _Report(book, keys)
    made.makers = [_maker(made, key) for key in keys]
    accounts = filter_ids(params, "account")
    filters, values = _filters(params, accounts)
    opening = _opening(book, found, filters, values)
    lines: dict[int, list[_Line]] = {}
    wants_split = "split_acc" in keys
    for row in book.store.execute(_SQL.format(filters=filters), (found.start, found.end, *values)):
        line = _Line(*row)
        lines.setdefault(line.account, []).append(line)
    if wants_split:
        made.splits = _splits(book, found)
    is_descending = (params.get("sort_order") or "ascend").lower().startswith("desc")
    sections = [
        _section(made, entry, opening.get(int(entry.id), 0), lines.get(int(entry.id), []), is_descending)
        for entry in in_order(book)
        if (int(entry.id) in lines or opening.get(int(entry.id)))
    ]
    columns = [column(COLUMNS[key][0], COLUMNS[key][1], key) for key in keys]
    return report(book, "GeneralLedger", params, columns, sections, found)


def chosen_columns(book: Book, params: Mapping[str, str], default: tuple[str, ...] = _DEFAULT) -> list[str]:
    """The ColKeys of a report: those asked for, else the usual ones. Raises 2170 for an unknown one."""
    text = params.get("columns")
    if text:
        keys = [key.strip() for key in text.split(",") if key.strip()]
        wrong = [key for key in keys if key not in COLUMNS]
        if wrong:
            raise fault("2170", "columns", what=", ".join(wrong))
        return keys
    return [_FOREIGN.get(key, key) for key in default] if book.multi_currency else list(default)


def _filters(params: Mapping[str, str], accounts: set[int] | None) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    wanted = {"account": accounts, **{n: filter_ids(params, n) for n in ("item", "class", "department")}}
    for name, ids in wanted.items():
        if ids is not None:
            parts.append(f"AND l.{name} IN ({', '.join('?' * len(ids))})")
            values += sorted(ids)
    for name, kind in (("customer", "Customer"), ("vendor", "Vendor")):
        ids = filter_ids(params, name)
        if ids is not None:
            parts.append(f"AND l.party_kind = ? AND l.party IN ({', '.join('?' * len(ids))})")
            values += [kind, *sorted(ids)]
    return " ".join(parts), values


def _opening(book: Book, found: Period, filters: str, values: list[Any]) -> dict[int, int]:
    """Balances before the period: all time for the balance sheet, the fiscal year for income and expense."""
    year = book.fiscal_year_start(date.fromisoformat(found.start)).isoformat()
    sql = f"""SELECT l.account, SUM(l.home), SUM(CASE WHEN l.date >= ? THEN l.home ELSE 0 END)
              FROM lines l WHERE l.date < ? {filters} GROUP BY l.account"""
    out = {}
    for account, whole, current in book.store.rows(sql, (year, found.start, *values)):
        is_permanent = book.account(account)["Classification"] in BALANCE_SHEET_CLASSES
        out[account] = whole if is_permanent else current
    return out


def _splits(book: Book, found: Period) -> dict[int, dict[int, str]]:
    """For each transaction, what stands on the other side of its first line and of all others."""
    names = {int(e.id): e.name for e in book.entries["Account"].values()}
    out: dict[int, dict[int, str]] = {}
    sql = "SELECT txn, n, account FROM lines WHERE date BETWEEN ? AND ? ORDER BY txn, n"
    accounts: list[int] = []
    current = None
    for txn, _, account in book.store.execute(sql, (found.start, found.end)):
        if txn != current:
            if current is not None:
                out[current] = _split_names(accounts, names)
            current, accounts = txn, []
        accounts.append(account)
    if current is not None:
        out[current] = _split_names(accounts, names)
    return out


def _split_names(accounts: list[int], names: dict[int, str]) -> dict[int, str]:
    others = {names[a] for a in accounts[1:]}
    first = next(iter(others)) if len(others) == 1 else "-Split-" if others else ""
    return {0: first, 1: names[accounts[0]]}


def _section(made: _Report, entry: Entry, opening: int, lines: list[_Line], is_descending: bool) -> Row:
    sign = 1 if entry.body["Classification"] in ("Asset", "Expense") else -1
    keys, makers = made.keys, made.makers
    balance = sign * opening
    rows: list[Row] = []
    for line in lines:
        line.home *= sign
        balance += line.home
        line.balance = balance
        rows.append({"ColData": [make(line) for make in makers], "type": "Data"})
    if is_descending:
        rows.reverse()
    if opening:
        start = [{"value": "Beginning Balance"}] + [
            {"value": amount(sign * opening) if k in _RUNNING else ""} for k in keys[1:]
        ]
        rows.insert(0, {"ColData": start, "type": "Data"})
    total = sum(line.home for line in lines)
    debit = sum(sign * line.home for line in lines if sign * line.home > 0)
    totals = {"debt": amount(debit), "cred": amount(debit - sign * total), "subt": amount(total)}
    summary = cells(f"Total for {entry.name}", *(totals[key[:4]] if key in _SUMMED else "" for key in keys[1:]))
    return section([{"value": entry.name, "id": entry.id}, *cells(*[""] * (len(keys) - 1))], rows, summary)


def _maker(made: _Report, key: str) -> Callable[[_Line], Cell]:
    """The function that fills a column's cell."""
    book = made.book
    parties = {
        (kind, int(id)): e.name for kind in ("Customer", "Vendor", "Employee") for id, e in book.entries[kind].items()
    }
    user = book.settings.user

    def named(kind: str, id: int | None) -> Cell:
        entry = book.entries[kind].get(str(id)) if id else None
        return {"value": entry.name, "id": entry.id} if entry else {"value": ""}

    def party(line: _Line, *kinds: str) -> Cell:
        if line.party is None or (kinds and line.party_kind not in kinds):
            return {"value": ""}
        return {"value": parties.get((str(line.party_kind), line.party), ""), "id": str(line.party)}

    def split(line: _Line) -> Cell:
        return {"value": made.splits[line.txn][min(line.n, 1)]}

    def adjusting(line: _Line) -> Cell:
        return {"value": "Yes" if line.entity == "JournalEntry" and jsontext.loads(line.body).get("Adjustment") else ""}

    def side(line: _Line, is_debit: bool) -> Cell:
        raw = line.home if book.account(line.account)["Classification"] in ("Asset", "Expense") else -line.home
        return {"value": amount(abs(raw)) if (raw > 0) == is_debit and raw else ""}

    makers: dict[str, Callable[[_Line], Cell]] = {
        "tx_date": lambda line: {"value": line.day},
        "txn_type": lambda line: {"value": label(line.entity, line.body), "id": str(line.txn)},
        "doc_num": lambda line: {"value": line.number or ""},
        "is_adj": adjusting,
        "create_date": lambda line: {"value": book.local(line.created)},
        "create_by": lambda line: {"value": user},
        "last_mod_date": lambda line: {"value": book.local(line.updated)},
        "last_mod_by": lambda line: {"value": user},
        "name": party,
        "cust_name": lambda line: party(line, "Customer"),
        "vend_name": lambda line: party(line, "Vendor"),
        "emp_name": lambda line: party(line, "Employee"),
        "item_name": lambda line: named("Item", line.item),
        "memo": lambda line: {"value": line.memo or ""},
        "account_name": lambda line: named("Account", line.account),
        "split_acc": split,
        "klass_name": lambda line: named("Class", line.class_id),
        "dept_name": lambda line: named("Department", line.department),
        "quantity": lambda line: {"value": "" if line.qty is None else format(quantity(line.qty), "f")},
        "currency": lambda line: {"value": line.currency},
        "debt_amt": lambda line: side(line, True),
        "credt_amt": lambda line: side(line, False),
        "debt_home_amt": lambda line: side(line, True),
        "credt_home_amt": lambda line: side(line, False),
        "subt_nat_amount": lambda line: {"value": amount(line.home)},
        "rbal_nat_amount": lambda line: {"value": amount(line.balance)},
    }
    makers["subt_nat_home_amount"] = makers["subt_nat_amount"]
    makers["rbal_nat_home_amount"] = makers["rbal_nat_amount"]
    return makers[key]


def label(entity: str, body: bytes) -> str:
    """How reports name a transaction: payments of bills and purchases by how they were paid."""
    if entity == "BillPayment":
        kind = jsontext.loads(body).get("PayType")
        return f"Bill Payment ({'Credit Card' if kind == 'CreditCard' else 'Check'})"
    if entity == "Purchase":
        found = jsontext.loads(body)
        if found.get("PaymentType") == "Check":
            return "Check"
        return "Credit Card Credit" if found.get("Credit") else "Expense"
    return LABELS[entity]
