"""Papers that people keep in QuickBooks: entered, edited, paid, moved; and what both sides say of them, counted without
the pipeline.

What belongs here: a bookkeeper's hands and two independent counts. Amounts are US dollars.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import create_engine, text

from qbo_pipeline.pipeline.two_way import ComparedKind, two_way
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import night, ours, owned_by, shop_with_inbox, without_payments
from qbo_pipeline_tests.write_back.taking import take_all

KINDS = ("sales_invoices", "sales_credits", "sales_receipts", "sales_refunds", "bills", "purchase_credits",
         "payments_received", "payments_made")  # fmt: skip
PAID_AT_ONCE = ("SalesReceipt", "RefundReceipt")
LIKE = {**dict.fromkeys(("Invoice", "CreditMemo", *PAID_AT_ONCE), "document/i1"),
        **dict.fromkeys(("Bill", "VendorCredit"), "document/b1")}  # fmt: skip
SETTLES = {"Payment": "Invoice", "BillPayment": "Bill"}
DAY = "2024-03-06"
_DETAILS = ("SalesItemLineDetail", "ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail")


class Paper(NamedTuple):
    """What one side says of a document or payment; `settles` by document, of payments alone."""

    day: str
    total: Decimal
    settles: dict[str, Decimal]


def shop_of_papers(folder: Path, emulator: RunningEmulator, place: str = "table") -> Shop:
    """The shop whose documents and payments are made on both sides; its inbox is a table or a folder of files."""
    store = f"sqlite:///{folder / 'store.sqlite'}"
    if place == "table":
        return shop_with_inbox(folder, store, emulator, kinds=KINDS)
    shop = open_shop(folder, emulator, without_payments(), store_url=store)
    owned_by(shop, "both", KINDS, where='inbox_folder = "inbox"')
    (folder / "inbox").mkdir()
    return shop


class Papers:
    """A bookkeeper at work in QuickBooks on papers of the shop, which are posted already."""

    def __init__(self, shop: Shop, people: Bookkeeper) -> None:
        self.shop, self.people = shop, people
        with shop.run() as run:
            self.like = {entity: ours(run, people, key) for entity, key in LIKE.items()}
        (self.bank,) = [one["Id"] for one in people.all("Account") if one["Name"] == "Checking"]

    def enter(self, entity: str, number: str, *amounts: str, day: str = DAY) -> Thing:
        """A document of these lines, for the party of the shop's own one."""
        party = {name: self.like[entity][name] for name in ("CustomerRef", "VendorRef") if name in self.like[entity]}
        body = {**party, "TxnDate": day, "DocNumber": number, "Line": self._lines(entity, amounts)}
        if entity in PAID_AT_ONCE:
            body["DepositToAccountRef"] = {"value": self.bank}
        return self.people.save(entity, body)

    def edit(self, entity: str, thing: Thing, *amounts: str, **fields: Any) -> Thing:
        """Other lines, where amounts are given, and other fields."""
        now = self.people.get(entity, thing["Id"])
        lines = {"Line": self._lines(entity, amounts)} if amounts else {}
        return self.people.save(entity, {**now, **lines, **fields})

    def pay(
        self, entity: str, parts: Sequence[tuple[str, str]], total: str | None = None, before: Thing | None = None
    ) -> Thing:
        """A payment that settles these parts (Id of a document, amount), or what an earlier one is changed to."""
        kind = SETTLES[entity]
        lines = [{"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": of, "TxnType": kind}]} for of, amount in parts]
        said = {"TotalAmt": Decimal(total or sum(Decimal(amount) for _, amount in parts)), "Line": lines}
        if before is not None:
            return self.people.save(entity, {**self.people.get(entity, before["Id"]), **said})
        if entity == "Payment":
            of_whom = {"CustomerRef": self.like["Invoice"]["CustomerRef"]}
        else:
            check = {"BankAccountRef": {"value": self.bank}}
            of_whom = {"VendorRef": self.like["Bill"]["VendorRef"], "PayType": "Check", "CheckPayment": check}
        return self.people.save(entity, {**of_whom, "TxnDate": DAY, **said})

    def remove(self, entity: str, thing: Thing, how: str) -> None:
        """Void it, or delete it."""
        now = self.people.get(entity, thing["Id"])
        if how == "delete":
            self.people.delete(entity, now)
        elif entity in (*SETTLES, "SalesReceipt"):
            self.people.save(entity, {"Id": now["Id"], "SyncToken": now["SyncToken"], "sparse": True}, include="void")
        else:
            self.people.void(entity, now)

    def settle(self, rounds: int = 3) -> None:
        """Days on which nobody does anything but take the inbox; in the last of them nothing comes."""
        for _ in range(rounds):
            night(self.shop)
            taken = take_all(self.shop)
        assert taken == []

    def tie_out(self) -> list[ComparedKind]:
        with self.shop.run() as run:
            return two_way(run)

    def there(self) -> dict[str, Paper]:
        """What QuickBooks says, by the id of its paper here."""
        own = {self.like["Invoice"]["Id"]: "i1", self.like["Bill"]["Id"]: "b1"}
        found: dict[str, Paper] = {}
        for entity in (*LIKE, *SETTLES):
            for thing in self.people.all(entity):
                voided = str(thing.get("PrivateNote") or "").startswith("Voided")
                if not FIRST_DAY.isoformat() <= thing["TxnDate"] <= LAST_DAY.isoformat() or voided:
                    continue
                name = own.get(thing["Id"], f"{entity}-{thing['Id']}") if entity in LIKE else f"{entity}-{thing['Id']}"
                settles: dict[str, Decimal] = {}
                for line in thing["Line"] if entity in SETTLES else ():
                    for link in line.get("LinkedTxn", ()):
                        of = own.get(link["TxnId"], f"{link['TxnType']}-{link['TxnId']}")
                        settles[of] = settles.get(of, Decimal(0)) + Decimal(str(line["Amount"]))
                found[name] = Paper(thing["TxnDate"], Decimal(str(thing["TotalAmt"])), settles)
        return found

    def here(self) -> dict[str, Paper]:
        """What the inventory system says, by its own id."""
        engine = create_engine(normalise_url(self.shop.source_url))
        found: dict[str, Paper] = {}
        with engine.connect() as connection:
            counts = "COALESCE(status, 'completed') = 'completed'"
            query = f"SELECT document_id, business_date, total_amount FROM documents WHERE {counts}"
            for own, day, total in connection.execute(text(query)):
                found[own] = Paper(day, Decimal(total), {})
            query = f"SELECT payment_id, business_date, amount FROM payments WHERE {counts}"
            for own, day, total in connection.execute(text(query)):
                parts = connection.execute(
                    text("SELECT document_id, amount FROM payment_allocations WHERE payment_id = :own"), {"own": own}
                )
                found[own] = Paper(day, Decimal(total), {of: Decimal(amount) for of, amount in parts})
        engine.dispose()
        return found

    def _lines(self, entity: str, amounts: Sequence[str]) -> list[Thing]:
        first = next(_lines_of(self.like[entity]))
        kind = first["DetailType"]
        kept = {name: first[kind][name] for name in ("ItemRef", "AccountRef") if name in first[kind]}
        return [
            {"Amount": Decimal(one), "DetailType": kind,
             kind: kept | ({"Qty": Decimal(1), "UnitPrice": Decimal(one)} if "ItemRef" in kept else {})}
            for one in amounts
        ]  # fmt: skip


def parted(kinds: Sequence[ComparedKind]) -> dict[str, str]:
    """What the tie-out names, by key, with its cause."""
    return {row["key"]: row["why"] for kind in kinds for row in kind.differ}


def _lines_of(thing: Thing) -> Iterator[Thing]:
    return (line for line in thing["Line"] if line.get("DetailType") in _DETAILS)
