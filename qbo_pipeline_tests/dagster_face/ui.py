"""Dagster's own pages in a browser: an instance on disk, its web server, and a page that shows what it should.

What belongs here: what every test needs that looks at Dagster as a person does.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import httpx
import pytest

from qbo_pipeline_tests.page.browser import Browser

PATIENCE = 120.0
# No daemon runs here: what is launched begins at once instead of waiting in its queue.
INSTANCE = """
telemetry:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: DefaultRunCoordinator
"""


@contextmanager
def instance_on_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """An instance of its own, which processes that are started later find as well."""
    home.mkdir()
    (home / "dagster.yaml").write_text(INSTANCE)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.get() as instance:
        yield instance


@contextmanager
def dagsters_pages(settings: Path) -> Iterator[str]:
    """The address of Dagster's web server over that instance and this connection."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-m", "qbo_pipeline.definitions",
        "-a", "defs",
    ]  # fmt: skip
    environment = {**os.environ, "QBO_PIPELINE_SETTINGS": str(settings)}
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


def shown(browser: Browser, *words: str) -> str:
    """The page's text once it shows all these words."""
    end = time.monotonic() + PATIENCE
    while lacks := [word for word in words if word not in browser.text]:
        assert time.monotonic() < end, f"the page never showed {lacks}: {browser.text[:3000]}"
        time.sleep(0.3)
    return browser.text


def press_button(browser: Browser, words: str) -> None:
    """What reads so: a button, a link or a tab; waits until it is there and can be pressed."""
    can = "[...document.querySelectorAll('button:enabled, a, [role=tab]')]"
    found = f"{can}.findLast(one => one.innerText.trim() === {words!r} && !one.matches('[aria-disabled=true]'))"
    end = time.monotonic() + PATIENCE
    while not browser.see(f"(() => {{ const one = {found}; one?.click(); return Boolean(one); }})()"):
        assert time.monotonic() < end, f"nothing reads {words!r}: {browser.text[:3000]}"
        time.sleep(0.3)
