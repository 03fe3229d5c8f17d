"""Counting calls in sliding windows, as QBO does: the judge of every pacer's tests."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def most_within(instants: Sequence[float], seconds: float) -> int:
    """The most instants that any window of this length holds; a window includes its start, not its end."""
    ordered = sorted(instants)
    return max((bisect_left(ordered, start + seconds) - i for i, start in enumerate(ordered)), default=0)


def assert_within_qbo_limits(calls: Sequence[float], batches: Sequence[float]) -> None:
    """`calls` includes the batches. The margin of a millisecond is what clocks round."""
    assert most_within(calls, 60.001) <= 500
    assert most_within(calls, 1.001) <= 10
    assert most_within(batches, 60.001) <= 40
