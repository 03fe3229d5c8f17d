"""No secret shows: not in texts, logs, exceptions, tracebacks or pickles, whatever goes wrong on the way."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.errors import QuickBooksError
from qbo_pipeline.quickbooks.keeper import TokenKeeper
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline_tests.quickbooks.fakes import (
    REALM,
    RecordingPacer,
    VirtualClock,
    answer,
    fault,
    local_environment,
    tokens,
)
from qbo_pipeline_tests.quickbooks.in_memory import MemoryTokenStore
from qbo_pipeline_tests.quickbooks.test_auth import GRANT, MINTED, Intuit
from qbo_pipeline_tests.quickbooks.test_faults import GATEWAY_401


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("canary")
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        f"{secret}",
        repr([secret]),
        repr({1: secret}),
    ):
        assert "canary" not in shown
    assert secret.reveal() == "canary"
    assert secret == Secret("canary")
    assert secret != Secret("other")
    assert len({secret, Secret("canary")}) == 1
    for copied in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled"):
            copied(secret)
    with pytest.raises(ValueError, match="not empty"):
        Secret("")


class Everything(Intuit):
    """OAuth and the API in one: `api` answers what is not OAuth."""

    def __init__(self, api: Callable[[httpx.Request], httpx.Response], *oauth: httpx.Response) -> None:
        super().__init__(*oauth)
        self.api = api

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return self.api(request) if "/v3/" in request.url.path else super().__call__(request)


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that any logger says, at the finest level."""
    caplog.set_level(logging.DEBUG)
    formatter = logging.Formatter("%(name)s %(message)s")
    return lambda: "\n".join(formatter.format(record) for record in caplog.records)


def _lost(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset")


API: list[Callable[[httpx.Request], httpx.Response]] = [
    lambda request: answer(200, {"Invoice": {"Id": "7", "SyncToken": "0"}, "QueryResponse": {}}),
    lambda request: answer(401, GATEWAY_401),
    lambda request: answer(401, {**GATEWAY_401, "echo": request.headers["authorization"]}),
    lambda request: answer(400, fault("6000", "A business validation error", "text")),
    lambda request: answer(500, "<html>"),
    lambda request: answer(200, '{"Invoice":'),
    _lost,
]
MINTING: list[Callable[[], list[httpx.Response]]] = [
    lambda: [answer(200, {**MINTED, "access_token": "canary-access-2", "refresh_token": "canary-refresh-2"})] * 30,
    lambda: [answer(400, GRANT)] * 30,
    lambda: [answer(401, {"error": "invalid_client"})] * 30,
    lambda: [answer(503, "")] * 30,
    lambda: [answer(200, {"access_token": "canary-access-2"})] * 30,
]


@pytest.mark.parametrize("api", API)
@pytest.mark.parametrize("minting", MINTING)
@pytest.mark.parametrize("lives", [0, 3600])
def test_nothing_shows_whatever_goes_wrong(
    api: Callable[[httpx.Request], httpx.Response],
    minting: Callable[[], list[httpx.Response]],
    lives: int,
    records: Callable[[], str],
) -> None:
    clock = VirtualClock()
    everything = Everything(api, *minting())
    kept = tokens(clock, access="canary-access-1", refresh="canary-refresh-1", lives=lives)
    keeper = TokenKeeper(MemoryTokenStore(kept, clock=clock), everything.oauth(clock), clock=clock)
    client = QuickBooks(
        REALM,
        local_environment(),
        keeper,
        transport=Transport(clock=clock, http=httpx.MockTransport(everything)),
        pacer=RecordingPacer(),
        clock=clock,
    )
    shown = [repr(client), repr(keeper), repr(kept), repr(client.create("Invoice", {}))]
    reads: list[Callable[[], Any]] = [
        lambda: client.read("Invoice", "7"),
        lambda: list(client.query(select("Invoice"))),
    ]
    for read in reads:
        try:
            shown.append(repr(read()))
        except QuickBooksError as error:
            shown += [repr(error), _whole_traceback(error)]
    client.close()
    shown.append(records())
    for text in shown:
        assert [line for line in text.splitlines() if "canary" in line or "Bearer" in line] == []
    assert records()


def _whole_traceback(error: BaseException) -> str:
    """As an error tracker reports it: with the local variables of each frame, and of what led to it."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
