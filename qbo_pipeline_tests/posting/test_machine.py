"""A random life of a few documents: changes, faults, crashes, people's hands in QBO; on SQLite and on PostgreSQL.

The emulator is QBO. After each run that ends well, and at the end of each life, what the source says, what the store
says and what QBO holds must agree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from qbo_pipeline.posting.asking import Intent
from qbo_pipeline.posting.decisions import approve, retry
from qbo_pipeline.posting.drift import compare
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.wire import to_wire
from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.posting.harness import VirtualClock, client, connect, intent, journal_entry, take_in

LIVES, STEPS = 60, 50  # for each database and each commit
TORTURE_LIVES, TORTURE_STEPS = int(os.environ.get("QBO_PIPELINE_TORTURE_LIVES", "5000")), 100
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
# A life holds more crashes than bad luck does: here they must not quarantine, so that all must be posted.
SETTINGS = PosterSettings(Policy(attempts=1000, crashes=1000), batch_workers=1, single_workers=0, patience=2000)
ONCE = {"times": 1}
FAULTS: dict[str, dict[str, Any]] = {
    "lost": {"kind": "lost_answer", "commit": False, **ONCE},
    "committed": {"kind": "lost_answer", "commit": True, **ONCE},
    "half done": {"kind": "lost_answer", "operation": "batch", "commit": True, "items": 1, **ONCE},
    "server error": {"kind": "server_error", "commit": True, **ONCE},
    "torn": {"kind": "torn_batch", "operation": "batch", "items": 0, **ONCE},
    "shuffled": {"kind": "shuffled_batch", "operation": "batch", **ONCE},
    "html": {"kind": "html", "commit": True, **ONCE},
    "refused": {"kind": "refusal", "code": "6000", **ONCE},
}
NUMBERS = st.integers(0, 3)
_names = count(1)


class Killed(BaseException):
    """The process is gone."""


class Killer:
    """A client that dies at one of its calls, before or after QBO has done what it was asked."""

    def __init__(self, company: Any) -> None:
        self.realm = company.realm
        self.fuse: tuple[int, bool] | None = None
        self._company = company

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._company, name)

        def call(*arguments: Any, **named: Any) -> Any:
            if self.fuse is None:
                return method(*arguments, **named)
            left, after = self.fuse
            self.fuse = (left - 1, after)
            if left == 0 and not after:
                raise Killed
            answer = method(*arguments, **named)
            if left == 0:
                raise Killed
            return answer

        return call


class Life(RuleBasedStateMachine):
    """Four journals of one connection."""

    database: Database
    clock: VirtualClock
    emulator: Any
    plain: Any
    accounts: tuple[str, str]
    touched = False  # whether QBO may hold something else than when it was looked at last

    @initialize(repeated=st.sampled_from(["honour", "ignore", "fault"]))
    def begin(self, repeated: str) -> None:
        """`repeated` is what QBO does with a requestid that it has seen."""
        self.emulator.control("settings", {"request_id": repeated})
        self.name = f"life{next(_names)}"
        self.identity = connect(self.database, self.emulator.realm, self.name)
        self.company = Killer(self.plain)
        self.wanted: dict[int, Decimal] = {}
        self.edited: set[int] = set()
        self.deleted: set[int] = set()
        self.gone: list[str] = []  # Ids of what people deleted
        self.refused = False
        self.emulator.order()

    @rule(number=NUMBERS, cents=st.integers(1, 500))
    def source_says(self, number: int, cents: int) -> None:
        """A new document, or a changed one, or the same again."""
        self.wanted[number] = Decimal(cents) / 100
        draft = journal_entry(f"{self.name}-{number}", *self.accounts, self.wanted[number])
        take_in(self.database, self.identity, [intent(draft)], name=self.name)

    @rule(number=NUMBERS)
    def source_takes_back(self, number: int) -> None:
        if self.wanted.pop(number, None) is not None:
            take_in(self.database, self.identity, [Intent(f"movement/{self.name}-{number}", "")], name=self.name)

    @rule(faults=st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=3))
    def qbo_will_fail(self, faults: list[str]) -> None:
        self.refused = self.refused or "refused" in faults
        # Of writes only: the test's own eyes must not be hurt.
        self.emulator.order(
            *(
                {"operation": operation, **FAULTS[name]}
                for name in faults
                for operation in ("batch", "create", "update", "delete")
                if FAULTS[name].get("operation", operation) == operation
            )
        )

    @rule()
    def nightly_run(self) -> None:
        summary = self._poster().run(self.name)
        if summary.complete:
            self._agree()

    @rule(call=st.integers(0, 3), after=st.booleans())
    def run_that_dies(self, call: int, after: bool) -> None:
        self.company.fuse = (call, after)
        try:
            self._poster().run(self.name)
        except Killed:
            pass
        finally:
            self.company.fuse = None

    @rule(seconds=st.integers(1, 1000))
    def time_passes(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    @precondition(lambda self: self.wanted)
    @rule(number=NUMBERS)
    def somebody_edits(self, number: int) -> None:
        for thing in self._there().get(number, []):
            body = {"Id": thing["Id"], "SyncToken": thing["SyncToken"], "TxnDate": "2026-03-20"}
            self.emulator.order()
            self.plain.update("JournalEntry", body)
            self.touched = True
            self.edited.add(number)
        self._look_for_drift()

    @precondition(lambda self: self.wanted)
    @rule(number=NUMBERS)
    def somebody_deletes(self, number: int) -> None:
        for thing in self._there().get(number, []):
            self.emulator.order()
            body = {"Id": thing["Id"], "SyncToken": thing["SyncToken"]}
            self.plain.send("POST", "journalentry", (("operation", "delete"),), to_wire(body))
            self.touched = True
            self.edited.discard(number)
            self.deleted.add(number)
            self.gone.append(thing["Id"])
        self._look_for_drift()

    @rule(number=NUMBERS, decision=st.sampled_from([retry, approve]))
    def somebody_decides(self, number: int, decision: Callable[..., None]) -> None:
        with suppress(NotPossible):
            decision(self.database, self.name, f"movement/{self.name}-{number}", Person("a clerk", "looked at it"))

    def _look_for_drift(self) -> None:
        mine = [thing for things in self._there().values() for thing in things]
        with self.database.transaction() as transaction:
            now = self.database.now(transaction)
            compare(transaction, self.name, "JournalEntry", mine, self.gone, now=now)

    @invariant()
    def nothing_is_there_twice_and_what_a_person_changed_stays(self) -> None:
        """I1 and I16, whenever QBO may have changed."""
        if not self.touched:
            return
        self.touched = False
        there = self._there()
        assert all(len(things) <= 1 for things in there.values())
        for number in self.edited & there.keys():
            assert there[number][0]["TxnDate"] == "2026-03-20"

    def teardown(self) -> None:
        if hasattr(self, "name"):
            self.emulator.order()
            for _ in range(4):
                self.clock.sleep(2000)
                summary = self._poster().run(self.name)
                if summary.complete:
                    break
            assert summary.complete, summary
            self._agree()
            assert self._poster().run(self.name).calls == 0
            with self.database.reading() as reading:
                assert attempts.verify(reading, self.name) == []

    def _poster(self) -> Poster:
        self.touched = True
        return Poster(self.database, self.company, self.clock, SETTINGS)

    def _there(self) -> dict[int, list[Any]]:
        """QBO's objects of this life, by document."""
        with self.database.reading() as reading:
            rows = reading.execute(
                postings.select().where(postings.c.connection == self.name, postings.c.number.is_not(None))
            ).mappings()
            numbers = {row["number"]: int(row["key"].rpartition("-")[2]) for row in rows}
        found: dict[int, list[Any]] = {}
        if numbers:
            for thing in self.plain.query(select("JournalEntry").where("DocNumber", "IN", sorted(numbers))):
                assert marker_in(thing["PrivateNote"]) is not None
                found.setdefault(numbers[thing["DocNumber"]], []).append(thing)
        return found

    def _agree(self) -> None:
        """Each document is in QBO once with its amount, or its state says why not; nothing else is there."""
        self._look_for_drift()
        there = self._there()
        with self.database.reading() as reading:
            newest = {
                int(row["key"].rpartition("-")[2]): row
                for row in reading.execute(
                    postings.select().where(postings.c.connection == self.name, postings.c.superseded_by.is_(None))
                ).mappings()
            }
        for number, amount in self.wanted.items():
            row, things = newest[number], there.get(number, [])
            if row["state"] == "posted":
                assert [thing["Line"][0]["Amount"] for thing in things] == [amount]
            elif row["state"] == "parked":
                assert self.refused or number in self.edited | self.deleted, row["message"]
            elif row["state"] == "drifted":
                assert number in self.edited
            else:
                assert row["state"] == "deleted_in_qbo"
                assert number in self.deleted
                assert things == []
        for number in there.keys() - self.wanted.keys():
            assert newest[number]["state"] in ("parked", "drifted"), newest[number]
            assert self.refused or number in self.edited


@pytest.fixture
def life(store_url: str) -> Iterator[Callable[[int, int], None]]:
    """Plays lives on one store against one emulator."""
    clock = VirtualClock(START)
    database = open_database(store_url, clock=clock.now)
    with running_emulator("--limits", "off") as emulator:
        plain = client(emulator, clock=clock)
        accounts = [a["Id"] for a in plain.query(select("Account").where("AccountType", "=", "Other Current Asset"))]
        fields = {"database": database, "clock": clock, "emulator": emulator, "plain": plain, "accounts": accounts[:2]}
        machine = type("LifeOnOneStore", (Life,), fields)

        def play(lives: int, steps: int) -> None:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=lives,
                    stateful_step_count=steps,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                    print_blob=True,
                ),
            )

        yield play
        plain.close()
    database.close()


def test_lives(life: Callable[[int, int], None]) -> None:
    life(LIVES, STEPS)


@pytest.mark.torture
def test_many_lives(life: Callable[[int, int], None]) -> None:
    """QBO_PIPELINE_TORTURE_LIVES sets how many lives on each database."""
    life(TORTURE_LIVES, TORTURE_STEPS)
