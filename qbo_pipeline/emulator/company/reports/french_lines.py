"""Ledger lines as reports of companies in France show them: by journal codes, with account numbers and lettering.

Each transaction belongs to a journal: that which its lines name, else the company's own of its kind (sales, purchases,
bank, others), else VT, HA, BQ or OD (Intuit, reference of JournalReportFR). Lines on receivables and payables that
settle each other to nothing carry the same letters (lettrage).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.money import quantity
from qbo_pipeline.emulator.company.reports.choosing import conditions
from qbo_pipeline.emulator.company.reports.ledger_lines import label
from qbo_pipeline.emulator.company.reports.periods import Period
from qbo_pipeline.emulator.company.reports.shape import Cell, amount
from qbo_pipeline.emulator.company.window import party_name

# ColKey -> its title.
TITLES: Final = {
    "txn_num": "Transaction number",
    "journal_code_name": "Journal Code",
    "tx_date": "Date",
    "txn_type": "Transaction Type",
    "doc_num": "No.",
    "name": "Name",
    "memo": "Memo/Description",
    "acct_num_with_extn": "Account number",
    "account_name": "Account",
    "item_name": "Product/Service",
    "quantity": "Qty",
    "pmt_mthd": "Payment Method",
    "due_date": "Due Date",
    "paid_date": "Paid Date",
    "lettrage": "Lettrage",
    "last_mod_by": "Last Modified By",
    "last_mod_date": "Last Modified",
    "debt_amt": "Debit",
    "credit_amt": "Credit",
}
_NUMBERS: Final = ("txn_num", "quantity", "debt_amt", "credit_amt")
# Kind of journal code -> the code where the company has none of that kind, and the entities that belong to it.
_JOURNALS: Final = {
    "Sales": ("VT", ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt")),
    "Expenses": ("HA", ("Bill", "VendorCredit")),
    "Bank": ("BQ", ("Payment", "BillPayment", "Purchase", "Deposit", "Transfer", "CreditCardPayment", "TaxPayment")),
}
_OTHERS: Final = ("Others", "OD")
_SQL: Final = """
SELECT l.txn, l.n, l.date, l.account, l.home, l.amount, l.currency, l.party_kind, l.party, l.item, l.qty, l.memo,
       t.entity, t.number, t.created, t.updated, t.body
FROM {table} l JOIN txns t ON t.id = l.txn WHERE l.date BETWEEN ? AND ?{filters} ORDER BY {order}"""


def only_in_france(book: Book) -> None:
    """Raise 5020 where the company is elsewhere."""
    if book.country != "FR":
        raise fault("5020", what="This report is available to companies in France.")


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of a transaction: its code, what it is called, and its kind."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class FrenchLine:
    """A ledger line with its journal; amounts in minor units, debit positive; `paid` is the day of its lettering."""

    txn: int
    n: int
    day: str
    account: int
    home: int
    amount: int
    currency: str
    party_kind: str | None
    party: int | None
    item: int | None
    qty: int | None
    memo: str
    entity: str
    number: str
    created: str
    updated: str
    stored: bytes
    body: Body
    journal: Journal
    letters: str
    paid: str


def read(
    book: Book, params: Mapping[str, str], found: Period, table: str = "lines", order: str = "l.date, l.txn, l.n"
) -> Iterator[FrenchLine]:
    """The lines of a period that the filters let through."""
    filters, values = conditions(params)
    lettered = letters(book)
    rows = book.store.rows(_SQL.format(table=table, filters=filters, order=order), (found.start, found.end, *values))
    for *head, memo, entity, number, created, updated, stored in rows:
        body = jsontext.loads(stored)
        name, paid = lettered.get(head[0], ("", "")) if head[3] in book.control else ("", "")
        journal = _journal(book, entity, body)
        texts = (memo or "", entity, number or "", created, updated)
        yield FrenchLine(*(*head, *texts, stored, body, journal, name, paid))


def cells(book: Book, line: FrenchLine) -> dict[str, Cell]:
    """A line's cells by ColKey, in home currency."""
    account = book.entries["Account"][str(line.account)]
    item = book.entries["Item"].get(str(line.item)) if line.item else None
    method = book.entries["PaymentMethod"].get((line.body.get("PaymentMethodRef") or {}).get("value", ""))
    return {
        "txn_num": {"value": str(line.txn), "id": str(line.txn)},
        "journal_code_name": {"value": line.journal.code},
        "tx_date": {"value": line.day},
        "txn_type": {"value": label(line.entity, line.stored), "id": str(line.txn)},
        "doc_num": {"value": line.number},
        "name": {"value": party_name(book, line.party_kind, line.party)},
        "memo": {"value": line.memo},
        "acct_num_with_extn": {"value": str(account.body.get("AcctNum") or "")},
        "account_name": {"value": account.name, "id": account.id},
        "item_name": {"value": item.name, "id": item.id} if item else {"value": ""},
        "quantity": {"value": "" if line.qty is None else format(quantity(line.qty), "f")},
        "pmt_mthd": {"value": method.name if method else ""},
        "due_date": {"value": str(line.body.get("DueDate") or "")},
        "paid_date": {"value": line.paid},
        "lettrage": {"value": line.letters},
        "last_mod_by": {"value": book.settings.user},
        "last_mod_date": {"value": book.local(line.updated)},
        "debt_amt": {"value": amount(line.home) if line.home > 0 else ""},
        "credit_amt": {"value": amount(-line.home) if line.home < 0 else ""},
    }


def _journal(book: Book, entity: str, body: Body) -> Journal:
    codes = book.entries["JournalCode"]
    for line in body.get("Line", ()):
        named = codes.get(((line.get("JournalEntryLineDetail") or {}).get("JournalCodeRef") or {}).get("value", ""))
        if named is not None:
            return _told(named.body)
    kind, code = _OTHERS
    for each, (usual, entities) in _JOURNALS.items():
        if entity in entities:
            kind, code = each, usual
    own = next((entry.body for entry in codes.values() if entry.active and entry.body.get("Type") == kind), None)
    return _told(own) if own else Journal(code, kind, kind)


def _told(body: Body) -> Journal:
    return Journal(body["Name"], str(body.get("Description") or body["Type"]), body["Type"])


def letters(book: Book) -> dict[int, tuple[str, str]]:
    """For each transaction that has settled, or been settled, to nothing: its letters and the day on which that was."""
    parent: dict[int, int] = {}

    def top(id: int) -> int:
        while parent.setdefault(id, id) != id:
            id = parent[id]
        return id

    sql = """SELECT k.source, k.target, MAX(s.date, g.date) FROM links k JOIN txns s ON s.id = k.source
             JOIN txns g ON g.id = k.target WHERE k.kind = 'settle'"""
    days: defaultdict[int, str] = defaultdict(str)
    for source, target, day in book.store.rows(sql):
        parent[max(top(source), top(target))] = min(top(source), top(target))
        days[source], days[target] = max(days[source], day), max(days[target], day)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for id in sorted(parent):
        groups[top(id)].append(id)
    standing = _standing(book, list(parent))
    out: dict[int, tuple[str, str]] = {}
    number = 0
    for first in sorted(groups):
        members = groups[first]
        if sum(standing[id] for id in members):
            continue
        name, day = _letters(number), max(days[id] for id in members)
        number += 1
        out.update((id, (name, day)) for id in members)
    return out


def _standing(book: Book, ids: list[int]) -> dict[int, int]:
    """What each transaction has put on receivables and payables, in its own currency."""
    control = ", ".join(map(str, sorted(book.control)))
    sql = f"""SELECT txn, SUM(amount) FROM lines WHERE account IN ({control})
              AND txn IN (SELECT value FROM json_each(?)) GROUP BY txn"""
    found = dict.fromkeys(ids, 0)
    return found | dict(book.store.rows(sql, (json.dumps(ids),)))


def _letters(number: int) -> str:
    """AA, AB, … ZZ, AAA, …"""
    width, first = 2, 0
    while number - first >= 26**width:
        first += 26**width
        width += 1
    rest, out = number - first, ""
    for _ in range(width):
        rest, letter = divmod(rest, 26)
        out = chr(ord("A") + letter) + out
    return out


def sortable(key: str, cell: Cell) -> Any:
    """What a cell is sorted by: a number in a column of numbers, its text in any other."""
    return Decimal(cell["value"] or 0) if key in _NUMBERS else cell["value"].casefold()
