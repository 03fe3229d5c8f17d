"""The clock that the client lives by: the instant, the monotonic time and sleep, so that tests run on virtual time."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Protocol

# `time.monotonic` stands still while a machine sleeps (Linux, macOS): a request whose time was over before the lid was
# closed would leave when it is opened. These clocks go on.
_AWAKE_OR_NOT: int | None = (
    getattr(time, "CLOCK_MONOTONIC", None) if sys.platform == "darwin" else getattr(time, "CLOCK_BOOTTIME", None)
)


class Clock(Protocol):
    """Time as the client sees it. Deadlines use `monotonic`, never `now`: the wall clock may step."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never steps back, and passes while the machine sleeps."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() if _AWAKE_OR_NOT is None else time.clock_gettime(_AWAKE_OR_NOT)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)
