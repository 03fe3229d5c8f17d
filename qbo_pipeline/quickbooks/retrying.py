"""Trying again what may be tried again: reads and token calls, never posts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import stamina
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from qbo_pipeline.errors import TransientError
from qbo_pipeline.quickbooks.clock import Clock

T = TypeVar("T")

# Where structlog is installed, stamina would report retries to standard output, between a command's own data.
set_on_retry_hooks([LoggingOnRetryHook])


def retried(once: Callable[[], T], clock: Clock, waits: Sequence[float], *, until: float = math.inf) -> T:
    """Call `once` until it does not raise a `TransientError`, at most `len(waits)` times.

    `waits` are the seconds before each attempt; none begins at or after `until`, a moment of the clock's monotonic
    time, but the first. Raises what the last attempt raised.
    """
    following = iter([*waits[1:], 0.0])

    def again(error: Exception) -> bool:
        return isinstance(error, TransientError) and clock.monotonic() + next(following, 0.0) < until

    # stamina counts and reports; the wait is on our clock, which may be virtual.
    for attempt in stamina.retry_context(on=again, attempts=len(waits), timeout=None, wait_max=0.0):
        with attempt:
            clock.sleep(waits[attempt.num - 1])
            return once()
    raise AssertionError("stamina either returns or raises")
