"""What a run of the poster came to: counts and amounts by state, what it did, and whether all is done.

What belongs here: the tally that the workers keep, and the summary that is made of it and of the store.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Connection, func, select

from qbo_pipeline.store.claims import Scope
from qbo_pipeline.store.postings import exact_sum, total
from qbo_pipeline.store.tables.posting import postings

UNDER_WAY = ("ready", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class PostingSummary:
    """Of everything in the run's scope, as it is when the run ends, and of what the run itself did.

    `complete` is true only where nothing is ready, under way or in doubt any more; parked postings are terminal and
    are counted in `states`. `amounts` are by state and currency. Durations are seconds.
    """

    states: dict[str, int]
    amounts: dict[tuple[str, str], Decimal]
    reasons: dict[str, int]  # of the parked ones
    waiting: int  # ready, but what they refer to is not in QBO
    posted: int
    recovered: int
    linked_by_name: int  # to list entries that were in QBO before, by policy
    batches: int
    singles: int
    reads: int
    not_sent: int
    throttled: int
    unknown: int
    waited: float
    complete: bool
    degraded: str | None  # why the run stopped before its end

    @property
    def calls(self) -> int:
        """Requests to QBO that this run made."""
        return self.batches + self.singles + self.reads


@dataclass(slots=True)
class Tally:
    """Events counted by several threads."""

    events: Counter[str] = field(default_factory=Counter)
    waited: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *events: str) -> None:
        with self._lock:
            self.events.update(events)

    def wait(self, seconds: float) -> None:
        with self._lock:
            self.waited += seconds

    def snapshot(self) -> dict[str, int]:
        with self._lock:
            return dict(self.events)


def summarise(reading: Connection, scope: Scope, tally: Tally, degraded: str | None) -> PostingSummary:
    """The summary of a run that has ended."""
    columns = postings.c
    grouping = (columns.state, columns.reason, columns.currency, columns.waits_for.is_not(None).label("waits"))
    rows = reading.execute(
        select(*grouping, func.count().label("postings"), total(reading).label("amount"))
        .where(scope.condition(), columns.superseded_by.is_(None), columns.state != "superseded")
        .group_by(*grouping)
    ).all()
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    amounts: dict[tuple[str, str], Decimal] = {}
    waiting = 0
    for row in rows:
        states[row.state] += row.postings
        place = (row.state, row.currency)
        amounts[place] = amounts.get(place, Decimal(0)) + exact_sum(reading, row.amount)
        if row.state == "parked":
            reasons[row.reason or "unnamed"] += row.postings
        if row.state == "ready" and row.waits:
            waiting += row.postings
    older = reading.execute(
        select(func.count()).where(
            scope.condition(), columns.superseded_by.is_not(None), columns.state.in_(("sending", "unknown"))
        )
    ).scalar_one()
    done = tally.snapshot()
    return PostingSummary(
        states=dict(states),
        amounts=amounts,
        reasons=dict(reasons),
        waiting=waiting,
        posted=done.get("posted", 0),
        recovered=done.get("recovered", 0),
        linked_by_name=done.get("linked_by_name", 0),
        batches=done.get("batch", 0),
        singles=done.get("single", 0),
        reads=done.get("read", 0),
        not_sent=done.get("not_sent", 0),
        throttled=done.get("throttled", 0),
        unknown=done.get("unknown", 0),
        waited=tally.waited,
        complete=not older and not any(states[state] for state in UNDER_WAY),
        degraded=degraded,
    )
