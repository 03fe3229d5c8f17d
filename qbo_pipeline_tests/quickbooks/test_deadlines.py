"""Absolute ends: nothing is sent after the moment that a lease allows, and all tries of a read end before it."""

from __future__ import annotations

import time

import httpx
import pytest

from qbo_pipeline.quickbooks import clock as clocks
from qbo_pipeline.quickbooks.clock import SystemClock
from qbo_pipeline.quickbooks.errors import QuickBooksError, Unavailable
from qbo_pipeline.quickbooks.outcomes import Done, NotSent
from qbo_pipeline.quickbooks.pacing import MemoryPacer
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.requests import BatchItem, batch_request, create_request
from qbo_pipeline.quickbooks.transport import Call, Transport, TransportFailure
from qbo_pipeline_tests.quickbooks.fakes import VirtualClock, always, answer, quickbooks
from qbo_pipeline_tests.quickbooks.test_faults import XML_429

INVOICE = create_request("Invoice", {"Line": []}, request_id="r-1")
BATCH = batch_request([BatchItem("a", "create", "Invoice", {})], request_id="b-1")
DONE = {"Invoice": {"Id": "1", "SyncToken": "0"}}
LEASE = 240.0  # seconds


class Requests:
    """Answers each request alike after some seconds, and remembers when they came."""

    def __init__(self, clock: VirtualClock, status: int, body: object, seconds: float = 0.0) -> None:
        self.at: list[float] = []
        self._clock, self._answer, self._seconds = clock, (status, body), seconds

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.at.append(self._clock.monotonic())
        self._clock.sleep(self._seconds)
        return answer(*self._answer)


@pytest.mark.parametrize(("stalled", "sent"), [(0.0, 1), (55.0, 1), (60.0, 0), (3600.0, 0)])
def test_a_write_handed_over_late_does_not_begin_its_deadline_anew(stalled: float, sent: int) -> None:
    """Between the worker's own guard and the client the process may stand still for any time."""
    clock = VirtualClock()
    until = clock.monotonic() + 60
    requests = Requests(clock, 200, DONE)
    with quickbooks(requests, clock=clock) as qbo:
        clock.sleep(stalled)
        single = qbo.send(INVOICE.method, INVOICE.path, INVOICE.params, INVOICE.body, 60.0, until=until)
    assert isinstance(single, Done if sent else NotSent)
    if isinstance(single, NotSent):
        assert single.kind == "deadline"
    assert len(requests.at) == sent


def test_a_batch_too_ends_with_the_lease() -> None:
    clock = VirtualClock()
    requests = Requests(clock, 200, {})
    with quickbooks(requests, clock=clock) as qbo:
        outcome = qbo.send_batch(BATCH.params, BATCH.body, until=clock.monotonic() - 1)
    assert isinstance(outcome.whole, NotSent)
    assert (outcome.whole.kind, requests.at) == ("deadline", [])


def test_the_moment_is_looked_at_again_when_the_request_is_about_to_leave() -> None:
    """The machine slept between the client's last look and the transport: the pacer's slot was had in time."""
    clock = VirtualClock()
    requests = Requests(clock, 200, DONE)
    transport = Transport(clock=clock, http=httpx.MockTransport(requests))
    clock.sleep(100)
    with pytest.raises(TransportFailure) as caught:
        transport.send(Call("POST", "http://127.0.0.1:9/x"), deadline=60, max_bytes=10, until=clock.monotonic() - 1)
    assert (caught.value.sent, caught.value.kind, requests.at) == (False, "deadline", [])


def test_the_wait_for_a_slot_counts_too() -> None:
    clock = VirtualClock()
    pacer = MemoryPacer(clock=clock)
    pacer.quiet(60)
    requests = Requests(clock, 200, DONE)
    with quickbooks(requests, clock=clock, pacer=pacer) as qbo:
        outcome = qbo.send("POST", INVOICE.path, INVOICE.params, INVOICE.body, 600.0, until=clock.monotonic() + 30)
    assert isinstance(outcome, NotSent)
    assert (outcome.kind, outcome.retry_after, requests.at) == ("paced", 60.0, [])


@pytest.mark.parametrize(
    ("status", "body", "seconds"), [(503, "", 100.0), (503, "", 0.0), (429, XML_429, 30.0), (200, "cut off", 109.0)]
)
def test_all_tries_of_a_read_end_within_the_lease(status: int, body: object, seconds: float) -> None:
    clock = VirtualClock()
    requests = Requests(clock, status, body, seconds)
    began = clock.monotonic()
    with (
        quickbooks(requests, clock=clock, pacer=MemoryPacer(clock=clock)) as qbo,
        pytest.raises(QuickBooksError),
    ):
        list(qbo.query(select("Invoice"), until=began + LEASE))
    assert requests.at
    assert max(requests.at) < began + LEASE
    assert clock.monotonic() <= began + LEASE + seconds  # a stand-in for the network cannot be cut off


def test_all_pages_of_a_read_end_within_the_lease() -> None:
    clock = VirtualClock()
    full = {"QueryResponse": {"Account": [{"Id": str(number)} for number in range(2)]}}
    requests = Requests(clock, 200, full, 50.0)
    began = clock.monotonic()
    with quickbooks(requests, clock=clock) as qbo, pytest.raises(Unavailable, match="no whole answer"):
        list(qbo.query(select("Account"), page_size=2, until=began + LEASE))
    assert max(requests.at) < began + LEASE
    assert len(requests.at) == 5


def test_without_an_end_a_read_is_tried_four_times() -> None:
    clock = VirtualClock()
    requests = Requests(clock, 503, "", 100.0)
    with quickbooks(requests, clock=clock) as qbo, pytest.raises(Unavailable):
        list(qbo.query(select("Invoice")))
    assert len(requests.at) == 4


def test_an_end_that_is_far_changes_nothing() -> None:
    clock = VirtualClock()
    with quickbooks(always(200, {"QueryResponse": {}}), clock=clock) as qbo:
        assert list(qbo.query(select("Invoice"), until=clock.monotonic() + 10)) == []


def test_the_machines_sleep_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stood still in a laptop's bag would let a request leave hours after its lease."""
    assert clocks._AWAKE_OR_NOT is not None or not hasattr(time, "CLOCK_BOOTTIME")
    asked: list[int] = []

    def gettime(clock: int) -> float:
        asked.append(clock)
        return 12.5

    monkeypatch.setattr(clocks, "_AWAKE_OR_NOT", 7)
    monkeypatch.setattr(clocks.time, "clock_gettime", gettime)
    assert SystemClock().monotonic() == 12.5
    assert asked == [7]
    monkeypatch.setattr(clocks, "_AWAKE_OR_NOT", None)  # a platform without such a clock
    before = time.monotonic()
    assert before <= SystemClock().monotonic() <= time.monotonic()
