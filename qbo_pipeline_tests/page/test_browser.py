"""The page in a real browser: by keyboard alone, on a phone, in the dark, on paper; nothing on the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline.page.companies import Companies
from qbo_pipeline_tests.page.browser import CHROMIUM, Browser, browsing
from qbo_pipeline_tests.page.site import PASSWORD, grant, served

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
