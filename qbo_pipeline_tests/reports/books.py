"""Two companies' books for the reports: a month that balances and one that does not, through the real engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.frames import make
from qbo_pipeline.reconciliation.inputs import Close, ClosedBalance, ReconciliationInput
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports.header import EXTRAS, ReportExtras, ReportHeader

AS_AT = date(2026, 10, 31)
MADE_AT = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)

HOSTILE = {
    "formula": '=HYPERLINK("https://example.invalid","click")',
    "plus": "+1+1", "minus": "-2+3+cmd|' /C calc'!A0", "at": "@SUM(A1:A9)", "tab": "\t=1+1", "return": "\r=1+1",
    "tag": "<script>document.title='owned'</script><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=\"alert(1)\" x='",
    "rich": "<r><t>not xml</t></r>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "rtl": "\u202egnp.exe\u202c \u2067שלום\u2069 \u200f",
    "control": "bell\x07 null\x00 escape\x1b delete\x7f odd\ufffe\uffff",
    "escaped": "_x0041_ &amp; &lt;",
    "long": "long " * 800,
    "emoji": "🧾 Ærøskøbing naïve Ω",
}  # fmt: skip


def frame(rows: list[dict[str, Any]], columns: Any) -> Any:
    """Rows as a frame of these columns; what a row does not say is null."""
    return make({column.name: [row.get(column.name) for row in rows] for column in columns}, columns)


def header(reconciliation: Reconciliation, **facts: Any) -> ReportHeader:
    """A header that belongs to the reconciliation."""
    known: dict[str, Any] = {
        "company": "Harbour Coffee Roasters, Inc.", "connection": "harbour", "realm": "4242",
        "as_at": reconciliation.as_at, "time_zone": "America/New_York", "currency": reconciliation.currency,
        "run_id": "5f0c7d1e", "made_at": MADE_AT, "content_hash": reconciliation.content_hash,
        "source_cut_off": datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
        "qbo_read_at": datetime(2026, 11, 1, 6, 12, tzinfo=UTC),
        "qbo_url": "https://app.sandbox.qbo.intuit.com/app",
    }  # fmt: skip
    return ReportHeader(**(known | facts))


class Ledgers:
    """Books that grow line by line; what is not tampered with agrees."""

    def __init__(self) -> None:
        self.stock: list[dict[str, Any]] = []
        self.postings: list[dict[str, Any]] = []
        self.effects: list[dict[str, Any]] = []
        self.ledger: list[dict[str, Any]] = []
        self.number = 0

    def movement(
        self, kind: str, day: date, value: str, *, product: str = "P1", location: str = "L1", account: str = "130",
        posted: bool = True, **facts: Any,
    ) -> str:  # fmt: skip
        """A movement that is posted and in the ledger, unless said otherwise; returns its key."""
        self.number += 1
        key, amount = f"movement/{self.number}", Decimal(value)
        number = f"{kind[:2].upper()}-{1000 + self.number}"
        self.stock.append(
            {"record_key": key, "kind": kind, "number": number, "business_date": day, "product_id": product,
             "location_id": location, "account_id": account, "quantity": amount / 10, "value": amount,
             "disposition": "posted" if posted else "parked"} | facts
        )  # fmt: skip
        posting = {
            "posting_key": key, "record_key": key, "revision": 1, "qbo_type": "JournalEntry", "business_date": day,
            "qbo_id": str(500 + self.number) if posted else None, "qbo_number": number if posted else None,
            "state": "posted" if posted else "parked", "reason": facts.get("reason"),
        }  # fmt: skip
        self.postings.append(posting)
        self.effects.append(
            {"posting_key": key, "revision": 1, "account_id": account, "product_id": product,
             "location_id": location, "amount": amount}
        )  # fmt: skip
        if posted:
            self.entry(day, value, account=account, qbo_id=posting["qbo_id"], qbo_number=number)
        return key

    def entry(self, day: date, value: str, *, account: str = "130", **facts: Any) -> None:
        """A line of QBO's ledger."""
        self.ledger.append(
            {"account_id": account, "business_date": day, "qbo_type": "Journal Entry", "amount": Decimal(value)} | facts
        )

    def line_of(self, key: str) -> dict[str, Any]:
        """The ledger line of a movement."""
        qbo_id = next(row["qbo_id"] for row in self.postings if row["posting_key"] == key)
        return next(row for row in self.ledger if row["qbo_id"] == qbo_id)

    def reconcile(self, *, balance_beside_lines: Decimal = Decimal(0), **facts: Any) -> Reconciliation:
        """The real engine's answer; QBO's own balance may hold more than its lines."""
        names = {"130": "Inventory Asset", "131": "Inventory in Transit"}
        totals = dict.fromkeys({row["account_id"] for row in self.stock + self.ledger}, Decimal(0))
        for row in self.ledger:
            totals[row["account_id"]] += row["amount"]
        totals["130"] += balance_beside_lines
        balances = [
            {"account_id": key, "account_name": names.get(key, key), "balance": totals[key]} for key in sorted(totals)
        ]
        read: dict[str, int] = {}
        for row in self.stock:
            read[row["kind"]] = read.get(row["kind"], 0) + 1
        known: dict[str, Any] = {"as_at": AS_AT, "currency": "USD", "records_read": read}
        return reconcile(
            ReconciliationInput(
                stock=frame(self.stock, inputs.STOCK),
                postings=frame(self.postings, inputs.POSTINGS),
                effects=frame(self.effects, inputs.EFFECTS),
                ledger=frame(self.ledger, inputs.LEDGER),
                ledger_balances=frame(balances, inputs.LEDGER_BALANCES),
                **(known | facts),
            )
        )


def a_month() -> Ledgers:
    """October: receipts on Mondays, shipments every working day, an adjustment, a write-off, goods in transit."""
    books, first = Ledgers(), date(2026, 10, 1)
    books.movement("opening", date(2026, 9, 30), "48210.55")
    for number in range(31):
        day = first + timedelta(days=number)
        product, location = f"P{number % 5 + 1}", f"L{number % 2 + 1}"
        if day.weekday() == 0:
            books.movement("receipt", day, f"{6400 + 37 * number}.40", product=product, location=location)
            books.movement("receipt", day, f"{300 + number}.10", product=product, account="131", location="L3")
        if day.weekday() < 5:
            books.movement(
                "shipment", day, f"-{980 + 53 * (number % 7)}.{10 + number}", product=product, location=location
            )
    books.movement("adjustment", date(2026, 10, 20), "-75.20", product="P2")
    books.movement("write_off", date(2026, 10, 28), "-18.05", product="P4")
    return books


@cache
def balanced() -> Reconciliation:
    """A month that balances, after a signed-off September."""
    signed = Close(
        date(2026, 9, 30), datetime(2026, 10, 5, 14, 0, tzinfo=UTC),
        (ClosedBalance("130", Decimal("48210.55"), Decimal("48210.55")), ClosedBalance("131", Decimal(0), Decimal(0))),
    )  # fmt: skip
    return a_month().reconcile(closes=(signed,))


@cache
def broken() -> Reconciliation:
    """The same month after people and other tools have been in QuickBooks, and with the source ahead."""
    books = a_month()
    keys = [row["record_key"] for row in books.stock if row["kind"] == "shipment"]
    edited = books.line_of(keys[9])
    edited |= {"amount": edited["amount"] + Decimal("118.40"), "changed_by": "bookkeeper",
               "changed_at": datetime(2026, 10, 22, 13, 5, tzinfo=UTC)}  # fmt: skip
    books.ledger.remove(books.line_of(keys[12]))
    moved = books.line_of(keys[3])
    moved |= {"business_date": date(2026, 10, 30), "changed_by": "bookkeeper"}
    books.entry(date(2026, 10, 16), "-2500.00", qbo_id="901", qbo_number="ADJ-7", memo="year-end estimate",
                split="Cost of Goods Sold", created_by="accountant",
                created_at=datetime(2026, 10, 17, 9, 40, tzinfo=UTC))  # fmt: skip
    books.entry(date(2026, 10, 21), "342.18", qbo_type="Bill", qbo_id="902", qbo_number="B-1043", name="Pallets & More",
                memo="pallets coded to inventory", created_by="accountant",
                created_at=datetime(2026, 10, 21, 15, 0, tzinfo=UTC))  # fmt: skip
    books.movement("shipment", date(2026, 10, 29), "-412.75", product="P3", posted=False,
                   reason="Books are closed through 31 Oct 2026")  # fmt: skip
    books.movement("receipt", date(2026, 10, 30), "1890.00", product="P5", posted=False,
                   reason="Product P5 has no inventory account in the settings")  # fmt: skip
    return books.reconcile()


@cache
def unexplained() -> Reconciliation:
    """The month with a part of the ledger that nobody can name: QBO's balance is more than its lines add up to."""
    return a_month().reconcile(balance_beside_lines=Decimal("15.00"))


@cache
def hostile() -> Reconciliation:
    """Every text that a stranger can write is one of `HOSTILE`."""
    books = a_month()
    for number, text in enumerate(HOSTILE.values()):
        books.entry(date(2026, 10, 10), f"{number + 1}.11", qbo_id=f"9{number:02}", qbo_number=text[:21], memo=text,
                    name=text, split=text, created_by=text)  # fmt: skip
    for text in HOSTILE.values():
        key = books.movement("adjustment", date(2026, 10, 12), "5.00", product=text, location=text, reason=text)
        books.stock[-1] |= {"number": text, "disposition": "parked"}
        books.postings[-1] |= {"state": "parked", "qbo_id": None, "reason": text}
        books.ledger.pop()
        assert books.stock[-1]["record_key"] == key
    return books.reconcile()


def extras(reconciliation: Reconciliation, **frames: list[dict[str, Any]]) -> ReportExtras:
    """What the caller adds, from rows."""
    return ReportExtras(**{name: frame(rows, EXTRAS[name]) for name, rows in frames.items()})
