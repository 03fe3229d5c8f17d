"""Cash basis: the ledger as it would read if income and cost counted when they are paid.

The rule, for invoices, credit memos, bills and vendor credits: what they post to income and expense counts in the
proportion in which they are settled, on the day of the settlement or their own, whichever is later; the rest stays out
of the control account too. What they post to the balance sheet (tax, stock, assets) and the cost of tracked goods keep
their day. Money received or paid before there is a document for it waits in "Unapplied Cash Payment Income" or
"Unapplied Cash Bill Payment Expense". Journal entries and everything paid at once are as on accrual. Each line that
moves has its counterpart on the control account, so debits equal credits on every day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from qbo_pipeline.emulator.company.account_rules import system_account
from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.money import share
from qbo_pipeline.emulator.company.schema.lists import BALANCE_SHEET_CLASSES

_COLUMNS: Final = (
    "txn, n, date, account, home, amount, currency, party_kind, party, item, qty, memo, class, department, customer"
)
_TABLES: Final = f"""
CREATE TEMP TABLE IF NOT EXISTS cash_replaced (txn INTEGER, n INTEGER, PRIMARY KEY (txn, n)) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS cash_moved ({_COLUMNS});
CREATE TEMP VIEW IF NOT EXISTS cash_lines AS
SELECT {_COLUMNS} FROM lines l
WHERE NOT EXISTS (SELECT 1 FROM cash_replaced r WHERE r.txn = l.txn AND r.n = l.n)
UNION ALL SELECT {_COLUMNS} FROM cash_moved
"""
DEFERRED: Final = ("Invoice", "CreditMemo", "Bill", "VendorCredit")
# What settles -> the account where it waits while there is nothing to settle.
_WAITING: Final = {
    "Payment": ("Income", "UnappliedCashPaymentIncome"),
    "BillPayment": ("Expense", "UnappliedCashBillPaymentExpense"),
}
_ACCOUNT, _HOME, _AMOUNT, _DATE, _N, _MEMO = 3, 4, 5, 2, 1, 11
Row = tuple[Any, ...]
"""A ledger line in the order of `_COLUMNS`."""


def is_cash(book: Book, params: Mapping[str, str]) -> bool:
    """Whether a report is on cash basis, by `accounting_method` or by the company's preference. Raises 2170."""
    wanted = params.get("accounting_method") or book.preference("ReportPrefs.ReportBasis") or "Accrual"
    if str(wanted).lower() not in ("cash", "accrual"):
        raise fault("2170", "accounting_method", what=wanted)
    return str(wanted).lower() == "cash"


def lines_of(book: Book, params: Mapping[str, str]) -> str:
    """The table of ledger lines that a report reads: the ledger itself, or what cash basis makes of it."""
    if not is_cash(book, params):
        return "lines"
    for statement in _TABLES.split(";\n"):
        book.store.execute(statement)
    book.store.execute("DELETE FROM cash_replaced")
    book.store.execute("DELETE FROM cash_moved")
    made = _Cash(book)
    made.documents()
    made.payments()
    book.store.executemany("INSERT OR IGNORE INTO cash_replaced VALUES (?, ?)", made.replaced)
    marks = ", ".join("?" * len(_COLUMNS.split(",")))
    book.store.executemany(f"INSERT INTO cash_moved VALUES ({marks})", made.moved)
    return "cash_lines"


@dataclass(frozen=True, slots=True)
class Settlement:
    """How much of a document (minor units, its own currency) is settled, from which day."""

    day: str
    amount: int


def settlements(book: Book) -> dict[int, list[Settlement]]:
    """What settles each document: from the day of the payment or its own, whichever is later; in order of days."""
    sql = """SELECT k.target, MAX(s.date, g.date) AS day, k.amount FROM links k JOIN txns s ON s.id = k.source
             JOIN txns g ON g.id = k.target WHERE k.kind = 'settle' ORDER BY k.target, day, k.source, k.line"""
    out: defaultdict[int, list[Settlement]] = defaultdict(list)
    for target, day, amount in book.store.execute(sql):
        out[target].append(Settlement(day, amount))
    return out


class _Cash:
    """The lines that cash basis takes out of the ledger, and those that it puts in their place."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.replaced: list[tuple[int, int]] = []
        self.moved: list[Row] = []
        self.control = ", ".join(map(str, sorted(book.control)))
        permanent = [a.id for a in book.entries["Account"].values() if _is_permanent(a.body)]
        self.permanent = ", ".join(permanent)

    def documents(self) -> None:
        """Take what is not settled yet out of income and cost, and let it in as it is settled."""
        settled = settlements(self.book)
        kinds = ", ".join(f"'{kind}'" for kind in DEFERRED)
        sql = f"""SELECT {", ".join("l." + c.strip() for c in _COLUMNS.split(","))}, t.total
                  FROM lines l JOIN txns t ON t.id = l.txn WHERE t.entity IN ({kinds})
                  AND (l.account IN ({self.control}) OR (l.account NOT IN ({self.permanent})
                       AND NOT EXISTS (SELECT 1 FROM moves m WHERE m.txn = l.txn AND m.counter = l.n)))
                  ORDER BY l.txn, l.n"""
        for txn, grouped in groupby(self.book.store.execute(sql), key=lambda row: row[0]):
            rows = list(grouped)
            control = [row[:-1] for row in rows if row[_ACCOUNT] in self.book.control]
            deferred = [row[:-1] for row in rows if row[_ACCOUNT] not in self.book.control]
            if control and deferred:
                self._defer(control, deferred, int(rows[0][-1]), settled.get(txn, []))

    def _defer(self, control: list[Row], deferred: list[Row], total: int, settled: list[Settlement]) -> None:
        head, day = control[0], control[0][_DATE]
        paid = max(total - abs(sum(row[_AMOUNT] for row in control)), 0)  # a deposit taken with the invoice
        steps = [Settlement(day, paid), *settled]
        self.replaced += [(row[0], row[_N]) for row in (head, *deferred)]
        before = [0] * len(deferred)
        done = 0
        for n, step in enumerate(steps):
            done += step.amount
            counted = [share(row[_HOME], min(done, total), total) if total else row[_HOME] for row in deferred]
            changes = [a - b for a, b in zip(counted, before, strict=True)]
            before = counted
            if n == 0:
                left_out = sum(row[_HOME] for row in deferred) - sum(changes)
                self._move(head, step.day, head[_HOME] + left_out)
            else:
                self._move(head, step.day, -sum(changes))
            for row, change in zip(deferred, changes, strict=True):
                self._move(row, step.day, change)

    def _move(self, row: Row, day: str, home: int, account: int | None = None) -> None:
        if home:
            moved = list(row)
            moved[_DATE], moved[_HOME], moved[_AMOUNT] = day, home, home
            moved[_ACCOUNT] = row[_ACCOUNT] if account is None else account
            self.moved.append(tuple(moved))

    def payments(self) -> None:
        """Let what a payment does not settle, or not yet, its document being dated later, wait on its own account."""
        links = self._links()
        kinds = ", ".join(f"'{kind}'" for kind in _WAITING)
        sql = f"""SELECT {", ".join("l." + c.strip() for c in _COLUMNS.split(","))}, t.entity
                  FROM lines l JOIN txns t ON t.id = l.txn
                  WHERE t.entity IN ({kinds}) AND l.account IN ({self.control}) ORDER BY l.txn, l.n"""
        for *columns, entity in self.book.store.rows(sql):
            row = tuple(columns)
            open_links = links.get(row[0], [])
            match = next((link for link in open_links if link[0] == -row[_AMOUNT]), None)
            if match is not None:
                open_links.remove(match)
                if match[1] <= row[_DATE]:
                    continue
            waiting = int(system_account(self.book, *_WAITING[entity]))
            self._move(row, row[_DATE], -row[_HOME])
            self._move(row, row[_DATE], row[_HOME], waiting)
            if match is not None:
                self._move(row, match[1], row[_HOME])
                self._move(row, match[1], -row[_HOME], waiting)

    def _links(self) -> dict[int, list[tuple[int, str]]]:
        """For each payment what it settles: the amount, signed as on the control account, and the document's day."""
        sql = f"""SELECT k.source, k.amount, g.date, (SELECT SUM(amount) FROM lines l
                         WHERE l.txn = k.target AND l.account IN ({self.control}))
                  FROM links k JOIN txns g ON g.id = k.target WHERE k.kind = 'settle'"""
        out: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        for source, amount, day, standing in self.book.store.execute(sql):
            out[source].append((amount if (standing or 0) > 0 else -amount, day))
        return out


def _is_permanent(account: Mapping[str, Any]) -> bool:
    return account["Classification"] in BALANCE_SHEET_CLASSES
