"""An account of a system that keeps no history, some days of a company in it, and what happens while it is read.

What belongs here: the account, people at work in it, and what must hold whatever they do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from qbo_pipeline.demo import changes
from qbo_pipeline.pipeline import landed
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.quickbooks.clock import SystemClock
from qbo_pipeline.settings import load_settings
from qbo_pipeline.systems.changes import Thing
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.systems.boxes import RunningSyncro, RunningZuper
from qbo_pipeline_tests.systems.evenings import LAST, Evenings
from qbo_pipeline_tests.systems.readings import Reading, next_day


@dataclass(frozen=True, slots=True)
class Account:
    """Some days of the company, and a connection that has read none of them."""

    path: Path
    reading: Reading
    box: RunningSyncro | RunningZuper
    evenings: Evenings

    def landed(self, kind: str) -> dict[str, str]:
        with open_run(load_settings(self.reading.file)) as run:
            query = "SELECT object_id, content FROM landed_objects WHERE kind = :kind AND vanished_at IS NULL"
            return {row["object_id"]: row["content"] for row in rows(run, query, kind=kind)}

    def there(self) -> dict[str, dict[str, Thing]]:
        """What the box has now, by kind and id."""
        self.box.box.world.refresh()
        return self.box.box.world.objects

    def assert_all_is_landed(self) -> None:
        for kind, there in self.there().items():
            assert self.landed(kind).keys() == there.keys()

    def set_aside(self) -> list[str]:
        """The rules by which documents were set aside, in order."""
        with open_run(load_settings(self.reading.file)) as run:
            query = "SELECT rule FROM records WHERE disposition = 'set_aside' AND record_type = 'document'"
            return sorted(row["rule"] for row in rows(run, query))


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for hardly anything between attempts."""

    class Impatient(SystemClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(min(seconds, 0.01))

    monkeypatch.setattr(landed, "SystemClock", Impatient)
    monkeypatch.setattr(landed._Pace, "quiet", lambda self, seconds: None)


def assert_nothing_is_lost_while_pages_move(account: Account, kinds: Collection[str], seed: int) -> None:
    """The newest come first: what is entered and deleted between two pages moves everything behind it."""
    account.evenings.end()
    account.reading.read(LAST)
    next_day(account.reading)  # every list is read whole
    dice = Random(seed)
    busy = 20

    def work(path: str) -> None:
        nonlocal busy
        if busy:
            busy -= 1
            dice.choice((_touch, delete_payment))(account.path, dice)

    account.box.box.door.between_pages = work
    before = {kind: account.landed(kind).keys() for kind in kinds}
    account.reading.read(LAST)
    assert busy < 20
    there = account.there()
    for kind, known in before.items():
        assert known & there[kind].keys() <= account.landed(kind).keys()
    account.box.box.door.between_pages = None
    next_day(account.reading)
    account.reading.read(LAST)
    account.assert_all_is_landed()


def _touch(path: Path, dice: Random) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE invoices SET memo = ? WHERE id IN (SELECT id FROM invoices ORDER BY (id * ?) % 101 LIMIT 2)",
                   (f"X{dice.random()}", dice.randrange(1, 97)))  # fmt: skip


def delete_payment(path: Path, dice: Random) -> None:
    """Delete a payment that was received, where there is one."""
    with closing(sqlite3.connect(path)) as db:
        numbers = [
            number for (number,) in db.execute("SELECT number FROM bank_entries WHERE kind = 'payment_received'")
        ]
    if numbers:
        changes.delete(path, dice.choice(numbers))
