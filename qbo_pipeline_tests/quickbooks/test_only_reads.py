"""A client that may only read cannot write: whatever is asked of it, no byte of a write leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.only_reads import OnlyReads, WriteRefused, reads
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.requests import BatchItem
from qbo_pipeline.quickbooks.transport import Call
from qbo_pipeline_tests.quickbooks.fakes import (
    REALM,
    FixedToken,
    RecordingPacer,
    VirtualClock,
    answer,
    local_environment,
)

WRITES: dict[str, Callable[[QuickBooks], Any]] = {
    "create": lambda company: company.create("Invoice", {"Line": []}),
    "update": lambda company: company.update("Invoice", {"Id": "1", "SyncToken": "0"}),
    "delete": lambda company: company.delete("Bill", "1", "0"),
    "void": lambda company: company.void("Invoice", "1", "0"),
    "batch": lambda company: company.batch([BatchItem("1", "create", "Invoice", {"Line": []})]),
    "upload": lambda company: company.upload("a.txt", b"content"),
    "send": lambda company: company.send("POST", "invoice", (), b"{}"),
    "send a query that is none": lambda company: company.send("POST", "query/../invoice", (), b"{}"),
    "send_batch": lambda company: company.send_batch((), b'{"BatchItemRequest": [{"bId": "1"}]}'),
}


def only_reading(seen: list[httpx.Request]) -> QuickBooks:
    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(200, {"QueryResponse": {}, "Account": {"Id": "1"}, "time": "2026-03-01T00:00:00Z"})

    clock = VirtualClock()
    transport = OnlyReads(clock=clock, http=httpx.MockTransport(handler))
    pacer = RecordingPacer()
    return QuickBooks(REALM, local_environment(), FixedToken(), transport=transport, pacer=pacer, clock=clock)


def test_every_write_of_the_client_is_among_those_tried() -> None:
    """What the client has beside them asks, or closes."""
    asking = {
        "read",
        "company_info",
        "company_info_as_at",
        "preferences",
        "query",
        "query_pages",
        "count",
        "changes",
        "report",
        "ledger",
    }
    named = {name for name in vars(QuickBooks) if not name.startswith("_")}
    assert named - asking - {"download", "download_to", "close", "batches_held"} == {
        name for name in WRITES if " " not in name
    }


@pytest.mark.parametrize("write", WRITES)
def test_no_write_leaves(write: str) -> None:
    seen: list[httpx.Request] = []
    with pytest.raises(WriteRefused, match="would write, and this client only reads"):
        WRITES[write](only_reading(seen))
    assert seen == []


def test_reads_leave() -> None:
    seen: list[httpx.Request] = []
    company = only_reading(seen)
    assert list(company.query(select("Account"))) == []
    assert company.read("Account", "1") == {"Id": "1"}
    assert [(one.method, one.url.path.rpartition("/")[2]) for one in seen] == [("POST", "query"), ("GET", "1")]


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        ("GET", "https://quickbooks.api.intuit.com/v3/company/1/reports/TrialBalance", True),
        ("POST", "https://quickbooks.api.intuit.com/v3/company/1/query", True),
        ("POST", "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer", True),
        ("POST", "https://quickbooks.api.intuit.com/v3/company/1/invoice", False),
        ("POST", "https://quickbooks.api.intuit.com/v3/company/1/batch", False),
        ("POST", "https://quickbooks.api.intuit.com/v3/company/1/tokens/bearer", False),
        ("POST", "https://developer.api.intuit.com/v2/oauth2/tokens/revoke", False),
        ("DELETE", "https://quickbooks.api.intuit.com/v3/company/1/invoice/1", False),
        ("PUT", "https://quickbooks.api.intuit.com/v3/company/1/query", False),
    ],
)
def test_what_is_a_read(method: str, url: str, expected: bool) -> None:
    assert reads(Call(method, url)) is expected
