"""The bookkeeper of the demo that goes both ways: what a person enters in QuickBooks, step by step.

What belongs here: the steps in the order in which they happen; on which day each falls is in `demo_ways.py`. Each
answers what was done, in words. Where QuickBooks refuses, the demo ends: it shows a bookkeeper who knows the trade.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_pipeline.commands.demo_servers import DemoFolder

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

Thing = dict[str, Any]
_CENT = Decimal("0.01")
BAKERY, TWICE, MARKET = "Harbor Light Bakery", "Harbor Light Bakery Inc", "Monhegan Pop-up Market"
_GOODS = (
    "SELECT i.id, i.sku, i.sales_cents FROM items AS i LEFT JOIN stock_balances AS s ON s.item_id = i.id"
    " AND s.warehouse_id = 1 WHERE i.kind = ? AND i.active = 1 ORDER BY s.quantity_milli DESC, i.id"
)


@dataclass(frozen=True, slots=True)
class SoldItem:
    """An item of the warehouse's that QuickBooks has too: its Id there, and its price."""

    item_id: str
    sku: str
    price: Decimal


class Desk:
    """A bookkeeper with QuickBooks before them, who has heard which documents the warehouse was paid for already."""

    def __init__(self, run: Run, folder: DemoFolder, day: str) -> None:
        self._run = run
        self._qbo = run.quickbooks()
        self._folder = folder
        self._day = day

    # --- the steps ----------------------------------------------------------------------------------------------------
    def receives_money(self) -> str:
        """A payment in full and one in part, of invoices that the warehouse made."""
        ours = self._ours_unpaid("invoices", 2)
        for number, invoice, share in zip(("CHQ-1", "CHQ-2"), ours, (1, 2), strict=False):
            amount = (invoice["Balance"] / share).quantize(_CENT)
            self._pay(invoice["CustomerRef"], [(invoice, amount)], number)
        return f"{_count(len(ours), 'payment')} received for invoices of the warehouse's"

    def sells(self) -> str:
        """A new customer with an invoice for work; an invoice for goods of a customer of the warehouse's."""
        bakery = self._save(
            "Customer", {"DisplayName": BAKERY, "PrimaryEmailAddr": {"Address": "orders@harborlight.example"}}
        )
        self._invoice(bakery, "QB-5001", [*self._items("service"), *self._items("stocked")][:1])
        self._invoice(self._customer(0), "QB-5002")
        return f"customer {BAKERY} made; invoices QB-5001 and QB-5002"

    def pays_and_files(self) -> str:
        """A supplier is paid, and a file laid to an invoice of the warehouse's."""
        bills = self._ours_unpaid("bills", 1)
        for bill in bills:
            self._pay_bill(bill)
        ((own,),) = self._warehouse("SELECT id FROM invoices WHERE number LIKE 'INV-%' ORDER BY id LIMIT 1")
        invoice = self._linked("invoices", [own])[0]
        self._done(
            self._qbo.upload("signed order.txt", b"Signed on delivery.\n", attach_to=[("Invoice", invoice["Id"])])
        )
        return f"{_count(len(bills), 'bill')} of the warehouse's paid, 1 file attached"

    def writes_addresses(self) -> str:
        """The mail address of a customer whose name the warehouse changes."""
        self._write_email(1, "office@elsewhere.example")
        return "the mail address of a customer changed, whose name the warehouse changes"

    def splits(self) -> str:
        """Two invoices for goods, paid by one payment."""
        customer = self._customer(2)
        invoices = [self._invoice(customer, number) for number in ("QB-5003", "QB-5004")]
        self._pay({"value": customer["Id"]}, [(invoice, invoice["Balance"]) for invoice in invoices], "CHQ-4")
        return "invoices QB-5003 and QB-5004 for goods, settled by one payment"

    def pays_wrongly(self) -> str:
        """A payment for one invoice, which was for another."""
        invoice = self._numbered("Invoice", "QB-5002")
        self._pay(invoice["CustomerRef"], [(invoice, invoice["Balance"])], "CHQ-3")
        return "payment CHQ-3 received for QB-5002"

    def disagrees(self) -> str:
        """The mail address of a customer whose mail address the warehouse changes too."""
        self._write_email(3, "billing@quickbooks.example")
        return "the mail address of a customer changed, which the warehouse changes as well"

    def moves_a_payment(self) -> str:
        """The payment goes to the invoice that it was for; another was entered by mistake and is deleted."""
        moved = self._paid("CHQ-3")
        details = [line.get("SalesItemLineDetail") for line in self._numbered("Invoice", "QB-5002")["Line"]]
        same = [SoldItem(one["ItemRef"]["value"], "", one["UnitPrice"]) for one in details if one]
        invoice = self._invoice(self._get("Customer", moved["CustomerRef"]["value"]), "QB-5005", same)
        line = {"Amount": moved["TotalAmt"], "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
        self._save("Payment", {**moved, "Line": [line]})
        gone = next((thing for thing in self._all("Payment") if thing.get("PaymentRefNum") == "CHQ-1"), None)
        if gone is not None:
            self._done(self._qbo.delete("Payment", gone["Id"], gone["SyncToken"]))
        return f"payment CHQ-3 moved from QB-5002 to QB-5005, {'CHQ-1' if gone else 'none'} deleted"

    def counts(self) -> str:
        """A count of two items, where QuickBooks keeps quantities."""
        if self._run.settings.posting.mode != "tracked":
            return "no quantities are kept in QuickBooks, nothing counted"
        counted = list(zip(self._items("stocked")[:2], (Decimal(-2), Decimal(1)), strict=True))
        lines = [
            {"DetailType": "ItemAdjustmentLineDetail",
             "ItemAdjustmentLineDetail": {"ItemRef": {"value": item.item_id}, "QtyDiff": quantity}}
            for item, quantity in counted
        ]  # fmt: skip
        account = next(one for one in self._all("Account") if one["Name"] == "Inventory Shrinkage")
        body = {"TxnDate": self._day, "AdjustAccountRef": {"value": account["Id"]}, "DocNumber": "QB-COUNT"}
        self._save("InventoryAdjustment", {**body, "Line": lines})
        return "counted: " + ", ".join(f"{item.sku} {quantity:+}" for item, quantity in counted)

    def enters_twice(self) -> str:
        """A customer that is there already, with an invoice; and one that will be archived."""
        twice = self._save("Customer", {"DisplayName": TWICE})
        self._invoice(twice, "QB-5006")
        self._save("Customer", {"DisplayName": MARKET})
        return f"customer {TWICE} made with invoice QB-5006, customer {MARKET} made"

    def merges(self) -> str:
        """The customer that was entered twice is merged into the first."""
        from qbo_pipeline.quickbooks.transport import Call, Transport

        gone, kept = self._called(TWICE), self._called(BAKERY)
        body = json.dumps({"gone": gone["Id"], "kept": kept["Id"]}).encode()
        address = f"{self._run.settings.quickbooks.base_url}/emulator/merges"
        with closing(Transport()) as line:
            order = Call("POST", address, headers={"Content-Type": "application/json"}, body=body)
            answer = line.send(order, deadline=60, max_bytes=1_000_000)
        if answer.status != 200:
            raise RuntimeError(f"the emulator did not merge {TWICE} into {BAKERY}: HTTP {answer.status}")
        return f"customer {TWICE} merged into {BAKERY}"

    def tidies_up(self) -> str:
        """An invoice is voided, a customer archived."""
        voided, customer = self._numbered("Invoice", "QB-5001"), self._called(MARKET)
        self._done(self._qbo.void("Invoice", voided["Id"], voided["SyncToken"]))
        self._save("Customer", {**customer, "Active": False})
        return f"invoice QB-5001 voided, customer {MARKET} archived"

    # --- what they are made of ----------------------------------------------------------------------------------------
    def _ours_unpaid(self, table: str, count: int) -> list[Thing]:
        """The newest documents of the warehouse's in QuickBooks for which neither side was paid anything yet."""
        from qbo_pipeline.demo.both_ways import unpaid_documents

        own = unpaid_documents(self._folder.company, table, {"invoices": "INV-%", "bills": "BILL-%"}[table])
        found = (thing for thing in self._linked(table, own))
        return [thing for thing in found if thing["Balance"] == thing["TotalAmt"]][:count]

    def _linked(self, table: str, own: list[int]) -> list[Thing]:
        from qbo_pipeline.quickbooks.query import select
        from qbo_pipeline.store.postings import links

        keys = [f"document/{one}" for one in own]
        with self._run.database.reading() as connection:
            known = links(connection, self._run.name, keys)
        ids = [known[key].qbo_id for key in keys if key in known][:30]
        entity = {"invoices": "Invoice", "bills": "Bill"}[table]
        things = self._qbo.query(select(entity).where("Id", "IN", tuple(ids))) if ids else ()
        by_id = {thing["Id"]: thing for thing in things}
        return [by_id[one] for one in ids if one in by_id]

    def _customer(self, position: int) -> Thing:
        """A customer of the warehouse's, as QuickBooks has it."""
        return self._get("Customer", self._customer_id(position))

    def _customer_id(self, position: int) -> str:
        from qbo_pipeline.store.postings import links

        key = f"party/customer:{self._warehouse(CUSTOMER, position)[0][0]}"
        with self._run.database.reading() as connection:
            return str(links(connection, self._run.name, [key])[key].qbo_id)

    def _write_email(self, position: int, address: str) -> None:
        self._save("Customer", {**self._customer(position), "PrimaryEmailAddr": {"Address": address}})

    def _warehouse(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._folder.company)) as db:
            return db.execute(query, values).fetchall()

    def _pay(self, customer: Thing, parts: list[tuple[Thing, Decimal]], number: str) -> None:
        lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
                 for invoice, amount in parts]  # fmt: skip
        total = sum((amount for _, amount in parts), Decimal(0))
        body = {"CustomerRef": customer, "TotalAmt": total, "TxnDate": self._day, "PaymentRefNum": number}
        self._save("Payment", {**body, "Line": lines})

    def _pay_bill(self, bill: Thing) -> None:
        bank = next(thing for thing in self._all("Account") if thing["AccountType"] == "Bank")
        line = {"Amount": bill["Balance"], "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
        paid_from = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": bank["Id"]}}}
        body = {"VendorRef": bill["VendorRef"], "TotalAmt": bill["Balance"], "TxnDate": self._day, "Line": [line]}
        self._save("BillPayment", {**body, **paid_from, "DocNumber": "CHK-77"})

    def _invoice(self, customer: Thing, number: str, sold: list[SoldItem] | None = None) -> Thing:
        """An invoice of what is sold: two items of which the warehouse has most, where nothing else is said."""
        rows = []
        for quantity, item in enumerate(sold or self._items("stocked")[:2], start=1):
            detail = {"ItemRef": {"value": item.item_id}, "Qty": Decimal(quantity), "UnitPrice": item.price,
                      "TaxCodeRef": {"value": "NON"}}  # fmt: skip
            amount = (quantity * item.price).quantize(_CENT)
            rows.append({"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail})
        party = {"value": customer["Id"]}
        return self._save("Invoice", {"CustomerRef": party, "TxnDate": self._day, "DocNumber": number, "Line": rows})

    def _items(self, kind: str) -> list[SoldItem]:
        """The products of a kind that QuickBooks has as items, those first of which most lie in the main warehouse."""
        from qbo_pipeline.store.postings import links

        products = self._warehouse(_GOODS, kind)
        with self._run.database.reading() as connection:
            known = links(connection, self._run.name, [f"product/{own}" for own, _, _ in products])
        return [
            SoldItem(known[f"product/{own}"].qbo_id, sku, Decimal(price).scaleb(-2))
            for own, sku, price in products
            if f"product/{own}" in known
        ]

    def _called(self, name: str) -> Thing:
        return next(thing for thing in self._all("Customer") if thing["DisplayName"] == name)

    def _numbered(self, entity: str, number: str) -> Thing:
        return next(thing for thing in self._all(entity) if thing.get("DocNumber") == number)

    def _paid(self, number: str) -> Thing:
        return next(thing for thing in self._all("Payment") if thing.get("PaymentRefNum") == number)

    def _get(self, entity: str, qbo_id: str) -> Thing:
        return self._qbo.read(entity, qbo_id)

    def _all(self, entity: str) -> list[Thing]:
        from qbo_pipeline.quickbooks.query import select

        return list(self._qbo.query(select(entity)))

    def _save(self, entity: str, body: Thing) -> Thing:
        return self._done(self._qbo.update(entity, body) if "Id" in body else self._qbo.create(entity, body))

    def _done(self, outcome: Any) -> Thing:
        from qbo_pipeline.quickbooks.outcomes import Done

        if not isinstance(outcome, Done):
            raise RuntimeError(f"the bookkeeper could not do it: {outcome.reason}")
        return outcome.object


# Of the first invoices, whose customers are in QuickBooks when people begin to work there.
CUSTOMER = (
    "SELECT id, number, name FROM customers WHERE id IN (SELECT customer_id FROM invoices WHERE number LIKE 'INV-%'"
    " ORDER BY id LIMIT 10) ORDER BY id LIMIT 1 OFFSET ?"
)
# In this order. What comes in a later step may need an earlier one.
STEPS: tuple[Callable[[Desk], str], ...] = (
    Desk.receives_money, Desk.sells, Desk.pays_and_files, Desk.writes_addresses, Desk.splits, Desk.pays_wrongly,
    Desk.disagrees, Desk.moves_a_payment, Desk.counts, Desk.enters_twice, Desk.merges, Desk.tidies_up,
)  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
