"""Random changes of settings between dry runs, drafts, runs and decisions: nothing is ever sent under other settings
than those of its run, and a dry run leaves every table as it was.

Sending is replaced by a poster that keeps what it is given, or loses the answer: what is sent is what counts here.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, inspect, select, text, update

from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import RECORD_TYPES
from qbo_pipeline.pipeline import load as loading
from qbo_pipeline.pipeline.binding import bind_connection
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.earlier_settings import drafts_of
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.history import post_history
from qbo_pipeline.pipeline.looking import looking
from qbo_pipeline.pipeline.ownership import Proof
from qbo_pipeline.pipeline.previewing import preview
from qbo_pipeline.pipeline.restating import count_restatements, restate
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.settings_in_force import read_in_force
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.posting.blank_rows import says_the_same
from qbo_pipeline.posting.decisions import approve_all
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.summary import PostingSummary
from qbo_pipeline.settings import Secrets, Settings, load_settings
from qbo_pipeline.settings_posting import ChangedAccounts, ChangedPosting, ChangeSettings
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.postings import put_links
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records
from qbo_pipeline_tests.pipeline.connections import content_of
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.pipeline.without_qbo import chart

ACCOUNTS = {
    "cost_of_goods_sold": ("Cost of Goods Sold", "Purchases"),
    "goods_received_not_invoiced": ("Goods Received Not Invoiced", "Inventory in Transit"),
    "inventory_adjustment": ("Inventory Shrinkage", "Stock Write-offs"),
}
POLICIES = {"accrue_receipts": (True, False), "approval": (False, True), "vanished": ("hold", "void"),
            "history_before": (None, date(2024, 3, 4))}  # fmt: skip
SENT = PostingSummary(
    states={},
    amounts={},
    reasons={},
    waiting=0,
    posted=0,
    recovered=0,
    batches=0,
    singles=0,
    reads=0,
    not_sent=0,
    throttled=0,
    unknown=0,
    waited=0.0,
    complete=True,
    degraded=None,
    linked_by_name=0,
)
days = st.dates(FIRST_DAY, LAST_DAY)
changed_settings = st.one_of(
    st.sampled_from([("account", role, name) for role, names in ACCOUNTS.items() for name in names]),
    st.sampled_from([("policy", name, value) for name, values in POLICIES.items() for value in values]),
    st.tuples(st.just("from"), days, st.booleans()),
)
actions = st.one_of(
    changed_settings,
    changed_settings,
    st.tuples(st.just("look"), days, st.none()),
    st.tuples(st.just("draft"), days, st.none()),
    st.tuples(st.just("load"), days, st.none()),
    st.tuples(st.just("run"), days, st.sampled_from([None, "movement/d1", "document/b1", "movement/r1"])),
    st.sampled_from([("approve", None, None), ("history", None, None), ("restate", None, None)]),
    st.tuples(st.just("source"), st.integers(30, 60), st.none()),
)


@dataclass
class World:
    """A store, the settings of now, and the poster in the place of QuickBooks."""

    shop: Shop
    database: Database
    settings: Settings
    lost: str | None = None  # the key whose answer does not come
    sent: list[str] = field(default_factory=list)

    @property
    def run(self) -> Run:
        return Run(self.settings, self.database, Secrets(), "test")

    def post(self, last: date) -> None:
        """Everything that is ready up to a day: each is checked against the settings of this run as it leaves."""
        run = self.run
        with self.database.transaction() as connection:
            in_force = read_in_force(connection, run)
            self._settle(connection)
            ready = select(postings).where(
                postings.c.superseded_by.is_(None), postings.c.state == "ready", postings.c.business_date <= last
            )
            for row in connection.execute(ready).mappings().all():
                assert row["settings_hash"] == in_force.settings_hash, row["key"]
                self._is_of_now(connection, row)
                self.sent.append(row["key"])
                doubt = row["key"] == self.lost
                self._write(connection, row, "unknown" if doubt else "posted", doubt=doubt)

    def _settle(self, connection: Connection) -> None:
        """What was lost turns out to be in QBO, as it was sent."""
        lost = select(postings).where(postings.c.state == "unknown")
        for row in connection.execute(lost).mappings().all():
            self._write(connection, row, "posted", doubt=False)

    def _write(self, connection: Connection, row: Any, state: str, *, doubt: bool) -> None:
        this = (postings.c.key == row["key"]) & (postings.c.revision == row["revision"])
        connection.execute(update(postings).where(this).values(state=state, doubt=doubt, request_id="sent"))
        if state == "posted":
            link = {"key": row["key"], "entity": row["entity"], "qbo_id": row["key"], "sync_token": "0",
                    "fingerprint": "", "revision": row["revision"], "linked_by": "posted",
                    "linked_at": self.database.now(connection)}  # fmt: skip
            put_links(connection, self.run.name, [link])
            connection.execute(update(postings).where(postings.c.waits_for == row["key"]).values(waits_for=None))

    def _is_of_now(self, connection: Connection, row: Any) -> None:
        """Built once more from the record and nothing else, it is what leaves."""
        record_type, _, record_id = row["record_key"].partition("/")
        if record_type not in RECORD_TYPES:
            return
        found = connection.execute(
            select(records).where(records.c.record_type == record_type, records.c.record_id == record_id)
        ).one()
        outcome = build(load_record(found), StoredBooks(connection, self.settings).books)
        drafts = {draft.key: draft for draft in drafts_of(outcome)} if found.vanished_at is None else {}
        if row["operation"] in ("void", "delete"):
            assert row["key"] not in drafts
        else:
            assert says_the_same(drafts[row["key"]], row), row["key"]

    def read(self) -> None:
        extract_master_data(self.run)
        extract_days(self.run, FIRST_DAY, LAST_DAY)

    def act(self, what: str, one: Any, two: Any) -> None:
        match what:
            case "account":
                accounts = self.settings.accounts
                roles = accounts.model_copy(update={"roles": accounts.roles | {one: two}})
                self.settings = self.settings.model_copy(update={"accounts": roles})
            case "policy":
                policies = self.settings.posting.model_copy(update={one: two})
                self.settings = self.settings.model_copy(update={"posting": policies})
            case "from":
                other = ChangedAccounts(roles={"cost_of_goods_sold": "Purchases"})
                change = ChangeSettings(first_day=one, accounts=other, posting=ChangedPosting(accrue_receipts=two))
                self.settings = self.settings.model_copy(update={"changes": (change,)})
            case "look":
                self.look(one)
            case "draft":
                self.read()
                transform(self.run, FIRST_DAY, one)
            case "load":
                loading.load(self.run, FIRST_DAY, one)
            case "run":
                self.lost = two
                self.act("draft", one, None)
                self.act("load", one, None)
                self.lost = None
            case "source":
                self.shop.change(f"UPDATE movement_lines SET value = '-{one}.00' WHERE line_id = 'd1-1'")
            case _:
                self.decide(what)

    def decide(self, what: str) -> None:
        try:
            if what == "restate":
                restate(self.run, "Dana", "ordered")
            elif what == "history":
                post_history(self.run, FIRST_DAY, LAST_DAY, "Dana", "ordered")
            else:
                waits = (postings.c.superseded_by.is_(None)) & (postings.c.reason == "awaiting_approval")
                with self.database.reading() as connection:
                    keys = list(connection.scalars(select(postings.c.key).where(waits)))
                approve_all(self.database, self.run.name, keys, Person("Dana", "ordered"))
        except NotPossible:
            pass  # nothing to decide

    def look(self, last: date) -> None:
        before = self.tables()
        with looking(self.run) as run:
            extract_master_data(run)
            extract_days(run, FIRST_DAY, LAST_DAY)
            transform(run, FIRST_DAY, last)
            count_restatements(run)
            for one in preview(run, last):
                assert sum(line.debit - line.credit for line in one.lines) == 0
        assert self.tables() == before

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        return content_of(self.run, *inspect(self.database.engine).get_table_names())


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop with an empty store that knows QBO's accounts; only to be copied."""
    shop = open_shop(tmp_path_factory.mktemp("prepared"), None)
    database = open_database(load_settings(shop.settings).store_url())
    run = Run(load_settings(shop.settings), database, Secrets(), "test")
    bind_connection(run.settings, database)
    chart(run)
    database.close()
    return shop


@pytest.fixture
def poster(monkeypatch: pytest.MonkeyPatch) -> dict[str, World]:
    """Puts the world's own `post` in the place of the poster."""
    here: dict[str, World] = {}

    class Posting:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def run(self, _name: str, _first: date | None, last: date, **__: Any) -> PostingSummary:
            here["world"].post(last)
            return SENT

    monkeypatch.setattr(loading, "Poster", Posting)
    for guard in ("prove_company", "check_before_first_send", "hold_tracked_items"):
        monkeypatch.setattr(loading, guard, lambda _: Proof())  # they ask QuickBooks, which is not there
    monkeypatch.setattr(Run, "quickbooks", lambda _: None)
    return here


@settings(
    max_examples=18,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(given_actions=st.lists(actions, min_size=4, max_size=14))
def test_nothing_is_sent_under_other_settings_than_those_of_its_run(
    prepared: Shop, poster: dict[str, World], tmp_path_factory: pytest.TempPathFactory, given_actions: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("world") / "shop"
    shutil.copytree(prepared.folder, folder)
    shop = Shop(folder, f"sqlite:///{folder / 'shop.sqlite'}", None)
    toml = shop.settings.read_text(encoding="utf-8").replace(str(prepared.folder), str(folder))
    shop.settings.write_text(toml, encoding="utf-8")
    database = open_database(load_settings(shop.settings).store_url())
    world = poster["world"] = World(shop, database, load_settings(shop.settings))
    try:
        for action in given_actions:
            world.act(*action)
        world.act("run", LAST_DAY, None)
        world.act("run", LAST_DAY, None)  # a second run settles what the first one waited for
        world.act("restate", None, None)
        world.act("policy", "approval", False)
        world.act("run", LAST_DAY, None)
        assert count_restatements(world.run) == 0
        with database.reading() as connection:
            lost = connection.execute(text("SELECT count(*) FROM records WHERE disposition = 'new'")).scalar_one()
        assert lost == 0
    finally:
        database.close()
