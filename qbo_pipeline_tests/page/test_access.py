"""Who may do what: a table of role, action and company; what is forged, replayed or sent from elsewhere is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from sqlalchemy import update

from qbo_pipeline.page import passwords, roles, signing_in, tries
from qbo_pipeline.page.app import Proxy
from qbo_pipeline.page.companies import Companies, PageCompany
from qbo_pipeline.page.setting_up.connecting import Connecting
from qbo_pipeline.page.users import NoSuchGrant, listed, remove
from qbo_pipeline.page.ways import BY_PATH, WAYS, Way
from qbo_pipeline.pipeline.connect import NotConnected
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.store.tables.page import page_sessions
from qbo_pipeline_tests.page.site import ADMIN, COOKIE, PASSWORD, Visitor, grant, opened, served, signed_in
from qbo_pipeline_tests.pipeline.connections import rows, write_connection
from qbo_pipeline_tests.pipeline.shop import Shop

# By role what it may do, said once more than in the table of the page: a change there is seen here.
TABLE = {
    "viewer": {"see"},
    "preparer": {
        "see",
        "retry",
        "skip",
        "unlink",
        "relink",
        "correct",
        "prepare",
        "note",
        "check",
        "write_again",
        "leave",
        "decide",
    },
    "reviewer": {"see", "approve", "reverse", "post_again", "correct", "review", "note", "check", "rules"},
    "operator": {"see", "retry", "write_again", "check", "connect", "settings"},
}
OTHER = "other"


@pytest.fixture
def two(shop: Shop, tmp_path: Path) -> Iterator[Companies]:
    """The shop and another company in a store of its own, each with a user for each role."""
    values = {"currency": "USD", "first_day": "2026-01-01", "source_url": "sqlite:///source.sqlite"}
    other = write_connection(
        tmp_path / "elsewhere", OTHER, None, realm="9130350000000002", store_url="sqlite:///other.sqlite", **values
    )
    with opened(shop.settings, other) as companies:
        for role in TABLE:
            grant(companies, role, role, only="shop")
            grant(companies, f"{role}2", role, only=OTHER)
        yield companies


@pytest.fixture
def url(two: Companies) -> Iterator[str]:
    with served(two) as url:
        yield url


def actions_of(way: Way) -> tuple[str, ...]:
    return roles.DECISIONS if way.action == BY_PATH else (way.action,) if way.action else ()


def address(way: Way, action: str, company: str) -> str:
    values = {
        "company": company, "number:int": "1", "as_at": "2024-03-07", "form": "page", "decision": action,
        "order_id": "none",
    }  # fmt: skip
    path = way.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path
    return path


def ask(visitor: Visitor, way: Way, path: str) -> httpx.Response:
    return visitor.get(path) if way.method == "GET" else visitor.post(path)


def nobody_answers(*_: object) -> NoReturn:
    raise NotConnected("QuickBooks is not asked in this test")


def test_the_table_of_permissions(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PageCompany, "own_run", nobody_answers)
    monkeypatch.setattr(Connecting, "begin", nobody_answers)
    for role in TABLE:
        check_permissions(url, role)


def check_permissions(url: str, role: str) -> None:
    assert roles.allowed([role]) == TABLE[role]
    visitor = signed_in(url, role)
    checked = 0
    for way in WAYS:
        for action in actions_of(way):
            here = ask(visitor, way, address(way, action, "shop"))
            if action in TABLE[role]:
                assert here.status_code != 403, (way, action)
            else:
                assert (here.status_code, "do not include this" in here.text) == (403, True), (way, action)
            for company in (OTHER, "nobody"):
                there = ask(visitor, way, address(way, action, company))
                assert (there.status_code, "There is no such page" in there.text) == (404, True), (way, company)
                assert OTHER not in there.text.replace("another", "")
            checked += 1
    assert checked == 46
    assert OTHER not in visitor.get("/").text


def test_every_action_has_an_address_and_every_address_an_action() -> None:
    assert {action for way in WAYS for action in actions_of(way)} == set(roles.ACTIONS)
    free = {way.path for way in WAYS if not way.action}
    assert free == {"/", "/sign-in", "/sign-in/provider", "/sign-in/answer", "/sign-out", "/connected"}
    assert {way.path for way in WAYS if way.anybody} == {"/sign-in", "/sign-in/provider", "/sign-in/answer"}


def test_nothing_is_seen_without_signing_in(url: str) -> None:
    for way in WAYS:
        if way.anybody:
            continue
        visitor, path = Visitor(url), address(way, "see", "shop")
        answer = visitor.get(path) if way.method == "GET" else visitor.send(path, {"key": "document/i1"}, origin=url)
        assert answer.url.path == "/sign-in" or answer.status_code == 401, way
        assert "shop" not in answer.text.lower(), way


def test_roles_of_one_company_are_none_of_another(shop: Shop, two: Companies) -> None:
    grant(two, "ann", "viewer", only="shop")
    grant(two, "ann", "reviewer", only=OTHER)
    with served(two) as url:
        visitor = signed_in(url, "ann")
        assert visitor.post("/c/shop/orders/make/approve", {"key": "document/i1"}).status_code == 403
        assert visitor.post("/c/other/orders/make/approve", {"key": "document/i1"}).status_code == 404  # no such key
        assert "shop" in visitor.get("/").text
        assert OTHER in visitor.get("/").text


FROM_ELSEWHERE: tuple[tuple[dict[str, str], int], ...] = (
    ({}, 403),  # no origin
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": "URL", "host": "evil.example"}, 421),
    ({"origin": "URL", "sec-fetch-dest": "iframe"}, 403),
    ({"origin": "URL", "content-type": "text/plain"}, 415),
)


def test_what_another_site_sends_is_refused(url: str) -> None:
    visitor = signed_in(url, "reviewer")
    fields = {"token": visitor.token(), "key": "document/i1"}
    for headers, status in FROM_ELSEWHERE:
        sent = {name: url if value == "URL" else value for name, value in headers.items()}
        assert visitor.send("/c/shop/orders/make/approve", fields, **sent).status_code == status, headers


def test_a_form_without_its_token_or_with_that_of_another_sign_in_is_refused(url: str) -> None:
    ann, bob = signed_in(url, "reviewer"), signed_in(url, "preparer")
    fields = {"key": "document/i1"}
    for token in ("", "0" * 64, bob.token(), "é"):
        answer = ann.send("/c/shop/orders/make/approve", {**fields, "token": token}, origin=url)
        assert (answer.status_code, "not of this sign-in" in answer.text) == (403, True), token
    assert ann.send("/c/shop/orders/make/approve", {**fields, "token": ann.token()}, origin=url).status_code == 200


def test_no_address_takes_a_form_from_elsewhere_or_without_its_token(url: str) -> None:
    for role in ("preparer", "reviewer", "operator"):
        visitor = signed_in(url, role)
        token = visitor.token()
        for way in WAYS:
            for action in actions_of(way) if way.method == "POST" else ():
                path = address(way, action, "shop")
                evil = visitor.send(path, {"token": token}, origin="https://evil.example")
                assert (evil.status_code, "not asked from the page itself" in evil.text) == (403, True), path
                forged = visitor.send(path, {"token": "0" * 64}, origin=url)
                assert (forged.status_code, "not of this sign-in" in forged.text) == (403, True), path
    parts = {"token": (None, "0" * 64), "key": (None, "movement/d1"), "file": ("a.txt", b"x")}
    headers = {"origin": url}
    forged = visitor.client.post("/c/shop/reconciliations/document", files=parts, headers=headers)  # type: ignore[arg-type]
    assert (forged.status_code, "not of this sign-in" in forged.text) == (403, True)


def test_another_host_is_no_way_in(url: str) -> None:
    assert httpx.get(url, headers={"host": "evil.example"}).status_code == 421
    assert httpx.get(f"{url}/health").status_code == 200


def test_a_session_ends(url: str, two: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = signed_in(url, "viewer")
    cookie = visitor.client.cookies[COOKIE]
    assert cookie not in str(rows(two.by_name["shop"].run, "SELECT * FROM page_sessions"))
    monkeypatch.setattr(signing_in, "IDLE", timedelta(0))
    assert "Sign in" in visitor.get("/").text
    monkeypatch.setattr(signing_in, "IDLE", timedelta(hours=1))
    assert "Signed in as" in visitor.get("/").text
    database = two.by_name["shop"].database
    with database.transaction() as connection:
        now = database.now(connection)
        connection.execute(update(page_sessions).values(ends_at=now - timedelta(seconds=1)))
    assert "Sign in" in visitor.get("/").text


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(url: str) -> None:
    visitor = signed_in(url, "viewer")
    thief = Visitor(url)
    thief.client.cookies.set(COOKIE, visitor.client.cookies[COOKIE])
    assert "Signed in as" in thief.get("/").text
    visitor.post("/sign-out")
    assert "Signed in as" not in thief.get("/").text


def test_what_is_taken_away_is_gone_at_once(url: str, two: Companies) -> None:
    visitor = signed_in(url, "reviewer")
    shop = Companies([two.by_name["shop"]])
    remove(shop, "Reviewer", ADMIN)
    assert "Signed in as" not in visitor.get("/").text
    assert "wrong" in Visitor(url).sign_in("reviewer").text
    grant(two, "reviewer", "viewer", only="shop")
    assert "(viewer)" in signed_in(url, "reviewer").get("/c/shop/work-list").text
    with pytest.raises(NoSuchGrant, match="nothing is granted to nobody for shop"):
        remove(shop, "nobody", ADMIN)


def test_grants_stay_and_stand_in_the_journal(two: Companies) -> None:
    run = two.by_name["shop"].run
    remove(Companies([two.by_name["shop"]]), "viewer", ADMIN)
    said = rows(run, "SELECT who, why, state FROM attempts WHERE event = 'granted'")
    assert len(said) == 5
    assert {(row["who"], row["why"], row["state"]) for row in said} == {(ADMIN.who, ADMIN.why, "kept")}
    assert {(one.connection, one.name): set(one.roles) for one in listed(two)}["shop", "viewer"] == set()
    assert verify_attempts(run).intact
    with run.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE page_grants SET roles = 'reviewer' WHERE name = 'preparer'")
    assert any("grant 2 of the page does not read as it was written" in said for said in verify_attempts(run).findings)


def test_sign_in_is_held_up_after_wrong_tries(url: str) -> None:
    visitor = Visitor(url)
    for _ in range(tries.BY_NAME_AND_ADDRESS):
        assert visitor.sign_in("viewer", "a wrong password").status_code in (401, 429)
    answer = visitor.sign_in("viewer")
    assert (answer.status_code, "Too many tries" in answer.text) == (429, True)
    assert int(answer.headers["retry-after"]) > 600
    assert "Signed in as" in visitor.sign_in("preparer").text  # another name is not held up by it


def test_failures_are_forgotten_in_time_and_counted_by_network() -> None:
    now = [0.0]
    counted = tries.Tries(clock=lambda: now[0])
    for number in range(5):
        counted.begin("ann", f"2001:db8::{number}")
    assert counted.wait("ann", "2001:db8::ffff") > 0
    assert counted.wait("ann", "192.0.2.1") == 0
    now[0] = tries.WINDOW + 1
    assert counted.wait("ann", "2001:db8::ffff") == 0
    for _ in range(3 * tries.BY_ADDRESS):  # an office whose people come by one address, and know their passwords
        counted.begin("ann", "192.0.2.7")
        counted.succeeded("ann", "192.0.2.7")
    assert counted.wait("bob", "192.0.2.7") == 0
    for number in range(tries.BY_ADDRESS):
        counted.begin(f"name{number}", "192.0.2.1")
    assert counted.wait("somebody", "192.0.2.1") > 0


def test_whose_password_is_wrong_is_not_said(url: str) -> None:
    texts = {
        Visitor(url).sign_in(name, password).text
        for name, password in (("viewer", "a wrong password"), ("nobody", PASSWORD), ("../x", PASSWORD), ("", ""))
    }
    assert len(texts) == 1


def test_what_cannot_be_granted_is_refused(two: Companies) -> None:
    for password, said in (("short", "has 5 characters"), ("x" * 257, "has more than 256 characters")):
        with pytest.raises(NoSuchGrant, match=f"the password {said}"):
            grant(two, "ann", "viewer", password=password)
    with pytest.raises(NoSuchGrant, match="admin is no role"):
        grant(two, "ann", "admin")
    with pytest.raises(NoSuchGrant, match="is no name for a user"):
        grant(two, "an n", "viewer")


def test_passwords_are_kept_as_argon2id(two: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    kept = passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right(PASSWORD, kept)
    assert not passwords.is_right(PASSWORD + " ", kept)
    assert not passwords.is_right(PASSWORD, None)
    assert not passwords.is_right(PASSWORD, "no hash")


def test_a_proxy_names_its_user(two: Companies) -> None:
    grant(two, "dana", "viewer", only="shop", password=None)
    with served(two, Proxy(frozenset({"127.0.0.1"}), "X-Remote-User")) as url:
        dana = Visitor(url, **{"X-Remote-User": "Dana"})
        assert "Signed in as <b>dana</b>" in dana.get("/c/shop/work-list").text
        assert "Sign out" not in dana.get("/").text
        assert dana.get("/c/other/work-list").status_code == 404
        dana.client.headers.pop("X-Remote-User")
        assert "Signed in as" not in dana.get("/").text  # the cookie alone is not enough
        nobody = Visitor(url, **{"X-Remote-User": "eve"})
        assert (nobody.get("/").status_code, "Nothing is granted to eve" in nobody.get("/").text) == (403, True)
        mixed = signed_in(url, "preparer")
        assert "Signed in as <b>dana</b>" in mixed.client.get("/", headers={"X-Remote-User": "dana"}).text
        assert "wrong" in Visitor(url).sign_in("dana").text  # has no password
    with served(two, Proxy(frozenset({"192.0.2.1"}), "X-Remote-User")) as url:
        assert "Signed in as" not in Visitor(url, **{"X-Remote-User": "dana"}).get("/").text


def test_the_answers_bind_the_browser(url: str) -> None:
    answer = Visitor(url).get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy  # there is no script
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    visitor = Visitor(url)
    visitor.client.follow_redirects = False
    cookie = visitor.sign_in("viewer").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_behind_tls_the_cookie_is_bound_to_it(two: Companies) -> None:
    with served(two, origin="https://books.example.com") as url:
        headers = {"host": "books.example.com", "origin": "https://books.example.com"}
        fields = {"name": "viewer", "password": PASSWORD}
        answer = httpx.post(f"{url}/sign-in", data=fields, headers=headers)
        assert answer.headers["set-cookie"].startswith("__Host-qbo_page=")
        assert "; Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"]


def test_what_no_text_can_hold_is_refused(url: str) -> None:
    visitor = signed_in(url, "reviewer")
    for path in ("/c/shop/documents?number=a%00b", "/c/shop/orders/a%00b", "/c/shop/work-list/cause?state=%00"):
        assert visitor.client.get(path).status_code == 400, path
    assert visitor.post("/c/shop/orders/make/approve", {"key": "document/\0"}).status_code == 400


def test_a_form_is_bounded(url: str) -> None:
    visitor = signed_in(url, "reviewer")
    big = {"token": visitor.token(), "key": "x" * 300_000}
    assert visitor.send("/c/shop/orders/make/approve", big, origin=url).status_code == 413
    many = {"token": visitor.token(), "key": ["x"] * 2_001}
    assert visitor.send("/c/shop/orders/make/approve", many, origin=url).status_code == 400
