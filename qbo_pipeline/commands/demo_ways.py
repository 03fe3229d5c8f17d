"""The demo with work on both sides: a bookkeeper in QuickBooks between the nights, and the warehouse's inbox.

What belongs here: what the demo's settings say of it, the bookkeeper's day, and what is compared at the end.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qbo_pipeline.commands.demo_servers import DemoFolder

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

KINDS = ("customers", "sales_invoices", "payments_received", "payments_made")


def both_ways(settings: str, first_day: date) -> str:
    """The demo's settings, with both sides at work."""
    for kind in KINDS:
        settings = settings.replace(f'{kind} = "source"', f'{kind} = "both"')
    settings = settings.replace('attachments = "off"', 'attachments = "both"')
    place = f'[write_back]\nfirst_day = {first_day}\nurl = "sqlite:///../inventory.sqlite"\nfiles = "../attached"\n'
    return settings.replace("[reconciliation]", f'{place}location = "1"\n\n[reconciliation]', 1)


def make_inbox(folder: DemoFolder) -> None:
    """The table through which the warehouse hears of QuickBooks, in its own database."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.pipeline.write_targets import open_inbox
    from qbo_pipeline.settings import load_settings
    from qbo_pipeline.sources.inbox import SqlInbox

    with open_run(load_settings(folder.settings)) as run, closing(open_inbox(run)) as inbox:
        assert isinstance(inbox, SqlInbox)
        inbox.create()


def bookkeeper_works(folder: DemoFolder, day: date, turn: int) -> list[str]:
    """What a bookkeeper does in QuickBooks on a day, told in words; on the first turn invoices and customers, on later
    ones what changes them."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run:
        desk = _Desk(run, folder, day)
        return desk.first() if turn == 0 else desk.later()


class _Desk:
    """A bookkeeper with QuickBooks before them, who has heard which invoices the warehouse was paid for already."""

    def __init__(self, run: Run, folder: DemoFolder, day: date) -> None:
        self._run = run
        self._qbo = run.quickbooks()
        self._folder = folder
        self._day = day.isoformat()

    def first(self) -> list[str]:
        """Payments in full, in part and for several; a customer, an invoice, a file, a telephone number."""
        (one, two, three, four), bills = self._unpaid("invoices", 4), self._unpaid("bills", 1)
        self._pay(one, [(one, one["Balance"])], "CHQ-1")
        self._pay(two, [(two, (two["Balance"] / 2).quantize(Decimal("0.01")))], "CHQ-2")
        self._pay(three, [(three, three["Balance"])], "CHQ-3")
        self._attach(four, "signed order.txt", b"Ordered by telephone, signed on delivery.\n")
        for bill in bills:
            self._pay_bill(bill)
        customer = self._save("Customer", {"DisplayName": "Harbor Light Bakery",
                                           "PrimaryEmailAddr": {"Address": "orders@harborlight.example"}})  # fmt: skip
        self._invoice(customer, two, "QB-5001")
        self._invoice(self._get("Customer", one["CustomerRef"]["value"]), one, "QB-5002")
        known = self._get("Customer", four["CustomerRef"]["value"])
        self._save("Customer", {**known, "PrimaryEmailAddr": {"Address": "new.address@customer.example"}})
        return ["a bookkeeper in QuickBooks: 3 payments received, 1 bill paid, 2 invoices, 2 customers, 1 file"]

    def later(self) -> list[str]:
        """A payment moves to another invoice, one is deleted, an invoice is voided, a customer archived."""
        payments = {thing.get("PaymentRefNum"): thing for thing in self._all("Payment")}
        moved, gone = payments["CHQ-3"], payments["CHQ-2"]
        own = [thing for thing in self._unpaid("invoices", 40) if thing["CustomerRef"] == moved["CustomerRef"]]
        others = [thing for thing in own if thing["Balance"] >= moved["TotalAmt"]]
        if others:
            line = {"Amount": moved["TotalAmt"], "LinkedTxn": [{"TxnId": others[0]["Id"], "TxnType": "Invoice"}]}
            self._save("Payment", {**moved, "Line": [line]})
        self._done(self._qbo.delete("Payment", gone["Id"], gone["SyncToken"]))
        invoices = {thing.get("DocNumber"): thing for thing in self._all("Invoice")}
        voided = invoices["QB-5001"]
        self._done(self._qbo.void("Invoice", voided["Id"], voided["SyncToken"]))
        customer = self._get("Customer", voided["CustomerRef"]["value"])
        self._save("Customer", {**customer, "Active": False})
        what = "moved" if others else "left"
        return [f"a bookkeeper in QuickBooks: 1 payment {what}, 1 deleted, 1 invoice voided, 1 customer archived"]

    def _unpaid(self, table: str, count: int) -> list[dict[str, Any]]:
        """The newest documents of ours in QuickBooks that the warehouse was paid nothing for yet."""
        from qbo_pipeline.store.postings import links

        query = (  # one of the two tables that this module names
            f"SELECT id FROM {table} WHERE paid_cents = 0 AND status = 'completed' AND total_cents > 0 "  # noqa: S608
            "ORDER BY due_date DESC, id DESC LIMIT 60"
        )
        with closing(sqlite3.connect(self._folder.company)) as db:
            keys = [f"document/{own}" for (own,) in db.execute(query)]
        with self._run.database.reading() as connection:
            known = links(connection, self._run.name, keys)
        found = []
        for key in keys:
            if key in known and known[key].linked_by == "posted":
                thing = self._get(known[key].entity, known[key].qbo_id)
                if thing["Balance"] == thing["TotalAmt"]:
                    found.append(thing)
            if len(found) == count:
                break
        return found

    def _pay(self, of: dict[str, Any], parts: list[tuple[dict[str, Any], Decimal]], number: str) -> None:
        lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
                 for invoice, amount in parts]  # fmt: skip
        total = sum((amount for _, amount in parts), Decimal(0))
        body = {"CustomerRef": of["CustomerRef"], "TotalAmt": total, "TxnDate": self._day, "PaymentRefNum": number}
        self._save("Payment", {**body, "Line": lines})

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


def both_sides_told(folder: DemoFolder) -> list[str]:
    """The comparison of the two sides, in lines."""
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.pipeline.two_way import told, two_way
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run:
        return list(told(two_way(run)))
