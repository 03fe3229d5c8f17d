"""Signing in at an OpenID Connect provider: the whole way, what each forgery comes to, and roles by group."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from qbo_pipeline.page import roles
from qbo_pipeline.page.companies import Companies
from qbo_pipeline.page.openid import door as doors
from qbo_pipeline.page.openid.door import OpenIdDoor
from qbo_pipeline.page.openid.provider import OpenIdClient, Provider, ProviderAway, ProviderUnfit
from qbo_pipeline.page.users import listed
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.settings_sections import PageSettings
from qbo_pipeline_tests.page.provider import CLIENT, SECRET, TestProvider, provider_at_work
from qbo_pipeline_tests.page.site import Visitor, grant, served, signed_in
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import Shop

NAME = "ann@example.com"
GROUPS = '\n[page]\nroles = { "shop/books" = ["preparer", "viewer"], "shop/heads" = ["reviewer"] }\n'


@pytest.fixture
def provider() -> Iterator[TestProvider]:
    with provider_at_work() as provider:
        provider.claims["email"] = "Ann@example.com"
        yield provider


@contextmanager
def with_provider(companies: Companies, provider: TestProvider, **values: Any) -> Iterator[str]:
    """The page on a socket with that provider, and its address."""
    asked = Provider(OpenIdClient(provider.issuer, CLIENT, Secret(SECRET), **values))
    with closing(asked), served(companies, openid=OpenIdDoor(asked)) as url:
        yield url


@pytest.fixture
def url(companies: Companies, provider: TestProvider) -> Iterator[str]:
    grant(companies, NAME, "viewer", password=None)
    with with_provider(companies, provider) as url:
        yield url


def come(url: str) -> httpx.Response:
    """A new browser goes to the provider and comes back."""
    return Visitor(url).get("/sign-in/provider")


def test_whoever_the_provider_names_is_signed_in_with_what_was_granted(url: str, provider: TestProvider) -> None:
    visitor = Visitor(url)
    assert f"Sign in at {provider.issuer.partition('//')[2]}" in visitor.get("/sign-in").text
    answer = visitor.get("/sign-in/provider")
    assert f"Signed in as <b>{NAME}</b>" in answer.text
    assert answer.url.path == "/"
    assert "(viewer)" in visitor.get("/c/shop/work-list").text
    assert visitor.client.cookies.get("qbo_page_begun") is None
    first, back = answer.history[0], answer.history[-1]
    assert {"httponly", "samesite=lax", "max-age=600"} < set(first.headers["set-cookie"].lower().split("; "))
    assert "code=" in str(back.url)
    assert "code=" not in back.headers["location"]
    visitor.post("/sign-out")
    assert "Signed in as" not in visitor.get("/").text
    provider.claims["email"] = "bob@example.com"
    nobody = come(url)
    assert (nobody.status_code, "Nothing is granted to bob@example.com" in nobody.text) == (403, True)
    assert provider.asked["/.well-known/openid-configuration"] == provider.asked["/keys"] == 1


def test_an_answer_counts_once_and_for_the_browser_that_asked(url: str) -> None:
    visitor = Visitor(url)
    visitor.client.follow_redirects = False
    to_provider = visitor.get("/sign-in/provider").headers["location"]
    back = httpx.get(to_provider).headers["location"]
    for stranger in (Visitor(url), signed_out_with(url, "another browser's")):
        refused = stranger.get(back)
        assert (refused.status_code, "that this browser began" in refused.text) == (409, True)
    for wrong in (back.replace("state=", "state=x"), back.replace("state=", "other=")):
        assert visitor.get(wrong).status_code == 409
    begun = visitor.client.cookies["qbo_page_begun"]
    assert visitor.get(back).status_code == 303
    replayed = signed_out_with(url, begun).get(back)
    assert (replayed.status_code, "that this browser began" in replayed.text) == (409, True)


def signed_out_with(url: str, begun: str) -> Visitor:
    visitor = Visitor(url)
    visitor.client.cookies.set("qbo_page_begun", begun)
    return visitor


def test_a_beginning_ends_in_time_and_there_are_not_too_many(
    provider: TestProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "_MOST", 2)
    now = [0.0]
    with closing(Provider(OpenIdClient(provider.issuer, CLIENT, Secret(SECRET)))) as asked:
        door = OpenIdDoor(asked, clock=lambda: now[0])
        begun = [door.begin("http://127.0.0.1:1") for _ in range(3)]
        states = [dict(httpx.QueryParams(address.partition("?")[2]))["state"] for address, _ in begun]
        with pytest.raises(doors.NotVouched, match="that this browser began"):
            door.finish("x", begun[0][1], state=states[0], code="c", error="", issuer=provider.issuer)
        now[0] = doors.LASTING + 1
        with pytest.raises(doors.NotVouched, match="longer than ten minutes"):
            door.finish("x", begun[2][1], state=states[2], code="c", error="", issuer=provider.issuer)
    assert "/token" not in provider.asked


def test_the_answer_of_another_provider_and_a_refusal_sign_nobody_in(url: str, provider: TestProvider) -> None:
    for answer in ({"iss": "https://evil.example"}, {"iss": ""}, {"code": ""}, {"error": "access_denied"}):
        provider.answer = answer
        refused = come(url)
        assert (refused.status_code, "sign in anew" in refused.text) == (409, True), answer
    assert "/token" not in provider.asked
    provider.answer = {"code": "guessed"}
    assert "refused the sign-in (invalid_grant)" in come(url).text


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{part({**header, 'alg': 'none'})}.{part(claims)}."


def with_the_secret(key: bytes, **head: str) -> Any:
    """A token signed as if the key were a secret that both know."""

    def token(header: dict[str, Any], claims: dict[str, Any]) -> str:
        said = f"{part({**header, 'alg': 'HS256', **head})}.{part(claims)}"
        return f"{said}.{encoded(hmac.digest(key, said.encode(), hashlib.sha256))}"

    return token


def signed_by_another(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, ECKey.generate_key("P-256"), algorithms=["ES256"])


def part(document: dict[str, Any]) -> str:
    return encoded(json.dumps(document).encode())


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def saying(**changed: Any) -> Any:
    """Claims in the place of the right ones; those that are `None` are left out."""

    def twist(_header: dict[str, Any], claims: dict[str, Any]) -> None:
        claims |= changed
        for name in [name for name, value in claims.items() if value is None]:
            del claims[name]

    return twist


FORGED: dict[str, Any] = {
    "unsigned": unsigned,
    "signed with the client's secret": with_the_secret(SECRET.encode()),
    "signed by another key of that name": signed_by_another,
    "signed with the public key as a secret": None,
    "no token": lambda *_: "no.token",
    "no text": lambda *_: "a.b.c.d.e",
    "another issuer": saying(iss="https://evil.example"),
    "no issuer": saying(iss=None),
    "for another client": saying(aud="another"),
    "for another client, asked by us": saying(aud="another", azp=CLIENT),
    "for others too, asked by another": saying(aud=[CLIENT, "another"], azp="another"),
    "for others too, and nobody says who asked": saying(aud=["another"]),
    "nobody's": saying(sub=None),
    "expired": saying(exp=1_700_000_000),
    "without an end": saying(exp=None),
    "from the future": saying(iat=4_000_000_000, exp=4_000_000_300),
    "not yet": saying(nbf=4_000_000_000),
    "without a date": saying(iat=None),
    "another nonce": saying(nonce="of another sign-in"),
    "no nonce": saying(nonce=None),
    "another access token": saying(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "an address that nobody verified": saying(email_verified=False),
    "an address of which nobody says that it was verified": saying(email_verified=None),
    "verified, in words": saying(email_verified="true"),
    "no address": saying(email=None),
    "several addresses": saying(email=[NAME]),
    "no name for a user": saying(email="ann example"),
}


def test_no_forged_token_signs_anybody_in(url: str, provider: TestProvider) -> None:
    public = json.dumps(provider.key.as_dict(private=False)).encode()
    for name, twist in FORGED.items():
        provider.twist = twist or with_the_secret(public)
        answer = come(url)
        assert answer.status_code == 409, name
        assert "Signed in as" not in answer.text, name
    provider.twist = saying(aud=[CLIENT], azp=CLIENT)
    assert "Signed in as" in come(url).text


def test_a_key_that_is_new_is_asked_for_and_a_stranger_s_is_not_believed(url: str, provider: TestProvider) -> None:
    come(url)
    published = provider.key
    provider.key = ECKey.generate_key("P-256", {"kid": "k2", "use": "sig"})
    provider.published = published
    assert "signed with none of its keys" in come(url).text
    asked = provider.asked["/keys"]
    assert "signed with none of its keys" in come(url).text
    assert provider.asked["/keys"] == asked  # not asked again at once
    provider.published = None


UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "another's": ({"issuer": "https://evil.example"}, "description of another issuer"),
    "without TLS": ({"token_endpoint": "http://login.example.com/token"}, "token_endpoint is no address of https"),
    "no keys": ({"jwks_uri": None}, "jwks_uri is no address"),
    "no PKCE": ({"code_challenge_methods_supported": ["plain"]}, "does not bind a code"),
    "secrets alone": ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "public keys prove"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_provider_that_is_not_safe_is_not_used(provider: TestProvider, name: str) -> None:
    provider.description, said = UNFIT[name]
    with closing(Provider(OpenIdClient(provider.issuer, CLIENT))) as asked, pytest.raises(ProviderUnfit, match=said):
        asked.described()


def test_a_provider_that_is_away_holds_nobody_up(url: str, provider: TestProvider, companies: Companies) -> None:
    grant(companies, "carl", "viewer")
    provider.broken = True
    for _ in range(3):
        away = come(url)
        assert (away.status_code, "try again in a minute" in away.text) == (503, True)
    assert provider.asked == {"/.well-known/openid-configuration": 1}
    assert signed_in(url, "carl")


def test_a_description_counts_for_an_hour_and_what_fails_is_not_asked_again_at_once(provider: TestProvider) -> None:
    now = [0.0]
    with closing(Provider(OpenIdClient(provider.issuer, CLIENT), clock=lambda: now[0])) as asked:
        assert asked.described().scope == "openid profile email"
        now[0] = 3601
        provider.broken = True
        for _ in range(2):
            with pytest.raises(ProviderAway):
                asked.described()
        assert provider.asked["/.well-known/openid-configuration"] == 2
        now[0] = 3607
        provider.broken = False
        provider.description = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        assert asked.described().in_body


def test_another_claim_names_the_user(companies: Companies, provider: TestProvider) -> None:
    grant(companies, "s-1", "viewer", password=None)
    with with_provider(companies, provider, name_claim="sub") as url:
        assert "Signed in as <b>s-1</b>" in come(url).text
        provider.claims["sub"] = "S-1"
        assert "holds large letters" in come(url).text


def test_groups_decide_where_the_settings_give_them_roles(
    shop: Shop, companies: Companies, provider: TestProvider
) -> None:
    company = companies.by_name["shop"]
    shop.settings.write_text(shop.settings.read_text(encoding="utf-8").replace("\n[page]\n", GROUPS), encoding="utf-8")
    grant(companies, NAME, "operator", password=None)
    grant(companies, "carl@example.com", "operator")
    with with_provider(companies, provider, roles_claim="groups") as url:
        provider.claims["groups"] = ["shop/books", "shop/heads", "others"]
        ann = Visitor(url)
        assert "Signed in as" in ann.get("/sign-in/provider").text
        assert "(preparer, reviewer, viewer)" in ann.get("/c/shop/work-list").text
        assert "Signed in as" in come(url).text  # the same roles: nothing is granted anew, and she stays signed in
        assert "Signed in as" in ann.get("/").text
        provider.claims["groups"] = "shop/heads"
        assert "Signed in as" in come(url).text
        assert "Signed in as" not in ann.get("/").text
        for none in (["others"], [], {"shop/heads": 1}, None):
            provider.claims["groups"] = none
            assert "Nothing is granted" in come(url).text
        provider.claims |= {"email": "carl@example.com", "groups": ["shop/heads"]}
        assert "Nothing is granted" in come(url).text  # a name with a password is not the provider's to give
    said = rows(company.run, "SELECT who FROM attempts WHERE event = 'granted' AND who = :who", who=provider.issuer)
    assert len(said) == 3
    assert verify_attempts(company.run).intact
    assert {one.name: set(one.roles) for one in listed(companies)} == {NAME: set(), "carl@example.com": {"operator"}}
    grant(companies, NAME, "viewer", password=None)
    with with_provider(companies, provider) as url:  # started without the claim: nobody is guessed to be anything
        provider.claims["email"] = NAME
        assert "Nothing is granted" in come(url).text
    assert {one.name: set(one.roles) for one in listed(companies)}[NAME] == {"viewer"}


def test_the_settings_know_the_roles_of_the_page() -> None:
    every = PageSettings.model_validate({"roles": {"g": list(roles.ROLES)}})
    assert set(every.roles["g"]) == set(roles.ROLES)


def test_without_a_provider_there_is_no_way_to_one(companies: Companies) -> None:
    with served(companies) as url:
        assert "Sign in at" not in Visitor(url).get("/sign-in").text
        for path in ("/sign-in/provider", "/sign-in/answer?state=x&code=y"):
            assert Visitor(url).get(path).status_code == 404
