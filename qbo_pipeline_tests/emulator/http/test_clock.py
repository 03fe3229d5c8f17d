"""Virtual time: it moves forwards only, and what is due on the way happens at its own instant."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from qbo_pipeline.emulator.http.clock import Schedule, VirtualClock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def stopped_clock() -> VirtualClock:
    clock = VirtualClock()
    clock.stop()
    clock._stopped_at = START
    return clock


def test_a_stopped_clock_stands_still_until_it_is_moved() -> None:
    clock = stopped_clock()
    assert clock.now() == clock.now() == START
    clock.move_to(START + timedelta(days=100))
    assert clock.now() == START + timedelta(days=100)


def test_a_clock_that_runs_again_goes_on_from_where_it_stood() -> None:
    clock = stopped_clock()
    clock.move_to(datetime.now(UTC) + timedelta(days=30))
    stood_at = clock.now()
    clock.run()
    assert stood_at <= clock.now() < stood_at + timedelta(minutes=5)
    assert timedelta(days=29) < clock.offset <= timedelta(days=30)


@pytest.mark.parametrize(
    ("instant", "words"),
    [(START - timedelta(seconds=1), "only goes forwards"), (datetime(2027, 1, 1), "no time zone")],  # noqa: DTZ001
)
def test_the_clock_refuses_the_past_and_instants_without_zone(instant: datetime, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        stopped_clock().move_to(instant)


def test_what_falls_due_happens_in_order_and_at_its_own_instant() -> None:
    clock = stopped_clock()
    happened: list[tuple[str, datetime]] = []

    async def scenario() -> None:
        schedule = Schedule(clock)

        async def again() -> None:
            happened.append(("again", clock.now()))

        def first() -> None:
            happened.append(("first", clock.now()))
            schedule.after(5, again)

        schedule.after(60, lambda: happened.append(("last", clock.now())))
        schedule.after(10, first)
        schedule.after(7_200, lambda: happened.append(("too late", clock.now())))
        await schedule.advance_to(START + timedelta(hours=1))

    asyncio.run(scenario())
    assert happened == [
        ("first", START + timedelta(seconds=10)),
        ("again", START + timedelta(seconds=15)),
        ("last", START + timedelta(seconds=60)),
    ]
    assert clock.now() == START + timedelta(hours=1)
