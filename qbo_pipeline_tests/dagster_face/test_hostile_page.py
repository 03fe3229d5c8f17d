"""Hostile text in every record and in QuickBooks' objects, looked at in Dagster's own pages in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline.definitions import build_definitions
from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline_tests.dagster_face.company import QUIET
from qbo_pipeline_tests.dagster_face.ui import dagsters_pages, instance_on_disk, shown
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.hostile import hostile_rows, plant_in_quickbooks
from qbo_pipeline_tests.page.browser import CHROMIUM, Browser, browsing
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, NAME, Shop, open_shop

pytestmark = pytest.mark.torture  # of the long run: it takes a minute or more

ASSETS = ("documents", "movements", "postings", "quickbooks_documents", "reconciliation")
# Noted by the page itself, before any script of its own runs.
WATCH = "window.acted = []; window.alert = text => window.acted.push(text);"
FORBIDDEN = """JSON.stringify({
    acted: window.acted,
    title: document.title.includes('owned'),
    links: document.querySelectorAll('a[href^="javascript:" i]').length,
    images: document.querySelectorAll('img[src="x"], img[src="//x"], img[src^="javascript:"]').length,
    scripts: [...document.querySelectorAll('script')].filter(one => one.text.includes('alert(1)')).length,
    marks: (document.body.innerText.match(/.{0,30}[\\u202e\\u001b\\u009b].{0,30}/) || [''])[0],
})"""
NOTHING = '{"acted":[],"title":false,"links":0,"images":0,"scripts":0,"marks":""}'


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Shop, str]]:
    """Two nights with hostile text, kept by an instance on disk; the run of the second."""
    with (
        running_emulator("--limits", "off") as emulator,
        instance_on_disk(tmp_path / "dagster", monkeypatch) as instance,
    ):
        shop = open_shop(tmp_path / "shop", emulator, hostile_rows()[0])
        job = build_definitions(shop.settings, retry_after=0).resolve_job_def(f"{NAME}_nightly")
        tags = {RANGE_START: FIRST_DAY.isoformat(), RANGE_END: LAST_DAY.isoformat()}
        options = {"instance": instance, "raise_on_error": False, "tags": tags, "run_config": QUIET}
        job.execute_in_process(**options)
        with shop.run() as opened:
            plant_in_quickbooks(opened, LAST_DAY.isoformat())
        yield shop, job.execute_in_process(**options).run_id


@pytest.fixture
def address(night: tuple[Shop, str]) -> Iterator[str]:
    with dagsters_pages(night[0].settings) as url:
        yield url


def looked_at(browser: Browser, url: str, words: str) -> str:
    """The page's text once it shows these words; nothing that was planted has acted on it."""
    browser.go(url)
    text = shown(browser, words)
    assert browser.see(FORBIDDEN) == NOTHING, url
    return text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_dagsters_pages_show_what_was_planted_and_it_does_nothing(
    night: tuple[Shop, str], address: str, tmp_path: Path
) -> None:
    with browsing(tmp_path / "profile") as browser:
        browser.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        browser.size(1600, 4000)
        seen = looked_at(browser, f"{address}/runs/{night[1]}", "quickbooks_documents")
        for asset in ASSETS:
            seen += looked_at(browser, f"{address}/assets/{NAME}/{asset}?view=events", asset)
            seen += looked_at(browser, f"{address}/assets/{NAME}/{asset}?view=checks", asset)
        looked_at(browser, f"{address}/runs", night[1][:8])
    assert "owned" in seen, "the text was planted, and is to be seen"
