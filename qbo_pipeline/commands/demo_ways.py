"""The demo with work on both sides: a bookkeeper in QuickBooks between the nights, and the warehouse's inbox.

What belongs here: what the demo's settings say of it, the bookkeeper's day, and what is compared at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qbo_pipeline.commands.demo_servers import DemoFolder
from qbo_pipeline.commands.demo_systems import DemoSystem

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

KINDS = ("customers", "sales_invoices", "payments_received", "payments_made", "attachments")
FILES = 'files = "../attached"\n'


def kinds_of(system: DemoSystem | None) -> tuple[str, ...]:
    """The kinds that the bookkeeper keeps in QuickBooks too."""
    return KINDS if system is None else system.comes_back


def both_ways(settings: str, first_day: date, system: DemoSystem | None) -> str:
    """The demo's settings, with both sides at work: into the company's inbox, or by the system's own API."""
    kinds = kinds_of(system)
    for kind in kinds:
        usual = "off" if kind == "attachments" else "source"
        settings = settings.replace(f'{kind} = "{usual}"', f'{kind} = "both"')
    said = f"[write_back]\nfirst_day = {first_day}\n" + (FILES if "attachments" in kinds else "")
    if system is None:
        said += 'url = "sqlite:///../inventory.sqlite"\n'
    elif system.new_entries:
        said += f"new_entries = {system.new_entries}\n"
    place = "1" if system is None else system.locations[0]
    return settings.replace("[reconciliation]", f'{said}location = "{place}"\n\n[reconciliation]', 1)


def make_inbox(folder: DemoFolder) -> None:
    """The table through which the warehouse hears of QuickBooks, in its own database."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.pipeline.write_targets import open_inbox
    from qbo_pipeline.settings import load_settings
    from qbo_pipeline.sources.inbox import SqlInbox

    with open_run(load_settings(folder.settings)) as run, closing(open_inbox(run)) as inbox:
        assert isinstance(inbox, SqlInbox)
        inbox.create()


def bookkeeper_works(folder: DemoFolder, day: date, turn: int, system: DemoSystem | None) -> list[str]:
    """What a bookkeeper does in QuickBooks on a day, told in words; on the first turn invoices and customers, on later
    ones what changes them."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run:
        desk = _Desk(run, folder, day, system)
        done = desk.first() if turn == 0 else desk.later()
        return [f"a bookkeeper in QuickBooks: {', '.join(done)}"] if done else []


class _Desk:
    """A bookkeeper with QuickBooks before them, who has heard which invoices the warehouse was paid for already."""

    def __init__(self, run: Run, folder: DemoFolder, day: date, system: DemoSystem | None) -> None:
        self._run = run
        self._kinds = kinds_of(system)
        self._own_id = system.own_id if system is not None else lambda kind, number: str(number)
        from qbo_pipeline.sources.systems import SYSTEMS  # each system's own modules, which no help needs

        self._takes = SYSTEMS[system.name].takes if system is not None else None
        self._qbo = run.quickbooks()
        self._company = folder.company
        self._day = day.isoformat()

    def first(self) -> list[str]:
        """Payments in full, in part and for several; a customer, an invoice, a file, a telephone number: as far as the
        inventory system takes them."""
        done = []
        (one, two, three, four), bills = self._unpaid("invoices", 4), self._unpaid("bills", 1)
        if "payments_received" in self._kinds:
            self._pay(one, [(one, one["Balance"])], "CHQ-1")
            self._pay(two, [(two, (two["Balance"] / 2).quantize(Decimal("0.01")))], "CHQ-2")
            self._pay(three, [(three, three["Balance"])], "CHQ-3")
            done.append("3 payments received")
        if "payments_made" in self._kinds:
            for bill in bills:
                self._pay_bill(bill)
            done.append(f"{len(bills)} bill{'s' * (len(bills) != 1)} paid")
        if "customers" in self._kinds:
            address = {"Address": "orders@harborlight.example"}
            customer = self._save("Customer", {"DisplayName": "Harbor Light Bakery", "PrimaryEmailAddr": address})
            known = self._get("Customer", four["CustomerRef"]["value"])
            self._save("Customer", {**known, "PrimaryEmailAddr": {"Address": "new.address@customer.example"}})
            done.append("2 customers")
            if "sales_invoices" in self._kinds:
                self._invoice(customer, two, "QB-5001")
                self._invoice(self._get("Customer", one["CustomerRef"]["value"]), one, "QB-5002")
                done.append("2 invoices")
        if "attachments" in self._kinds:
            self._attach(four, "signed order.txt", b"Ordered by telephone, signed on delivery.\n")
            done.append("1 file")
        return done

    def later(self) -> list[str]:
        """A payment moves to another invoice, one is deleted, an invoice is voided, a customer archived: as far as the
        inventory system has a way to hold it."""
        done = []
        if "payments_received" in self._kinds and self._can_take_out("payment_received"):
            payments = {thing.get("PaymentRefNum"): thing for thing in self._all("Payment")}
            done.append("1 payment moved" if self._moved(payments["CHQ-3"]) else "1 payment left")
            gone = payments["CHQ-2"]
            self._done(self._qbo.delete("Payment", gone["Id"], gone["SyncToken"]))
            done.append("1 deleted")
        if "sales_invoices" in self._kinds:
            invoices = {thing.get("DocNumber"): thing for thing in self._all("Invoice")}
            voided = invoices["QB-5001"]
            self._done(self._qbo.void("Invoice", voided["Id"], voided["SyncToken"]))
            done.append("1 invoice voided")
        if "customers" in self._kinds and self._can_take_out("customer"):
            (customer,) = [thing for thing in self._all("Customer") if thing["DisplayName"] == "Harbor Light Bakery"]
            self._save("Customer", {**customer, "Active": False})
            done.append("1 customer archived")
        return done

    def _can_take_out(self, kind: str) -> bool:
        from qbo_pipeline.returning.abilities import TAKE_OUT

        return self._takes is None or self._takes[kind].can(TAKE_OUT)

    def _moved(self, payment: dict[str, Any]) -> bool:
        """Move a payment to another invoice of the same customer, if there is one that is as large."""
        own = [thing for thing in self._unpaid("invoices", 40) if thing["CustomerRef"] == payment["CustomerRef"]]
        others = [thing for thing in own if thing["Balance"] >= payment["TotalAmt"]]
        if not others:
            return False
        line = {"Amount": payment["TotalAmt"], "LinkedTxn": [{"TxnId": others[0]["Id"], "TxnType": "Invoice"}]}
        self._save("Payment", {**payment, "Line": [line]})
        return True

    def _unpaid(self, table: str, count: int) -> list[dict[str, Any]]:
        """The newest documents of ours in QuickBooks that the warehouse was paid nothing for yet."""
        found = self._linked_invoices() if table == "invoices" else self._numbered_bills()
        return [thing for thing in found if thing["Balance"] == thing["TotalAmt"]][:count]

    def _linked_invoices(self) -> Iterator[dict[str, Any]]:
        from qbo_pipeline.demo.both_ways import unpaid_documents
        from qbo_pipeline.store.postings import links

        keys = [f"document/{self._own_id('invoice', own)}" for own in unpaid_documents(self._company, "invoices")]
        with self._run.database.reading() as connection:
            known = links(connection, self._run.name, keys)
        for key in keys:
            if key in known and known[key].linked_by == "posted":
                yield self._get(known[key].entity, known[key].qbo_id)

    def _numbered_bills(self) -> Iterator[dict[str, Any]]:
        """By the supplier's number: Cin7 Core's bill has the id of what was received for it, if anything was."""
        from qbo_pipeline.demo.both_ways import unpaid_documents

        there = {thing.get("DocNumber"): thing for thing in self._all("Bill")}
        with closing(sqlite3.connect(self._company)) as db:
            numbers = dict(db.execute("SELECT id, supplier_reference FROM bills"))
        for own in unpaid_documents(self._company, "bills"):
            if numbers[own] in there:
                yield there[numbers[own]]

    def _pay(self, of: dict[str, Any], parts: list[tuple[dict[str, Any], Decimal]], number: str) -> None:
        lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
                 for invoice, amount in parts]  # fmt: skip
        total = sum((amount for _, amount in parts), Decimal(0))
        body = {"CustomerRef": of["CustomerRef"], "TotalAmt": total, "TxnDate": self._day, "PaymentRefNum": number}
        bank = next(thing for thing in self._all("Account") if thing["Name"] == "Checking")
        self._save("Payment", {**body, "Line": lines, "DepositToAccountRef": {"value": bank["Id"]}})

    def _pay_bill(self, bill: dict[str, Any]) -> None:
        bank = next(thing for thing in self._all("Account") if thing["AccountType"] == "Bank")
        line = {"Amount": bill["Balance"], "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
        paid_from = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": bank["Id"]}}}
        body = {"VendorRef": bill["VendorRef"], "TotalAmt": bill["Balance"], "TxnDate": self._day, "Line": [line]}
        self._save("BillPayment", {**body, **paid_from, "DocNumber": "CHK-77"})

    def _invoice(self, customer: dict[str, Any], like: dict[str, Any], number: str) -> None:
        line = next(line for line in like["Line"] if line["DetailType"] == "SalesItemLineDetail")
        detail = {"ItemRef": line["SalesItemLineDetail"]["ItemRef"], "Qty": Decimal(1), "UnitPrice": Decimal("25.00"),
                  "TaxCodeRef": {"value": "NON"}}  # fmt: skip
        row = {"Amount": Decimal("25.00"), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        party = {"value": customer["Id"]}
        self._save("Invoice", {"CustomerRef": party, "TxnDate": self._day, "DocNumber": number, "Line": [row]})

    def _attach(self, of: dict[str, Any], name: str, content: bytes) -> None:
        self._done(self._qbo.upload(name, content, attach_to=[("Invoice", of["Id"])]))

    def _get(self, entity: str, qbo_id: str) -> dict[str, Any]:
        return self._qbo.read(entity, qbo_id)

    def _all(self, entity: str) -> list[dict[str, Any]]:
        from qbo_pipeline.quickbooks.query import select

        return list(self._qbo.query(select(entity)))

    def _save(self, entity: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._done(self._qbo.update(entity, body) if "Id" in body else self._qbo.create(entity, body))

    def _done(self, outcome: Any) -> dict[str, Any]:
        from qbo_pipeline.quickbooks.outcomes import Done

        if not isinstance(outcome, Done):
            raise RuntimeError(f"the bookkeeper could not do it: {outcome.reason}")
        return outcome.object


def warehouse_takes(folder: DemoFolder) -> str:
    """The warehouse books its inbox; in words."""
    from qbo_pipeline.demo.inbox import take_inbox

    taken, refused = take_inbox(folder.company)
    return f"the warehouse has taken {taken} entries of its inbox" + (f" and refused {refused}" if refused else "")


def laid_file(folder: DemoFolder) -> None:
    """The warehouse lays a file for the first of its invoices."""
    with closing(sqlite3.connect(folder.company)) as db:
        ((own,),) = db.execute("SELECT id FROM invoices ORDER BY id LIMIT 1").fetchall()
    place: Path = folder.path / "attached" / "to_quickbooks" / str(own)
    place.mkdir(parents=True, exist_ok=True)
    (place / "packing list.txt").write_text("Packed and checked.\n", encoding="utf-8")


def both_sides_told(folder: DemoFolder) -> tuple[list[str], bool]:
    """The comparison of the two sides, in lines, and whether they agree in everything."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.pipeline.two_way import told, two_way
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run:
        kinds = two_way(run)
    return list(told(kinds)), not any(kind.differ for kind in kinds)
