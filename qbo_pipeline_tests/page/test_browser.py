"""The page in a real browser: by keyboard alone, on a phone, in the dark, on paper; nothing on the console."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline.page.companies import Companies
from qbo_pipeline_tests.page.browser import CHROMIUM, Browser, browsing
from qbo_pipeline_tests.page.site import PASSWORD, grant, served
from qbo_pipeline_tests.pipeline.without_qbo import states

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def url(companies: Companies) -> Iterator[str]:
    grant(companies, "ann", "preparer", "reviewer")
    with served(companies) as url:
        yield url


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        browser.size(1200, 900)
        yield browser


def sign_in(browser: Browser, url: str) -> None:
    """By keyboard: the name has the focus."""
    browser.go(url)
    assert "Sign in" in browser.text
    browser.type("ann")
    browser.press("Tab")
    browser.type(PASSWORD)
    browser.enter()


def test_the_overview_after_signing_in(browser: Browser, url: str) -> None:
    sign_in(browser, url)
    assert "waiting or explained" in browser.text
    assert "shop" in browser.text
    assert browser.console == []


def test_a_work_list_is_cleared_by_keyboard_alone(browser: Browser, url: str, companies: Companies) -> None:
    sign_in(browser, url)
    browser.tab_to("main a[href='/c/shop/work-list']")
    browser.enter()
    assert "Waiting for approval" in browser.text
    browser.tab_to("button[formaction$='/orders/make/approve']")
    browser.enter()
    assert "Nothing is done yet" in browser.text
    browser.tab_to("textarea[name=why]")
    browser.type("looked at with the invoices")
    browser.tab_to("form[action$='/carry-out'] button")
    browser.enter()
    assert "decided at" in browser.text
    assert "looked at with the invoices" in browser.text
    waiting = {state for state in states(companies.by_name["shop"].run).values() if state[0] == "parked"}
    assert waiting == {("parked", "cost_pending")}
    assert browser.console == []


PAGES = (
    "", "c/shop/work-list", "c/shop/work-list/cause?state=parked&reason=awaiting_approval", "c/shop/documents",
    "c/shop/documents/history?key=document/i1", "c/shop/preview", "c/shop/way-back",
    "c/shop/reconciliations", "sign-in",
)  # fmt: skip


def test_pages_fit_a_phone_and_the_dark_without_a_complaint(browser: Browser, url: str) -> None:
    sign_in(browser, url)
    for width, dark in ((390, False), (390, True), (1200, True)):
        browser.size(width, 844, dark=dark)
        for path in PAGES:
            browser.go(f"{url}/{path}")
            assert browser.see("document.documentElement.scrollWidth <= innerWidth"), (path, width)
            ink, paper = (
                browser.see(f"getComputedStyle(document.documentElement).{name}")
                for name in ("color", "backgroundColor")
            )
            assert contrast(ink, paper) > 7, (path, dark)
            assert (brightness(paper) < 0.1) == dark
    assert browser.console == []


def test_every_field_has_a_name_and_every_page_one_heading(browser: Browser, url: str) -> None:
    """What can be checked without a library for it: names of controls, headings, language, the order of the tab key."""
    sign_in(browser, url)
    for path in PAGES:
        browser.go(f"{url}/{path}")
        assert browser.see("document.querySelectorAll('h1').length") == 1, path
        assert browser.see("document.documentElement.lang") == "en"
        unnamed = browser.see(
            "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
            ".filter(one => !one.labels.length && !one.getAttribute('aria-label')).length"
        )
        assert unnamed == 0, path
        assert browser.see("[...document.querySelectorAll('button, a')].every(one => one.textContent.trim())"), path
        assert browser.see("[...document.querySelectorAll('table')].every(one => one.caption)"), path
        assert browser.see("[...document.querySelectorAll('[tabindex]')].every(one => one.tabIndex === 0)"), path
        browser.press("Tab")
        if path != "sign-in":
            assert browser.see("document.activeElement.className") == "skip", path


def test_a_page_prints_its_content_and_none_of_its_controls(browser: Browser, url: str, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    sign_in(browser, url)
    browser.go(f"{url}/c/shop/work-list")
    paper = tmp_path / "page.pdf"
    paper.write_bytes(browser.printed())
    text = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, check=True).stdout.decode()
    assert "Waiting for approval" in text
    assert "Approve" not in text
    assert "Sign out" not in text


def brightness(colour: str) -> float:
    """The relative luminance of `rgb(r, g, b)` (WCAG 2)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


def test_axe_finds_nothing(browser: Browser, url: str) -> None:
    """The rules of axe-core, where its one file is at hand: it is no Python package, and nothing else needs it."""
    axe = os.environ.get("QBO_PIPELINE_AXE")
    if not axe:
        pytest.skip("no axe-core: name its axe.min.js in QBO_PIPELINE_AXE")
    sign_in(browser, url)
    for dark in (False, True):
        browser.size(1200, 900, dark=dark)
        for path in PAGES:
            browser.go(f"{url}/{path}")
            browser.see(Path(axe).read_text(encoding="utf-8") + "; 0")
            found = browser.see(
                "axe.run().then(r => r.violations.map(one => one.id + ': ' + one.nodes.map(n => n.html).join(' ')))"
            )
            assert found == [], path
