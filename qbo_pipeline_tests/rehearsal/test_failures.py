"""The long run: failures on order, killed processes and people who edit change nothing; the demo and F&B US."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_servers import DemoFolder, emulator
from qbo_pipeline.commands.demonstrate import FIRST_DAY as DEMO_DAY
from qbo_pipeline.commands.demonstrate import open_books, prepare
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.rehearsal.findings import Rehearsal
from qbo_pipeline.rehearsal.objects import read_objects
from qbo_pipeline.rehearsal.telling import grounds
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.csv_folder import load_folder
from qbo_pipeline.verdicts import Verdict, conclude
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline import food_and_beverage as fb
from qbo_pipeline_tests.pipeline.connections import carry, write_connection
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop
from qbo_pipeline_tests.rehearsal.test_rehearsal import rehearsed, same_as_rehearsed

pytestmark = pytest.mark.torture  # a minute and more each

SEEDS = int(os.environ.get("QBO_PIPELINE_TORTURE_REHEARSALS", "3"))


def check_failures(found: Rehearsal) -> None:
    """Asserts that failures came, and that nothing came of them."""
    failures = found.failures
    assert failures is not None
    assert failures.kills == 2
    assert sum(failures.failures.values()) > 3
    assert (failures.differences, failures.states, failures.twice) == ([], {}, 0)
    assert failures.edits
    assert failures.overwritten == []
    assert failures.books_after is not None
    assert failures.books_after["unexplained"] == "0.00"
    assert failures.books_after["status"] in ("balanced", "explained")
    assert conclude(grounds(found)).verdict is not Verdict.UNEXPLAINED


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_failures_change_nothing_in_a_shop(shop: Shop, tmp_path: Path, seed: int) -> None:
    check_failures(rehearsed(shop.settings, tmp_path / "report", FIRST_DAY, LAST_DAY, failures=True, seed=seed))


@contextmanager
def demo(folder: Path, days: int) -> Iterator[tuple[Path, date]]:
    """The demo's company before its first night: settings and last day."""
    place = DemoFolder(folder)
    folder.mkdir()
    with emulator(place) as start:
        prepare(place, start, days)
        open_books(place)
        generate(place.company, seed=7, first_day=DEMO_DAY, days=days)
        yield place.settings, DEMO_DAY + timedelta(days=days - 1)


def test_the_demo_posts_what_its_rehearsal_said(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", 31) as (settings, last):
        with open_run(load_settings(settings), only_look=True) as run:
            before = read_objects(run)
        found = rehearsed(settings, tmp_path / "report", DEMO_DAY, last, failures=True)
        check_failures(found)
        assert found.run.night["books"]["status"] == "balanced"
        with open_run(load_settings(settings)) as run:
            carry(run, DEMO_DAY, last)
            assert same_as_rehearsed(run, found, before) == 461


def test_a_connection_that_is_live_can_be_rehearsed(tmp_path: Path) -> None:
    """Customers, vendors and items are there already, by its own hand: nothing of them waits or is made twice."""
    with demo(tmp_path / "demo", 10) as (settings, last):
        half = DEMO_DAY + timedelta(days=4)
        with open_run(load_settings(settings)) as run:
            carry(run, DEMO_DAY, half)
        found = rehearsed(settings, tmp_path / "report", DEMO_DAY, last, failures=False)
        assert found.read["already_there"] > 20
        assert found.run.waits == ()
        assert found.run.night["books"]["status"] == "balanced"
        with open_run(load_settings(settings)) as run:
            before = read_objects(run)
            carry(run, half + timedelta(days=1), last)
            assert same_as_rehearsed(run, found, before) == len(found.run.objects.by_key)


def test_f_and_b_us_posts_what_its_rehearsal_said(openbravo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fb_us"
    folder.mkdir()
    load_folder(openbravo, folder / fb.SOURCE)
    with running_emulator("--limits", "off") as company:
        file = write_connection(folder, "fb_us", company, **fb.us_settings(source_url=f"sqlite:///{fb.SOURCE}"))
        with open_run(load_settings(file), only_look=True) as run:
            before = read_objects(run)
        found = rehearsed(file, tmp_path / "report", fb.FIRST_DAY, fb.LAST_DAY, failures=True)
        check_failures(found)
        books = found.run.night["books"]
        assert (books["stock_value"], books["status"]) == (str(fb.US_STOCK_VALUE), "balanced")
        with open_run(load_settings(file)) as run:
            carry(run, fb.FIRST_DAY, fb.LAST_DAY)
            assert same_as_rehearsed(run, found, before) == 871


@pytest.mark.parametrize(
    "step", ["reading the inventory system", "the run as it would be", "the same run with failures"]
)
def test_ctrl_c_leaves_nothing_behind(shop: Shop, tmp_path: Path, step: str) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "qbo_pipeline.cli", "rehearse", "--settings", str(shop.settings)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(temporary)}
    )
    assert process.stderr is not None
    heard: list[str] = []
    for line in process.stderr:
        heard.append(line)
        if step in line:
            break
    time.sleep(2)  # well into the step
    children = _children(process.pid)
    assert children
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130, "".join(heard) + rest
    assert "stopped by SIGINT" in rest
    assert list(temporary.iterdir()) == []
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []
    shutil.rmtree(temporary)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    if not found.is_file():
        pytest.skip("this system does not say which processes belong to another")
    return [int(child) for child in found.read_text().split()]
