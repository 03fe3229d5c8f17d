"""Random lives of movements under random settings: summed up or not, the ledger is that of posting one by one.

Sending is replaced as in `test_settings_property`: what stands in QuickBooks is what the links say was posted last.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.journals import signed_lines
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.restating import restate
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import open_database
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.postings import remove_links
from qbo_pipeline.store.shares import OF_RECORD
from qbo_pipeline.store.tables.posting import posting_links, posting_records, postings
from qbo_pipeline.store.tables.records import records
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop
from qbo_pipeline_tests.pipeline.test_settings_property import World, poster, prepared
from qbo_pipeline_tests.pipeline.test_summaries import insert

pytestmark = pytest.mark.torture  # of the long run: it takes a minute or more

__all__ = ("poster", "prepared")
KINDS = ("shipment", "write_off")
COSTS = {"d1": "40.00", "d2": "3.10", "d3": "4.25"}
NIGHT = ("night", None, None)
names = st.sampled_from(sorted(COSTS))
actions = st.one_of(
    st.tuples(st.just("value"), names, st.sampled_from(["0", "0", "5.00", "40.00"])),
    st.tuples(st.just("day"), names, st.integers(0, 2)),
    st.tuples(st.just("kind"), names, st.sampled_from(KINDS)),
    st.tuples(st.just("status"), names, st.sampled_from(["voided", "completed"])),
    st.tuples(st.just("there"), names, st.booleans()),
    st.tuples(st.just("summarise"), st.sets(st.sampled_from(KINDS)).map(lambda kinds: tuple(sorted(kinds))), st.none()),
    st.sampled_from([NIGHT, ("lost", None, None), ("restate", None, None)]),
    st.just(NIGHT),
    st.just(NIGHT),
)


@dataclass
class Life:
    """A movement as the source has it; `there` is whether it has it at all."""

    value: str
    kind: str = "shipment"
    day: int = 0
    status: str = "completed"
    there: bool = True


@dataclass
class Company(World):
    """A store whose source lives, and what QuickBooks would hold."""

    lives: dict[str, Life] = field(default_factory=lambda: {name: Life(cost) for name, cost in COSTS.items()})

    def write_source(self) -> None:
        ids = ", ".join(f"'{name}'" for name in self.lives)
        statements = [f"DELETE FROM {table} WHERE movement_id IN ({ids})" for table in ("movement_lines", "movements")]
        for name, life in self.lives.items():
            if life.there:
                day = FIRST_DAY + timedelta(days=life.day)
                movement = {"movement_id": name, "kind": life.kind, "number": name.upper(), "business_date": day}
                movement |= {"currency": "USD", "status": life.status}
                line = {"movement_id": name, "line_id": f"{name}-1", "product_id": "p1", "location_id": "w1"}
                line |= {"quantity": "-1", "value": -Decimal(life.value)}
                statements += [insert("movements", movement), insert("movement_lines", line)]
        self.shop.change(*statements)

    def _write(self, connection: Connection, row: Any, state: str, *, doubt: bool) -> None:
        """As in the world of settings, but what is taken out has no link any more."""
        if state != "posted" or row["operation"] not in ("void", "delete"):
            super()._write(connection, row, state, doubt=doubt)
            return
        this = (postings.c.key == row["key"]) & (postings.c.revision == row["revision"])
        connection.execute(update(postings).where(this).values(state=state, doubt=doubt, request_id="sent"))
        remove_links(connection, self.run.name, [row["key"]])
        connection.execute(update(postings).where(postings.c.waits_for == row["key"]).values(waits_for=None))

    def night(self, lost: str | None = None) -> None:
        self.write_source()
        self.lost = lost
        self.read()
        for _ in range(2):  # a second time for what waited for an answer
            World.act(self, "run", LAST_DAY, lost)
            lost = None
        assert broken_counts(self.run) == []
        assert max(self.standing().values(), default=1) == 1, self.standing()

    def live(self, what: str, one: Any, two: Any) -> None:
        match what:
            case "summarise":
                posting = self.settings.posting.model_copy(update={"summarise": one})
                self.settings = self.settings.model_copy(update={"posting": posting})
            case "night":
                self.night()
            case "lost":
                self.night(lost=f"summary/{FIRST_DAY}/shipment")
            case "restate":
                with suppress(NotPossible):  # nothing would be another posting
                    restate(self.run, "Dana", "ordered")
            case _:
                setattr(self.lives[one], what, two)

    def standing(self) -> Counter[str]:
        """How many journals in QuickBooks hold each movement."""
        query = (
            select(posting_records.c.record_key)
            .join(postings, OF_RECORD)
            .join(posting_links, _OF_LINK)
            .where(posting_records.c.record_key.in_([f"movement/{name}" for name in self.lives]))
        )
        with self.database.reading() as connection:
            return Counter(connection.scalars(query))

    def ledger(self) -> dict[str, Decimal]:
        """What the journals in QuickBooks of these movements do, by account."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        query = select(postings.c.payload).join(posting_links, _OF_LINK).where(postings.c.entity == "JournalEntry")
        mine = postings.c.key.in_([f"movement/{name}" for name in self.lives]) | postings.c.key.like("summary/%")
        with self.database.reading() as connection:
            for payload in connection.scalars(query.where(mine)):
                for group, amount in signed_lines(from_wire(payload)):
                    found[group[0]] += amount
        return {account: amount for account, amount in found.items() if amount}

    def one_by_one(self) -> tuple[set[str], dict[str, Decimal]]:
        """The movements that have something to post, and what they do by account when each has its own journal."""
        keys, found = set(), defaultdict(Decimal)
        with self.database.reading() as connection:
            books = StoredBooks(connection, self.settings).books
            live = (records.c.record_id.in_(self.lives), records.c.vanished_at.is_(None))
            for row in connection.execute(select(records).where(*live)).all():
                outcome = build(load_record(row), books)
                if isinstance(outcome, Draft):
                    keys.add(f"movement/{row.record_id}")
                    for group, amount in signed_lines(outcome.payload):
                        found[group[0]] += amount
        return keys, {account: amount for account, amount in found.items() if amount}


_OF_LINK = (
    (posting_links.c.connection == postings.c.connection)
    & (posting_links.c.key == postings.c.key)
    & (posting_links.c.revision == postings.c.revision)
)


@settings(
    max_examples=2,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lives=st.lists(actions, min_size=6, max_size=14))
def test_the_ledger_is_that_of_posting_one_by_one(
    prepared: Shop, poster: dict[str, World], tmp_path_factory: pytest.TempPathFactory, lives: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("company") / "shop"
    shutil.copytree(prepared.folder, folder)
    shop = Shop(folder, f"sqlite:///{folder / 'shop.sqlite'}", None)
    toml = shop.settings.read_text(encoding="utf-8").replace(str(prepared.folder), str(folder))
    shop.settings.write_text(toml.replace('vanished = "hold"', 'vanished = "void"'), encoding="utf-8")
    database = open_database(load_settings(shop.settings).store_url())
    company = poster["world"] = Company(shop, database, load_settings(shop.settings))
    try:
        for life in lives:
            company.live(*life)
        for life in company.lives.values():
            life.value = "7.00" if life.value == "0" else life.value  # every cost is known in the end
        company.night()
        company.night()
        keys, wanted = company.one_by_one()
        assert company.ledger() == wanted
        assert company.standing() == Counter(keys)
        written = [said for said in verify_attempts(company.run).findings if "content" in said]
        assert written == []  # the poster's place-holder keeps no journal, which the other findings say
    finally:
        database.close()
