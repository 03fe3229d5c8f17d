"""intuit-oauth 1.2.6 from the registry, unchanged: consent, tokens, rotation, revocation, user info."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

from qbo_pipeline_tests.emulator.clients.conftest import connect
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator


@pytest.fixture
def fresh() -> Iterator[RunningEmulator]:
    """An emulator of the test's own: virtual time moves in these tests."""
    with running_emulator("--company", "empty") as started:
        yield started


@pytest.fixture
def auth(fresh: RunningEmulator) -> Iterator[AuthClient]:
    with connect(fresh) as client:
        yield client


def company_status(emulator: RunningEmulator, auth: AuthClient) -> int:
    headers = {"Authorization": f"Bearer {auth.access_token}"}
    return requests.get(emulator.api(f"companyinfo/{emulator.realm}"), headers=headers, timeout=30).status_code


def test_consent_in_the_browser_gives_tokens_for_the_company(fresh: RunningEmulator, auth: AuthClient) -> None:
    page = requests.get(auth.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL]), timeout=30)
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert ticket
    answer = requests.post(
        auth.auth_endpoint, data={"ticket": ticket[1], "decision": "connect"}, allow_redirects=False, timeout=30
    )
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == [auth.state_token]
    auth.get_bearer_token(back["code"][0], realm_id=back["realmId"][0])
    assert auth.realm_id == fresh.realm
    assert company_status(fresh, auth) == 200
    assert auth.get_user_info().json()["sub"]


def test_refreshing_rotates_after_a_day_and_the_old_value_has_a_day_of_grace(
    fresh: RunningEmulator, auth: AuthClient
) -> None:
    first = fresh.refresh_token
    auth.refresh(refresh_token=first)
    assert auth.refresh_token == first
    assert auth.x_refresh_token_expires_in == 8_726_400
    fresh.advance(24 * 3_600)
    assert company_status(fresh, auth) == 401
    auth.refresh()
    second = auth.refresh_token
    assert second != first
    assert company_status(fresh, auth) == 200
    auth.refresh(refresh_token=first)
    assert auth.refresh_token == second
    fresh.advance(24 * 3_600)
    with pytest.raises(AuthClientError) as refused:
        auth.refresh(refresh_token=first)
    assert (refused.value.status_code, b"invalid_grant" in refused.value.content) == (400, True)
    assert refused.value.intuit_tid


def test_a_connection_left_alone_for_a_hundred_days_is_gone(fresh: RunningEmulator, auth: AuthClient) -> None:
    fresh.advance(102 * 86_400)
    with pytest.raises(AuthClientError, match="invalid_grant"):
        auth.refresh(refresh_token=fresh.refresh_token)


def test_revoking_ends_it(fresh: RunningEmulator, auth: AuthClient) -> None:
    auth.refresh(refresh_token=fresh.refresh_token)
    assert auth.revoke()
    assert company_status(fresh, auth) == 401
    with pytest.raises(AuthClientError, match="invalid_grant"):
        auth.refresh()


def test_a_wrong_secret_is_refused(fresh: RunningEmulator) -> None:
    with AuthClient(fresh.client_id, "wrong", "http://127.0.0.1:9/", fresh.discovery_url) as auth:
        with pytest.raises(AuthClientError) as refused:
            auth.refresh(refresh_token=fresh.refresh_token)
        assert refused.value.status_code == 401
