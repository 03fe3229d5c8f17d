"""Limits shared through the store: several pacers stand for several processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from qbo_pipeline.quickbooks.pacing import BATCH, CALL, FURTHEST_SECONDS, Limits
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.pacing import StoredPacer
from qbo_pipeline_tests.quickbooks.fakes import VirtualClock, WorkersClock
from qbo_pipeline_tests.quickbooks.windows import assert_within_qbo_limits


@contextmanager
def _shared(url: str) -> Iterator[tuple[Database, VirtualClock]]:
    clock = VirtualClock()
    database = open_database(url, clock=clock.now)
    try:
        yield database, clock
    finally:
        database.close()


def test_processes_share_the_limits_and_fill_them(store_url: str) -> None:
    """Two processes, each with two threads that send batches and four that send single calls, for 90 seconds."""
    seconds = 90.0
    kinds = [BATCH, BATCH, CALL, CALL, CALL, CALL] * 2
    clock = WorkersClock(len(kinds))
    database = open_database(store_url, clock=clock.now)
    pacers = [StoredPacer(database, "1", clock=clock) for _ in range(2)]
    started = clock.monotonic()
    sent: list[tuple[float, str]] = []

    def work(pacer: StoredPacer, kind: str) -> None:
        try:
            while clock.monotonic() < started + seconds:
                assert pacer.acquire(kind, 120) == 0.0
                sent.append((clock.monotonic(), kind))
                clock.sleep(0.3)  # the answer
        finally:
            clock.leave()

    threads = [threading.Thread(target=work, args=(pacers[i % 2], kind)) for i, kind in enumerate(kinds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    database.close()
    calls = [instant for instant, _ in sent]
    batches = [instant for instant, kind in sent if kind == BATCH]
    assert_within_qbo_limits(calls, batches)
    assert len(batches) >= 0.98 * 40 * seconds / 60
    assert len(calls) >= 0.98 * 500 * seconds / 60


def test_batches_of_two_processes_fill_their_limit(store_url: str) -> None:
    with _shared(store_url) as (database, clock):
        pacers = [StoredPacer(database, "1", clock=clock) for _ in range(2)]
        started = clock.monotonic()
        instants = []
        for turn in range(120):
            pacers[turn % 2].acquire(BATCH, 60)
            instants.append(clock.monotonic())
        assert_within_qbo_limits(instants, instants)
        assert len(instants) >= 0.98 * 40 * (instants[-1] - started) / 60


def test_realms_do_not_wait_for_each_other(store_url: str) -> None:
    with _shared(store_url) as (database, clock):
        one, other = (StoredPacer(database, realm, clock=clock) for realm in "12")
        assert one.acquire(BATCH, 0) == 0.0
        assert other.acquire(BATCH, 0) == 0.0
        assert one.acquire(BATCH, 0) > 1


def test_a_429_to_one_process_quiets_the_slots_of_all(store_url: str) -> None:
    with _shared(store_url) as (database, clock):
        one, other = (StoredPacer(database, "1", clock=clock) for _ in range(2))
        for _ in range(4):
            other.acquire(CALL, 60)  # the other one holds a block of slots by now
        one.quiet(60)
        started = clock.monotonic()
        assert other.acquire(CALL, 120) == 0.0
        assert clock.monotonic() - started >= 60


def test_a_slot_beyond_ones_patience_is_left_to_others(store_url: str) -> None:
    with _shared(store_url) as (database, clock):
        one, other = (StoredPacer(database, "1", clock=clock) for _ in range(2))
        one.acquire(BATCH, 0)
        wait = one.acquire(BATCH, 1)
        assert 1.5 < wait < 1.6
        started = clock.monotonic()
        assert other.acquire(BATCH, 2) == 0.0
        assert clock.monotonic() - started == pytest.approx(wait, abs=0.01)


def test_queueing_calls_write_to_the_database_a_few_times_a_second(store_url: str) -> None:
    with _shared(store_url) as (database, clock):
        pacer = StoredPacer(database, "1", clock=clock)
        updates: list[str] = []
        event.listen(
            database.engine,
            "before_cursor_execute",
            lambda *a: updates.append(a[2]) if "UPDATE pacing" in a[2] else None,
        )
        started = clock.monotonic()
        for _ in range(200):
            pacer.acquire(CALL, 60)
        assert len(updates) <= 2 * (clock.monotonic() - started)


def test_scaled_limits(store_url: str) -> None:
    with _shared(store_url) as (database, clock):
        pacer = StoredPacer(database, "1", Limits().scaled(100), clock=clock)
        started = clock.monotonic()
        for _ in range(100):
            pacer.acquire(BATCH, 60)
        assert clock.monotonic() - started < 2


class SteppingClock(VirtualClock):
    """The database's clock can be set; the machine's own seconds go on evenly."""

    step = timedelta(0)

    def stepped(self) -> datetime:
        return self.now() + self.step


_HOURS = st.sampled_from([-86_400.0 * 400, -3600.0, -90.0, -5.0, 5.0, 90.0, 3600.0, 86_400.0 * 400])
_ACTS = st.one_of(
    st.tuples(st.just("step"), _HOURS | st.floats(-10_000, 10_000)),
    st.tuples(st.sampled_from([CALL, BATCH]), st.integers(0, 1)),
    st.tuples(st.just("quiet"), st.integers(0, 1)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_ACTS, max_size=40))
@example([("step", 3600.0), (BATCH, 0), (CALL, 1), ("quiet", 0), ("step", -3600.0), (BATCH, 1), (CALL, 0)])
def test_no_step_of_any_clock_makes_anybody_wait_longer_than_the_limits_can(acts: list[tuple[str, float]]) -> None:
    clock = SteppingClock()
    database = open_database("sqlite:///:memory:", clock=clock.stepped)
    pacers = [StoredPacer(database, "1", clock=clock) for _ in range(2)]
    for act, number in acts:
        if act == "step":
            clock.step += timedelta(seconds=number)
        elif act == "quiet":
            pacers[int(number)].quiet(60)
        else:
            started = clock.monotonic()
            if wait := pacers[int(number)].acquire(act, FURTHEST_SECONDS):
                clock.advance(wait)
                assert pacers[int(number)].acquire(act, FURTHEST_SECONDS) == 0.0
            assert clock.monotonic() - started <= FURTHEST_SECONDS + 5
    database.close()


def test_a_clock_that_was_an_hour_ahead_once_stops_nobody(store_url: str) -> None:
    clock = SteppingClock()
    database = open_database(store_url, clock=clock.stepped)
    pacer = StoredPacer(database, "1", clock=clock)
    clock.step = timedelta(hours=1)
    pacer.quiet(60)
    for kind in (CALL, BATCH):
        assert pacer.acquire(kind, 120) == 0.0
    clock.step = timedelta(0)
    started = clock.monotonic()
    for kind in (CALL, BATCH):
        assert pacer.acquire(kind, 120) == 0.0
    assert clock.monotonic() - started < 70
    database.close()
