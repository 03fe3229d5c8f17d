"""Our own store fails while a call is made: a write was not sent, an answer is never lost, no text holds a secret."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from qbo_pipeline.quickbooks.outcomes import Done, NotSent, Refusal
from qbo_pipeline.quickbooks.requests import BatchItem
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.store.tokens import VaultError
from qbo_pipeline_tests.quickbooks.fakes import FixedToken, RecordingPacer, answer, quickbooks
from qbo_pipeline_tests.quickbooks.test_faults import GATEWAY_401, XML_429

STATEMENT = "SELECT ciphertext FROM tokens WHERE nonce = ?"


def database_error() -> Exception:
    said = 'connection to "postgresql://poster:canary-password@host/books" failed'
    return OperationalError(STATEMENT, {"nonce": "canary-nonce"}, RuntimeError(said))


def vault_error() -> Exception:
    return VaultError("the tokens of shop are encrypted with the key '2', which is not at hand")


class BrokenTokens(FixedToken):
    """A vault that cannot be read: at once, or when the first token was refused."""

    def __init__(self, error: Callable[[], Exception], *, at_renewal: bool) -> None:
        super().__init__()
        self._error, self._at_renewal = error, at_renewal

    def access_token(self) -> Secret:
        if not self._at_renewal:
            raise self._error()
        return super().access_token()

    def renew(self, rejected: Secret) -> Secret:
        raise self._error()


class BrokenPacer(RecordingPacer):
    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def acquire(self, kind: str, patience: float) -> float:
        if self._what == "acquire":
            raise database_error()
        return super().acquire(kind, patience)

    def quiet(self, seconds: float) -> None:
        raise database_error()


class Sent:
    def __init__(self, status: int, body: object) -> None:
        self.count, self._answer = 0, (status, body)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        return answer(*self._answer)


@pytest.mark.parametrize("error", [database_error, vault_error])
@pytest.mark.parametrize(("at_renewal", "requests"), [(False, 0), (True, 1)])
def test_a_vault_that_cannot_be_read_means_not_sent(
    error: Callable[[], Exception], at_renewal: bool, requests: int, caplog: pytest.LogCaptureFixture
) -> None:
    sent = Sent(401, GATEWAY_401)
    with quickbooks(sent, access=BrokenTokens(error, at_renewal=at_renewal)) as qbo:
        outcome = qbo.create("Invoice", {})
    assert isinstance(outcome, NotSent)
    assert outcome.kind == "store"
    assert outcome.reason.startswith(f"the access token could not be had: {type(error()).__name__}: ")
    assert sent.count == requests
    for canary in ("canary", "nonce"):
        assert canary not in f"{outcome!r} {caplog.text}"
    assert "host/books" in outcome.reason or "the key '2'" in outcome.reason


def test_a_batch_too_was_not_sent() -> None:
    with quickbooks(Sent(200, {}), access=BrokenTokens(vault_error, at_renewal=False)) as qbo:
        outcome = qbo.batch([BatchItem("a", "create", "Invoice", {})])
    assert isinstance(outcome.whole, NotSent)
    assert outcome.whole.kind == "store"


def test_limits_that_cannot_be_read_mean_not_sent() -> None:
    sent = Sent(200, {"Invoice": {"Id": "1", "SyncToken": "0"}})
    with quickbooks(sent, pacer=BrokenPacer("acquire")) as qbo:
        outcome = qbo.create("Invoice", {})
    assert isinstance(outcome, NotSent)
    assert (outcome.kind, sent.count) == ("store", 0)


def test_an_answer_is_not_lost_over_a_rest_that_cannot_be_stored() -> None:
    with quickbooks(Sent(429, XML_429), pacer=BrokenPacer("quiet")) as qbo:
        outcome = qbo.create("Invoice", {})
    assert isinstance(outcome, Refusal)
    assert outcome.kind == "throttled"
    with quickbooks(Sent(200, {"Invoice": {"Id": "1", "SyncToken": "0"}}), pacer=BrokenPacer("quiet")) as qbo:
        assert isinstance(qbo.create("Invoice", {}), Done)


@pytest.mark.parametrize("error", [database_error, vault_error])
def test_a_read_raises_what_the_store_raised(error: Callable[[], Exception]) -> None:
    """A command then says in plain words that the key is missing, or that the database is away."""
    sent = Sent(200, {})
    with (
        quickbooks(sent, access=BrokenTokens(error, at_renewal=False)) as qbo,
        pytest.raises(type(error())),
    ):
        qbo.read("Invoice", "1")
    assert sent.count == 0
