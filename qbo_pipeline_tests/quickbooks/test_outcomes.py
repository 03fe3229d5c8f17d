"""Writes: from each answer that QBO or the network can give to one of the four outcomes, never an exception."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.quickbooks.errors import ReconnectNeeded, Unavailable
from qbo_pipeline.quickbooks.meter import MemoryMeter
from qbo_pipeline.quickbooks.outcomes import BatchOutcome, Done, NotSent, Outcome, Refusal, Unknown
from qbo_pipeline.quickbooks.pacing import MemoryPacer
from qbo_pipeline.quickbooks.requests import BatchItem
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline_tests.quickbooks.fakes import (
    FixedToken,
    Handler,
    RecordingPacer,
    VirtualClock,
    always,
    answer,
    fault,
    in_turn,
    quickbooks,
)
from qbo_pipeline_tests.quickbooks.test_faults import GATEWAY_401, XML_429

INVOICE = {"Invoice": {"Id": "129", "SyncToken": "0", "TotalAmt": 10.5}, "time": "2026-03-01T04:00:00.000-08:00"}
ITEMS = [BatchItem(bid, "create", "JournalEntry", {"DocNumber": bid}) for bid in ("a", "b", "c")]
HTML = "<html><body>Sorry</body></html>"


def _create(handler: Handler) -> Outcome:
    with quickbooks(handler) as qbo:
        return qbo.create("Invoice", {"Line": []}, request_id="r-1")


# (status, body) -> outcome, kind of refusal
ANSWERS: list[tuple[int, Any, type, str]] = [
    (200, INVOICE, Done, ""),
    (201, INVOICE, Done, ""),
    (200, fault("6140", "Duplicate Document Number Error"), Refusal, "duplicate_number"),
    (200, fault("10000", "An application error", kind="SystemFault"), Unknown, ""),
    (400, fault("2020", "Required param missing"), Refusal, "validation"),
    (400, fault("10000", "An application error", kind="SystemFault"), Unknown, ""),
    (400, HTML, Unknown, ""),
    (400, {}, Unknown, ""),
    (403, HTML, Refusal, "forbidden"),
    (403, XML_429, Refusal, "throttled"),
    (404, HTML, Unknown, ""),
    (404, "", Unknown, ""),
    (404, {"message": "no route"}, Unknown, ""),
    (404, XML_429, Unknown, ""),
    (404, fault("610", "Object Not Found"), Refusal, "not_found"),
    (400, fault("610", "Object Not Found"), Refusal, "not_found"),
    (403, fault("5020", "Permission denied"), Refusal, "not_permitted"),
    (408, "", Unknown, ""),
    (429, XML_429, Refusal, "throttled"),
    (429, "", Refusal, "throttled"),
    (302, "", Unknown, ""),
    (500, fault("2020", "Required param missing"), Unknown, ""),
    (500, "", Unknown, ""),
    (503, XML_429, Unknown, ""),
    (504, HTML, Unknown, ""),
    (200, HTML, Unknown, ""),
    (200, "", Unknown, ""),
    (200, "[]", Unknown, ""),
    (200, '{"Invoice":{"Id":"129","SyncToken":"0"', Unknown, ""),
    (200, {"Invoice": {"SyncToken": "0"}}, Unknown, ""),
    (200, {"Invoice": {"Id": 129, "SyncToken": "0"}}, Unknown, ""),
    (200, {"Invoice": {"Id": "129"}}, Unknown, ""),
    (200, {"Bill": {"Id": "129", "SyncToken": "0"}}, Unknown, ""),
    (204, "", Unknown, ""),
]


@pytest.mark.parametrize(("status", "body", "expected", "kind"), ANSWERS)
def test_outcome_of_an_answer(status: int, body: Any, expected: type, kind: str) -> None:
    outcome = _create(always(status, body))
    assert type(outcome) is expected
    assert not isinstance(outcome, NotSent)
    assert outcome.intuit_tid == "1-tid"
    if isinstance(outcome, Refusal):
        assert (outcome.kind, outcome.http_status) == (kind, status)
        assert outcome.reason
    elif isinstance(outcome, Done):
        assert (outcome.id, outcome.sync_token) == ("129", "0")
        assert outcome.object["TotalAmt"] == Decimal("10.5")
    else:
        assert isinstance(outcome, Unknown)
        assert str(status) in outcome.reason


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ConnectTimeout("slow"), NotSent),
        (httpx.PoolTimeout("full"), NotSent),
        (httpx.ReadTimeout("silence"), Unknown),
        (httpx.WriteTimeout("stuck"), Unknown),
        (httpx.ReadError("reset"), Unknown),
        (httpx.WriteError("broken pipe"), Unknown),
        (httpx.RemoteProtocolError("peer closed connection"), Unknown),
        (httpx.DecodingError("bad gzip"), Unknown),
        (ConnectionResetError("reset"), Unknown),
    ],
)
def test_outcome_of_a_failure(error: Exception, expected: type) -> None:
    assert type(_create(in_turn(error))) is expected


@given(st.integers(100, 599), st.binary(max_size=200) | st.text(max_size=60).map(json.dumps))
def test_no_answer_raises_and_none_is_taken_for_a_yes(status: int, body: Any) -> None:
    if status == 401 or status < 200:
        status = 400
    assert isinstance(_create(always(status, body)), Refusal | Unknown)


def test_a_delete_is_done_with_its_stub() -> None:
    stub = {"Invoice": {"domain": "QBO", "status": "Deleted", "Id": "129"}}
    with quickbooks(always(200, stub)) as qbo:
        assert qbo.delete("Invoice", "129", "3") == Done(stub["Invoice"], "129", "", "1-tid")


def test_401_is_replayed_once_with_another_token_and_the_same_bytes() -> None:
    seen: list[tuple[str, str, bytes]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["authorization"], str(request.url), request.content))
        return answer(401, GATEWAY_401) if len(seen) == 1 else answer(200, INVOICE)

    with quickbooks(handler) as qbo:
        assert isinstance(qbo.create("Invoice", {"DocNumber": "7"}, request_id="r-1"), Done)
    assert [authorisation for authorisation, _, _ in seen] == ["Bearer token-one", "Bearer token-two"]
    assert seen[0][1:] == seen[1][1:]
    assert seen[0][1].endswith("/v3/company/9130357/invoice?requestid=r-1&minorversion=75")
    assert seen[0][2] == b'{"DocNumber":"7"}'


def test_a_second_401_is_a_refusal() -> None:
    access = FixedToken()
    with quickbooks(always(401, GATEWAY_401), access=access) as qbo:
        outcome = qbo.create("Invoice", {})
    assert isinstance(outcome, Refusal)
    assert (outcome.kind, access.renewals) == ("auth", 1)


class _NoToken(FixedToken):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def access_token(self) -> Secret:
        raise self.error


@pytest.mark.parametrize(
    ("error", "kind"), [(ReconnectNeeded("reconnect the company"), "reconnect"), (Unavailable("no OAuth"), "token")]
)
def test_without_a_token_nothing_is_sent(error: Exception, kind: str) -> None:
    with quickbooks(in_turn(), access=_NoToken(error)) as qbo:
        outcome = qbo.create("Invoice", {})
    assert isinstance(outcome, NotSent)
    assert (outcome.kind, outcome.reason) == (kind, str(error))


@pytest.mark.parametrize("status", [429, 403, 503])
def test_after_a_throttle_the_realm_rests_a_minute(status: int) -> None:
    pacer = RecordingPacer()
    with quickbooks(always(status, XML_429), pacer=pacer) as qbo:
        qbo.create("Invoice", {})
    assert pacer.rests == [60.0]


def test_a_write_in_the_quiet_minute_is_not_sent_unless_its_deadline_reaches_beyond() -> None:
    clock = VirtualClock()
    with quickbooks(
        in_turn(answer(429, XML_429), answer(200, INVOICE)), pacer=MemoryPacer(clock=clock), clock=clock
    ) as qbo:
        refused = qbo.create("Invoice", {})
        early = qbo.create("Invoice", {}, deadline=30)
        before = clock.monotonic()
        late = qbo.create("Invoice", {}, deadline=90)
    assert isinstance(refused, Refusal)
    assert refused.retry_after == 60.0
    assert isinstance(early, NotSent)
    assert early.kind == "paced"
    assert 59 < early.retry_after <= 60
    assert isinstance(late, Done)
    assert clock.monotonic() - before >= early.retry_after


@pytest.mark.parametrize("broken", [answer(500, ""), answer(429, XML_429), answer(200, HTML), httpx.ReadError("reset")])
def test_a_write_is_never_sent_a_second_time_by_itself(broken: Any) -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return in_turn(broken)(request)

    with quickbooks(handler) as qbo:
        qbo.create("Invoice", {})
        qbo.batch(ITEMS)
        qbo.upload("a.csv", b"x")
    assert [request.url.path.rpartition("/")[2] for request in calls] == ["invoice", "batch", "upload"]


class _SlowToken(FixedToken):
    """A token that takes its time, as when another process is refreshing it."""

    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def access_token(self) -> Secret:
        self._clock.sleep(self._seconds)
        return super().access_token()


class _Oversleeping(RecordingPacer):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def acquire(self, kind: str, patience: float) -> float:
        self._clock.sleep(patience + 5)
        return 0.0


def test_nothing_is_sent_after_the_deadline() -> None:
    clock = VirtualClock()
    with quickbooks(in_turn(), clock=clock, access=_SlowToken(clock, 31)) as qbo:
        slow_token = qbo.create("Invoice", {}, deadline=30)
    with quickbooks(in_turn(), clock=clock, pacer=_Oversleeping(clock)) as qbo:
        overslept = qbo.create("Invoice", {}, deadline=30)
    for outcome in (slow_token, overslept):
        assert isinstance(outcome, NotSent)
        assert outcome.kind == "deadline"


def test_a_write_refused_for_a_quota_rests_like_any_other() -> None:
    pacer = RecordingPacer()
    body = fault("3001", "message=ThrottleExceeded; errorCode=003001; statusCode=429", "request quota exceeded")
    with quickbooks(always(429, body), pacer=pacer) as qbo:
        outcome = qbo.create("Invoice", {})
    assert isinstance(outcome, Refusal)
    assert (outcome.kind, outcome.retry_after, pacer.rests) == ("quota", 60.0, [60.0])


def test_writes_are_counted_as_writes_and_a_batch_with_its_items() -> None:
    meter = MemoryMeter()
    with quickbooks(always(500, ""), meter=meter) as qbo:
        qbo.create("Invoice", {})
        qbo.batch([BatchItem("1", "create", "Invoice", {}), BatchItem("2", "create", "Bill", {})])
    totals = meter.totals()
    assert (totals.write, totals.metered_read, totals.batch_items) == (2, 0, 2)


# Batches


def _entry(bid: str, id: str) -> dict[str, Any]:
    return {"bId": bid, "JournalEntry": {"Id": id, "SyncToken": "0", "DocNumber": bid}}


def _batch(status: int, body: Any) -> BatchOutcome:
    with quickbooks(always(status, body)) as qbo:
        return qbo.batch(ITEMS, request_id="b-1")


def _shape(outcome: BatchOutcome) -> dict[str, str]:
    found = {}
    for bid, item in outcome.items.items():
        detail = item.id if isinstance(item, Done) else item.kind if isinstance(item, Refusal) else ""
        found[bid] = f"{type(item).__name__} {detail}".strip()
    return found


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([_entry("c", "3"), _entry("a", "1"), _entry("b", "2")], {"a": "Done 1", "b": "Done 2", "c": "Done 3"}),
        ([_entry("b", "2")], {"a": "Unknown", "b": "Done 2", "c": "Unknown"}),
        ([], {"a": "Unknown", "b": "Unknown", "c": "Unknown"}),
        (
            [{"bId": "a", **fault("2020", "Required param missing")}, _entry("b", "2"), _entry("c", "3")],
            {"a": "Refusal validation", "b": "Done 2", "c": "Done 3"},
        ),
        (
            [{"bId": "a", **fault("10000", "failed", kind="SystemFault")}, _entry("b", "2"), {"bId": "c"}],
            {"a": "Unknown", "b": "Done 2", "c": "Unknown"},
        ),
        ([_entry("a", "1"), _entry("a", "9"), _entry("b", "2"), _entry("zz", "5"), "odd"],
         {"a": "Unknown", "b": "Done 2", "c": "Unknown"}),
        ([{"bId": "a", "JournalEntry": {"SyncToken": "0"}}, _entry("b", "2"), _entry("c", "3")],
         {"a": "Unknown", "b": "Done 2", "c": "Done 3"}),
    ],
)  # fmt: skip
def test_items_are_matched_by_bid_and_what_is_missing_is_unknown(items: list[Any], expected: dict[str, str]) -> None:
    outcome = _batch(200, {"BatchItemResponse": items})
    assert outcome.whole is None
    assert _shape(outcome) == expected


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (429, XML_429, "Refusal throttled"),
        (400, fault("1040", "Batch size exceeds allowed limit"), "Refusal batch_size"),
        (200, fault("1040", "Batch size exceeds allowed limit"), "Refusal batch_size"),
        (500, "", "Unknown"),
        (200, HTML, "Unknown"),
        (200, '{"BatchItemResponse":[{"bId":"a"', "Unknown"),
        (200, {"time": "x"}, "Unknown"),
    ],
)
def test_a_batch_that_is_uncertain_is_uncertain_as_a_whole(status: int, body: Any, expected: str) -> None:
    outcome = _batch(status, body)
    assert _shape(outcome) == dict.fromkeys("abc", expected)
    assert outcome.whole == outcome.items["a"]


def test_a_batch_that_never_left_is_free_to_be_sent_again() -> None:
    with quickbooks(in_turn(httpx.ConnectError("refused"))) as qbo:
        outcome = qbo.batch(ITEMS)
    assert isinstance(outcome.whole, NotSent)
    assert set(outcome.items) == {"a", "b", "c"}


@given(st.permutations(["a", "b", "c"]), st.sets(st.sampled_from(["a", "b", "c"])))
def test_order_and_gaps_of_the_answer_never_mix_documents(order: list[str], missing: set[str]) -> None:
    outcome = _batch(200, {"BatchItemResponse": [_entry(bid, f"id-{bid}") for bid in order if bid not in missing]})
    for bid, item in outcome.items.items():
        assert (item.id == f"id-{bid}") if isinstance(item, Done) else (isinstance(item, Unknown) and bid in missing)
