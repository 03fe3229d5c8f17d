"""The way back under faults: each entry once in a target of any abilities, or in a person's hands, whatever happens.

A seed is a life of a few entries: a target that refuses, goes away, loses its answer, carries out what was given up
seconds later; workers that die before or after it; on virtual time. What a target cannot do is stated in its abilities,
and only one that can be neither asked nor told twice may leave an entry to a person.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from qbo_pipeline.errors import TransientError
from qbo_pipeline.posting import core
from qbo_pipeline.posting import write_backs as poster
from qbo_pipeline.posting.events import Row
from qbo_pipeline.posting.states import Reason
from qbo_pipeline.posting.write_backs import POLICY, WriteBackPoster
from qbo_pipeline.returning.targets import (
    Abilities,
    Held,
    InboxAnswer,
    NotTaken,
    NotWritten,
    Outcome,
    TargetEntry,
    Unclear,
    Written,
)
from qbo_pipeline.store import evidence
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.write_backs import write_backs

ABILITIES = [Abilities(finds=finds, idempotent=idempotent) for finds in (True, False) for idempotent in (True, False)]
SEEDS = 10
MANY_SEEDS = 5_000
UNDER_FAULTS = 6  # runs
AFTER_ALL = 8  # runs without faults, with time between them


_LIVES = itertools.count()


class Killed(BaseException):
    """The worker's process is gone."""


class Time:
    """Virtual time: the database's clock and the worker's."""

    def __init__(self) -> None:
        self.at = datetime(2024, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Away(TransientError):
    """The target does not answer."""


class Inbox:
    """A target of given abilities whose faults follow a seed; `writes` counts what it was made to hold."""

    def __init__(self, abilities: Abilities, time: Time, dice: random.Random) -> None:
        self.abilities = abilities
        self.time = time
        self.dice = dice
        self.writes: Counter[tuple[str, int]] = Counter()
        self.late: list[tuple[datetime, TargetEntry]] = []
        self.faulty = True

    def put(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
        self._land()
        fault = self.dice.choice(["none", "none", "away", "lost", "late", "never", "kill before", "kill after", "one"])
        if not self.faulty or fault == "none":
            return [self._write(entry) for entry in entries]
        if fault == "kill before":
            raise Killed
        if fault == "away":
            return [NotWritten("the inbox does not answer")] * len(entries)
        if fault == "never":
            return [Unclear("no answer")] * len(entries)
        if fault == "late":
            within = POLICY.deadline + POLICY.works_on
            self.late += [(self.time.at + timedelta(seconds=self.dice.uniform(1, within)), entry) for entry in entries]
            self.time.sleep(self.dice.uniform(0, POLICY.deadline))
            return [Unclear("no answer")] * len(entries)
        if fault == "one":
            return [NotTaken("not this one"), *(self._write(entry) for entry in entries[1:])]
        for entry in entries:
            self._write(entry)
        if fault == "kill after":
            raise Killed
        return [Unclear("no answer")] * len(entries)

    def find(self, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Held]:
        assert self.abilities.finds
        self._land()
        if self.faulty and self.dice.random() < 0.3:
            raise Away("the inbox does not answer")
        return {name: Held(*name, "create", "{}", "hash") for name in entries if self.writes[name]}

    def newest(self, markers: Sequence[str]) -> dict[str, Held]:
        return {}

    def answers(self, entries: Sequence[tuple[str, int]]) -> list[InboxAnswer]:
        return []

    def close(self) -> None:
        pass

    def _land(self) -> None:
        for at, entry in list(self.late):
            if at <= self.time.at:
                self.late.remove((at, entry))
                self._write(entry)

    def _write(self, entry: TargetEntry) -> Outcome:
        name = (entry.marker, entry.revision)
        self.writes[name] = 1 if self.abilities.idempotent else self.writes[name] + 1
        return Written()


@pytest.fixture(scope="module")
def time() -> Time:
    return Time()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, time: Time) -> Iterator[Database]:
    file: Path = tmp_path_factory.mktemp("write_backs") / "store.sqlite"
    database = open_database(f"sqlite:///{file}", clock=time.now)
    database.upgrade()
    yield database
    database.close()


def entry_rows(count: int, now: datetime) -> list[dict[str, Any]]:
    fresh = {
        "state": "ready", "fence": 0, "attempts": 0, "misses": 0, "crashes": 0, "stale": 0, "doubt": False,
        "alone": False, "recovered": False, "first_seen": now,
    }  # fmt: skip
    return [
        {
            "key": f"Payment/{number}", "revision": 1, "marker": f"M{number}", "operation": "create",
            "kind": "payment_received", "business_date": date(2024, 3, 1), "party_id": "c1", "number": str(number),
            "currency": "USD", "amount": Decimal("1.00"), "payload": "{}", "payload_hash": "hash", **fresh,
        }
        for number in range(count)
    ]  # fmt: skip


def live(shelf: Database, time: Time, abilities: Abilities, seed: int) -> None:
    """One life: runs under faults, then runs without any; then what must hold."""
    dice = random.Random(f"{abilities}{seed}")
    name = f"c{next(_LIVES)}"
    inbox = Inbox(abilities, time, dice)
    with shelf.transaction() as connection:
        store.add(connection, name, entry_rows(dice.randint(1, 4), time.at))
    for run in range(UNDER_FAULTS + AFTER_ALL):
        inbox.faulty = run < UNDER_FAULTS
        with contextlib.suppress(Killed):
            WriteBackPoster(shelf, name, inbox, clock=time).run()
        time.sleep(dice.choice([0.0, 1.0, 30.0, 100.0, 4000.0]) if run < UNDER_FAULTS else 100.0)
    with shelf.reading() as connection:
        rows = store.listed(connection, name)
        assert list(evidence.altered(connection, name)) == []
    for row in rows:
        written = inbox.writes[row["marker"], row["revision"]]
        assert written <= 1, f"{row['key']} was written {written} times"
        assert row["state"] in ("posted", "parked"), f"{row['key']} is {row['state']} at the end"
        if row["state"] == "posted":
            assert written == 1
            continue
        reasons = {Reason.INVALID, Reason.QUARANTINED, Reason.EXHAUSTED}
        if not abilities.finds and not abilities.idempotent:
            reasons.add(Reason.IN_DOUBT)
        assert row["reason"] in reasons
        if abilities.finds and row["reason"] != Reason.QUARANTINED:
            assert not written, f"{row['key']} is parked as {row['reason']} and is there"


@pytest.mark.parametrize("abilities", ABILITIES, ids=lambda one: f"finds={one.finds}, idempotent={one.idempotent}")
def test_each_entry_is_there_once_or_in_a_persons_hands(shelf: Database, time: Time, abilities: Abilities) -> None:
    lives(shelf, time, abilities, range(SEEDS))


def lives(shelf: Database, time: Time, abilities: Abilities, seeds: range) -> None:
    for seed in seeds:
        live(shelf, time, abilities, seed)


def without_the_look(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Inbox, "find", lambda self, entries: {})


def without_patience(patched: pytest.MonkeyPatch) -> None:
    hasty = replace(POLICY, deadline=0.1, works_on=0.1, settle=8.2, lag=0.0, lease=10.0, margin=2.0)
    begin = WriteBackPoster.__init__
    patched.setattr(WriteBackPoster, "__init__", lambda *given, **named: begin(*given, **{**named, "policy": hasty}))


def without_the_question(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(poster, "CannotTell", lambda message: [])


@pytest.mark.parametrize(
    ("take_away", "finds"), [(without_the_look, True), (without_patience, True), (without_the_question, False)]
)
def test_each_defence_is_missed_once_it_is_taken_away(
    shelf: Database, time: Time, monkeypatch: pytest.MonkeyPatch, take_away: Any, finds: bool
) -> None:
    take_away(monkeypatch)
    with pytest.raises(AssertionError):
        lives(shelf, time, Abilities(finds=finds, idempotent=False), range(10_000, 10_200))


@pytest.mark.torture
@pytest.mark.parametrize("abilities", ABILITIES, ids=lambda one: f"finds={one.finds}, idempotent={one.idempotent}")
def test_many_lives(shelf: Database, time: Time, abilities: Abilities) -> None:
    lives(shelf, time, abilities, range(SEEDS, MANY_SEEDS))


def test_a_newer_revision_waits_for_the_fate_of_the_one_before(shelf: Database, time: Time) -> None:
    name = "revisions"
    inbox = Inbox(Abilities(finds=True, idempotent=False), time, random.Random(0))
    first, second = entry_rows(1, time.at)[0], {**entry_rows(1, time.at)[0], "revision": 2, "operation": "update"}
    with shelf.transaction() as connection:
        doubtful = {"state": "unknown", "doubt": True, "sent_at": time.at, "superseded_by": 2}
        store.add(connection, name, [{**first, **doubtful, "not_before": time.at + timedelta(seconds=60)}])
        store.add(connection, name, [second])
    inbox.faulty = False
    assert WriteBackPoster(shelf, name, inbox, clock=time).run().written == 0
    time.sleep(61)
    for _ in range(4):
        WriteBackPoster(shelf, name, inbox, clock=time).run()
        time.sleep(5)
    # The first one never arrived and is not sent any more: the second says all.
    assert +inbox.writes == Counter({("M0", 2): 1})
    with shelf.reading() as connection:
        assert [row["state"] for row in store.listed(connection, name)] == ["posted"]


def test_the_claims_are_those_of_the_core(shelf: Database, time: Time) -> None:
    """What the queries find of each state and moment is what the core allows."""
    name, moments = "claims", (None, time.at - timedelta(seconds=500), time.at + timedelta(seconds=500))
    rows: list[dict[str, Any]] = []
    for state in ("ready", "sending", "unknown", "posted", "parked", "skipped"):
        for sent_at in moments:
            for lease_until in moments:
                for not_before in moments:
                    own = {"state": state, "sent_at": sent_at, "lease_until": lease_until, "not_before": not_before}
                    rows.append({**entry_rows(1, time.at)[0], "key": f"Payment/{len(rows)}", **own})
    with shelf.transaction() as connection:
        store.add(
            connection,
            name,
            [{**row, **dict.fromkeys(("sent_at", "lease_until", "not_before")), **row} for row in rows],
        )
        sent = {row["key"] for row in store.ready(connection, name, time.at, 1_000, alone=False)}
        looked = {row["key"] for row in store.in_doubt(connection, name, time.at, POLICY.settle, 1_000)}
        connection.execute(write_backs.delete().where(write_backs.c.connection == name))
    at = time.at.timestamp()
    seen = [
        Row(
            row["key"], 1, state=row["state"],
            **{field: row[field] and row[field].timestamp() for field in ("sent_at", "lease_until", "not_before")},
        )
        for row in rows
    ]  # fmt: skip
    assert sent == {row.key for row in seen if core.may_send(row, at)}
    assert looked == {row.key for row in seen if core.may_look(row, at, POLICY)}
    assert sent
    assert looked


def test_nothing_is_left_of_a_run_that_another_process_took_over(shelf: Database, time: Time) -> None:
    """A worker that was away for longer than its lease writes nothing about rows that another one has settled."""
    name = "taken over"
    with shelf.transaction() as connection:
        store.add(connection, name, entry_rows(1, time.at))

    class Slow(Inbox):
        def put(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
            time.sleep(POLICY.settle + 10)
            other = Inbox(self.abilities, time, self.dice)
            other.faulty = False
            for _ in range(4):
                WriteBackPoster(shelf, name, other, clock=time).run()
                time.sleep(5)
            assert other.writes["M0", 1] == 1
            return [NotWritten("it did not leave")] * len(entries)

    done = WriteBackPoster(
        shelf, name, Slow(Abilities(finds=True, idempotent=True), time, random.Random(0)), clock=time
    ).run()
    assert done.events["fenced"] == 1
    with shelf.reading() as connection:
        assert (
            connection.execute(text(f"SELECT state FROM write_backs WHERE connection = '{name}'")).scalar_one()
            == "posted"
        )
