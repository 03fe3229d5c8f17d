"""What each document leaves open on accounts receivable or payable at the end of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.reports import filters
from qbo_pipeline.emulator.company.reports.cash import is_cash, lines_of
from qbo_pipeline.emulator.company.reports.choosing import ids
from qbo_pipeline.emulator.company.store import row_id


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two control accounts: the entity that it is about, and the sign of what is owed on it."""

    kind: str
    account_type: str
    sign: int
    name_key: str
    name_title: str

    @property
    def filter(self) -> str:
        """The report parameter that chooses names."""
        return self.kind.lower()


RECEIVABLE: Final = Side("Customer", "Accounts Receivable", 1, "cust_name", "Customer")
PAYABLE: Final = Side("Vendor", "Accounts Payable", -1, "vend_name", "Vendor")


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A document: what it put on the control account and what of that is open; home currency, positive if owed."""

    txn: int
    entity: str
    number: str
    day: str
    due: str
    party: int
    department: int | None
    class_id: int | None
    body: bytes
    amount: int
    open: int


def open_items(book: Book, side: Side, day: str, params: Mapping[str, str]) -> list[OpenItem]:
    """The open documents of a day, by date; `customer` or `vendor`, `department` and `filters.OPEN` choose among them.

    What a payment dated up to the day takes off a document, at the document's own value, leaves the payment itself
    with its unapplied rest; so the sum for a party is its balance in the ledger on that day, of `accounting_method`.
    """
    parties, departments = ids(params, side.filter), ids(params, "department")
    chosen = filters.chosen(book, {k: v for k, v in params.items() if k not in filters.PAID})
    if filters.excludes_open(params):
        return []
    rows = _standing(book, side, day, "lines")
    amounts = {row.key: row.home for row in rows}
    left = dict(amounts)
    if is_cash(book, params):
        amounts = {row.key: row.home for row in _standing(book, side, day, lines_of(book, params))}
        left = dict(amounts)
    _settle(book, day, rows, left)
    out = []
    for row in rows:
        open_amount = left.get(row.key, 0)
        if not open_amount or (parties is not None and row.party not in parties):
            continue
        if chosen is not None and row.txn not in chosen:
            continue
        body = jsontext.loads(row.body)
        department, class_id = _named(body, "DepartmentRef"), _named(body, "ClassRef")
        if departments is not None and department not in departments:
            continue
        due = body.get("DueDate") or row.day
        sums = side.sign * amounts.get(row.key, 0), side.sign * open_amount
        found = (row.txn, row.entity, row.number or "", row.day, due, row.party, department, class_id, row.body)
        out.append(OpenItem(*found, *sums))
    return out


class _Standing(NamedTuple):
    """What a document has put on the control account under one name: in home currency, and in its own."""

    txn: int
    party: int
    entity: str
    number: str | None
    day: str
    body: bytes
    home: int
    amount: int

    @property
    def key(self) -> tuple[int, int]:
        return self.txn, self.party


def _standing(book: Book, side: Side, day: str, table: str) -> list[_Standing]:
    control = [e.id for e in book.entries["Account"].values() if e.body["AccountType"] == side.account_type]
    sql = f"""SELECT l.txn, l.party, t.entity, t.number, t.date, t.body, SUM(l.home), SUM(l.amount)
              FROM {table} l JOIN txns t ON t.id = l.txn
              WHERE l.account IN ({", ".join(control)}) AND l.party_kind = ? AND l.date <= ?
              GROUP BY l.txn, l.party ORDER BY t.date, l.txn"""
    return [_Standing(*row) for row in book.store.rows(sql, (side.kind, day))]


def _named(body: Body, name: str) -> int | None:
    found = row_id(str((body.get(name) or {}).get("value", "")))
    return found if found >= 0 else None


def _settle(book: Book, day: str, rows: list[_Standing], left: dict[tuple[int, int], int]) -> None:
    """Move in `left` what payments settle, at the home value that the document has on accrual, from it to them."""
    open_home = {row.key: row.home for row in rows}
    foreign = {row.key: row.amount for row in rows}
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
        for key, moved in (((target, party), -share), ((source, party), share)):
            left[key] = left.get(key, 0) + moved


def _share(home: int, part: int, whole: int) -> int:
    if part >= whole:
        return home
    magnitude = (2 * abs(home) * part + whole) // (2 * whole)
    return magnitude if home >= 0 else -magnitude
