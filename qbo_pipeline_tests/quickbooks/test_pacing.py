"""The limits: never exceeded in any window, however calls come, and nearly reached when there is enough to send."""

from __future__ import annotations

import heapq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.quickbooks.pacing import BATCH, CALL, LATE_SECONDS, Limits, MemoryPacer, Schedule
from qbo_pipeline_tests.quickbooks.fakes import VirtualClock
from qbo_pipeline_tests.quickbooks.windows import assert_within_qbo_limits, most_within

demands = st.lists(
    st.tuples(
        st.sampled_from([CALL, CALL, CALL, BATCH]),
        st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.5, 3.0, 61.0]),
        st.integers(1, 8),
    ),
    max_size=400,
)


@settings(max_examples=200, deadline=None)
@given(demands)
def test_no_window_ever_holds_more_than_is_allowed(demands: list[tuple[str, float, int]]) -> None:
    schedule, now = Schedule(), 0.0
    calls: list[float] = []
    batches: list[float] = []
    for kind, gap, count in demands:
        now += gap
        slots, schedule = schedule.reserve(kind, now, Limits(), count if kind == CALL else 1)
        assert all(slot >= now for slot in slots)
        calls += slots
        batches += slots if kind == BATCH else []
    assert_within_qbo_limits(calls, batches)


def _saturated(
    batch_workers: int, call_workers: int, seconds: float, latency: float
) -> tuple[list[float], list[float]]:
    """Calls and batches that workers make who take the next slot as soon as their call is answered."""
    schedule = Schedule()
    calls: list[float] = []
    batches: list[float] = []
    ready = [(0.0, number, BATCH if number < batch_workers else CALL) for number in range(batch_workers + call_workers)]
    heapq.heapify(ready)
    while ready[0][0] < seconds:
        now, number, kind = heapq.heappop(ready)
        (slot,), schedule = schedule.reserve(kind, now, Limits())
        if slot < seconds:
            calls.append(slot)
            batches += [slot] if kind == BATCH else []
        heapq.heappush(ready, (slot + latency, number, kind))
    return calls, batches


@pytest.mark.parametrize(
    ("batch_workers", "call_workers", "latency"), [(4, 0, 4.0), (0, 8, 0.5), (4, 8, 0.5), (1, 1, 0.05)]
)
def test_what_there_is_to_send_nearly_fills_the_limits(batch_workers: int, call_workers: int, latency: float) -> None:
    minutes = 10
    calls, batches = _saturated(batch_workers, call_workers, minutes * 60, latency)
    assert_within_qbo_limits(calls, batches)
    if batch_workers:
        assert len(batches) >= 0.98 * 40 * minutes
    if call_workers:
        assert len(calls) >= 0.98 * 500 * minutes


def test_delays_of_a_few_hundred_milliseconds_do_not_break_a_window() -> None:
    calls, batches = _saturated(4, 8, 300, 0.5)
    late = [slot + (LATE_SECONDS if slot < 120 else 0.0) for slot in calls]
    late_batches = [slot + (LATE_SECONDS if slot < 120 else 0.0) for slot in batches]
    assert most_within(late, 60) <= 500
    assert most_within(late_batches, 60) <= 40


def test_waiting_takes_the_time_until_the_slot() -> None:
    clock = VirtualClock()
    pacer = MemoryPacer(clock=clock)
    started = clock.monotonic()
    assert [pacer.acquire(BATCH, 60) for _ in range(41)] == [0.0] * 41
    assert 60 <= clock.monotonic() - started < 61


def test_a_slot_beyond_ones_patience_is_not_taken() -> None:
    clock = VirtualClock()
    pacer = MemoryPacer(clock=clock)
    pacer.acquire(BATCH, 0)
    before = clock.monotonic()
    wait = pacer.acquire(BATCH, 1.0)
    assert 1.5 < wait < 1.6
    assert clock.monotonic() == before
    assert pacer.acquire(BATCH, wait) == 0.0
    assert clock.monotonic() == pytest.approx(before + wait)


@pytest.mark.parametrize("kind", [CALL, BATCH])
def test_after_a_429_nobody_gets_a_slot_for_a_minute(kind: str) -> None:
    clock = VirtualClock()
    pacer = MemoryPacer(clock=clock)
    pacer.quiet(60)
    pacer.quiet(5)  # does not shorten the rest
    assert pacer.acquire(kind, 59.9) == pytest.approx(60)
    started = clock.monotonic()
    assert pacer.acquire(kind, 61) == 0.0
    assert clock.monotonic() - started >= 60


class Restless(VirtualClock):
    """A clock on which something happens while somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.once = lambda: None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        once, self.once = self.once, lambda: None
        once()


def test_a_rest_that_begins_while_one_waits_holds_for_the_one_who_waits() -> None:
    clock = Restless()
    pacer = MemoryPacer(clock=clock)
    pacer.acquire(BATCH, 0)
    clock.once = lambda: pacer.quiet(60)
    started = clock.monotonic()
    assert pacer.acquire(BATCH, 120) == 0.0
    assert clock.monotonic() - started >= 61


def test_a_slot_that_was_overslept_is_given_up() -> None:
    clock = Restless()
    pacer = MemoryPacer(clock=clock)
    pacer.acquire(BATCH, 0)
    clock.once = lambda: clock.advance(10)
    first = clock.monotonic()
    assert pacer.acquire(BATCH, 60) == 0.0
    second = clock.monotonic()
    assert second - first >= 11.5
    assert pacer.acquire(BATCH, 0) > 1.5


def test_scaled_limits_scale_every_spacing() -> None:
    limits = Limits().scaled(10)
    assert limits.batch_spacing() == pytest.approx(Limits().batch_spacing() / 10)
    assert limits.call_spacing(True) == pytest.approx(Limits().call_spacing(True) / 10)
