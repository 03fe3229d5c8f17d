"""The workers of a run: they execute the core's procedures, share what is to be done, and rest together.

What belongs here: executing commands, and when a worker takes its next unit, waits for another one, or stops.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from qbo_pipeline.posting import core
from qbo_pipeline.posting.answers import core_answer, core_answers, own_answer
from qbo_pipeline.posting.claiming import Unit
from qbo_pipeline.posting.events import (
    Barred,
    Change,
    Claim,
    Command,
    Confirmed,
    Deferred,
    Fate,
    Finding,
    GiveUp,
    Look,
    ReadClock,
    Rejected,
    Row,
    Send,
    Settle,
    SettleLook,
    Unsent,
)
from qbo_pipeline.posting.freezing import batch_body, single_params
from qbo_pipeline.posting.means import CountingReader, Means
from qbo_pipeline.posting.reading_back import look
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.requests import BATCH_ITEMS

BATCH, SINGLE = "batch", "single"
HELD_EVERY = 0.2  # seconds between two glances at whether batches are held
LOOK_EVERY = 5.0  # seconds between two glances at the rows in doubt while others are being sent
LEAVE_WITHIN = 3.0  # seconds for answers on their way, where this process is told to end
STORM_PAUSE = 180.0  # seconds between two 429s that are not of one storm
NOT_SENT_LIMIT = 6  # requests in a row that did not leave: the network is down


class Workers:
    """One run's workers; `degraded` says why they stopped before everything was done."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._changed = threading.Condition()
        self._generation = 0  # of the store's state, as far as this process changes it
        self._in_flight = 0
        self._batch_lane = 0  # workers that are in it
        self._quiet_until = 0.0
        self._storm_since: float | None = None
        self._throttled_at = 0.0
        self._not_sent = 0
        self._looked_at = means.clock.monotonic()
        self._failure: BaseException | None = None
        self.degraded: str | None = None

    def send_all(self, batch_workers: int, single_workers: int) -> None:
        """Send until nothing can be claimed any more; raises what a worker raised."""
        lanes = [BATCH] * batch_workers + [SINGLE] * single_workers
        self._batch_lane = batch_workers
        threads = [
            threading.Thread(target=self._guarded, args=(lane,), name=f"posting-{lane}-{number}", daemon=True)
            for number, lane in enumerate(lanes[1:])
        ]
        for thread in threads:
            thread.start()
        self._guarded(lanes[0])
        self._wait_for(threads)
        if self._failure is not None:
            raise self._failure

    def _wait_for(self, threads: Sequence[threading.Thread]) -> None:
        """Until all have ended; where this process is told to end, no longer than `LEAVE_WITHIN`: what is on its way
        then stays `sending`, and the next run asks about it as after a crash."""
        told_to_end = self._failure is not None and not isinstance(self._failure, Exception)
        left = LEAVE_WITHIN if told_to_end else None
        try:
            for thread in threads:
                began = time.monotonic()
                thread.join(left)
                left = None if left is None else max(0.0, left - (time.monotonic() - began))
        except BaseException as end:  # told to end while it waits here
            self.degraded = self.degraded or type(end).__name__
            with self._changed:
                self._changed.notify_all()
            raise

    def look_all(self) -> None:
        """Read back everything that is due."""
        while self.degraded is None and self._execute(core.look_once(self._means.policy), SINGLE):
            pass

    def _guarded(self, lane: str) -> None:
        try:
            self._work(lane)
        except BaseException as error:
            self._failure = self._failure or error
            self.degraded = self.degraded or f"{type(error).__name__}: {error}"
        finally:
            with self._changed:
                self._batch_lane -= lane == BATCH
                self._changed.notify_all()

    def _work(self, lane: str) -> None:
        while self.degraded is None:
            self._rest()
            self._glance()
            if lane == SINGLE and not self._is_wanted():
                return
            generation = self._generation
            if self._execute(core.send_once(self._means.policy, lane), lane):
                continue
            with self._changed:
                if self._generation != generation:
                    continue  # somebody settled meanwhile: what waited may go on
                if self._in_flight == 0:
                    return
                self._changed.wait()

    def _is_wanted(self) -> bool:
        """Wait until batches are held by QBO's limits: only then a call with one document gets it there sooner, and
        otherwise it costs as much as one with thirty. Answers whether there is anything left to wait for."""
        while self.degraded is None and not self._means.company.batches_held:
            with self._changed:
                if self._batch_lane == 0:
                    return False
                self._changed.wait(HELD_EVERY)
        return self.degraded is None

    def _rest(self) -> None:
        left = self._quiet_until - self._means.clock.monotonic()
        if left > 0 and self.degraded is None:
            self._means.tally.wait(left)
            self._means.clock.sleep(left)

    def _glance(self) -> None:
        """Rows in doubt come due while thousands of others are sent: whoever passes by looks."""
        now = self._means.clock.monotonic()
        with self._changed:
            if now - self._looked_at < LOOK_EVERY:
                return
            self._looked_at = now
        self._execute(core.look_once(self._means.policy), SINGLE)

    # --- commands -------------------------------------------------------------------------------------------------
    def _execute(self, procedure: Generator[Command, Any, bool], lane: str) -> bool:
        """Run a procedure to its end; whatever it claimed counts as in flight until it is settled."""
        unit: Unit | None = None
        claimed = moved = False
        claimed_at = 0.0  # on the client's clock too: whatever stands still meanwhile, nothing leaves after the lease
        answer: Any = None
        try:
            while True:
                command = procedure.send(answer)
                if isinstance(command, ReadClock):
                    answer = self._means.clock.monotonic()
                elif isinstance(command, Claim):
                    claimed_at = self._means.clock.monotonic()
                    unit, answer = self._claim(command, lane)
                    claimed = bool(answer)
                elif isinstance(command, Send) and unit is not None:
                    answer = self._send(unit, claimed_at + self._means.policy.leave_within)
                elif isinstance(command, Look):
                    answer = self._look(command, claimed_at + self._means.policy.look_within)
                else:
                    moved = self._settle(command)
                    answer = None
        except StopIteration as end:
            return bool(end.value)
        finally:
            if claimed:
                with self._changed:
                    self._in_flight -= 1
                    if moved or self._in_flight == 0:  # else whoever found nothing to claim would find nothing again
                        self._generation += 1
                        self._changed.notify_all()

    def _claim(self, command: Claim, lane: str) -> tuple[Unit | None, list[Row]]:
        # While requests are under way, their settlement may release more rows: a batch that is not full waits for them.
        at_least = BATCH_ITEMS if self._in_flight else 1
        if command.purpose == "look":
            unit, rows = None, self._means.claims.to_look()
        else:
            unit = self._means.claims.to_send(lane, at_least)
            rows = unit.rows if unit is not None else []
        if rows:
            with self._changed:
                self._in_flight += 1
        return unit, rows

    def _send(self, unit: Unit, until: float) -> list[Fate]:
        means = self._means
        first = unit.items[0]
        if first.item is None:
            twice = unit.rows[0].about.number_twice
            params = single_params(first.operation, first.entity, unit.request_id, number_twice=twice)
            path = entity_named(first.entity).path
            means.tally.count("single")
            outcome = means.company.send("POST", path, params, first.line, means.policy.deadline, until=until)
            answers: list[Fate] = [core_answer(first.entity, own_answer(unit.rows[0], first, outcome))]
        else:
            body = batch_body([item.line for item in unit.items])
            means.tally.count("batch")
            batch = means.company.send_batch(
                (("requestid", unit.request_id),),
                body,
                means.policy.deadline,
                until=until,
                bids=[item.item or "" for item in unit.items],
            )
            entities = {item.item or "": item.entity for item in unit.items}
            own = {
                item.item or "": own_answer(row, item, batch.items[item.item or ""])
                for row, item in zip(unit.rows, unit.items, strict=True)
            }
            answers = core.match_items(unit.rows, core_answers(entities, replace(batch, items=own)))
        self._heed(answers)
        return answers

    def _look(self, command: Look, until: float) -> Sequence[Finding]:
        means = self._means
        company = CountingReader(means.company, means.tally)
        return look(company, means.database, means.connection, means.claims, command.rows, until)

    def _settle(self, command: Command) -> bool:
        """Write what became of rows; answers whether there may be more to claim because of it."""
        settlements = self._means.settlements
        if isinstance(command, Settle):
            settled = settlements.of_send(command.rows, command.answers)
        elif isinstance(command, SettleLook):
            settled = settlements.of_look(command.rows, command.findings)
        else:
            assert isinstance(command, GiveUp)
            settled = settlements.give_up(command.rows)
        self._count(settled.changes)
        return settled.moved

    def _count(self, changes: Sequence[Change | None]) -> None:
        self._means.tally.count(*(change.event if change else "fenced" for change in changes))
        self._means.progress(self._means.tally.snapshot())

    # --- what concerns the whole realm ------------------------------------------------------------------------------
    def _heed(self, answers: Sequence[Fate]) -> None:
        now = self._means.clock.monotonic()
        with self._changed:
            for answer in answers:
                if isinstance(answer, Deferred):
                    self._quiet_until = max(self._quiet_until, now + answer.quiet)
                    if answer.ours:
                        continue
                    if self._storm_since is None or now - self._throttled_at > STORM_PAUSE:
                        self._storm_since = now
                    self._throttled_at = now
                    storm = now - self._storm_since
                    if storm > self._means.storm_patience:
                        self.degraded = f"QuickBooks has been refusing calls for {storm:.0f} s: {answer.message}"
                elif isinstance(answer, Barred):
                    self.degraded = answer.message
                elif isinstance(answer, Confirmed | Rejected):  # QBO works
                    self._storm_since, self._not_sent = None, 0
            if isinstance(answers[0], Unsent):  # it concerns the request, so all of its rows
                self._not_sent += 1
                if self._not_sent >= NOT_SENT_LIMIT:
                    self.degraded = f"{self._not_sent} requests in a row did not leave: {answers[0].message}"
