"""OAuth: discovery, authorisation, the token endpoint's answers, and which hosts may see our credentials."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from qbo_pipeline.quickbooks.auth import Authorisation, InvalidGrant, OAuth
from qbo_pipeline.quickbooks.errors import AccessDenied, QuickBooksRefused, Throttled, Unavailable
from qbo_pipeline.quickbooks.hosts import AddressRefused, Environment, check_realm, environment
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline_tests.quickbooks.fakes import REALM, VirtualClock, answer, local_environment, tokens

MINTED = {
    "token_type": "bearer",
    "access_token": "access-2",
    "refresh_token": "refresh-2",
    "expires_in": 3600,
    "x_refresh_token_expires_in": 8726400,
    "x_refresh_token_hard_expires_in": 157680000,
}
DISCOVERY = {
    "authorization_endpoint": "http://127.0.0.1:9/connect/oauth2",
    "token_endpoint": "http://127.0.0.1:9/oauth2/v1/tokens/bearer",
    "revocation_endpoint": "http://127.0.0.1:9/v2/oauth2/tokens/revoke",
}


class Intuit:
    """The discovery document, and the answers of the token endpoint in turn."""

    def __init__(self, *answers: httpx.Response | Exception, discovery: Any = DISCOVERY) -> None:
        self.answers = list(answers)
        self.discovery = discovery
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/.well-known"):
            return answer(200, self.discovery)
        self.requests.append(request)
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def oauth(self, clock: VirtualClock | None = None) -> OAuth:
        transport = Transport(http=httpx.MockTransport(self))
        return OAuth(local_environment(), "app", Secret("canary-secret"), transport, clock=clock or VirtualClock())


def test_the_authorisation_names_the_app_the_scope_and_a_fresh_state() -> None:
    oauth = Intuit().oauth()
    one, two = (oauth.authorisation("http://localhost:8000/callback?x=1") for _ in range(2))
    query = {name: values[0] for name, values in parse_qs(urlsplit(one.url).query).items()}
    assert query == {
        "client_id": "app",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": "http://localhost:8000/callback?x=1",
        "state": one.state,
    }
    assert one.url.startswith(DISCOVERY["authorization_endpoint"] + "?")
    assert one.state != two.state
    assert len(one.state) >= 40


def test_a_code_becomes_tokens() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(200, MINTED))
    found = intuit.oauth(clock).exchange_code(
        Secret("c&ode"), REALM, "http://x/cb", state="s", asked=Authorisation("", "s")
    )
    request = intuit.requests[0]
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["c&ode"],
        "redirect_uri": ["http://x/cb"],
    }
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"app:canary-secret"
    assert request.headers["x-include-refresh-token-hard-expires-in"] == "true"
    assert found.access_token.reveal() == "access-2"
    assert found.access_expires_at == clock.now() + timedelta(hours=1)
    assert found.refresh_expires_at == clock.now() + timedelta(days=101)
    assert found.hard_expires_at == clock.now() + timedelta(days=1825)


def test_a_state_that_is_not_ours_is_refused_before_anything_is_sent() -> None:
    intuit = Intuit()
    with pytest.raises(AccessDenied, match="begin the connection again"):
        intuit.oauth().exchange_code(
            Secret("code"), REALM, "http://x/cb", state="theirs", asked=Authorisation("", "ours")
        )
    assert intuit.requests == []


def test_a_refresh_keeps_the_token_before_it_for_a_day() -> None:
    clock = VirtualClock()
    before = tokens(clock)
    rotated = Intuit(answer(200, MINTED)).oauth(clock).refresh(before)
    assert rotated.previous_refresh_token == Secret("refresh-1")
    assert rotated.previous_until == clock.now() + timedelta(hours=24)
    clock.advance(3600)
    same = Intuit(answer(200, MINTED)).oauth(clock).refresh(rotated)
    assert (same.previous_refresh_token, same.previous_until) == (
        rotated.previous_refresh_token,
        rotated.previous_until,
    )


def test_tokens_survive_their_text() -> None:
    clock = VirtualClock()
    found = Intuit(answer(200, MINTED)).oauth(clock).refresh(tokens(clock))
    assert type(found).from_text(found.to_text()) == found


GRANT = {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}


@pytest.mark.parametrize(
    ("reply", "error", "text"),
    [
        (answer(400, GRANT), InvalidGrant, "Incorrect or invalid refresh token.*reconnect"),
        (answer(400, {"error": "invalid_grant"}), InvalidGrant, "reconnect"),
        (answer(401, {"error": "invalid_client"}), AccessDenied, "client id"),
        (answer(401, "<html>"), AccessDenied, "client id"),
        (answer(400, {"error": "invalid_request"}), QuickBooksRefused, "invalid_request"),
        (answer(429, ""), Throttled, "slow down"),
        (answer(400, "<html>"), Unavailable, "HTTP 400"),
        (answer(503, ""), Unavailable, "HTTP 503"),
        (answer(200, "<html>"), Unavailable, "without readable JSON"),
        (answer(200, {"access_token": "canary-access"}), Unavailable, "without usable tokens"),
        (httpx.ReadTimeout("silence"), Unavailable, "could not be reached"),
    ],
)
def test_answers_of_the_token_endpoint(reply: Any, error: type[Exception], text: str) -> None:
    clock = VirtualClock()
    with pytest.raises(error, match=text) as caught:
        Intuit(reply).oauth(clock).refresh(tokens(clock, refresh="canary-refresh"))
    assert type(caught.value) is error
    assert "canary" not in str(caught.value)


def test_revoking_sends_the_refresh_token() -> None:
    clock = VirtualClock()
    intuit = Intuit(answer(200, ""))
    intuit.oauth(clock).revoke(tokens(clock))
    assert intuit.requests[0].content == b'{"token":"refresh-1"}'
    assert str(intuit.requests[0].url) == DISCOVERY["revocation_endpoint"]


@pytest.mark.parametrize(
    ("discovery", "error", "text"),
    [
        ({**DISCOVERY, "token_endpoint": "https://evil.example/token"}, AddressRefused, "evil.example"),
        ({"token_endpoint": "http://127.0.0.1/x"}, Unavailable, "lacks authorization_endpoint, revocation_endpoint"),
        ([], Unavailable, "readable JSON"),
    ],
)
def test_a_discovery_document_is_not_trusted_blindly(discovery: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Intuit(discovery=discovery).oauth().authorisation("http://x/cb")


def test_intuits_own_hosts_are_fixed() -> None:
    sandbox, production = environment("sandbox"), environment("production")
    assert sandbox.api_url == "https://sandbox-quickbooks.api.intuit.com"
    assert production.api_url == "https://quickbooks.api.intuit.com"
    for url in (
        "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        "https://appcenter.intuit.com/connect/oauth2",
    ):
        assert production.check_endpoint(url, "token_endpoint") == url


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: environment("production", base_url="https://x"), "fixed hosts"),
        (lambda: environment("staging"), "sandbox, production or custom"),
        (lambda: environment("custom", base_url="http://127.0.0.1:1"), "discovery_url"),
        (lambda: environment("custom", base_url="https://qbo.example", discovery_url="http://localhost/d"), "loopback"),
        (lambda: _allowed("http://proxy.example"), "must use https"),
        (lambda: _allowed("ftp://proxy.example"), "http"),
        (lambda: _allowed("https://user:pw@proxy.example"), "without credentials"),
        (lambda: environment("production").check_endpoint("http://oauth.platform.intuit.com/", "t"), "intuit.com"),
        (lambda: environment("production").check_endpoint("https://intuit.com.evil.example/", "t"), "evil.example"),
        (lambda: environment("production").check_endpoint("https://evilintuit.com/", "t"), "evilintuit.com"),
        (lambda: environment("production").check_file("https://files.example/x"), "files.example"),
    ],
)
def test_hosts_that_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(AddressRefused, match=text):
        build()


@pytest.mark.parametrize("realm", ["12/../34", "١٢", ""])
def test_realms_that_are_refused(realm: str) -> None:
    with pytest.raises(ValueError, match="digits only"):
        check_realm(realm)


def _allowed(url: str) -> Environment:
    return environment("custom", base_url=url, discovery_url=url, allowed_hosts=("proxy.example",))


def test_a_host_that_was_allowed_is_used_by_https() -> None:
    assert _allowed("https://proxy.example").api_url == "https://proxy.example"
    for url in ("http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"):
        assert local_environment(url).api_url == url
