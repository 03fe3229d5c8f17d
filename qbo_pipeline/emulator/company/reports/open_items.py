"""What each document leaves open on accounts receivable or payable at the end of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Book
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
    body: bytes
    amount: int
    open: int


def open_items(book: Book, side: Side, day: str, params: Mapping[str, str]) -> list[OpenItem]:
    """The open documents of a day, by date; `customer` or `vendor`, and `department`, choose among them.

    What a payment dated up to the day takes off a document, at the document's own value, leaves the payment itself
    with its unapplied rest; so the sum for a party is its balance in the ledger on that day.
    """
    parties, departments = ids(params, side.filter), ids(params, "department")
    control = [e.id for e in book.entries["Account"].values() if e.body["AccountType"] == side.account_type]
    sql = f"""SELECT l.txn, l.party, t.entity, t.number, t.date, t.body, SUM(l.home), SUM(l.amount)
              FROM lines l JOIN txns t ON t.id = l.txn
              WHERE l.account IN ({", ".join(control)}) AND l.party_kind = ? AND l.date <= ?
              GROUP BY l.txn, l.party ORDER BY t.date, l.txn"""
    rows = book.store.rows(sql, (side.kind, day))
    rest = _settled(book, day, {(r[0], r[1]): r[6] for r in rows}, {(r[0], r[1]): r[7] for r in rows})
    out = []
    for txn, party, entity, number, dated, stored, home, _ in rows:
        left = rest[(txn, party)]
        if not left or (parties is not None and party not in parties):
            continue
        body = jsontext.loads(stored)
        department = row_id(str((body.get("DepartmentRef") or {}).get("value", "")))
        if departments is not None and department not in departments:
            continue
        due = body.get("DueDate") or dated
        where = department if department >= 0 else None
        sums = side.sign * home, side.sign * left
        out.append(OpenItem(txn, entity, number or "", dated, due, party, where, stored, *sums))
    return out


def _settled(
    book: Book, day: str, open_home: dict[tuple[int, int], int], foreign: dict[tuple[int, int], int]
) -> dict[tuple[int, int], int]:
    """The open home value of each document and name, after moving what payments settle from the one to the other."""
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
    return open_home


def _share(home: int, part: int, whole: int) -> int:
    if part >= whole:
        return home
    magnitude = (2 * abs(home) * part + whole) // (2 * whole)
    return magnitude if home >= 0 else -magnitude
