"""A carried company about to be tampered with: what both sides hold, and what each intervention must make us find.

What belongs here: `Office`, the state that interventions share. The expectation is kept beside the company, from what
was done alone; nothing of it is read from a reconciliation. It is that of the synthetic books
(`reconciliation.tampering`), so that their baselines can be measured on it too.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.reconciliation.tampering import Doc, Line, World
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing, effect
from qbo_pipeline_tests.tampering.sources import Inventory

Place = tuple[str, str, str, date]  # document, cause, account, day
COUNTER, PREPAID = "Uncategorized Expense", "Prepaid Expenses"
STOCK_OF_TRACKED_ITEM, COST_OF_TRACKED_ITEM = 10_000, 731  # pieces on hand, cents each


@dataclass
class Office:
    """One company, its people, its inventory system, and the books of what must be found."""

    world: World
    people: Bookkeeper
    inventory: Inventory
    accounts: tuple[str, ...]  # ids of the inventory accounts
    others: dict[str, str]  # ids of the company's accounts by name
    first: date
    as_at: date
    account_of: dict[tuple[str, str], str]  # (product, location) -> inventory account
    customer: str
    vendor: str
    extracted: bool = True  # whether the pipeline will read what the source is given from now on
    misstated: list[tuple[Doc, str, str, str, int]] = field(default_factory=list)
    tracked: dict[str, str] = field(default_factory=dict)  # inventory account -> tracked item

    @property
    def chance(self) -> random.Random:
        return self.world.chance

    def pick(self, fits: Callable[[Doc], bool]) -> Doc:
        """Mostly any fitting document, often one that was touched before: several interventions on one.

        Raises `NothingFits` where there is none.
        """
        again = [doc for doc in self.world.docs if doc.touched and fits(doc)] if self.chance.random() < 0.3 else []
        fitting = again or [doc for doc in self.world.docs if fits(doc)]
        if not fitting:
            raise NothingFits
        return self.chance.choice(fitting)

    def some_day(self) -> date:
        """A day of the period."""
        return self.first + timedelta(days=self.chance.randrange((self.as_at - self.first).days + 1))

    def other_day(self, day: date) -> date:
        """Another day of the period, or sometimes one after it."""
        later = timedelta(days=self.chance.choice((0, 0, 0, (self.as_at - self.first).days + 1)))
        found = self.some_day() + later
        return found if found != day else found + timedelta(days=1)

    def cents(self) -> int:
        """An amount: a few cents, or up to a thousand."""
        return self.chance.choice((self.chance.randint(1, 9), self.chance.randint(10, 99_999)))

    def tracked_item(self, account: str) -> str:
        """An item that QBO keeps stock of on this account; its starting value is a difference of its own."""
        if account not in self.tracked:
            self.tracked[account] = self.people.save(
                "Item",
                {
                    "Name": f"Tracked {account}", "Type": "Inventory", "TrackQtyOnHand": True,
                    "QtyOnHand": STOCK_OF_TRACKED_ITEM, "InvStartDate": self.first.isoformat(),
                    "PurchaseCost": Decimal(COST_OF_TRACKED_ITEM).scaleb(-2),
                    "AssetAccountRef": {"value": account},
                    "IncomeAccountRef": {"value": self.others["Sales of Product Income"]},
                    "ExpenseAccountRef": {"value": self.others["Cost of Goods Sold"]},
                },
            )["Id"]  # fmt: skip
            began = STOCK_OF_TRACKED_ITEM * COST_OF_TRACKED_ITEM
            day = self.first - timedelta(days=1)
            self.world.expect(f"account/{account}/opening", "opening_balance", account, day, began)
        return self.tracked[account]

    def must_find(self) -> dict[Place, int]:
        """What a reconciliation as at the date must find, in cents, and nothing else."""
        expected = Counter(self.world.expected)
        for doc, product, location, account, cents in self.misstated:
            if doc.in_source and doc.source_day <= self.as_at:
                expected[f"product/{product}@{location}", "source_contradicts_itself", account, self.as_at] += cents
        return {place: cents for place, cents in expected.items() if cents and place[3] <= self.as_at}

    def world_at_date(self) -> World:
        """The world for rules that know no date: what lies after it is left out."""
        docs = [copy(doc) for doc in self.world.docs]
        for doc in docs:
            doc.in_qbo = doc.in_qbo if doc.ledger_day <= self.as_at else "later"
            doc.in_source = doc.in_source and doc.source_day <= self.as_at
        lines = [line for line in self.world.others if line["business_date"] <= self.as_at]
        return World(self.chance, docs, others=lines)


class NothingFits(Exception):
    """No document is left for an intervention of this kind."""


def open_office(
    run: Run, people: Bookkeeper, inventory: Inventory, seed: int, first: date, as_at: date, accounts: tuple[str, ...]
) -> Office:
    """The office of a company on which both sides agree; `accounts` are the names of its inventory accounts."""
    others = {account["Name"]: account["Id"] for account in people.all("Account")}
    ids = tuple(others[name] for name in accounts)
    account_of = _account_of(run, ids)
    docs = _documents(run, people, ids, account_of)
    return Office(
        world=World(random.Random(seed), docs),
        people=people,
        inventory=inventory,
        accounts=ids,
        others=others,
        first=first,
        as_at=as_at,
        account_of=account_of,
        customer=people.all("Customer")[0]["Id"],
        vendor=people.all("Vendor")[0]["Id"],
    )


def _account_of(run: Run, accounts: tuple[str, ...]) -> dict[tuple[str, str], str]:
    query = "SELECT DISTINCT product_id, location_id, account_id FROM posting_effects"
    return {
        (row["product_id"], row["location_id"]): row["account_id"]
        for row in rows(run, query)
        if row["account_id"] in accounts
    }


def _documents(
    run: Run, people: Bookkeeper, accounts: tuple[str, ...], account_of: dict[tuple[str, str], str]
) -> list[Doc]:
    """Every object of ours in QBO, as its own API answers it, with the lines of its movement."""
    lines: dict[str, list[Line]] = {}
    for row in sorted(rows(run, "SELECT * FROM stock_lines"), key=lambda row: (row["record_id"], _order(row))):
        account = account_of[row["product_id"], row["location_id"]]
        line = Line(row["product_id"], row["location_id"], account, Decimal(row["value"]))
        lines.setdefault(f"movement/{row['record_id']}", []).append(line)
    records = {
        f"{row['record_type']}/{row['record_id']}": row
        for row in rows(run, "SELECT record_type, record_id, kind, number FROM records")
    }
    found = []
    things: dict[str, dict[str, Thing]] = {}
    links = rows(run, "SELECT key, entity, qbo_id FROM posting_links ORDER BY key")
    for link in links:
        entity = link["entity"]
        if entity not in ("JournalEntry", "Invoice", "Bill") or link["key"] not in records:
            continue
        if entity not in things:
            things[entity] = {thing["Id"]: thing for thing in people.all(entity)}
        thing, record = things[entity][link["qbo_id"]], records[link["key"]]
        sent = Counter(effect(thing, accounts)) if entity == "JournalEntry" else Counter()
        day = date.fromisoformat(thing["TxnDate"])
        doc = Doc(
            link["key"], record["kind"], record["number"], day, lines.get(link["key"], []), entity, link["qbo_id"],
            day, sent, day, Counter(sent),
        )  # fmt: skip
        for line in doc.lines:
            doc.products_sent[line.product] += int(line.value.scaleb(2))
        assert {a: c for a, c in doc.source().items() if c} == dict(sent), f"{doc.key} is not in balance to begin with"
        found.append(doc)
    return found


def _order(row: dict[str, str]) -> tuple[int, str]:
    return len(row["line_id"]), row["line_id"]
