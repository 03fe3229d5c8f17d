"""Virtual time: the clock that tokens, limits, changes and late commits follow, and what is due on it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

log = logging.getLogger(__name__)

Due = Callable[[], Coroutine[Any, Any, None] | None]


class VirtualClock:
    """Aware UTC time that runs with real time, can be moved forwards, and can stand still; it goes back by a rewind."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset
        self._stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        """The same as `now`, for code that takes a clock as a callable."""
        return self.now()

    def now(self) -> datetime:
        """The present instant of the emulator, aware, UTC."""
        return self._stopped_at or datetime.now(UTC) + self._offset

    def seconds(self) -> float:
        """The present instant as seconds since 1970; for windows and ages, never for an amount."""
        return self.now().timestamp()

    @property
    def offset(self) -> timedelta:
        """How far this clock is ahead of real time."""
        return self.now() - datetime.now(UTC) if self._stopped_at else self._offset

    @property
    def running(self) -> bool:
        return self._stopped_at is None

    def move_to(self, instant: datetime) -> None:
        """Set the clock to a later instant.

        Raises ValueError for an instant without time zone and for one in the clock's past.
        """
        if instant.tzinfo is None:
            raise ValueError("The instant has no time zone; write it like 2026-01-31T12:00:00Z.")
        if instant < self.now():
            raise ValueError(f"The clock stands at {self.now().isoformat()} and only goes forwards.")
        if self._stopped_at is not None:
            self._stopped_at = instant.astimezone(UTC)
        else:
            self._offset = instant - datetime.now(UTC)

    def go_back_to(self, instant: datetime) -> None:
        """Set the clock to any instant; for a company that is rewound together with it."""
        if self._stopped_at is not None:
            self._stopped_at = instant.astimezone(UTC)
        else:
            self._offset = instant - datetime.now(UTC)

    def stop(self) -> None:
        """Let time stand still until `run` or `move_to`."""
        self._stopped_at = self.now()

    def run(self) -> None:
        """Let time run again from where it stands."""
        if self._stopped_at is not None:
            self._offset = self._stopped_at - datetime.now(UTC)
            self._stopped_at = None


class Schedule:
    """What happens at a later instant of the virtual clock, in the order of the instants.

    What is due may take its time (a coroutine): it runs beside everything else, and only `advance_to` waits for it.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self._heap: list[tuple[float, int, Due]] = []
        self._numbers = itertools.count()
        self._changed = asyncio.Event()
        self._running: set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        return len(self._heap)

    def clear(self) -> None:
        """Forget everything that was to happen; what has begun goes on."""
        self._heap.clear()
        self._changed.set()

    def after(self, seconds: float, due: Due) -> None:
        """Call `due` when `seconds` of virtual time have passed."""
        heapq.heappush(self._heap, (self.clock.seconds() + seconds, next(self._numbers), due))
        self._changed.set()

    def run_due(self) -> None:
        """Begin everything whose instant has come."""
        while self._heap and self._heap[0][0] <= self.clock.seconds():
            self._begin_first()

    async def advance_to(self, target: datetime) -> None:
        """Move the clock to `target`; what falls due on the way is done at its own instant, to its end.

        Raises ValueError as `VirtualClock.move_to` does.
        """
        if target.tzinfo is None or target < self.clock.now():
            self.clock.move_to(target)
        await self._finish_running()
        while self._heap and self._heap[0][0] <= target.timestamp():
            self._move_to(datetime.fromtimestamp(self._heap[0][0], UTC))
            self._begin_first()
            await self._finish_running()
        self._move_to(target)
        self._changed.set()

    def _move_to(self, instant: datetime) -> None:
        """Time may have run past it meanwhile: then there is nothing to do."""
        with suppress(ValueError):
            self.clock.move_to(instant)

    async def keep_running(self) -> None:
        """Do what falls due as time goes by, until cancelled."""
        while True:
            self.run_due()
            self._changed.clear()
            wait = None
            if self._heap and self.clock.running:
                wait = max(0.0, self._heap[0][0] - self.clock.seconds()) + 0.001
            try:
                await asyncio.wait_for(self._changed.wait(), wait)
            except TimeoutError:
                continue

    def _begin_first(self) -> None:
        _, _, due = heapq.heappop(self._heap)
        try:
            outcome = due()
        except Exception:
            log.exception("what was due in virtual time failed")
            return
        if outcome is not None:
            task = asyncio.ensure_future(outcome)
            self._running.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Future[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("what was due in virtual time failed", exc_info=task.exception())

    async def _finish_running(self) -> None:
        while self._running:
            await asyncio.wait(self._running)
            await asyncio.sleep(0)  # lets the callbacks of what has finished run
