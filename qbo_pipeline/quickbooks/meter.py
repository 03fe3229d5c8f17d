"""Counting calls the way Intuit bills them: data in is free, data out is metered, the rest is free.

Source: Intuit App Partner Program (CorePlus calls: read, query, report, changes; only answered with 2xx). Sandbox
reads are counted as production would meter them, so that a budget can be planned.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

KINDS = ("write", "metered_read", "free")


class Meter(Protocol):
    def count(self, kind: str, *, calls: int = 1, items: int = 0) -> None:
        """Count calls of a kind (`KINDS`); `items` are the operations that a batch carried."""
        ...


@dataclass(frozen=True, slots=True)
class CallTotals:
    """Calls by kind, and the operations that batches carried."""

    write: int = 0
    metered_read: int = 0
    free: int = 0
    batch_items: int = 0

    @property
    def calls(self) -> int:
        return self.write + self.metered_read + self.free


class MemoryMeter:
    """Counts in memory: the totals of one run. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, kind: str, *, calls: int = 1, items: int = 0) -> None:
        if kind not in KINDS:
            raise ValueError(f"calls are counted as {', '.join(KINDS)}, not {kind!r}")
        with self._lock:
            self._counts[kind] += calls
            self._counts["batch_items"] += items

    def totals(self) -> CallTotals:
        with self._lock:
            return CallTotals(**self._counts)
