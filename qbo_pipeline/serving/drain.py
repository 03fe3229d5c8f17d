"""Whose rest is read after the answer: few clients at once.

What belongs here: whose turn it is. That a client is read from at all, and for how long, is `lingering.py`.
"""

from __future__ import annotations

import asyncio


class Drain:
    """Whose rest is being read: at most `at_once` clients, the others one after another as long as they stay."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._reading: set[asyncio.Transport] = set()
        self._waiting: dict[asyncio.Transport, None] = {}  # in the order in which they came

    def begin(self, transport: asyncio.Transport) -> None:
        if len(self._reading) < self._at_once:
            self._reading.add(transport)
            transport.resume_reading()
        else:
            self._waiting[transport] = None
            transport.pause_reading()

    def end(self, transport: asyncio.Transport) -> None:
        """It is gone; whoever waits longest comes next."""
        self._waiting.pop(transport, None)
        if transport in self._reading:
            self._reading.discard(transport)
            if self._waiting:
                following = next(iter(self._waiting))
                del self._waiting[following]
                self.begin(following)
