"""The look at whose company it is: another process of the same store is no stranger, old markers count, and where there
is nothing to send nothing is asked.

The emulator ignores request ids: whatever is sent a second time is made a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from qbo_pipeline.pipeline import first_look
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.ownership import CompanyOfAnother, Proof, prove_company
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.posting.recovery import begin, recovering
from qbo_pipeline.quickbooks.changes import LOOK_BACK
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.records import connections
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, carry_file, write_connection
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop

ENTITIES = ("Bill", "Invoice", "JournalEntry", "Payment")


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as running:
        running.control("settings", {"request_id": "ignore"})
        yield running


def objects(run: Run) -> Counter[str]:
    """How often QuickBooks holds each of our markers."""
    things = (thing for entity in ENTITIES for thing in run.quickbooks().query(select(entity)))
    return Counter(marker for thing in things if (marker := marker_in(thing.get("PrivateNote"))))


def drafted(run: Run, last: date) -> None:
    """Everything up to the last day is ready and nothing of it sent."""
    extract_master_data(run)
    extract_days(run, FIRST_DAY, last)
    read_reference_data(run)
    transform(run, FIRST_DAY, last)


@pytest.mark.parametrize(("days_before", "asked"), [(0, "query_pages"), (0, "changes"), (3, "changes")])
def test_what_another_process_of_this_store_posts_is_no_stranger(
    tmp_path: Path,
    emulator: RunningEmulator,
    monkeypatch: pytest.MonkeyPatch,
    store_url: str,
    days_before: int,
    asked: str,
) -> None:
    """The other one posts between this one's look at the store and its look at QuickBooks, at the store's first look
    and at a later one."""
    shop = open_shop(tmp_path, emulator, store_url=store_url)
    if asked == "query_pages":  # the company is older than what change data capture tells
        monkeypatch.setattr(first_look, "company_made", lambda run: datetime.now(UTC) - LOOK_BACK)
    with shop.run() as run, shop.run() as other:
        if days_before:
            carry(run, FIRST_DAY, FIRST_DAY + timedelta(days=days_before - 1))
        drafted(run, LAST_DAY)
        before, company = objects(run), run.quickbooks()
        really, posted = getattr(company, asked), []

        def ask(*arguments: Any, **options: Any) -> Any:
            if not posted:
                posted.append(carry(other, FIRST_DAY, LAST_DAY).loaded.summary.posted)
            return really(*arguments, **options)

        with monkeypatch.context() as between:
            between.setattr(company, asked, ask)
            assert prove_company(run).remark is None
        assert posted[0] > 0
        carry(run, FIRST_DAY, LAST_DAY)
        after = objects(run)
        assert set(after.values()) == {1}
        assert after.total() > before.total()
        with run.database.reading() as reading:
            assert recovering(reading, run.name) is None


def posted_by_an_earlier_version(folder: Path, emulator: RunningEmulator) -> None:
    """The shop's week in QuickBooks, with markers that do not say yet whose they are."""
    shop = open_shop(folder, emulator)
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        ours = [
            (entity, thing)
            for entity in ENTITIES
            for thing in run.quickbooks().query(select(entity))
            if marker_in(thing.get("PrivateNote"))
        ]
        assert ours
        for entity, thing in ours:
            before, _, _ = marker_in(thing["PrivateNote"]).partition(".")  # type: ignore[union-attr]
            sent = {name: thing[name] for name in ("Id", "SyncToken")} | {"PrivateNote": f"[qp:{before}]"}
            run.quickbooks().update(entity, sent)
        assert all("." not in marker for marker in objects(run))


def test_a_marker_from_before_it_said_whose_stops_an_empty_store(tmp_path: Path, emulator: RunningEmulator) -> None:
    posted_by_an_earlier_version(tmp_path / "one", emulator)
    again = open_shop(tmp_path / "two", emulator, store_url=f"sqlite:///{tmp_path / 'two' / 'store.sqlite'}")
    with pytest.raises(CompanyOfAnother, match="qbo-pipeline recover"):
        carry_file(again.settings, FIRST_DAY, LAST_DAY)


def test_such_markers_under_another_name_are_another_connections_and_recovery_adopts_none(
    tmp_path: Path, emulator: RunningEmulator
) -> None:
    posted_by_an_earlier_version(tmp_path / "one", emulator)
    shop = open_shop(tmp_path / "two", None)  # its source
    days = {"first_day": FIRST_DAY.isoformat(), "last_day": LAST_DAY.isoformat()}
    file = write_connection(tmp_path / "two", "other", emulator, currency="USD", source_url=shop.source_url, **days)
    with open_run(load_settings(file)) as run:
        before = objects(run)
        for _ in range(2):
            drafted(run, LAST_DAY)
            with pytest.raises(CompanyOfAnother, match="--theirs untagged"):
                load(run, FIRST_DAY, LAST_DAY)
            if recovering_since(run) is None:
                begin(run.database, run.name, Person("an engineer", "the store was lost"))
        assert objects(run) == before


def recovering_since(run: Run) -> Any:
    with run.database.reading() as reading:
        return recovering(reading, run.name)


def test_where_nothing_is_to_be_sent_nothing_is_asked(tmp_path: Path, emulator: RunningEmulator) -> None:
    shop = open_shop(tmp_path, emulator)
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert prove_company(run) == Proof()
        assert run.api_calls()["api_calls"] == 0


def test_the_store_itself_refuses_a_second_connection_of_a_company(database: Database) -> None:
    row = {"environment": "production", "realm": "1", "source": "s", "currency": "USD"}
    with database.transaction() as connection:
        now = database.now(connection)
        connection.execute(connections.insert(), {"connection": "one", "created_at": now, **row})
    with pytest.raises(IntegrityError), database.transaction() as connection:
        connection.execute(connections.insert(), {"connection": "two", "created_at": now, **row})
