"""Ledger lines for reports that show them one by one: reading them, and filling the cells of each column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.money import quantity
from qbo_pipeline.emulator.company.reports.choosing import conditions, sort_order
from qbo_pipeline.emulator.company.reports.periods import Period
from qbo_pipeline.emulator.company.reports.shape import Cell, Row, amount
from qbo_pipeline.emulator.company.schema.entities import LABELS

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
_FOREIGN: Final = {"subt_nat_amount": "subt_nat_home_amount", "rbal_nat_amount": "rbal_nat_home_amount"}
_SQL: Final = """
SELECT l.account, l.date, l.txn, l.n, l.home, l.amount, l.currency, l.party_kind, l.party, l.item, l.qty, l.memo,
       l.class, l.department, t.entity, t.number, t.created, t.updated,
       CASE WHEN t.entity IN ('Purchase', 'BillPayment', 'JournalEntry') THEN t.body END, {part}
FROM {table} l JOIN txns t ON t.id = l.txn
WHERE l.date BETWEEN ? AND ?{filters}
ORDER BY l.account, l.date, l.txn, l.n"""


@dataclass(slots=True)
class LedgerLine:
    """One ledger line with what its cells need; `part` decides in which of a divided report's columns it stands."""

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
    part: Any
    balance: int = 0


Maker = Callable[[LedgerLine], Cell]


def read_lines(
    book: Book, params: Mapping[str, str], found: Period, table: str, part: str = "''"
) -> Iterator[tuple[int, Iterator[LedgerLine]]]:
    """The lines of a period that the filters let through, account by account, in order of date and transaction.

    `part` is an expression on them (`l`) whose value is each line's.

    They are read as they are asked for, an account's lines before the next account, so that a large ledger takes no
    more memory than its report.
    """
    filters, values = conditions(params)
    sql = _SQL.format(table=table, filters=filters, part=part)
    rows = book.store.execute(sql, (found.start, found.end, *values))
    return groupby((LedgerLine(*row) for row in rows), key=attrgetter("account"))


def chosen_columns(book: Book, params: Mapping[str, str], default: tuple[str, ...]) -> list[str]:
    """The ColKeys of a report: those asked for, else the usual ones. Raises 2170 for an unknown one."""
    text = params.get("columns")
    if text:
        keys = [key.strip() for key in text.split(",") if key.strip()]
        wrong = [key for key in keys if key not in COLUMNS]
        if wrong:
            raise fault("2170", "columns", what=", ".join(wrong))
        return keys
    return [_FOREIGN.get(key, key) for key in default] if book.multi_currency else list(default)


def makers_of(book: Book, keys: list[str], params: Mapping[str, str], found: Period, table: str) -> list[Maker]:
    """For each column the function that fills its cell. Cells of one value may be one object: they are not changed."""
    splits = _splits(book, params, found, table) if "split_acc" in keys else {}
    return [_maker(book, key, splits) for key in keys]


def _splits(book: Book, params: Mapping[str, str], found: Period, table: str) -> dict[int, tuple[Cell, Cell]]:
    """For each transaction of the period's lines, what stands on the other side of its first line and of all others."""
    filters, values = conditions(params)
    chosen = f" AND txn IN (SELECT l.txn FROM {table} l WHERE l.date BETWEEN ? AND ?{filters})" if filters else ""
    # The first line's account, and the least and greatest of the others: one account where the two are the same.
    sql = f"""SELECT txn, MAX(CASE WHEN n = 0 THEN account END), MIN(CASE WHEN n > 0 THEN account END),
                     MAX(CASE WHEN n > 0 THEN account END)
              FROM {table} WHERE date BETWEEN ? AND ?{chosen} GROUP BY txn"""
    span = (found.start, found.end)
    cells = {int(e.id): {"value": e.name} for e in book.entries["Account"].values()}
    several, none = {"value": "-Split-"}, {"value": ""}
    return {
        txn: (none if least is None else cells[least] if least == greatest else several, cells.get(first, none))
        for txn, first, least, greatest in book.store.execute(sql, (*span, *span, *values) if filters else span)
    }


def _maker(book: Book, key: str, splits: dict[int, tuple[Cell, Cell]]) -> Maker:
    parties = {
        (kind, int(id)): {"value": e.name, "id": id}
        for kind in ("Customer", "Vendor", "Employee")
        for id, e in book.entries[kind].items()
    }
    user, nobody = {"value": book.settings.user}, {"value": ""}

    @cache
    def text(value: str | None) -> Cell:
        return {"value": value or ""}

    def named(kind: str, id: int | None) -> Cell:
        entry = book.entries[kind].get(str(id)) if id else None
        return {"value": entry.name, "id": entry.id} if entry else {"value": ""}

    def party(line: LedgerLine, *kinds: str) -> Cell:
        if line.party is None or (kinds and line.party_kind not in kinds):
            return nobody
        return parties.get((str(line.party_kind), line.party)) or {"value": "", "id": str(line.party)}

    def split(line: LedgerLine) -> Cell:
        return splits[line.txn][line.n > 0]

    def adjusting(line: LedgerLine) -> Cell:
        return {"value": "Yes" if line.entity == "JournalEntry" and jsontext.loads(line.body).get("Adjustment") else ""}

    def side(line: LedgerLine, is_debit: bool) -> Cell:
        raw = line.home if book.account(line.account)["Classification"] in ("Asset", "Expense") else -line.home
        return {"value": amount(abs(raw)) if (raw > 0) == is_debit and raw else ""}

    makers: dict[str, Maker] = {
        "tx_date": lambda line: text(line.day),
        "txn_type": lambda line: {"value": label(line.entity, line.body), "id": str(line.txn)},
        "doc_num": lambda line: {"value": line.number or ""},
        "is_adj": adjusting,
        "create_date": lambda line: {"value": book.local(line.created)},
        "create_by": lambda line: user,
        "last_mod_date": lambda line: {"value": book.local(line.updated)},
        "last_mod_by": lambda line: user,
        "name": party,
        "cust_name": lambda line: party(line, "Customer"),
        "vend_name": lambda line: party(line, "Vendor"),
        "emp_name": lambda line: party(line, "Employee"),
        "item_name": lambda line: named("Item", line.item),
        "memo": lambda line: text(line.memo),
        "account_name": lambda line: named("Account", line.account),
        "split_acc": split,
        "klass_name": lambda line: named("Class", line.class_id),
        "dept_name": lambda line: named("Department", line.department),
        "quantity": lambda line: {"value": "" if line.qty is None else format(quantity(line.qty), "f")},
        "currency": lambda line: text(line.currency),
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


def line_order(keys: list[str], params: Mapping[str, str]) -> tuple[int | None, bool]:
    """The column by which lines are sorted (None: as posted), and whether the last comes first. Raises 2170."""
    wanted = params.get("sort_by")
    if wanted and wanted not in keys:
        raise fault("2170", "sort_by", what=wanted)
    return keys.index(wanted) if wanted else None, sort_order(params) == "descend"


def sort_lines(rows: list[Row], keys: list[str], order: tuple[int | None, bool]) -> None:
    """Sort the rows of an account as `line_order` says."""
    by, is_descending = order
    if by is not None:
        rows.sort(key=lambda row: _sortable(keys[by], row["ColData"][by]["value"]), reverse=is_descending)
    elif is_descending:
        rows.reverse()


def _sortable(key: str, value: str) -> Any:
    if COLUMNS[key][1] in ("Money", "Quantity"):
        return Decimal(value or 0)
    return value.casefold()


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
