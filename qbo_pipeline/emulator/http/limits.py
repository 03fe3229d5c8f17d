"""Intuit's throttles for one company, counted in sliding windows of virtual time.

500 requests a minute and 10 a second a realm; 40 batches a minute for a realm and app, 120 for the realm
(Intuit, limits and throttles, text of 2025/26). A refused request uses up nothing.
"""

from __future__ import annotations

from collections import deque

REQUESTS_A_MINUTE = 500
REQUESTS_A_SECOND = 10
BATCHES_A_MINUTE_APP = 40
BATCHES_A_MINUTE = 120


class Window:
    """The instants of what was let through in the last `seconds`, and the most that ever fell into one window."""

    __slots__ = ("_instants", "peak", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.peak = 0
        self._instants: deque[float] = deque()

    def count(self, now: float) -> int:
        instants = self._instants
        edge = now - self.seconds
        while instants and instants[0] <= edge:
            instants.popleft()
        return len(instants)

    def add(self, now: float) -> None:
        self._instants.append(now)
        self.peak = max(self.peak, self.count(now))


class Limits:
    """Says whether a request may pass, and keeps the peaks whether limits are enforced or not."""

    def __init__(self) -> None:
        self.minute = Window(60.0)
        self.second = Window(1.0)
        self.batches = Window(60.0)
        self.batches_by_app: dict[str, Window] = {}

    def admit(self, now: float, app: str, *, batch: bool, factor: float | None) -> str | None:
        """Count the request and return None, or return which limit refuses it.

        `factor` multiplies Intuit's figures; None lets everything through and still counts.
        """
        app_batches = self.batches_by_app.setdefault(app, Window(60.0))
        if factor is not None:
            checks = [
                (self.minute, REQUESTS_A_MINUTE, "500 requests a minute"),
                (self.second, REQUESTS_A_SECOND, "10 requests a second"),
            ]
            if batch:
                checks += [
                    (app_batches, BATCHES_A_MINUTE_APP, "40 batches a minute"),
                    (self.batches, BATCHES_A_MINUTE, "120 batches a minute"),
                ]
            for window, limit, name in checks:
                if window.count(now) >= limit * factor:
                    return name
        self.minute.add(now)
        self.second.add(now)
        if batch:
            self.batches.add(now)
            app_batches.add(now)
        return None

    def forget_peaks(self) -> None:
        """Start the peaks anew."""
        for window in (self.minute, self.second, self.batches):
            window.peak = 0

    def peaks(self) -> dict[str, int]:
        """The most requests let through within any second or minute, and batches within any minute."""
        return {
            "per_second": self.second.peak,
            "per_minute": self.minute.peak,
            "batches_per_minute": self.batches.peak,
        }
