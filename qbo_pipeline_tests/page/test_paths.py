"""Whole paths in a real browser, as docs/page.md tells them: a work list of forty in ten clicks, a month that is closed
with nothing but the page; and what axe-core finds on every page, which is nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qbo_pipeline.page.companies import Companies
from qbo_pipeline.page.openid.door import OpenIdDoor
from qbo_pipeline.page.openid.provider import OpenIdClient, Provider
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.store.reconciliations import load_sign_offs
from qbo_pipeline_tests.page.browser import CHROMIUM, Browser, browsing
from qbo_pipeline_tests.page.provider import CLIENT, SECRET, provider_at_work
from qbo_pipeline_tests.page.showcase import CHANGED, INVOICES, SIGNED, showcase
from qbo_pipeline_tests.page.site import PASSWORD, grant, opened, served
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import LAST_DAY, Shop

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
ADDRESSES = (
    "/sign-in", "/", "/c/shop/work-list", "/c/shop/work-list/cause?state=parked&reason=awaiting_approval",
    "/c/shop/documents", "/c/shop/documents/history?key=document/k0", "/c/shop/documents/history?key=movement/d1",
    "/c/shop/preview", "/c/shop/reconciliations", "/c/shop/reconciliations/3",
    "/c/shop/reconciliations/compare?first=1&second=3",
    "/c/shop/reconciliations/3/cause?cause=changed_in_source", "/c/shop/reconciliations/3/differences?order=day",
    "/c/shop/reconciliations/document?key=movement/d1",
    "/c/shop/archive", "/c/shop/set-up", "/c/shop/set-up/accounts", "/c/shop/set-up/settings", "/c/shop/set-up/links",
)  # fmt: skip


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        browser.size(1200, 900)
        yield browser


@pytest.fixture
def axe(tmp_path: Path) -> str:
    """axe-core's one file: named in QBO_PIPELINE_AXE, or fetched as a package by npm."""
    named = os.environ.get("QBO_PIPELINE_AXE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no axe-core: there is no npm to fetch it, and QBO_PIPELINE_AXE names no axe.min.js")
    fetched = subprocess.run([npm, "pack", "axe-core@4"], cwd=tmp_path, capture_output=True, timeout=300, check=False)
    if fetched.returncode:
        pytest.skip("no axe-core: npm could not fetch it; QBO_PIPELINE_AXE may name an axe.min.js")
    (packed,) = tmp_path.glob("axe-core-*.tgz")
    shutil.unpack_archive(packed, tmp_path / "axe", filter="data")
    return (tmp_path / "axe" / "package" / "axe.min.js").read_text(encoding="utf-8")


def sign_in(browser: Browser, url: str, name: str) -> None:
    browser.go(f"{url}/sign-in")
    browser.type(name)
    browser.press("Tab")
    browser.type(PASSWORD)
    browser.click("form[action='/sign-in'] button")


def parked(companies: Companies) -> int:
    run = companies.by_name["shop"].run
    waits = "superseded_by IS NULL AND state IN ('parked', 'drifted')"
    return len(rows(run, f"SELECT key FROM postings WHERE {waits}"))


def test_a_bookkeeper_clears_a_work_list_of_forty_in_ten_clicks(tmp_path: Path, browser: Browser) -> None:
    with showcase(tmp_path, difference=False) as shop, opened(shop.settings) as companies, served(companies) as url:
        grant(companies, "ann", "preparer", "reviewer")
        assert parked(companies) == INVOICES + CHANGED == 40
        sign_in(browser, url, "ann")
        browser.click("dl a[href='/c/shop/work-list']")
        browser.click("form.more button[formaction$='/orders/make/approve']")
        assert "Nothing is done yet" in browser.text
        browser.click("textarea[name=why]", leads_on=False)
        browser.type("looked at with the packing slips")
        browser.click("form[action$='/carry-out'] button")
        assert f"{INVOICES} of {INVOICES} documents decided" in browser.text
        browser.click("main a[href='/c/shop/work-list']")
        browser.click("button[formaction$='/orders/make/relink']")
        browser.click("textarea[name=why]", leads_on=False)
        browser.type("the customers asked for another day")
        browser.click("form[action$='/carry-out'] button")
        assert f"{CHANGED} of {CHANGED} documents decided" in browser.text
        browser.click("main a[href='/c/shop/work-list']")
        assert "Nothing waits for anybody" in browser.text
        assert browser.clicks == 10
        assert parked(companies) == 0
        assert browser.console == []


def test_a_controller_closes_a_month_with_nothing_but_the_page(tmp_path: Path, browser: Browser) -> None:
    with showcase(tmp_path, difference=True) as shop, opened(shop.settings) as companies, served(companies) as url:
        grant(companies, "ann", "preparer")
        grant(companies, "bob", "reviewer")
        sign_in(browser, url, "ann")
        browser.go(f"{url}/c/shop/reconciliations")
        browser.see(f"document.querySelector('input[name=as_at]').value = '{LAST_DAY.isoformat()}'")
        browser.click("form[action$='/reconciliations/make'] button")
        assert "waiting or explained" in browser.text
        assert "The roastery corrected the cost" in browser.text
        sign_in_anew(browser, url, "bob")
        close_the_difference(browser, url)
        for name, step in (("ann", "preparer"), ("bob", "reviewer")):
            sign_in_anew(browser, url, name)
            browser.go(f"{url}/c/shop/reconciliations")
            browser.click("tbody a[href^='/c/shop/reconciliations/']")
            assert "There is no difference" in browser.text
            browser.click("input[name=seen]", leads_on=False)
            browser.click("form[action*='/sign/'] button")
            assert f"{step} by" in browser.text.replace("prepared", "preparer").replace("reviewed", "reviewer")
        browser.go(f"{url}/c/shop/archive")
        assert "signed" in browser.text
        with companies.by_name["shop"].database.reading() as connection:
            signed = [one for _, one in load_sign_offs(connection, "shop") if one.state == "signed"]
        assert [(one.as_at, one.preparer, one.reviewer) for one in signed] == [
            (SIGNED, "ann", "bob"), (LAST_DAY, "ann", "bob"),
        ]  # fmt: skip
        assert browser.console == []


def close_the_difference(browser: Browser, url: str) -> None:
    """What can be done about it, by who may approve; then both sides are read anew."""
    browser.go(f"{url}/c/shop/reconciliations")
    browser.click("tbody a[href^='/c/shop/reconciliations/']")
    browser.click("form[action$='/orders/make/correct'] button")
    assert "Nothing is done yet" in browser.text
    browser.click("textarea[name=why]", leads_on=False)
    browser.type("their letter says so")
    browser.click("form[action$='/carry-out'] button")
    browser.go(f"{url}/c/shop/reconciliations")
    browser.see(f"document.querySelector('input[name=as_at]').value = '{LAST_DAY.isoformat()}'")
    browser.click("form[action$='/reconciliations/make'] button")


def sign_in_anew(browser: Browser, url: str, name: str) -> None:
    browser.go(url)
    browser.click("form[action='/sign-out'] button")
    sign_in(browser, url, name)


def test_somebody_signs_in_at_a_provider_of_another_site(tmp_path: Path, browser: Browser, axe: str) -> None:
    """As a browser sees it: another site, from which its own rules decide what of ours comes back with it."""
    with provider_at_work() as provider, showcase(tmp_path) as shop, opened(shop.settings) as companies:
        provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")
        provider.claims["email"] = "ann@example.com"
        grant(companies, "ann@example.com", "viewer", password=None)
        asked = Provider(OpenIdClient(provider.issuer, CLIENT, Secret(SECRET)))
        with closing(asked), served(companies, openid=OpenIdDoor(asked)) as url:
            browser.go(url)
            assert found_by(browser, axe) == []
            browser.click("a[href='/sign-in/provider']")
            assert "Signed in as ann@example.com" in browser.text
            assert browser.see("location.pathname + location.search") == "/"
            browser.click("form.who button")
            assert "Sign in at localhost" in browser.text
    assert browser.console == []


def test_axe_finds_nothing_on_any_page(tmp_path: Path, browser: Browser, axe: str) -> None:
    with showcase(tmp_path) as shop, opened(shop.settings) as companies, served(companies) as url:
        grant(companies, "all", "preparer", "reviewer", "operator")
        for name in ("/sign-in", "all"):
            if name == "all":
                sign_in(browser, url, name)
            for address in ADDRESSES if name == "all" else (name,):
                for width, dark in ((1200, False), (1200, True), (390, False)):
                    browser.size(width, 900, dark=dark)
                    browser.go(f"{url}{address}")
                    assert browser.see("document.documentElement.scrollWidth <= innerWidth"), (address, width)
                    assert found_by(browser, axe) == [], (address, width, dark)
        for order in orders_of_each_kind(browser, url):
            assert found_by(browser, axe) == [], order


def found_by(browser: Browser, axe: str) -> list[str]:
    browser.see(axe + "; 0")
    found: list[str] = browser.see(
        "axe.run().then(r => r.violations.map(one => one.id + ': ' + one.nodes.map(n => n.html).join(' ')))"
    )
    return found


def orders_of_each_kind(browser: Browser, url: str) -> Iterator[str]:
    """Each kind of page that shows an order, one after the other."""
    browser.size(1200, 900)
    browser.go(f"{url}/c/shop/work-list")
    browser.click("form.more button[formaction$='/orders/make/approve']")
    yield "approve"
    browser.go(f"{url}/c/shop/documents/history?key=movement/r1")
    browser.click("button[formaction$='/orders/make/reverse']")
    yield "reverse"
    browser.go(f"{url}/c/shop/reconciliations/3")
    browser.click("form[action$='/orders/make/correct'] button")
    yield "correct"
    browser.go(f"{url}/c/shop/set-up/accounts")
    browser.see("[...document.querySelectorAll('select')][5].selectedIndex = 3")
    browser.click("main form[action$='/set-up/accounts'] p.buttons button")
    yield "accounts"
    browser.go(f"{url}/c/shop/set-up")
    browser.click("form[action$='/set-up/preflight'] button")
    yield "preflight"
    browser.click("details summary", leads_on=False)
    browser.click("form[action$='/set-up/connect'] textarea", leads_on=False)
    browser.type("the token ends soon")
    browser.click("form[action$='/set-up/connect'] button")
    yield "connect"


def test_the_showcase_is_what_the_pictures_say(tmp_path: Path) -> None:
    with showcase(tmp_path) as shop, opened(shop.settings) as companies:
        assert isinstance(shop, Shop)
        assert parked(companies) == INVOICES + CHANGED + 1
