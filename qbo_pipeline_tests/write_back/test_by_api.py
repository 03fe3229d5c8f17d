"""The way back into systems in a box by their own API: payments, exactly once, and never back again."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.preflight import _inbox
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.write_back import write_back
from qbo_pipeline.pipeline.write_back_answers import take_answers
from qbo_pipeline.pipeline.write_back_standing import decide_write_back, write_back_standing
from qbo_pipeline.settings import load_settings
from qbo_pipeline.systems.cin7_core.chart import BY_REASON
from qbo_pipeline.systems.company import guid
from qbo_pipeline.systems.unleashed.words import ACCOUNT_OF_REASON
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.systems import evenings
from qbo_pipeline_tests.systems.books import connection, make_stock_accounts
from qbo_pipeline_tests.systems.boxes import (
    ACCOUNT_ID,
    API_ID,
    API_KEY,
    APPLICATION_KEY,
    TOKEN,
    running_cin7_core,
    running_http_contract,
    running_syncro,
    running_unleashed,
)
from qbo_pipeline_tests.systems.readings import FIRST
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing

LAST = FIRST + timedelta(days=1)
CODES = {BY_REASON[reason]: account for reason, account in HINTS.items()} | {
    "4000": DEFAULT_ROLES["sales"],
    "1300": DEFAULT_ROLES["purchases"],
}
GUIDS = [guid("warehouse", n) for n in (1, 2, 3)]


def cin7_core(folder: Path, emulator: RunningEmulator, box: Any) -> Path:
    file = connection(folder, emulator, GUIDS, source_kind="cin7_core", source_url=box.url, calls_per_minute=1_000_000,
                      parameters={"inventory_accounts": ["1300"]}, hints=CODES)  # fmt: skip
    return _let_in(file, f"ACCOUNT_ID={ACCOUNT_ID}", f"APPLICATION_KEY={APPLICATION_KEY}")


def http_contract(folder: Path, emulator: RunningEmulator, box: Any) -> Path:
    file = connection(folder, emulator, ["1", "2", "3"], source_kind="http_contract", source_url=box.url,
                      calls_per_minute=1_000_000, hints=HINTS)  # fmt: skip
    return _let_in(file, f"TOKEN={TOKEN}")


def _let_in(file: Path, *secrets: str) -> Path:
    with (file.parent / ".env").open("a") as out:
        out.writelines(f"QBO_DEMO_SOURCE_{secret}\n" for secret in secrets)
    return file


def unleashed(folder: Path, emulator: RunningEmulator, box: Any) -> Path:
    hints = {code: HINTS[reason] for reason, code in ACCOUNT_OF_REASON.items()}
    file = connection(folder, emulator, GUIDS, source_kind="unleashed", source_url=box.url,
                      calls_per_minute=1_000_000, hints=hints)  # fmt: skip
    return _let_in(file, f"API_ID={API_ID}", f"API_KEY={API_KEY}")


SYSTEMS: dict[str, tuple[Callable[..., Any], Callable[..., Path]]] = {
    "cin7_core": (running_cin7_core, cin7_core),
    "http_contract": (running_http_contract, http_contract),
    "syncro": (running_syncro, evenings.syncro),
    "unleashed": (running_unleashed, unleashed),
}


class Account:
    """A company in a system in a box, carried into QuickBooks; things of some kinds are made on both sides."""

    def __init__(
        self, file: Path, company: Path, box: Any, people: Bookkeeper, kinds: tuple[str, ...] = ("payments_received",)
    ) -> None:
        self.file, self.company, self.box, self.people = file, company, box, people
        said = file.read_text()
        for kind in kinds:
            said = said.replace(f'{kind} = "source"', f'{kind} = "both"')
        said = said.replace("[reconciliation]", f"[write_back]\nfirst_day = {FIRST}\n\n[reconciliation]", 1)
        file.write_text(said)
        with open_run(load_settings(file)) as run:
            assert [found.ok for found in _inbox(run)] == [True]
            make_stock_accounts(run)
            carry(run)

    def night(self) -> list[dict[str, Any]]:
        """Carry once more, after the time in which a lost answer could still arrive; what waits then."""
        with open_run(load_settings(self.file)) as run:
            with run.database.transaction() as transaction:
                transaction.execute(text("UPDATE write_backs SET not_before = NULL"))
            carry(run)
            return write_back_standing(run).waiting

    def entries(self) -> list[dict[str, Any]]:
        """Payments in the company that came out of QuickBooks, each with what it settles."""
        query = """SELECT e.id, e.amount_cents, e.reference, a.document_id, a.amount_cents AS settled
            FROM bank_entries e LEFT JOIN bank_entry_allocations a ON a.entry_id = e.id
            WHERE e.number LIKE '%-B%' AND e.status <> 'voided' ORDER BY a.document_id"""
        with closing(sqlite3.connect(self.company)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query)]

    def customers(self, name: str) -> list[tuple[str, str]]:
        """Name and e-mail of the company's own customers of that name."""
        with closing(sqlite3.connect(self.company)) as db:
            return db.execute("SELECT name, email FROM customers WHERE name LIKE ? ORDER BY id", (name,)).fetchall()

    def pay(self, invoices: list[Thing], **more: Any) -> Thing:
        """A bookkeeper enters in QuickBooks that these were paid, the half of each."""
        lines = [
            {"Amount": half(invoice), "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
            for invoice in invoices
        ]
        body = {"CustomerRef": invoices[0]["CustomerRef"], "TotalAmt": sum(line["Amount"] for line in lines),
                "TxnDate": LAST.isoformat(), "PaymentRefNum": "BANK 7", "Line": lines}  # fmt: skip
        return self.people.save("Payment", {**body, **self._bank(), **more})

    def _bank(self) -> Thing:
        (bank,) = [thing for thing in self.people.all("Account") if thing["Name"] == "Checking"]
        return {"DepositToAccountRef": {"value": bank["Id"]}}

    def invoices(self) -> list[Thing]:
        """Open invoices of the customer who has most of them, of those that were posted."""
        with open_run(load_settings(self.file)) as run:
            posted = {row["qbo_id"] for row in rows(run, "SELECT qbo_id FROM posting_links WHERE entity = 'Invoice'")}
        by_customer: dict[str, list[Thing]] = {}
        for thing in self.people.all("Invoice"):
            if thing["Id"] in posted and Decimal(str(thing["Balance"])) == Decimal(str(thing["TotalAmt"])) > 0:
                by_customer.setdefault(thing["CustomerRef"]["value"], []).append(thing)
        return max(by_customer.values(), key=len)

    def payments(self) -> int:
        return sum(thing["TxnDate"] >= FIRST.isoformat() for thing in self.people.all("Payment"))


def half(invoice: Thing) -> Decimal:
    return (Decimal(str(invoice["TotalAmt"])) / 2).quantize(Decimal("0.01"))


def carry(run: Run) -> None:
    extract_master_data(run)
    extract_days(run, FIRST, LAST)
    read_reference_data(run)
    take_answers(run)
    transform(run, FIRST, LAST)
    load(run, FIRST, LAST)
    write_back(run)


@contextmanager
def paid(
    system: str, folder: Path, emulator: RunningEmulator, people: Bookkeeper, count: int
) -> Iterator[tuple[Account, list[Thing], Thing]]:
    """An account, invoices of a customer in QuickBooks, and a payment there for the half of each."""
    running, connected = SYSTEMS[system]
    company = folder / "inventory.sqlite"
    generate(company, seed=7, first_day=FIRST, days=2)
    with running(company) as box:
        if system == "syncro":  # it dates payments itself
            evenings.Evenings(box).of(LAST)
        account = Account(connected(folder / "api", emulator, box), company, box, people)
        invoices = account.invoices()[:count]
        yield account, invoices, account.pay(invoices)


@pytest.mark.parametrize(
    "system", ["cin7_core", *(pytest.param(name, marks=pytest.mark.torture) for name in ("http_contract", "syncro"))]
)
def test_a_payment_is_there_once_though_its_answer_was_lost(
    system: str, tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    with paid(system, tmp_path, emulator, people, 2) as (account, invoices, _):
        after = account.payments()
        door = getattr(account.box.box, "door", account.box.box)
        door.write_faults += ["lost", ""]

        account.night()
        assert [account.night() for _ in range(2)][-1] == []

        expected = sorted(int(half(invoice) * 100) for invoice in invoices)
        assert sorted(entry["settled"] for entry in account.entries()) == expected
        # It was read again as a payment of the system, and not posted a second time.
        assert account.payments() == after
        with open_run(load_settings(account.file)) as run:
            query = "SELECT rule FROM records WHERE record_type = 'payment' AND rule = 'made_in_quickbooks'"
            assert len(rows(run, query)) >= 1


@pytest.mark.torture
@pytest.mark.parametrize("system", ["cin7_core", "http_contract", "syncro"])
def test_a_payment_that_is_changed_or_voided_is_so_in_the_system(
    system: str, tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    with paid(system, tmp_path, emulator, people, 2) as (account, invoices, payment):
        after = account.payments()
        assert [account.night() for _ in range(2)][-1] == []
        changed = {**account.people.get("Payment", payment["Id"]), "Line": payment["Line"][:1]}
        changed["TotalAmt"] = changed["Line"][0]["Amount"]
        account.people.save("Payment", changed)
        waiting = account.night()
        if system == "syncro":
            assert "cannot change or delete a payment" in waiting[0]["why"]
            return
        assert account.night() == []
        assert [entry["settled"] for entry in account.entries()] == [int(half(invoices[0]) * 100)]
        account.people.void("Payment", account.people.get("Payment", payment["Id"]))
        account.night()
        assert account.night() == []
        assert account.entries() == []
        assert account.payments() == after


@pytest.mark.torture
def test_what_changed_there_since_it_was_read_is_not_written_over(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = tmp_path / "inventory.sqlite"
    generate(company, seed=7, first_day=FIRST, days=2)
    with running_http_contract(company) as box:
        account = Account(http_contract(tmp_path / "api", emulator, box), company, box, people)
        paid = account.pay(account.invoices()[:1])
        assert account.night() == []
        (entry,) = account.entries()

        answers = take_answers

        def paying(cents: int) -> None:
            with closing(sqlite3.connect(company)) as db, db:
                db.execute("UPDATE bank_entries SET amount_cents = ? WHERE id = ?", (cents, entry["id"]))
                db.execute(
                    "UPDATE bank_entry_allocations SET amount_cents = ? WHERE entry_id = ?", (cents, entry["id"])
                )

        line = {**paid["Line"][0], "Amount": Decimal("7.00")}
        people.save("Payment", {**people.get("Payment", paid["Id"]), "TotalAmt": Decimal("7.00"), "Line": [line]})
        with monkeypatch.context() as meanwhile:  # somebody in the company corrects it after it was read
            meanwhile.setattr(sys.modules[__name__], "take_answers", lambda run: (answers(run), paying(300)))
            (waiting,) = account.night()
        assert "was changed here since it was read" in waiting["why"]
        assert [one["settled"] for one in account.entries()] == [300]
        account.night()  # it was read meanwhile, and a person has not looked at it yet
        assert [one["settled"] for one in account.entries()] == [300]
        with open_run(load_settings(account.file)) as run:
            decide_write_back(run, f"Payment/{paid['Id']}", "retry", who="ada", why="QuickBooks is right")
        account.night()
        assert account.night() == []
        assert [one["settled"] for one in account.entries()] == [700]


@pytest.mark.torture
@pytest.mark.parametrize("system", ["http_contract", "syncro"])
def test_a_customer_is_made_once_and_written_over(
    system: str, tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    running, connected = SYSTEMS[system]
    company = tmp_path / "inventory.sqlite"
    generate(company, seed=7, first_day=FIRST, days=2)
    with running(company) as box:
        if system == "syncro":
            evenings.Evenings(box).of(LAST)
        account = Account(connected(tmp_path / "api", emulator, box), company, box, people, ("customers",))
        made = people.save("Customer", {"DisplayName": "Bar Luna", "PrimaryEmailAddr": {"Address": "luna@example.com"}})
        count = len(people.all("Customer"))
        getattr(box.box, "door", box.box).write_faults += ["lost"]
        for _ in range(3):
            account.night()

        assert account.customers("Bar Luna") == [("Bar Luna", "luna@example.com")]
        assert len(people.all("Customer")) == count  # and it does not come back as another one
        with open_run(load_settings(account.file)) as run:
            query = "SELECT qbo_id FROM posting_links WHERE entity = 'Customer' AND qbo_id = :own"
            assert len(rows(run, query, own=made["Id"])) == 1

        changed = {**people.get("Customer", made["Id"]), "DisplayName": "Bar Luna y Sol"}
        people.save("Customer", changed)
        account.night()
        assert account.night() == []
        assert account.customers("Bar Luna%") == [("Bar Luna y Sol", "luna@example.com")]
        assert len(people.all("Customer")) == count


@pytest.mark.torture
@pytest.mark.parametrize("system", SYSTEMS)
def test_what_people_change_of_a_customer_is_written_over(
    system: str, tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    running, connected = SYSTEMS[system]
    company = tmp_path / "inventory.sqlite"
    generate(company, seed=7, first_day=FIRST, days=2)
    with running(company) as box:
        if system == "syncro":
            evenings.Evenings(box).of(LAST)
        account = Account(connected(tmp_path / "api", emulator, box), company, box, people, ("customers",))
        with open_run(load_settings(account.file)) as run:
            query = (
                "SELECT key, qbo_id FROM posting_links WHERE entity = 'Customer' AND key LIKE 'party/%' ORDER BY key"
            )
            first = rows(run, query)[0]
        account.night()
        people.save("Customer", {**people.get("Customer", first["qbo_id"]), "DisplayName": "Bar Luna y Sol"})
        account.night()
        account.night()

        assert len(account.customers("Bar Luna y Sol")) == 1
        waiting = [item for item in account.night() if item["key"] == f"Customer/{first['qbo_id']}"]
        assert waiting == []
        assert people.get("Customer", first["qbo_id"])["DisplayName"] == "Bar Luna y Sol"
