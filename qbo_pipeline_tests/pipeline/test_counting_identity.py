"""The counting identity at every commit, wherever a run breaks off; and the next run heals it.

What belongs here: a store that counts after each of its transactions and breaks off at the one that it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from qbo_pipeline.pipeline import counts
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import load, posted_by_entity
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, content_of, rows
from qbo_pipeline_tests.pipeline.shop import DATED, FIRST_DAY, LAST_DAY, STOCK_VALUE, Shop, open_shop


class BrokenOff(Exception):
    """What stands for a killed process: nothing after it is done."""


class Watched:
    """Counts the transactions of a run, checks the identity after each, and breaks off one of them.

    With `committed`, it breaks off when the transaction has been committed, else before.
    """

    def __init__(self, run: Run, stop_at: int = 0, *, committed: bool = False) -> None:
        self.run, self.stop_at, self.committed, self.seen = run, stop_at, committed, 0
        self._begin = run.database.transaction

    def __enter__(self) -> Watched:
        self.run.database.transaction = self.transaction  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        del self.run.database.transaction

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self.seen += 1
        mine = self.seen == self.stop_at
        with self._begin() as connection:
            yield connection
            if mine and not self.committed:
                raise BrokenOff
        only_unfinished_days_are_broken(self.run)
        if mine:
            raise BrokenOff


def only_unfinished_days_are_broken(run: Run) -> None:
    """A day whose counts do not add up is one whose reading is not over."""
    broken = [row.as_dict() for row in counts.broken_counts(run) if row.rows_read is not None]
    assert broken == []


def read_and_build(run: Run) -> None:
    extract_master_data(run)
    extract_days(run, FIRST_DAY, LAST_DAY)
    transform(run, FIRST_DAY, LAST_DAY)


def charted(run: Run) -> None:
    """The accounts that the settings name, as if QBO had been asked."""
    from qbo_pipeline.commands.template import DEFAULT_ROLES
    from qbo_pipeline.store.reference import of_object, put_references

    with run.database.transaction() as connection:
        now = run.database.now(connection)
        names = sorted(set(DEFAULT_ROLES.values()))
        accounts = [
            of_object("Account", {"Id": str(number), "Name": name, "AccountType": _type_of(name)})
            for number, name in enumerate(names, start=1)
        ]
        put_references(connection, run.name, "Account", accounts, now=now)


def _type_of(name: str) -> str:
    return "Bank" if name == "Checking" else "Other Current Asset"


VOLATILE = {
    "run_id",
    "first_seen",
    "changed_at",
    "seen_at",
    "at",
    "hash",
    "marker",
    "payload",
    "number",
    "seq",
    "fence",
}


def settled(run: Run) -> dict[str, list[dict[str, Any]]]:
    """What records and outbox hold, without when and by which run."""
    found = {}
    for table in ("records", "record_revisions", "stock_lines", "bill_matches", "postings", "posting_effects"):
        kept = [{k: v for k, v in row.items() if k not in VOLATILE} for row in rows(run, f"SELECT * FROM {table}")]
        found[table] = sorted(kept, key=repr)
    return found


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
def test_extraction_and_transformation_may_break_off_anywhere(tmp_path: Path, committed: bool) -> None:
    whole = open_shop(tmp_path / "whole", None)
    whole.folder.joinpath("shop.toml").write_text(_small_batches(whole))
    with whole.run() as run:
        charted(run)
        with Watched(run) as watched:
            read_and_build(run)
        expected, transactions = settled(run), watched.seen
    assert transactions >= 10
    assert len(expected["postings"]) >= 8

    # Before one commit is where the one before it left the store: each way takes every other transaction.
    for stop_at in range(1 + committed, transactions + 1, 2):
        shop = open_shop(tmp_path / f"at{stop_at}", None)
        shop.folder.joinpath("shop.toml").write_text(_small_batches(shop))
        with shop.run() as run:
            charted(run)
            with Watched(run, stop_at, committed=committed), pytest.raises(BrokenOff):
                read_and_build(run)
            only_unfinished_days_are_broken(run)
        with shop.run() as run:
            read_and_build(run)
            assert counts.broken_counts(run) == [], stop_at
            assert settled(run) == expected, stop_at


def _small_batches(shop: Shop) -> str:
    return shop.settings.read_text().replace("[source.parameters]", "batch_size = 3\n[source.parameters]")


def test_the_identity_holds_at_every_commit_of_a_whole_run_and_between_its_stages(tmp_path: Path) -> None:
    """Reading, building, posting, reading the ledger and reconciling, broken off after each of them.

    Posting itself is not broken off here: what was in flight then waits for its lease.
    """
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        for stage in STAGES[:-1]:
            with shop.run() as run, pytest.raises(BrokenOff), Watched(run):
                carry_until(run, stage)
            with shop.run() as run:
                assert counts.broken_counts(run) == []
        with shop.run() as run, Watched(run) as watched:
            carried = carry(run, FIRST_DAY, LAST_DAY)
        with shop.run() as run:
            assert verify_attempts(run).intact
            assert sum(posted_by_entity(run).values()) == len(rows(run, "SELECT key FROM posting_links"))
            entries = [item for entity in POSTING for item in run.quickbooks().query(select(entity))]

    assert watched.seen > len(STAGES)
    assert (carried.result.stock_value, carried.result.ledger_balance) == (STOCK_VALUE, STOCK_VALUE)
    assert carried.result.status == "balanced"
    assert sum(item["TxnDate"].startswith("2024-03") for item in entries) == len(DATED)


POSTING = ("Invoice", "Bill", "Payment", "JournalEntry")
STAGES = ("extracted", "transformed", "loaded", "ledger", "reconciled")


def carry_until(run: Run, stage: str) -> None:
    """Run the stages in their order, up to and with this one, and break off."""
    extract_master_data(run)
    extract_days(run, FIRST_DAY, LAST_DAY)
    if stage != "extracted":
        read_reference_data(run)
        transform(run, FIRST_DAY, LAST_DAY)
    if stage in STAGES[2:]:
        load(run, FIRST_DAY, LAST_DAY)
    if stage in STAGES[3:]:
        read_ledger(run, LAST_DAY)
    raise BrokenOff


def test_a_day_that_was_not_read_to_its_end_is_shown(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, None)
    with shop.run() as run:
        charted(run)
        with Watched(run, 1, committed=True), pytest.raises(BrokenOff):
            extract_days(run, FIRST_DAY, LAST_DAY)
        broken = counts.broken_counts(run)
        before = content_of(run, "records")["records"]

    assert broken
    assert all(row.rows_read is None for row in broken)
    assert sum(row.became["waiting"] for row in broken) == len(before) > 0
