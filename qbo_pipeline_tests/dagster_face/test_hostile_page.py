"""Hostile text in every record and in QuickBooks' objects, looked at in Dagster's own pages in a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import httpx
import pytest

from qbo_pipeline.definitions import build_definitions
from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline_tests.dagster_face.company import QUIET
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.hostile import hostile_rows, plant_in_quickbooks
from qbo_pipeline_tests.page.browser import CHROMIUM, Browser, browsing
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, NAME, Shop, open_shop

pytestmark = pytest.mark.torture  # of the long run: it takes a minute or more

PATIENCE = 120.0
TELEMETRY_OFF = "telemetry:\n  enabled: false\n"
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
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(TELEMETRY_OFF)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with running_emulator("--limits", "off") as emulator, dg.DagsterInstance.get() as instance:
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
    """Dagster's web server over that instance."""
    shop, _ = night
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-m", "qbo_pipeline.definitions",
        "-a", "defs",
    ]  # fmt: skip
    environment = {**os.environ, "QBO_PIPELINE_SETTINGS": str(shop.settings)}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/server_info", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError("Dagster's web server did not begin")


def looked_at(browser: Browser, url: str, words: str) -> str:
    """The page's text once it shows these words; nothing that was planted has acted on it."""
    browser.go(url)
    end = time.monotonic() + PATIENCE
    while words not in browser.text:
        assert time.monotonic() < end, f"{url} never showed {words!r}: {browser.text[:2000]}"
        time.sleep(0.3)
    assert browser.see(FORBIDDEN) == NOTHING, url
    return browser.text


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
