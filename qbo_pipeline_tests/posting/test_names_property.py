"""Names, numbers and links over many nights, against the emulator, on SQLite and on PostgreSQL: random parties and
products that clash, differ by case alone, are renamed and trade places, while people make objects of their own under
the same names, answers are lost, and runs die between two calls.

What must hold each night: no two keys on one object, no key on a person's object, no document on another's party or
item, everything posted or waiting with a reason. And once the clashes are gone, all of it is posted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from qbo_pipeline.accounting.books import AccountRef
from qbo_pipeline.accounting.parties import build_party
from qbo_pipeline.accounting.products import build_product
from qbo_pipeline.inventory.records import Party, Product
from qbo_pipeline.posting.shell import Poster
from qbo_pipeline.posting.summary import PostingSummary
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.wire import to_wire
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline_tests.accounting.company import books
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.posting.harness import DAY, VirtualClock, client, connect, drafted, intent, take_in
from qbo_pipeline_tests.posting.test_machine import FAULTS, SETTINGS, Killed, Killer

NAMES = st.sampled_from(["Ann", "ANN", "A:nn", "Bob", "bob", "Cid", "Ann (Supplier)"])
NUMBERS = st.sampled_from(["AB-1", "ab-1", '5" pipe', "5 pipe", "X"])
KINDS = ("customer", "customer", "customer", "supplier", "supplier")
PRODUCTS = 3
FIELDS = {"Customer": "DisplayName", "Vendor": "DisplayName", "Item": "Name"}
NIGHT = st.fixed_dictionaries(
    {
        "names": st.lists(NAMES, min_size=len(KINDS), max_size=len(KINDS)),
        "numbers": st.lists(NUMBERS, min_size=PRODUCTS, max_size=PRODUCTS),
        "people": st.lists(
            st.tuples(st.sampled_from(["Customer", "Vendor"]), NAMES) | st.tuples(st.just("Item"), NUMBERS), max_size=2
        ),
        "faults": st.lists(st.sampled_from(sorted(FAULTS.keys() - {"refused"})), max_size=2),
        "dies": st.none() | st.tuples(st.integers(0, 4), st.booleans()),
        "sale": st.tuples(st.integers(0, 2), st.integers(0, PRODUCTS - 1)),
    }
)
# A name that one of ours still had when a lost answer was looked for by it, and gives up later.
HANDED_ON = [
    {
        "names": ["bob", "A:nn", "ANN", "bob", "Cid"], "numbers": ["AB-1", '5" pipe', "ab-1"],
        "people": [("Customer", "bob")], "faults": ["server error"], "dies": None, "sale": (2, 1),
    },
    {
        "names": ["Bob", "Ann (Supplier)", "Ann", "Ann", "Bob"], "numbers": ["ab-1", "X", '5" pipe'],
        "people": [("Customer", "Ann (Supplier)")], "faults": ["committed"] * 2, "dies": (1, True), "sale": (2, 1),
    },
    {
        "names": ["Ann", "Bob", "Ann (Supplier)", "Ann", "Ann"], "numbers": ["AB-1", "X", "X"], "people": [],
        "faults": ["half done", "lost"], "dies": (3, True), "sale": (2, 2),
    },
]  # fmt: skip
_LIVES = count(1)


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as running:
        yield running


class Life:
    """One store over many nights; everything in it is called after the number of the life, for QBO is shared."""

    def __init__(self, company: QuickBooks, database: Database, clock: VirtualClock) -> None:
        self.company, self.database, self.clock = company, database, clock
        self.life = f"L{next(_LIVES)}"
        self.identity = connect(database, company.realm, self.life)
        self.killer = Killer(company)
        account = next(
            thing for thing in company.query(select_objects("Account")) if thing.get("AccountType") == "Income"
        )
        self.income = AccountRef(id=account["Id"], name=account["Name"], type="Income", currency="USD")
        self.persons: dict[tuple[str, str], str] = {}
        self.wanted: dict[str, str] = {}
        self.sales: dict[str, tuple[str, str]] = {}

    def a_person_makes(self, entity: str, name: str) -> None:
        """An object of a person's; QBO refuses it where the name is taken already."""
        name = f"{self.life} {name}".translate({ord(":"): " ", ord('"'): None})
        body: dict[str, Any] = {FIELDS[entity]: name}
        if entity == "Item":
            body |= {"Type": "Service", "IncomeAccountRef": {"value": self.income.id}}
        done = self.company.send("POST", entity.lower(), (), to_wire(body))
        if isinstance(done, Done):
            self.persons[entity, done.id] = name

    def people_rename_theirs(self) -> None:
        for (entity, qbo_id), name in self.persons.items():
            thing = self.company.read(entity, qbo_id)
            body = {"Id": qbo_id, "SyncToken": thing["SyncToken"], "sparse": True, FIELDS[entity]: f"{name} {qbo_id} P"}
            assert isinstance(self.company.send("POST", entity.lower(), (), to_wire(body)), Done)

    def night(
        self,
        names: list[str],
        numbers: list[str],
        sale: tuple[int, int] | None,
        dies: tuple[int, bool] | None = None,
    ) -> None:
        """Take in what the source says and post it; a run that `dies` at a call is followed by one that does not."""
        parties = [
            Party(party_id=f"{self.life}-{place}", kind=kind, name=f"{self.life} {name}")
            for place, (kind, name) in enumerate(zip(KINDS, names, strict=True))
        ]
        products = [
            Product(product_id=f"{self.life}-{place}", kind="stocked", number=f"{self.life} {number}", name="A thing")
            for place, number in enumerate(numbers)
        ]
        known = books(*parties, *products, roles={"sales": self.income.id}, chart={self.income.id: self.income})
        drafts = [build_party(party, known) for party in parties] + [build_product(one, known) for one in products]
        self.wanted = {draft.key: draft.payload[FIELDS[draft.entity]] for draft in drafts}
        if sale is not None:
            key = f"document/{self.life}-{len(self.sales)}"
            customer, item = drafts[sale[0]].key, drafts[len(KINDS) + sale[1]].key
            self.sales[key] = (customer, item)
            detail = {"ItemRef": {"value": f"${item}"}, "Qty": Decimal(1), "UnitPrice": Decimal("9.00")}
            line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal("9.00"), "SalesItemLineDetail": detail}
            payload = {"CustomerRef": {"value": f"${customer}"}, "TxnDate": DAY.isoformat(), "Line": [line]}
            drafts.append(drafted(key, "Invoice", payload, DAY, Decimal("9.00")))
        take_in(self.database, self.identity, [intent(draft) for draft in drafts], name=self.life)
        if dies is not None:
            self.killer.fuse = dies
            with suppress(Killed):
                self.run()
            self.killer.fuse = None
        assert self.settled()
        self.check()

    def run(self) -> PostingSummary:
        return Poster(self.database, self.killer, self.clock, SETTINGS).run(self.life)

    def settled(self) -> bool:
        """Whether nothing is under way any more, after as many runs as lost answers may ask for."""
        for _ in range(4):
            summary = self.run()
            assert summary.degraded is None
            if not summary.states.keys() & {"sending", "unknown"}:
                return True
            self.clock.sleep(2000)
        return False

    def check(self) -> None:
        links, rows = self.stored()
        held = [(link["entity"], link["qbo_id"]) for link in links.values()]
        assert len(held) == len(set(held)), "two keys on one object"
        assert not set(held) & set(self.persons), "a key on a person's object"
        there = {
            (entity, thing["Id"]): thing
            for entity in {name for name, _ in held}
            for thing in self.company.query(
                select_objects(entity).where("Id", "IN", [qbo_id for name, qbo_id in held if name == entity])
            )
        }
        for key, row in rows.items():
            waits = row["state"] == "ready" and row["waits_for"] is not None
            assert row["state"] == "posted" or waits or (row["state"] == "parked" and row["reason"] and row["message"])
            if row["state"] != "posted":
                continue
            thing = there[links[key]["entity"], links[key]["qbo_id"]]
            if key in self.sales:
                customer, item = self.sales[key]
                assert thing["CustomerRef"]["value"] == links[customer]["qbo_id"]
                assert thing["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] == links[item]["qbo_id"]
            else:
                assert thing[FIELDS[links[key]["entity"]]] == self.wanted[key]

    def stored(self) -> tuple[dict[str, Any], dict[str, Any]]:
        newest = select(postings).where(postings.c.superseded_by.is_(None), postings.c.state != "superseded")
        with self.database.reading() as reading:
            mine = select(posting_links).where(posting_links.c.connection == self.life)
            links = {row["key"]: row for row in reading.execute(mine).mappings()}
            rows = reading.execute(newest.where(postings.c.connection == self.life)).mappings()
            return links, {row["key"]: row for row in rows}


@settings(
    max_examples=12, phases=(Phase.explicit, Phase.generate), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(nights=st.lists(NIGHT, min_size=2, max_size=4))
@example(nights=HANDED_ON)
def test_each_key_has_its_own_object_and_all_settles_once_clashes_are_gone(
    emulator: RunningEmulator, store_url: str, nights: list[dict[str, Any]]
) -> None:
    clock = VirtualClock()
    database = open_database(store_url, clock=clock.now)
    life = Life(client(emulator, clock=clock), database, clock)
    try:
        for night in nights:
            for entity, name in night["people"]:
                life.a_person_makes(entity, name)
            emulator.order(
                *(
                    {"operation": operation, **FAULTS[name]}
                    for name in night["faults"]
                    for operation in ("batch", "create", "update")
                    if FAULTS[name].get("operation", operation) == operation
                )
            )
            life.night(night["names"], night["numbers"], night["sale"], night["dies"])
            emulator.order()
        life.people_rename_theirs()
        life.night(nights[-1]["names"], nights[-1]["numbers"], None)
        _, rows = life.stored()
        assert {key: row["message"] for key, row in rows.items() if row["state"] != "posted"} == {}
    finally:
        life.company.close()
        database.close()
