"""Calls with one document: beside batches that wait for QBO's limits, and never instead of them."""

from __future__ import annotations

import threading
from typing import Any

import httpx

from qbo_pipeline.posting.shell import PosterSettings
from qbo_pipeline.quickbooks.outcomes import BatchOutcome, Outcome
from qbo_pipeline.quickbooks.pacing import BATCH, CALL
from qbo_pipeline_tests.posting.company import MemoryCompany
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.quickbooks.fakes import VirtualClock, quickbooks

PATIENCE = 30.0  # seconds after which something is stuck


class Held(MemoryCompany):
    """A company whose first batch has no turn before calls with one document have been answered."""

    def __init__(self, singles: int, **options: Any) -> None:
        super().__init__(**options)
        self.batches_held = True
        self._missing = singles
        self._turn = threading.Event()

    def send(self, *arguments: Any, **named: Any) -> Outcome:
        outcome = super().send(*arguments, **named)
        self._missing -= 1
        if self._missing == 0:
            self.batches_held = False
            self._turn.set()
        return outcome

    def send_batch(self, *arguments: Any, **named: Any) -> BatchOutcome:
        assert self._turn.wait(PATIENCE)
        return super().send_batch(*arguments, **named)


def test_without_limits_the_default_workers_send_batches_alone(room: Room) -> None:
    room.settings = PosterSettings()
    room.journals(100)
    summary = room.run()
    assert (summary.singles, summary.states) == (0, {"posted": 100})
    assert summary.batches <= 5


def test_while_batches_are_held_documents_go_one_by_one(room: Room) -> None:
    room.settings = PosterSettings(batch_workers=1, single_workers=1)
    room.company = Held(7, now=room.clock.now)
    room.journals(60)
    summary = room.run()
    assert summary.states == {"posted": 60}
    assert summary.singles >= 7
    assert summary.batches >= 1


def test_a_batch_is_held_while_it_waits_for_its_slot_and_a_call_is_not() -> None:
    asked: list[tuple[str, bool]] = []

    class Slow:
        def acquire(self, kind: str, patience: float) -> float:
            clock.sleep(1.0)
            asked.append((kind, client.batches_held))
            return 0.0

        def quiet(self, seconds: float) -> None:
            return None

    clock = VirtualClock()
    with quickbooks(lambda request: httpx.Response(200, json={}), clock=clock, pacer=Slow()) as client:
        client.send("POST", "journalentry", (), b"{}")
        client.send_batch((), b"{}", bids=["1"])
        assert asked == [(CALL, False), (BATCH, True)]
        assert not client.batches_held
