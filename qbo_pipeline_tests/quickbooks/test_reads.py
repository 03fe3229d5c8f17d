"""Reads: exceptions named by recovery, tried again where that helps, and counted as Intuit bills them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.errors import (
    AccessDenied,
    InvalidRequest,
    NotFound,
    QuickBooksAway,
    QuickBooksRefused,
    QuotaExhausted,
    ReconnectNeeded,
    Throttled,
    Unavailable,
)
from qbo_pipeline.quickbooks.hosts import AddressRefused
from qbo_pipeline.quickbooks.meter import MemoryMeter
from qbo_pipeline.quickbooks.outcomes import Done, Refusal, Unknown
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.quickbooks.fakes import (
    RecordingPacer,
    VirtualClock,
    always,
    answer,
    fault,
    in_turn,
    quickbooks,
)
from qbo_pipeline_tests.quickbooks.test_faults import GATEWAY_401, XML_429

INVOICE = {"Invoice": {"Id": "7", "TotalAmt": 10.10}}
QUOTA = fault("3001", "message=ThrottleExceeded; errorCode=003001; statusCode=429", "monthly CorePlus quota reached")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, fault("610", "Object Not Found"), NotFound),
        (404, fault("610", "Object Not Found"), NotFound),
        (403, fault("5020", "Permission denied"), AccessDenied),
        (400, fault("4001", "Invalid query"), InvalidRequest),
        (200, fault("4001", "Invalid query"), InvalidRequest),
        (403, fault("3100", "message=ApplicationAuthorizationFailed; errorCode=003100"), AccessDenied),
        (401, GATEWAY_401, ReconnectNeeded),
        (429, QUOTA, QuotaExhausted),
    ],
)
def test_permanent_errors_are_raised_at_once(status: int, body: Any, error: type[QuickBooksRefused]) -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return answer(status, body)

    with quickbooks(handler) as qbo, pytest.raises(error) as caught:
        qbo.read("Invoice", "7")
    assert type(caught.value) is error
    assert len(calls) == (2 if status == 401 else 1)
    assert (caught.value.http_status, caught.value.intuit_tid) == (status, "1-tid")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, "", Unavailable),
        (503, fault("10000", "An application error", kind="SystemFault"), Unavailable),
        (400, fault("150", "Maintenance"), Unavailable),
        (200, "<html>", Unavailable),
        (200, '{"Invoice":{"Id"', Unavailable),
        (200, "[]", Unavailable),
        (429, XML_429, Throttled),
    ],
)
def test_transient_errors_are_tried_again_until_they_pass(status: int, body: Any, error: type[QuickBooksAway]) -> None:
    clock = VirtualClock()
    with quickbooks(in_turn(answer(status, body), answer(status, body), answer(200, INVOICE)), clock=clock) as qbo:
        assert qbo.read("Invoice", "7")["TotalAmt"] == Decimal("10.1")
    assert clock.monotonic() > 1000
    if error is not Throttled:
        with quickbooks(always(status, body)) as qbo, pytest.raises(error):
            qbo.read("Invoice", "7")


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadTimeout("silence"), httpx.ReadError("reset")]
)
def test_a_failed_line_is_tried_again_four_times_in_all(error: Exception) -> None:
    with quickbooks(in_turn(error, error, error, answer(200, INVOICE))) as qbo:
        assert qbo.read("Invoice", "7")["Id"] == "7"
    with quickbooks(in_turn(error, error, error, error)) as qbo, pytest.raises(Unavailable, match="GET invoice/7"):
        qbo.read("Invoice", "7")


def test_reads_refused_again_and_again_are_used_up_and_do_not_hold_up_writes() -> None:
    pacer = RecordingPacer()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return answer(429, XML_429)
        return answer(200, {"Bill": {"Id": "1", "SyncToken": "0"}})

    with quickbooks(handler, pacer=pacer) as qbo:
        with pytest.raises(QuotaExhausted, match="used up"):
            qbo.read("Invoice", "7")
        rests = len(pacer.rests)
        with pytest.raises(QuotaExhausted):
            qbo.read("Invoice", "7")
        assert isinstance(qbo.create("Bill", {}), Done)
    assert len(pacer.rests) == rests == 2


def test_calls_are_counted_as_intuit_bills_them() -> None:
    meter = MemoryMeter()
    answers = in_turn(answer(500, ""), answer(200, INVOICE), answer(200, {"Bill": {"Id": "1", "SyncToken": "0"}}))
    with quickbooks(answers, meter=meter) as qbo:
        qbo.read("Invoice", "7")
        qbo.create("Bill", {})
    totals = meter.totals()
    assert (totals.metered_read, totals.free, totals.write, totals.calls) == (1, 1, 1, 3)
    with pytest.raises(ValueError, match="not 'reads'"):
        meter.count("reads")


def test_queries_go_as_text_and_answers_come_page_by_page() -> None:
    texts: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        texts.append(request.content.decode())
        assert (request.method, request.url.path) == ("POST", "/v3/company/9130357/query")
        assert request.headers["content-type"] == "application/text"
        if "COUNT" in texts[-1]:
            return answer(200, {"QueryResponse": {"totalCount": 3}})
        rows = [{"Id": "1"}, {"Id": "2"}] if "STARTPOSITION 1 " in texts[-1] else []
        return answer(200, {"QueryResponse": {"Account": rows} if rows else {}})

    with quickbooks(handler) as qbo:
        assert [row["Id"] for row in qbo.query(select("Account"), page_size=2)] == ["1", "2"]
        assert qbo.count(select("Account").where("Name", "=", "Bank")) == 3
    assert texts == [
        "SELECT * FROM Account ORDERBY Id STARTPOSITION 1 MAXRESULTS 2",
        "SELECT * FROM Account ORDERBY Id STARTPOSITION 3 MAXRESULTS 2",
        "SELECT COUNT(*) FROM Account WHERE Name = 'Bank'",
    ]


@pytest.mark.parametrize(
    "read",
    [
        lambda qbo: qbo.read("Invoice", "7"),
        lambda qbo: qbo.company_info(),
        lambda qbo: qbo.preferences(),
        lambda qbo: list(qbo.query(select("Account"))),
        lambda qbo: qbo.count(select("Account")),
        lambda qbo: qbo.report("TrialBalance", {}),
    ],
)
def test_json_of_another_shape_is_no_answer(read: Callable[[QuickBooks], object]) -> None:
    with quickbooks(always(200, {"time": "2026-03-01T00:00:00Z"})) as qbo, pytest.raises(Unavailable):
        read(qbo)


@pytest.mark.parametrize(
    "read",
    [
        lambda qbo: qbo.read("Invoice", "../companyinfo/1"),
        lambda qbo: qbo.read("invoice", "1"),
        lambda qbo: qbo.report("../x", {}),
        lambda qbo: qbo.download("1/2"),
        lambda qbo: qbo.send("POST", "batch", (), b"{}"),
        lambda qbo: qbo.upload("a.csv", b"x", attach_to=[("invoice", "1")]),
    ],
)
def test_what_would_change_the_path_is_refused_before_it_is_sent(read: Callable[[QuickBooks], object]) -> None:
    with quickbooks(in_turn()) as qbo, pytest.raises(ValueError):
        read(qbo)


# Attachments


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"AttachableResponse": [{"Attachable": {"Id": "5", "SyncToken": "0"}}]}, Done),
        ({"AttachableResponse": [fault("6040", "Invalid attachment")]}, Refusal),
        ({"AttachableResponse": [{}]}, Unknown),
        ({"AttachableResponse": []}, Unknown),
        ("<html>", Unknown),
        (fault("6030", "too large"), Refusal),
    ],
)
def test_outcome_of_an_upload(body: Any, expected: type) -> None:
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
        return answer(200, body)

    with quickbooks(handler) as qbo:
        for _ in range(2):
            assert type(qbo.upload("über.csv", b"a,b\r\n", attach_to=[("Invoice", "7")], note="n")) is expected
    assert bodies[0] == bodies[1]
    assert b'{"AttachableRef":[{"EntityRef":{"type":"Invoice","value":"7"}}],"ContentType":"text/csv"' in bodies[0]


@pytest.mark.parametrize(
    ("name", "content", "note"),
    [("a.csv", b"", None), ("", b"x", None), ('a".csv', b"x", None), ("a/b", b"x", None), ("a.csv", b"x", "n" * 2001)],
)
def test_files_that_qbo_cannot_take(name: str, content: bytes, note: str | None) -> None:
    with quickbooks(in_turn()) as qbo, pytest.raises(ValueError):
        qbo.upload(name, content, note=note)


def test_a_download_takes_the_address_and_shows_it_no_token() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(200, "http://127.0.0.1:9/files/5?sig=x" if len(seen) == 1 else b"content")

    with quickbooks(handler) as qbo:
        assert qbo.download("5") == b"content"
    assert "authorization" in seen[0].headers
    assert "authorization" not in seen[1].headers


def test_a_download_from_a_host_that_nobody_allowed_is_refused() -> None:
    with (
        quickbooks(always(200, "https://files.example/5")) as qbo,
        pytest.raises(AddressRefused, match=r"files\.example"),
    ):
        qbo.download("5")


def test_a_download_that_is_not_there() -> None:
    with quickbooks(always(400, fault("610", "Object Not Found"))) as qbo, pytest.raises(NotFound):
        qbo.download("5")
