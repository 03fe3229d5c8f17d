"""QBO's limits, kept before QBO has to refuse: evenly spaced slots, one for each call.

Intuit allows 500 calls a minute and 10 a second for a realm and 40 batches a minute for a realm and app, and asks
for 60 seconds of rest after a 429. Slots are spaced at 99 % of that, so that no window, wherever it begins and
however a few hundred milliseconds of delay push its calls together, holds more than is allowed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Protocol

from qbo_pipeline.quickbooks.clock import Clock, SystemClock

CALL, BATCH = "call", "batch"
LATE_SECONDS = 0.3  # a slot that was missed by more is given up: using it would crowd the ones after it
BLOCK_SECONDS = 1.0  # the most that slots taken together span: what a process that dies takes with it
QUIET_SECONDS = 60.0  # Intuit: after a 429, wait 60 seconds
FURTHEST_SECONDS = 2 * QUIET_SECONDS  # a rest and a minute of slots after it: no slot later than this is handed out
_SHARE = 0.99


class Pacer(Protocol):
    """Limits of one realm, shared by everybody who calls it."""

    def acquire(self, kind: str, patience: float) -> float:
        """Wait for a slot for one `call` or one `batch`.

        Answers 0.0 when the slot has come, or the seconds until the next one where that is more than `patience`
        seconds away; then no slot is taken.
        """
        ...

    def quiet(self, seconds: float) -> None:
        """After a 429: nobody gets a slot for this long."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Allowed for one realm. A batch counts as a call too."""

    calls_per_minute: float = 500
    calls_per_second: float = 10
    batches_per_minute: float = 40

    def scaled(self, factor: float) -> Limits:
        """The limits times a factor, for an emulator that scales its own."""
        return Limits(self.calls_per_minute * factor, self.calls_per_second * factor, self.batches_per_minute * factor)

    def call_spacing(self, batches_active: bool) -> float:
        """Seconds between calls; wider while batches take their part of the minute."""
        in_a_minute = self.calls_per_minute - (self.batches_per_minute if batches_active else 0)
        return max(60 / (in_a_minute * _SHARE), 1 / (self.calls_per_second * _SHARE))

    def batch_spacing(self) -> float:
        return 60 / (self.batches_per_minute * _SHARE)


@dataclass(frozen=True, slots=True)
class Schedule:
    """From when on the next call, the next batch and anything at all may go, in seconds of one clock."""

    next_call: float = 0.0
    next_batch: float = 0.0
    quiet_until: float = 0.0

    def first_slot(self, kind: str, now: float) -> float:
        return max(now, self.quiet_until, self.next_batch if kind == BATCH else self.next_call)

    def reserve(self, kind: str, now: float, limits: Limits, count: int = 1) -> tuple[list[float], Schedule]:
        """Take the next `count` slots: their times, and the schedule after them."""
        first = self.first_slot(kind, now)
        spacing = limits.batch_spacing() if kind == BATCH else limits.call_spacing(self.next_batch > now)
        slots = [first + index * spacing for index in range(count)]
        after = slots[-1] + spacing
        return slots, replace(self, next_batch=after) if kind == BATCH else replace(self, next_call=after)

    def believed(self, now: float, limits: Limits) -> Schedule:
        """The schedule without moments that the limits can never have made: a clock was set back since.

        A rest is then held once more from now on, for it may be a true one; slots begin one spacing from now.
        """
        furthest = now + FURTHEST_SECONDS
        call, batch = limits.call_spacing(batches_active=True), limits.batch_spacing()
        return Schedule(
            self.next_call if self.next_call <= furthest + BLOCK_SECONDS + call else now + call,
            self.next_batch if self.next_batch <= furthest + batch else now + batch,
            min(self.quiet_until, now + QUIET_SECONDS),
        )


class MemoryPacer:
    """Limits shared by the threads of one process."""

    def __init__(self, limits: Limits | None = None, *, clock: Clock | None = None) -> None:
        self._limits = limits or Limits()
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._schedule = Schedule()

    def acquire(self, kind: str, patience: float) -> float:
        until = self._clock.monotonic() + patience
        while True:
            with self._lock:
                now = self._clock.monotonic()
                wait = self._schedule.first_slot(kind, now) - now
                if now + wait > until:
                    return wait
                (slot,), self._schedule = self._schedule.reserve(kind, now, self._limits)
            self._clock.sleep(slot - now)
            now = self._clock.monotonic()
            if now - slot <= LATE_SECONDS and now >= self._schedule.quiet_until:
                return 0.0

    def quiet(self, seconds: float) -> None:
        with self._lock:
            until = self._clock.monotonic() + seconds
            self._schedule = replace(self._schedule, quiet_until=max(until, self._schedule.quiet_until))
