"""One seed of the simulator: two workers, three documents, a server, and faults until they heal.

What belongs here: virtual time, the schedule of the workers, and what goes wrong and when. The workers are the
product's own procedures (`core.send_once`, `core.look_once`); here they get their store, server and clock. What must
hold at the end is in `invariants.py`.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any

from qbo_pipeline.posting import core
from qbo_pipeline.posting.events import (
    Barred,
    Claim,
    Command,
    Confirmed,
    Deferred,
    Fate,
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
from qbo_pipeline_tests.posting.simulator.server import Item, Server, Thing
from qbo_pipeline_tests.posting.simulator.shelf import Shelf

Procedure = Generator[Command, Any, bool]

POLICY = Policy()
QUERY_LAG = 25.0  # seconds by which the model's queries may lag its writes
HORIZON = 20_000.0  # seconds within which everything must be at rest once the faults have stopped
STEPS = 3_000
# What can become of one POST.
FAULTS = ("lost", "committed", "late", "torn", "partial", "not_sent", "throttled", "barred", "refused", "spoiled")


class Crash(Exception):
    """The worker's process is gone."""


class World:
    """`policy` is replaced, and names are put into `removed`, by the tests that remove a defence."""

    def __init__(
        self,
        seed: int,
        mode: str,
        *,
        policy: Policy = POLICY,
        removed: frozenset[str] = frozenset(),
        trace: list[str] | None = None,
    ) -> None:
        self._random = random.Random(f"{seed}/{mode}")
        chance = self.chance = self._random.random
        self.policy = policy
        self.removed = removed
        self.trace = trace
        self.violations: list[str] = []
        self.faults = self.crashes = self.posts = 0
        self.now = 1000.0
        self.heals_at = self.now + chance() * 900
        self.fault_rate = chance() * 0.9
        self.storm = chance() < 0.06  # 429 to nearly everything until the faults heal
        self.crash_rate = chance() ** 3 * 0.25
        self.pause_rate = chance() ** 2 * 0.25
        self.server = Server(mode, unique=chance() < 0.25)
        self.quiet_until = 0.0
        self.refused: set[str] = set()  # documents that QBO said a definite no to
        self.foreign: set[str] = set()  # whose number somebody else's object carries
        self.meddling: list[tuple[float, str, str]] = []  # when, whose document, how
        self.poisoned: dict[str, int] = {}  # crashes of the poisonous document, by those that were sent with it
        self.requests: dict[str, set[tuple[str, str | None]]] = {}
        self.unsettled: dict[str, set[tuple[str, str | None]]] = {}  # those that may have made something
        self.reached: dict[str, int] = {}
        self.poison = "doc1" if chance() < 0.08 else None
        self.shelf = Shelf([self._document(number) for number in range(3)], policy, stable="requestid" not in removed)
        self.meddling.sort()
        self.lanes = ["batch" if chance() < 0.6 else "single" for _ in range(2)]
        self.clocks = [chance() * 1e6 for _ in range(2)]  # monotonic clocks have nothing in common
        self.skews = [(chance() - 0.5) * 1200 for _ in range(2)]  # of the wall clocks, which nothing must ask

    def _document(self, number: int) -> Row:
        key = f"doc{number}"
        row = Row(key, 1, marker=f"m-{key}", fingerprint=f"new {key}")
        draw = self.chance()
        if draw < 0.15:  # posted some time ago, now changed: an update
            row.operation, row.base, row.base_token, row.qbo_id = core.UPDATE, f"old {key}", "0", key
            thing = Thing(key, key, row.marker, row.base, 0.0)
            self.server.things.append(thing)
            if draw < 0.1:
                self.meddling.append((self.now + self.chance() * 300, key, "edit" if draw < 0.05 else "touch"))
        elif draw < 0.2:
            self.server.things.append(Thing(f"{number}00", key, "somebody else", "other", 0.0))
            self.foreign.add(key)
        elif draw < 0.3:
            self.meddling.append((self.now + self.chance() * 300, key, "edit"))
        return row

    def run(self) -> World:
        """Play the seed to its end; the workers stop when the store holds nothing more to do."""
        agenda = [(self.now, 0), (self.now + self.chance() * 20, 1)]
        procedures: list[Procedure | None] = [None, None]
        answers: list[Any] = [None, None]
        turns = [0, 0]
        idle = [0, 0]
        for _ in range(STEPS):
            if not agenda:
                return self
            self.now, worker = heappop(agenda)
            if self.now > self.heals_at + HORIZON:
                break
            self._pass_time()
            procedure = procedures[worker]
            if procedure is None:
                turns[worker] += 1
                procedure = (
                    core.look_once(self.policy)
                    if turns[worker] % 2
                    else core.send_once(self.policy, self.lanes[worker])
                )
                procedures[worker], answers[worker] = procedure, None
            try:
                if self.now < self.heals_at and self.chance() < self.crash_rate:
                    raise Crash
                answers[worker], wait = self._step(worker, procedure, answers[worker])
            except StopIteration as end:
                procedures[worker] = None
                wait = 0.1
                idle[worker] = 0 if end.value else idle[worker] + 1
                if idle[worker] >= 2:
                    due = self.shelf.next_due(self.now)
                    if due is None:
                        continue
                    wait += max(due, self.quiet_until) - self.now
            except Crash:
                self._note(f"worker {worker} crashes")
                self.crashes += 1
                procedures[worker] = None
                wait = 1.0 + self.chance() * 60
            heappush(agenda, (self.now + max(wait, 0.1), worker))
        self.violations.append("I12: not at rest at the end")
        return self

    def _pass_time(self) -> None:
        self.server.pass_time(self.now)
        while self.meddling and self.meddling[0][0] <= self.now:
            _, key, how = self.meddling.pop(0)
            self._note(f"somebody does {how} {key}")
            for thing in self.server.things:
                if thing.document == key and key not in self.foreign:
                    if how == "edit" and thing.edited_at is None:
                        thing.edited_at = self.now
                    thing.change("edited" if how == "edit" else thing.content, self.now)

    def _step(self, worker: int, procedure: Procedure, answer: Any) -> tuple[Any, float]:
        """Execute the next command; answers its result and after how many seconds the worker has it."""
        command = procedure.send(answer)
        while isinstance(command, ReadClock):  # nothing comes between the guard and the send that it guards
            command = procedure.send(self.clocks[worker] + self.now)
        self._note(f"worker {worker}: {command}")
        if isinstance(command, Claim):
            now = self.now + (self.skews[worker] if "database_clock" in self.removed else 0.0)
            if command.purpose == "look":
                return self.shelf.claim_to_look(now), self._pause()
            if self.now < self.quiet_until:
                return [], 0.1
            return self.shelf.claim_to_send(now, command.lane), self._pause()
        if isinstance(command, Send):
            answers, wait = self._send(command.rows)
            return answers, wait + self._pause()
        if isinstance(command, Look):
            return self._look(command.rows), 1.0 + self._pause()
        if isinstance(command, GiveUp):
            self.shelf.give_up(command.rows)
        elif isinstance(command, Settle):
            self.shelf.settle(command.rows, command.answers, self.now)
        else:
            self.shelf.settle_look(command.rows, command.findings, self.now)
        return None, self._pause()

    def _pause(self) -> float:
        """Processes stand still now and then: swapping, a laptop's lid, a debugger."""
        if self.now < self.heals_at and self.chance() < self.pause_rate:
            return self.chance() * 400
        return 0.1

    # --- what becomes of a POST ---------------------------------------------------------------------------------
    def _send(self, rows: list[Row]) -> tuple[list[Fate], float]:
        self._check_intent(rows)
        wrong = self.now < self.heals_at and self.chance() < self.fault_rate
        fault = FAULTS[int(self.chance() * len(FAULTS))] if wrong else "none"
        if self.storm and self.now < self.heals_at and self.chance() < 0.95:
            fault = "throttled"
        self.faults += wrong
        self._note(f"  {fault}")
        if fault == "not_sent":
            self._forget(rows)
            return [Unsent("connection refused")] * len(rows), 0.2
        self.posts += 1
        if fault == "throttled":
            self._forget(rows)
            self.quiet_until = self.now + self.policy.quiet
            return [Deferred("429", self.policy.quiet)] * len(rows), 0.2
        if fault == "barred":
            self._forget(rows)
            self.quiet_until = self.now + 30
            return [Barred("401")] * len(rows), 0.2
        for row in rows:
            self.reached[row.key] = self.reached.get(row.key, 0) + 1
        if fault == "spoiled" and rows[0].item is not None:
            self._forget(rows)
            if rows[0].alone:
                self.refused.add(rows[0].key)
            return [Rejected("refused", "2010", "cannot be parsed", whole=True)] * len(rows), 0.3
        outcomes = {row.item or "": self._one(row, fault) for row in rows}
        self._forget([row for row in rows if isinstance(outcomes[row.item or ""], Rejected)])
        if self.poison is not None and any(row.key == self.poison for row in rows):
            for row in rows:
                self.poisoned[row.key] = self.poisoned.get(row.key, 0) + 1
            raise Crash
        if rows[0].item is None:
            return list(outcomes.values()), 0.1 + self.chance() * self.policy.deadline
        shuffled = list(outcomes.items())
        self._random.shuffle(shuffled)
        answered = {item: answer for item, answer in shuffled if fault != "torn" or self.chance() < 0.5}
        return core.match_items(rows, answered), 0.1 + self.chance() * self.policy.deadline

    def _one(self, row: Row, fault: str) -> Fate:
        item = Item(
            (row.request_id or "", row.item), row.key, row.operation, row.marker, row.fingerprint, row.base_token
        )
        lag = self._often_all(QUERY_LAG)
        if self.poison == row.key or fault in ("lost", "spoiled") or (fault == "partial" and self.chance() < 0.5):
            return Lost("reset")
        if fault == "late":
            self.server.later(self.now + self._often_all(self.policy.deadline + self.policy.works_on), item, lag)
            return Lost("timeout")
        if fault == "refused" and self.chance() < 0.3:
            self.refused.add(row.key)
            return Rejected("refused", "2500", "Invalid Reference Id")
        kind, qbo_id, token = self.server.execute(self.now, item, lag)
        if fault in ("committed", "partial"):
            return Lost("timeout")
        if kind != "done":
            return Rejected(kind, "0", kind)
        return Confirmed(qbo_id, token, row.fingerprint)

    def _often_all(self, most: float) -> float:
        """Bounds are where the bugs are: half of the draws lie just below `most`."""
        share = self.chance()
        return most * (share * 2 if share < 0.5 else 1 - (share - 0.5) / 50)

    def _look(self, rows: list[Row]) -> list[list[Seen] | LookFailed]:
        if self.now < self.heals_at and self.chance() < self.fault_rate / 3:
            self.faults += 1
            return [LookFailed("503")] * len(rows)
        findings: list[list[Seen] | LookFailed] = []
        for row in rows:
            seen = [Seen(*found) for found in self.server.find(row.key, self.now)]
            findings.append(seen if row.operation == "create" else [s for s in seen if s.qbo_id == row.qbo_id])
        return findings

    def _check_intent(self, rows: list[Row]) -> None:
        """What the server of the product's tests asks before it accepts a write: is the intent committed?"""
        for claimed in rows:
            row = self.shelf.row(claimed.key)
            if row.request_id != claimed.request_id or row.state == "ready":
                self.violations.append(f"I5: {row.key} was sent without its intent")
            key = (claimed.request_id or "", claimed.item)
            open_keys = self.unsettled.setdefault(_basis(claimed), set())
            if claimed.doubt and open_keys and key not in open_keys:
                self.violations.append(f"I6: {row.key} is in doubt and was sent under another requestid")
            open_keys.add(key)
            self.requests.setdefault(claimed.key, set()).add(key)

    def _forget(self, rows: list[Row]) -> None:
        """These sends made nothing, and the worker knows it."""
        for row in rows:
            if not row.doubt:
                self.unsettled[_basis(row)].discard((row.request_id or "", row.item))

    def _note(self, line: str) -> None:
        if self.trace is not None:
            self.trace.append(f"{self.now:9.1f}  {line}")


def _basis(row: Row) -> str:
    """An update built on another SyncToken is another request: the one before it can no longer be carried out."""
    return f"{row.key} {row.stale}"
