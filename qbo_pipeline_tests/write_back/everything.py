"""A shop to which everything comes back at once: every kind of the way back, waiting to be read and written.

What belongs here: making it, keeping a copy of it, and what must be so once all of it was written.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import text

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.write_back import write_back
from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline.sources.drop_folder import DropFolder
from qbo_pipeline.store.evidence import altered
from qbo_pipeline.store.postings import put_links
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, pay, without_payments
from qbo_pipeline_tests.write_back.test_attachments import attached, laid

KINDS = ("customers", "suppliers", "products", "sales_invoices", "sales_credits", "sales_receipts", "sales_refunds",
         "bills", "purchase_credits", "adjustments", "payments_received", "payments_made")  # fmt: skip
PLACES = {"table": 'url = "{source}"', "folder": 'inbox_folder = "inbox"'}
ADJUSTED = Decimal(-2)


@dataclass(frozen=True)
class Everything:
    """The shop, a copy of it as it was before anything was written, and the keys of what is to be written."""

    shop: Shop
    people: Bookkeeper
    copy: Path
    keys: frozenset[str]

    def anew(self) -> None:
        """The shop as it was before anything was written; what was sent to QuickBooks is taken out there."""
        shutil.rmtree(self.shop.folder)
        shutil.copytree(self.copy, self.shop.folder)
        for thing in self.sent_files():
            self.people.delete("Attachable", thing)

    def sent_files(self) -> list[Thing]:
        return [thing for thing in self.people.all("Attachable") if thing.get("FileName") == "order.pdf"]

    def written(self) -> Counter[str]:
        """By key of the object in QuickBooks, how many entries the inventory system has of it."""
        return Counter(key_of(json.loads(one)) for one in self.contents())

    def contents(self) -> Iterator[str]:
        with self.shop.run() as run, closing(open_inbox(run)) as inbox:
            if isinstance(inbox, DropFolder):
                told = rows(run, "SELECT marker, revision FROM write_backs WHERE kind <> 'attachment_out'")
                yield from (held.content for held in inbox.find([tuple(row.values()) for row in told]).values())
            else:
                yield from (row["content"] for row in in_the_inbox(self.shop))

    def go_on(self, rounds: int = 6) -> None:
        """What the next runs do, an hour apart, until nothing is left; then twice more, in which nothing is sent."""
        for _ in range(rounds):
            self.an_hour_passes()
            with self.shop.run() as run:
                write_back(run)
                left = rows(run, "SELECT 1 FROM write_backs WHERE state IN ('ready', 'sending', 'unknown')")
            if not left:
                break
        for _ in range(2):
            with self.shop.run() as run:
                assert write_back(run).written == 0

    def an_hour_passes(self) -> None:
        with self.shop.run() as run:
            an_hour_passes(run)

    def check(self, where: str, parked: frozenset[str] = frozenset()) -> None:
        """Each thing is there once and nothing else, the journal tells of each, and nothing waits but what is named."""
        assert self.written() == Counter(dict.fromkeys(self.keys - parked, 1)), where
        assert len(self.sent_files()) == 1, where
        with self.shop.run() as run:
            assert {row["key"] for row in write_back_standing(run).waiting} == parked, where
            with run.database.reading() as connection:
                assert list(altered(connection, run.name)) == [], where


def an_hour_passes(run: Run) -> None:
    """What was under way is long over: nobody holds it, and no answer can arrive any more."""
    with run.database.transaction() as connection:
        connection.execute(text("UPDATE write_backs SET not_before = NULL, lease_until = NULL"))
        sent = "strftime('%Y-%m-%dT%H:%M:%f', sent_at, '-1 hour') || '000+00:00'"
        if connection.dialect.name == "postgresql":
            sent = "sent_at - INTERVAL '1 hour'"
        connection.execute(text(f"UPDATE write_backs SET sent_at = {sent} WHERE sent_at IS NOT NULL"))


def key_of(content: dict[str, Any]) -> str:
    """The key of the object in QuickBooks that an entry tells of."""
    ids = ("payment_id", "document_id", "movement_id", "attachment_id", "product_id", "party_id")
    return str(content.get("quickbooks") or next(content[name] for name in ids if name in content))


def everything(
    folder: Path, emulator: RunningEmulator, place: str = "table", store_url: str | None = None
) -> Everything:
    """Nights up to the point at which all of it is done in QuickBooks and nothing of it is read yet."""
    home = folder / "shop"
    shop = open_shop(home, emulator, without_payments(), store_url=store_url or f"sqlite:///{home / 'store.sqlite'}")
    people = Bookkeeper(emulator)
    said = shop.settings.read_text()
    for kind in KINDS:
        said = said.replace(f'{kind} = "source"', f'{kind} = "both"')
    said = said.replace('attachments = "off"', 'attachments = "both"')
    where = PLACES[place].format(source=shop.source_url)
    more = f'[write_back]\nfirst_day = {FIRST_DAY}\n{where}\nlocation = "w1"\nfiles = "files"\n\n[reconciliation]'
    shop.settings.write_text(said.replace("[reconciliation]", more, 1))
    if place == "folder":
        (home / "inbox").mkdir()
    else:
        with shop.run() as run, closing(open_inbox(run)) as inbox:
            inbox.create()  # type: ignore[attr-defined]
    night(shop)
    before = dict.fromkeys(_keys(shop), 1)
    expected = _people_at_work(shop, people, emulator)
    copy = folder / "copy"
    shutil.copytree(home, copy)
    return Everything(shop, people, copy, frozenset(expected) | frozenset(before))


def _keys(shop: Shop) -> list[str]:
    with shop.run() as run:
        return [row["key"] for row in rows(run, "SELECT key FROM write_backs WHERE state = 'posted'")]


def _people_at_work(shop: Shop, people: Bookkeeper, emulator: RunningEmulator) -> list[str]:
    """One thing of each kind, entered in QuickBooks, and a file that the inventory system lays."""
    with shop.run() as run:
        invoice, bill = ours(run, people, "document/i1"), ours(run, people, "document/b1")
        item = ours(run, people, "product/p1")
        made = {f"Payment/{pay(run, people)['Id']}"}
    save: Callable[..., Thing] = people.save
    (bank,) = [one for one in people.all("Account") if one["Name"] == "Checking"]
    paid = {"VendorRef": bill["VendorRef"], "TotalAmt": Decimal(10), "TxnDate": "2024-03-06", "PayType": "Check",
            "CheckPayment": {"BankAccountRef": {"value": bank["Id"]}},
            "Line": [{"Amount": Decimal(10), "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}]}  # fmt: skip
    made.add(f"BillPayment/{save('BillPayment', paid)['Id']}")
    made.add(f"Customer/{save('Customer', {'DisplayName': 'Bar Luna'})['Id']}")
    made.add(f"Vendor/{save('Vendor', {'DisplayName': 'Paper Mill'})['Id']}")
    service = {"Name": "Grinding", "Type": "Service", "IncomeAccountRef": item["IncomeAccountRef"]}
    made.add(f"Item/{save('Item', service)['Id']}")
    made.add(f"InventoryAdjustment/{_adjusted(shop, people)['Id']}")
    sale = {"ItemRef": {"value": item["Id"]}, "Qty": Decimal(1), "UnitPrice": Decimal(5)}
    sold = [{"Amount": Decimal(5), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sale}]
    kind = "AccountBasedExpenseLineDetail"
    account = next(line[kind]["AccountRef"] for line in bill["Line"] if kind in line)
    bought = [{"Amount": Decimal(5), "DetailType": kind, kind: {"AccountRef": account}}]
    for entity, party, lines in (("Invoice", "CustomerRef", sold), ("CreditMemo", "CustomerRef", sold),
                                 ("SalesReceipt", "CustomerRef", sold), ("RefundReceipt", "CustomerRef", sold),
                                 ("Bill", "VendorRef", bought), ("VendorCredit", "VendorRef", bought)):  # fmt: skip
        of = invoice if party == "CustomerRef" else bill
        body = {party: of[party], "TxnDate": "2024-03-06", "DocNumber": f"QB-{entity}", "Line": lines}
        if entity in ("SalesReceipt", "RefundReceipt"):
            body["DepositToAccountRef"] = {"value": bank["Id"]}
        made.add(f"{entity}/{save(entity, body)['Id']}")
    attached(emulator, "delivery note.pdf", b"%PDF signed", "Invoice", invoice["Id"])
    made |= {f"Attachable/{one['Id']}" for one in people.all("Attachable")}
    laid(shop, "order.pdf", b"%PDF order")
    return sorted(made)


def _adjusted(shop: Shop, people: Bookkeeper) -> Thing:
    """Two fewer of an item that QuickBooks counts, which is a product of the inventory system."""
    accounts = {one["AccountType"] + "/" + one["Name"]: {"value": one["Id"]} for one in people.all("Account")}
    asset, income, cost = (next(ref for name, ref in accounts.items() if name.startswith(of))
                           for of in ("Other Current Asset/Inventory", "Income/", "Cost of Goods Sold/"))  # fmt: skip
    mugs = people.save("Item", {
        "Name": "Mugs", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 10, "InvStartDate": "2024-03-01",
        "PurchaseCost": 2, "AssetAccountRef": asset, "IncomeAccountRef": income, "ExpenseAccountRef": cost,
    })  # fmt: skip
    with shop.run() as run, run.database.transaction() as connection:
        now = run.database.now(connection)
        link = {"key": "product/p9", "entity": "Item", "qbo_id": mugs["Id"], "sync_token": "0", "fingerprint": "",
                "revision": 1, "linked_by": "person", "linked_at": now}  # fmt: skip
        put_links(connection, run.name, [link])
    detail = {"ItemRef": {"value": mugs["Id"]}, "QtyDiff": ADJUSTED}
    line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
    return people.save("InventoryAdjustment", {"TxnDate": "2024-03-06", "AdjustAccountRef": cost, "Line": [line]})
