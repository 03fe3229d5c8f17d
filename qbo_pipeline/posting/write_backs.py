"""The poster of the way back: the same core, with an inventory system's inbox as its target.

What belongs here: claiming, writing, asking and settling rows of `write_backs` as the core's procedures say. Each
revision is one entry that never changes, so that what is sent again is what was sent before, to the byte; in the
protocol's words every entry is a create, whatever the inventory system is to do with it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from qbo_pipeline.errors import PermanentError, TransientError
from qbo_pipeline.posting import core
from qbo_pipeline.posting.events import (
    POSTED,
    UNKNOWN,
    Barred,
    CannotTell,
    Change,
    Claim,
    Command,
    Confirmed,
    Fate,
    Fields,
    Finding,
    GiveUp,
    Look,
    LookFailed,
    Lost,
    ReadClock,
    Rejected,
    Row,
    Seen,
    Send,
    Settle,
    Unsent,
)
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.rows import WriteTurns, put_on
from qbo_pipeline.posting.states import Reason, State
from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.returning import targets
from qbo_pipeline.returning.targets import Target, TargetEntry
from qbo_pipeline.store import evidence
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.database import Database

AT_ONCE = 200  # entries that are looked up at once
# A database gives up long before a statement has taken this; what it was told to commit may be committed until then.
POLICY = Policy(deadline=20.0, works_on=30.0, lease=40.0, look_lease=60.0, look_margin=10.0, settle=70.0, lag=1.0)
# By an API: several requests with what is looked up before them, each with its own turn at the account's limit.
API_POLICY = Policy(deadline=150.0, works_on=120.0, lease=200.0, look_lease=400.0, settle=330.0)
_INSTANTS = frozenset({"sent_at", "lease_until", "not_before"})
_COLUMNS = frozenset({
    "state", "reason", "message", "fence", "attempts", "misses", "crashes", "stale", "doubt", "alone", "recovered",
    "fallback", *_INSTANTS,
})  # fmt: skip
_CANNOT_TELL = (
    "nobody knows whether the inventory system has it, and it cannot be asked: look there, then `qbo-pipeline "
    "write-back retry` where it is missing, or `skip` where it is there"
)
_Pair = tuple[Row, Change]


@dataclass(slots=True)
class Delivered:
    """What a run wrote back: entries by event (`posted`, `recovered`, `parked`, ...), and why it stopped early."""

    events: dict[str, int] = field(default_factory=dict)
    degraded: str | None = None

    @property
    def written(self) -> int:
        """Entries that the inbox has now, by this run's doing or found there."""
        return self.events.get("posted", 0) + self.events.get("recovered", 0)


class WriteBackPoster:
    """Writes what is ready, for one connection. Several, in several processes, may work at once."""

    def __init__(
        self,
        database: Database,
        connection: str,
        target: Target,
        *,
        clock: Clock | None = None,
        policy: Policy = POLICY,
        progress: Callable[[int], None] = lambda written: None,
        outward: bool = False,
    ) -> None:
        self._database = database
        self._turns = WriteTurns(database)
        self._connection = connection
        self._target = target
        self._clock = clock or SystemClock()
        self._policy = policy
        self._progress = progress
        self._outward = outward  # files for QuickBooks, one at a time, instead of entries for the inventory system
        self._entries: dict[tuple[str, int], TargetEntry] = {}
        self._done = Delivered()

    def run(self) -> Delivered:
        """Ask about what is in doubt and due, then write what is ready; what must wait longer is the next run's.

        Raises a `PermanentError` of the target, after what was claimed is given back.
        """
        while self._done.degraded is None:
            if self._execute(core.look_once(self._policy), alone=False):
                continue
            sent = any(self._execute(core.send_once(self._policy, "batch"), alone=alone) for alone in (False, True))
            if not sent:
                break
            self._progress(self._done.written)
        return self._done

    def _execute(self, procedure: Generator[Command, Any, bool], *, alone: bool) -> bool:
        answer: Any = None
        failure: PermanentError | None = None
        try:
            while True:
                command = procedure.send(answer)
                try:
                    answer = self._do(command, alone=alone)
                except PermanentError as error:
                    failure = failure or error
                    answer = self._barred(command, error)
        except StopIteration as end:
            if failure is not None:
                raise failure from None
            return bool(end.value)

    def _barred(self, command: Command, error: PermanentError) -> Any:
        if isinstance(command, Send):
            return [Barred(str(error)) for _ in command.rows]
        if isinstance(command, Look):
            return [LookFailed(str(error)) for _ in command.rows]
        raise error

    def _do(self, command: Command, *, alone: bool) -> Any:
        match command:
            case ReadClock():
                return self._clock.monotonic()
            case Claim(purpose="look"):
                return self._claim_to_look()
            case Claim():
                return self._claim_to_send(1 if alone else self._target.abilities.at_once, alone=alone)
            case Send(rows):
                return self._send(rows)
            case Look(rows):
                return self._look(rows)
            case GiveUp(rows):
                return self._settle(rows, lambda number, at: core.give_up(rows[number]))
            case Settle(rows, answers):
                return self._settle(rows, lambda n, at: core.judge(rows[n], answers[n], at, self._policy))
        rows, findings = command.rows, command.findings
        return self._settle(rows, lambda n, at: core.judge_look(rows[n], findings[n], at, self._policy))

    # --- claims -----------------------------------------------------------------------------------------------------
    def _claim_to_send(self, limit: int, *, alone: bool) -> list[Row]:
        with self._turns.transaction() as (transaction, now):
            found = store.ready(transaction, self._connection, now, limit, alone=alone, outward=self._outward)
            pairs: list[_Pair] = []
            for row in self._take(found):
                fields = core.claim_to_send(row, now.timestamp(), self._policy)
                put_on(row, fields)
                pairs.append((row, Change("claimed", fields)))
            self._write(transaction, pairs, now)
        return [row for row, _ in pairs]

    def _claim_to_look(self) -> list[Row]:
        with self._turns.transaction() as (transaction, now):
            settle = self._policy.settle
            found = store.in_doubt(transaction, self._connection, now, settle, AT_ONCE, outward=self._outward)
            pairs: list[_Pair] = []
            for row in self._take(found):
                fields = core.claim_to_look(row, now.timestamp(), self._policy)
                put_on(row, fields)
                pairs.append((row, Change("looks" if row.state == UNKNOWN else "parked", fields)))
            self._write(transaction, pairs, now)
        return [row for row, _ in pairs if row.state == UNKNOWN]

    def _take(self, found: Sequence[RowMapping]) -> list[Row]:
        rows = []
        for mapping in found:
            self._entries[mapping["key"], mapping["revision"]] = entry_of(mapping)
            rows.append(_row_of(mapping))
        return rows

    # --- the target ---------------------------------------------------------------------------------------------------
    def _send(self, rows: Sequence[Row]) -> list[Fate]:
        outcomes = self._target.put([self._entries[row.key, row.revision] for row in rows])
        if outcomes and isinstance(outcomes[0], targets.NotWritten | targets.Unclear):
            self._done.degraded = outcomes[0].message
        return [_fate(row, outcome) for row, outcome in zip(rows, outcomes, strict=True)]

    def _look(self, rows: Sequence[Row]) -> list[Finding]:
        abilities = self._target.abilities
        if not abilities.finds:
            return [[] if abilities.idempotent else CannotTell(_CANNOT_TELL) for _ in rows]
        wanted = [self._entries[row.key, row.revision] for row in rows]
        try:
            found = self._target.find([(entry.marker, entry.revision) for entry in wanted])
        except TransientError as error:
            self._done.degraded = str(error)
            return [LookFailed(str(error)) for _ in rows]
        findings: list[Finding] = []
        for row, entry in zip(rows, wanted, strict=True):
            held = found.get((entry.marker, entry.revision))
            findings.append([Seen(row.marker, "", row.marker, held.content_hash)] if held is not None else [])
        return findings

    # --- settlements --------------------------------------------------------------------------------------------------
    def _settle(self, rows: Sequence[Row], judge: Callable[[int, float], Change]) -> None:
        with self._turns.transaction() as (transaction, now):
            there = store.held(transaction, self._connection, [row.key for row in rows])
            pairs: list[_Pair] = []
            for number, row in enumerate(rows):
                current = there.get((row.key, row.revision))
                if current is None or current.fence != row.fence or current.state != row.state:
                    self._count("fenced")  # another process has taken it over: nothing is written
                    continue
                pairs.append((row, judge(number, now.timestamp())))
            self._write(transaction, pairs, now)

    def _write(self, transaction: Connection, pairs: Sequence[_Pair], now: datetime) -> None:
        for _, change in pairs:
            self._count(change.event)
        changes = [(row.key, row.revision, _stored(change.fields, now)) for row, change in pairs]
        store.change(transaction, self._connection, changes)
        for event in dict.fromkeys(change.event for _, change in pairs):
            if event not in ("claimed", "looks"):
                named: list[tuple[Any, ...]] = [(row.key, row.revision) for row, line in pairs if line.event == event]
                evidence.note_all(transaction, self._connection, evidence.WRITE_BACK, named, event, now=now)

    def _count(self, event: str) -> None:
        self._done.events[event] = self._done.events.get(event, 0) + 1


def entry_of(row: RowMapping) -> TargetEntry:
    """The entry of a stored revision."""
    return TargetEntry(
        marker=row["marker"],
        revision=row["revision"],
        operation=row["operation"],
        kind=row["kind"],
        business_date=row["business_date"],
        party_id=row["party_id"],
        number=row["number"],
        currency=row["currency"],
        amount=row["amount"],
        content=row["payload"],
        content_hash=row["payload_hash"],
    )


def _row_of(row: RowMapping) -> Row:
    """The protocol's view of a stored revision; its marker names this one entry."""
    instants = {name: row[name] and row[name].timestamp() for name in _INSTANTS}
    same = ("key", "revision", "fence", "attempts", "misses", "crashes", "stale", "doubt", "alone", "reason",
            "message", "fallback")  # fmt: skip
    return Row(
        **{name: row[name] for name in same},
        **instants,
        state=State(row["state"]),
        marker=f"{row['marker']}/{row['revision']}",
        fingerprint=row["payload_hash"],
    )


def _stored(fields: Fields, now: datetime) -> dict[str, Any]:
    columns = {name: value for name, value in fields.items() if name in _COLUMNS}
    if fields.get("state") == POSTED:
        columns["posted_at"] = now
    for name in _INSTANTS & columns.keys():
        value: Any = columns[name]
        columns[name] = None if value is None else datetime.fromtimestamp(value, UTC)
    return columns


def _fate(row: Row, outcome: targets.Outcome) -> Fate:
    match outcome:
        case targets.Written():
            return Confirmed(row.marker, "", row.fingerprint)
        case targets.NotWritten(message):
            return Unsent(message)
        case targets.NotTaken(message):
            return Rejected(Reason.INVALID, "inbox", message)
    return Lost(outcome.message)
