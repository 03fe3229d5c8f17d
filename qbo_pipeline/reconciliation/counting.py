"""The counting identity: read = posted + waiting + parked + skipped + excluded + set aside.

What belongs here: its one definition. Which record has become what is told by `sql/reports/report_counts.sql` for the
store, and by the dispositions of the frames for a reconciliation.
"""

from __future__ import annotations

from collections.abc import Mapping

BECAME = ("posted", "waiting", "parked", "skipped", "excluded", "set_aside")


def became_in_all(counts: Mapping[str, int]) -> int:
    """The right side of the identity."""
    return sum(counts[name] for name in BECAME)


def adds_up(read: int | None, counts: Mapping[str, int]) -> bool | None:
    """Whether as many became something as were read; `None` where how many were read is not known."""
    return None if read is None else read == became_in_all(counts)
