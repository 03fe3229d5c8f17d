"""What people change in QuickBooks' own pages, over HTTP: what posts is shown, and nothing of it is overwritten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.posting.content import agrees, fingerprint, stated
from qbo_pipeline.posting.drift import Drift, compare
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.posting.summary import PostingSummary
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.postings import Link, latest, links
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.posting.harness import DAY, VirtualClock, client, connect, drafted, intent, take_in
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing, ref

NAME = "office"
_numbers = count(1)


@dataclass
class Books:
    """A company, and the Ids of what a document may name there."""

    emulator: RunningEmulator
    people: Bookkeeper
    ids: dict[str, list[str]]

    def ref(self, kind: str, position: int = 0) -> Thing:
        return ref(self.ids[kind][position])


@dataclass
class Office:
    """One document of ours in that company, with a store of its own."""

    books: Books
    database: Database
    clock: VirtualClock
    identity: Identity
    key: str

    def want(self, entity: str, payload: Thing) -> None:
        draft = drafted(self.key, entity, payload, DAY, Decimal("100.00"))
        take_in(self.database, self.identity, [intent(draft)], name=NAME)

    def run(self) -> PostingSummary:
        quickbooks = client(self.books.emulator, clock=self.clock)
        try:
            settings = PosterSettings(batch_workers=1, single_workers=0)
            return Poster(self.database, quickbooks, self.clock, settings).run(NAME)
        finally:
            quickbooks.close()

    def link(self) -> Link:
        with self.database.reading() as reading:
            return links(reading, NAME, [self.key])[self.key]

    def state(self) -> tuple[str, str | None]:
        with self.database.reading() as reading:
            row = latest(reading, NAME, self.key)
        assert row is not None
        return row["state"], row["reason"]

    def compare(self, entity: str) -> list[Drift]:
        with self.database.transaction() as transaction:
            now = self.database.now(transaction)
            return compare(transaction, NAME, entity, self.books.people.all(entity), now=now)


@contextmanager
def opened(company: str) -> Iterator[Books]:
    with running_emulator("--limits", "off", "--company", company) as emulator:
        people = Bookkeeper(emulator)
        accounts = people.all("Account")
        home = accounts[0]["CurrencyRef"]["value"]
        customers = people.all("Customer")
        ids = {
            account_type: [one["Id"] for one in accounts if one["AccountType"] == account_type
                           and one["CurrencyRef"]["value"] == home and "Inventory" not in one["AccountSubType"]]
            for account_type in {one["AccountType"] for one in accounts}
        }  # fmt: skip
        ids["customer"] = [one["Id"] for one in customers if one["CurrencyRef"]["value"] == home]
        ids["foreign"] = [one["Id"] for one in customers if one["CurrencyRef"]["value"] == "USD"]
        ids["vendor"] = [one["Id"] for one in people.all("Vendor") if one["CurrencyRef"]["value"] == home]
        ids["item"] = [one["Id"] for one in people.all("Item") if one["Type"] == "Service"]
        ids["class"] = [people.save("Class", {"Name": name})["Id"] for name in ("North", "South")]
        ids["location"] = [people.save("Department", {"Name": name})["Id"] for name in ("Here", "There")]
        bank = {"AccountType": "Bank", "AccountSubType": "Checking"}
        ids["Bank"] = [people.save("Account", {"Name": name, **bank})["Id"] for name in ("Petty one", "Petty two")]
        yield Books(emulator, people, ids)
        people.close()


@pytest.fixture(scope="module")
def us() -> Iterator[Books]:
    with opened("us") as books:
        yield books


@pytest.fixture(scope="module")
def uk() -> Iterator[Books]:
    with opened("uk") as books:
        yield books


@pytest.fixture
def office_in(tmp_path: Path) -> Iterator[Callable[[Books], Office]]:
    """Opens an office in a company."""
    made: list[Database] = []

    def open_(books: Books) -> Office:
        clock = VirtualClock()
        database = open_database(f"sqlite:///{tmp_path / 'store.sqlite'}", clock=clock.now)
        made.append(database)
        identity = connect(database, books.emulator.realm, NAME)
        return Office(books, database, clock, identity, f"document/{next(_numbers)}")

    yield open_
    for database in made:
        database.close()


def sale(books: Books, *, customer: str = "customer", code: str = "TAX", **header: Any) -> Thing:
    """An invoice; what its one line says beside its item, quantity and price, is of the header."""
    counted = {name: header.pop(name) for name in ("Qty", "UnitPrice") if name in header}
    detail = counted | {"ItemRef": books.ref("item"), "TaxCodeRef": ref(code), "ClassRef": books.ref("class")}
    line = {"Amount": Decimal("100.00"), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"TxnDate": DAY.isoformat(), "CustomerRef": books.ref(customer), "Line": [line], **header}


def us_invoice(books: Books) -> Thing:
    return sale(books, TxnTaxDetail={"TotalTax": Decimal("5.00")}, DepartmentRef=books.ref("location"))


def foreign_invoice(books: Books) -> Thing:
    money = {"CurrencyRef": ref("USD"), "ExchangeRate": Decimal("0.8")}
    return sale(books, customer="foreign", code=taxed(books), GlobalTaxCalculation="TaxExcluded", **money)


def taxed(books: Books, position: int = 0) -> str:
    """A tax code with a rate above nil."""
    rates = {rate["Id"]: rate["RateValue"] for rate in books.people.all("TaxRate")}

    def percent(code: Thing) -> Decimal:
        details = code.get("SalesTaxRateList", {}).get("TaxRateDetail", [])
        return sum((rates[detail["TaxRateRef"]["value"]] for detail in details), Decimal(0))

    return [str(code["Id"]) for code in books.people.all("TaxCode") if percent(code)][position]


def payment(books: Books) -> Thing:
    header = {"TxnDate": DAY.isoformat(), "CustomerRef": books.ref("customer"), "Line": []}
    return {**header, "TotalAmt": Decimal("100.00"), "DepositToAccountRef": books.ref("Bank")}


def bill(books: Books) -> Thing:
    detail = {"AccountRef": books.ref("Expense")}
    line = {"DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": detail}
    return {
        "TxnDate": DAY.isoformat(),
        "VendorRef": books.ref("vendor"),
        "Line": [{"Amount": Decimal("100.00"), **line}],
    }


def bill_payment(books: Books) -> Thing:
    owed = books.people.save("Bill", bill(books))
    return {
        "TxnDate": DAY.isoformat(),
        "VendorRef": books.ref("vendor"),
        "TotalAmt": Decimal("100.00"),
        "PayType": "Check",
        "CheckPayment": {"BankAccountRef": books.ref("Bank")},
        "Line": [{"Amount": Decimal("100.00"), "LinkedTxn": [{"TxnId": owed["Id"], "TxnType": "Bill"}]}],
    }


def journal(books: Books) -> Thing:
    sides = (("Debit", books.ref("Expense"), {}), ("Credit", books.ref("Accounts Payable"), party(books, 0)))
    lines = [
        {
            "Amount": Decimal("100.00"),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": account, **named},
        }
        for side, account, named in sides
    ]
    return {"TxnDate": DAY.isoformat(), "Line": lines}


def party(books: Books, position: int) -> Thing:
    return {"Entity": {"Type": "Vendor", "EntityRef": books.ref("vendor", position)}}


def with_detail(thing: Thing, position: int = 0, **fields: Any) -> Thing:
    """The lines of an object, one of them with other details."""
    lines = [line for line in thing["Line"] if line["DetailType"] != "SubTotalLineDetail"]
    kind = lines[position]["DetailType"]
    lines[position] = lines[position] | {kind: lines[position][kind] | fields}
    return {"Line": lines}


Edit = Callable[[Books, Thing], Thing]
CHANGES: dict[str, tuple[str, str, Callable[[Books], Thing], Edit, str]] = {
    "tax": (
        "us", "Invoice", us_invoice, lambda b, t: {"TxnTaxDetail": {"TotalTax": Decimal("6.00")}}, "tax 5.00 → 6.00"
    ),
    "whether a line is taxed": (
        "us", "Invoice", us_invoice,
        lambda b, t: with_detail(t, TaxCodeRef=ref("NON")) | {"TxnTaxDetail": {"TotalTax": Decimal("5.00")}},
        "tax codes of lines",
    ),
    "class": ("us", "Invoice", us_invoice, lambda b, t: with_detail(t, ClassRef=b.ref("class", 1)), "classes of lines"),
    "location": ("us", "Invoice", us_invoice, lambda b, t: {"DepartmentRef": b.ref("location", 1)}, "location"),
    "quantity of the same amount": (
        "us", "Invoice", lambda b: sale(b, Qty=Decimal(4), UnitPrice=Decimal(25)),
        lambda b, t: with_detail(t, Qty=Decimal(2), UnitPrice=Decimal(50)), "quantities of lines",
    ),
    "deposit taken": (
        "us", "Invoice", lambda b: us_invoice(b) | {"Deposit": Decimal("20.00"), "DepositToAccountRef": b.ref("Bank")},
        lambda b, t: {"Deposit": Decimal("30.00")}, "deposit taken 20.00 → 30.00",
    ),
    "an amount": (
        "us", "Bill", bill, lambda b, t: {"Line": [t["Line"][0] | {"Amount": Decimal("90.00")}]},
        "total 100.00 → 90.00",
    ),
    "deposit account": (
        "us", "Payment", payment, lambda b, t: {"DepositToAccountRef": b.ref("Bank", 1)}, "deposit account"
    ),
    "payment's amount": (
        "us", "Payment", payment, lambda b, t: {"TotalAmt": Decimal("500.00")}, "total 100.00 → 500.00"
    ),
    "bank of a bill payment": (
        "us", "BillPayment", bill_payment,
        lambda b, t: {"CheckPayment": {"BankAccountRef": b.ref("Bank", 1)}, "Line": t["Line"]}, "bank account",
    ),
    "name on a journal's line": (
        "us", "JournalEntry", journal, lambda b, t: with_detail(t, 1, **party(b, 1)), "names on lines"
    ),
    "exchange rate": (
        "uk", "Invoice", foreign_invoice, lambda b, t: {"ExchangeRate": Decimal("0.9")}, "exchange rate 0.8 → 0.9"
    ),
    "tax code": (
        "uk", "Invoice", foreign_invoice,
        lambda b, t: with_detail(t, TaxCodeRef=ref(taxed(b, 1))) | {"ExchangeRate": Decimal("0.8")},
        "tax codes of lines",
    ),
}  # fmt: skip
PARKED = {True: ("parked", "changed_in_qbo"), False: ("parked", "conflict")}


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "not noticed"])
@pytest.mark.parametrize("change", list(CHANGES))
def test_what_a_person_changed_stays_and_is_shown(
    change: str, noticed: bool, us: Books, uk: Books, office_in: Callable[[Books], Office]
) -> None:
    """I16, whether we looked for changes before our own update or QuickBooks has to refuse it."""
    company, entity, wanted, edit, words = CHANGES[change]
    books = {"us": us, "uk": uk}[company]
    office = office_in(books)
    payload = wanted(books)
    office.want(entity, payload)
    assert office.run().states == {"posted": 1}
    thing = books.people.get(entity, office.link().qbo_id)
    seen = fingerprint(entity, thing)
    assert office.link().fingerprint == seen
    assert agrees(stated(entity, payload), seen), "what we said is what is there"

    changed = edit(books, thing)
    books.people.save(entity, {"Id": thing["Id"], "SyncToken": thing["SyncToken"], "sparse": True, **thing, **changed})
    left = books.people.get(entity, thing["Id"])
    if noticed:
        [drift] = office.compare(entity)
        assert (drift.key, drift.what) == (office.key, "edited")
        assert any(fact.startswith(words) for fact in drift.facts), drift.facts
        assert office.state() == ("drifted", "edited")
    office.want(entity, payload | {"PrivateNote": "corrected in the source"})
    office.run()
    assert office.state() == PARKED[noticed]
    assert books.people.get(entity, thing["Id"]) == left
