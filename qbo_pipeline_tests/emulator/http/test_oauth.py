"""OAuth over HTTP: discovery, consent in a browser's steps, token, revoke, user info, and what each refuses."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from qbo_pipeline.emulator.http.settings import DAY
from qbo_pipeline.emulator.http.tokens import EVERYTHING
from qbo_pipeline_tests.emulator.http.serving import REALM, Served

BACK = "http://127.0.0.1:9/back?page=1"


def endpoints(served: Served) -> dict[str, str]:
    found: dict[str, str] = served.client.get(
        f"{served.state.base_url}/.well-known/openid_sandbox_configuration"
    ).json()
    return found


def ask(served: Served, **changes: str) -> httpx.Response:
    params = {
        "client_id": served.state.client_id,
        "response_type": "code",
        "scope": EVERYTHING,
        "redirect_uri": BACK,
        "state": "s&1",
        **changes,
    }
    return served.client.get(endpoints(served)["authorization_endpoint"], params=params)


def press(served: Served, page: str, decision: str) -> httpx.Response:
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found, page
    form = {"ticket": html.unescape(found[1]), "decision": decision}
    return served.client.post(endpoints(served)["authorization_endpoint"], data=form)


def token(served: Served, auth: tuple[str, str] | None = None, **form: str) -> httpx.Response:
    client = auth or (served.state.client_id, served.state.client_secret)
    return httpx.post(endpoints(served)["token_endpoint"], data=form, auth=client)


def test_both_discovery_documents_name_the_emulator_itself(served: Served) -> None:
    documents = [
        served.client.get(f"{served.state.base_url}/.well-known/openid{name}_configuration").json()
        for name in ("", "_sandbox")
    ]
    assert documents[0] == documents[1]
    for name in ("authorization", "token", "revocation", "userinfo"):
        assert documents[0][f"{name}_endpoint"].startswith(served.state.base_url + "/")


def test_consent_leads_to_a_token_that_opens_the_company(served: Served) -> None:
    answer = press(served, ask(served).text, "connect")
    assert answer.status_code == 302
    target = answer.headers["location"]
    assert target.startswith(BACK + "&")
    back = parse_qs(urlsplit(target).query)
    assert (back["state"], back["realmId"]) == (["s&1"], [REALM])
    minted = token(served, grant_type="authorization_code", code=back["code"][0], redirect_uri=BACK).json()
    headers = {"Authorization": f"Bearer {minted['access_token']}"}
    assert httpx.get(served.url(f"companyinfo/{REALM}"), headers=headers).status_code == 200
    again = token(served, grant_type="authorization_code", code=back["code"][0], redirect_uri=BACK)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_refusing_consent_sends_the_person_back_without_a_code(served: Served) -> None:
    target = press(served, ask(served).text, "cancel").headers["location"]
    assert parse_qs(urlsplit(target).query) == {"page": ["1"], "error": ["access_denied"], "state": ["s&1"]}


def test_the_consent_page_works_once(served: Served) -> None:
    page = ask(served).text
    assert press(served, page, "connect").status_code == 302
    assert press(served, page, "connect").status_code == 400


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": "other"}, "client_id"),
        ({"response_type": "token"}, "response_type"),
        ({"scope": ""}, "scope"),
        ({"redirect_uri": "https://example.com/back"}, "not this machine"),
        ({"redirect_uri": "javascript:alert(1)"}, "not an http address"),
    ],
)
def test_a_wrong_request_for_consent_is_explained_and_redirects_nowhere(
    served: Served, change: dict[str, str], words: str
) -> None:
    answer = ask(served, **change)
    assert answer.status_code == 400
    assert words in answer.text


@pytest.mark.parametrize(
    ("form", "status", "body"),
    [
        (
            {"grant_type": "refresh_token", "refresh_token": "AB11nobody"},
            400,
            {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"},
        ),
        ({"grant_type": "authorization_code", "code": "x"}, 400, {"error": "invalid_grant"}),
        ({"grant_type": "password"}, 400, {"error": "unsupported_grant_type"}),
        ({}, 400, {"error": "unsupported_grant_type"}),
    ],
)
def test_what_the_token_endpoint_refuses(
    served: Served, form: dict[str, str], status: int, body: dict[str, Any]
) -> None:
    answer = token(served, **form)
    assert (answer.status_code, answer.json()) == (status, body)


@pytest.mark.parametrize("auth", [("wrong", "wrong"), ("", "")])
def test_another_client_is_refused(served: Served, auth: tuple[str, str]) -> None:
    answer = token(served, auth, grant_type="refresh_token", refresh_token=served.state.refresh_token)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_hard_expiry_is_told_to_those_who_ask(served: Served) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": served.state.refresh_token}
    assert "x_refresh_token_hard_expires_in" not in token(served, **form).json()
    answer = httpx.post(
        endpoints(served)["token_endpoint"],
        data=form,
        auth=(served.state.client_id, served.state.client_secret),
        headers={"x-include-refresh-token-hard-expires-in": "true"},
    )
    assert answer.json()["x_refresh_token_hard_expires_in"] == 5 * 365 * DAY


@pytest.mark.parametrize("style", ["json", "data"])
def test_revoking_closes_the_api(served: Served, style: str) -> None:
    answer = httpx.post(
        endpoints(served)["revocation_endpoint"],
        auth=(served.state.client_id, served.state.client_secret),
        **{style: {"token": served.state.refresh_token}},  # type: ignore[arg-type]
    )
    assert answer.status_code == 200
    refused = served.get("companyinfo/1")
    assert refused.status_code == 401
    assert refused.json()["fault"]["error"][0]["detail"] == "Token revoked"


def test_user_info_gives_the_claims_of_the_scopes(served: Served) -> None:
    claims = served.client.get(endpoints(served)["userinfo_endpoint"]).json()
    assert claims["sub"]
    assert claims["emailVerified"] is True
    refused = httpx.get(endpoints(served)["userinfo_endpoint"])
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_token"})


def test_a_connection_without_the_accounting_scope_is_forbidden(served: Served) -> None:
    tokens, now = served.state.tokens, served.state.clock.seconds()
    grant = tokens.consent(REALM, "openid", now)
    access = tokens.refresh(grant.refresh_token, now)["access_token"]
    answer = httpx.get(served.url("companyinfo/1"), headers={"Authorization": f"Bearer {access}"})
    assert (answer.status_code, answer.json()["fault"]["error"][0]["code"]) == (403, "3100")


def test_a_lost_token_answer_has_rotated_all_the_same(served: Served) -> None:
    served.advance(DAY)
    first = served.state.refresh_token
    served.order({"kind": "lost_answer", "operation": "token", "nth": 1})
    with pytest.raises(httpx.TransportError):
        token(served, grant_type="refresh_token", refresh_token=first)
    minted = token(served, grant_type="refresh_token", refresh_token=first).json()
    assert minted["refresh_token"] != first
    served.advance(DAY)
    assert token(served, grant_type="refresh_token", refresh_token=first).status_code == 400
    assert token(served, grant_type="refresh_token", refresh_token=minted["refresh_token"]).status_code == 200


@pytest.mark.parametrize(("verifier", "status"), [("v" * 43, 200), ("w" * 43, 400), ("", 400)])
def test_a_code_with_a_challenge_needs_its_verifier(served: Served, verifier: str, status: int) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
    page = ask(served, code_challenge=challenge, code_challenge_method="S256")
    back = parse_qs(urlsplit(press(served, page.text, "connect").headers["location"]).query)
    form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": BACK}
    assert token(served, **form, code_verifier=verifier).status_code == status
