"""The simulator's store: postings in memory, claimed and settled by the product's own core.

What belongs here: what transactions 1 and 2 do, atomically, on a handful of rows. `qbo_pipeline.store` does the
same in SQL; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

from qbo_pipeline.posting import core
from qbo_pipeline.posting.events import READY, SENDING, UNKNOWN, Fate, LookFailed, Row, Seen
from qbo_pipeline.posting.policy import Policy

_FIELDS = tuple(Row.__slots__)
_KNOWN = frozenset(_FIELDS)


def snapshot(row: Row) -> Row:
    """A worker's own copy of a row: what it knows, however late it acts."""
    copy: Row = Row.__new__(Row)
    for name in _FIELDS:
        setattr(copy, name, getattr(row, name))
    return copy


class Shelf:
    """Rows of one connection; without `stable`, each send gets a requestid of its own (a removed defence)."""

    __slots__ = ("journal", "policy", "rows", "sends", "stable")

    def __init__(self, rows: list[Row], policy: Policy, *, stable: bool = True) -> None:
        self.rows = rows
        self.policy = policy
        self.stable = stable
        self.sends = 0
        self.journal: list[tuple[str, str, float]] = []

    def row(self, key: str) -> Row:
        return next(row for row in self.rows if row.key == key)

    def claim_to_send(self, now: float, lane: str) -> list[Row]:
        due = [row for row in self.rows if core.may_send(row, now)]
        if not due:
            return []
        first = next((row for row in due if row.request_id is not None), due[0])
        alone = first.alone or (lane == "single" and first.item is None)
        unit = [first] if alone else [r for r in due if r.request_id == first.request_id and not r.alone]
        if first.request_id is None or not self.stable:
            self._freeze(unit, batch=not alone)
        for row in unit:
            _apply(row, core.claim_to_send(row, now, self.policy))
        return [snapshot(row) for row in unit]

    def _freeze(self, unit: list[Row], *, batch: bool) -> None:
        self.sends += not self.stable
        name = "+".join(f"{row.key}.{row.operation}.{row.stale}" for row in unit)
        for number, row in enumerate(unit):
            row.request_id = f"{'batch' if batch else 'single'} {name} {self.sends}"
            row.item = str(number) if batch else None

    def claim_to_look(self, now: float) -> list[Row]:
        unit = [row for row in self.rows if core.may_look(row, now, self.policy)]
        for row in unit:
            _apply(row, core.claim_to_look(row, now, self.policy))
        return [snapshot(row) for row in unit if row.state == UNKNOWN]

    def give_up(self, unit: list[Row]) -> None:
        for claimed in unit:
            row = self.row(claimed.key)
            if core.holds(row, claimed):
                _apply(row, core.give_up(row).fields)

    def settle(self, unit: list[Row], answers: list[Fate], now: float) -> None:
        for claimed, answer in zip(unit, answers, strict=True):
            row = self.row(claimed.key)
            if core.holds(row, claimed):
                change = core.judge(row, answer, now, self.policy)
                _apply(row, change.fields)
                self.journal.append((row.key, change.event, now))

    def settle_look(self, unit: list[Row], findings: list[list[Seen] | LookFailed], now: float) -> None:
        for claimed, finding in zip(unit, findings, strict=True):
            row = self.row(claimed.key)
            if core.holds(row, claimed):
                change = core.judge_look(row, finding, now, self.policy)
                _apply(row, change.fields)
                self.journal.append((row.key, change.event, now))

    def next_due(self, now: float) -> float | None:
        """The next moment at which something may be claimed; None where nothing is left to do."""
        due = []
        for row in self.rows:
            if row.state == SENDING:
                due.append(max((row.sent_at or 0.0) + self.policy.settle, row.lease_until or 0.0))
            elif row.state in (READY, UNKNOWN):
                due.append(max(now, row.not_before or now, row.lease_until or now))
        return min(due) if due else None


def _apply(row: Row, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name in _KNOWN:
            setattr(row, name, value)
