"""What the machine itself works in a night, a month, a first look: CPU seconds (user and system) of whole processes.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_night.py

The demo's company, its month carried into an emulator whose limits are off: bare (`qbo-pipeline run`) and as one
back-fill of Dagster; then nights on which nothing happened. Beside them what transforming costs as the catalogue grows.
Each row is measured `TIMES` times, and its lowest and highest are shown; the emulator's own work is not in them.
"""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from qbo_pipeline.commands.demonstrate import FIRST_DAY, HINTS, STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.benchmarks.goals import Goals
from qbo_pipeline_tests.conftest import ROOT
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline import shop
from qbo_pipeline_tests.pipeline.connections import write_connection
from qbo_pipeline_tests.pipeline.without_qbo import chart
from qbo_pipeline_tests.sources.company import Rows

pytestmark = pytest.mark.benchmark

TIMES = 3
DAYS = 31
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
SOLD = 500  # different products on the documents of `with_catalogue`
IN_DAGSTER = """
import sys
import dagster as dg
from qbo_pipeline.definitions import build_definitions
file, first, last = sys.argv[1:]
days = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
with dg.DagsterInstance.get() as instance:
    job = build_definitions(file).resolve_job_def("demo_nightly")
    result = job.execute_in_process(instance=instance, tags=days, raise_on_error=False, run_config=quiet)
assert result.success
print(result.run_id)
"""


def with_catalogue(documents: int, products: int) -> Rows:
    """The shop with further invoices like its own, and a catalogue of which they sell some."""
    rows = shop.shop_rows()
    product, invoice = rows["products"][0], rows["documents"][1]
    lines = [line for line in rows["document_lines"] if line["document_id"] == invoice["document_id"]]
    rows["products"] += [
        {**product, "product_id": f"P{n}", "number": f"PN-{n}", "name": f"Product number {n}"} for n in range(products)
    ]
    for n in range(documents):
        day = (shop.FIRST_DAY + timedelta(days=n % 7)).isoformat()
        own = {"document_id": f"D{n}", "business_date": day}
        rows["documents"].append({**invoice, **own, "number": f"INV{n}"})
        sold = {"product_id": f"P{n % min(products, SOLD)}"}
        rows["document_lines"] += [{**line, **own, **sold, "line_id": f"{line['line_id']}-{n}"} for line in lines]
    return rows


@pytest.mark.parametrize(("documents", "products"), [(1_000, 1_000), (1_000, 20_000), (10_000, 1_000)])
def test_transforming(
    documents: int, products: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], goals: Goals
) -> None:
    def seconds(folder: Path) -> float:
        with shop.open_shop(folder, None, with_catalogue(documents, products)).run() as run:
            chart(run)
            extract_master_data(run)
            extract_days(run, shop.FIRST_DAY, shop.LAST_DAY)
            before = _used(resource.RUSAGE_SELF)
            transform(run, shop.FIRST_DAY, shop.LAST_DAY)
            return _used(resource.RUSAGE_SELF) - before

    found = [seconds(tmp_path / str(turn)) for turn in range(TIMES)]
    what = f"transform, {documents:,} documents, {products:,} products"
    _print(capsys, [(what, _spread(found))])
    goals.at_most(what, min(found), 6 * documents / 10_000)


def test_months_and_nights(tmp_path: Path, capsys: pytest.CaptureFixture[str], goals: Goals) -> None:
    with _company(tmp_path / "bare") as (file, _):
        bare = [_seconds("-m", "qbo_pipeline", *_run(file, FIRST_DAY))]
        nights = [_seconds("-m", "qbo_pipeline", *_run(file, LAST_DAY)) for _ in range(TIMES)]
        looks = [_seconds("-m", "qbo_pipeline", "status", "--settings", str(file)) for _ in range(TIMES)]
        helps = [_seconds("-m", "qbo_pipeline", "--help") for _ in range(TIMES)]
    with _company(tmp_path / "dagster") as (file, home):
        back_fill = [_dagster(file, home, FIRST_DAY)]
        dagster = [_dagster(file, home, LAST_DAY) for _ in range(TIMES)]
    rows = [
        ("a month, bare", _spread(bare)),
        ("a night with nothing to do, bare", _spread(nights)),
        ("a month as one back-fill of Dagster", _told(back_fill)),
        ("a night with nothing to do, Dagster", _told(dagster)),
        ("status", _spread(looks)),
        ("--help", _spread(helps)),
    ]
    _print(capsys, rows)
    seconds, events, size = min(dagster)
    goals.at_most("a night with nothing to do, bare", min(nights), 2)
    goals.at_most("a night with nothing to do, Dagster", seconds, 5)
    goals.at_most("its events", events, 40, "events")
    goals.at_most("their size", size / 1000, 150, "KB")
    goals.at_most("a month, bare", min(bare), 5)
    goals.at_most("a month in Dagster, of a bare one", min(back_fill)[0] / min(bare), 1.5, "x")
    goals.at_most("status", min(looks), 0.8)
    goals.at_most("--help", min(helps), 0.4)


def test_the_demo(tmp_path: Path, goals: Goals) -> None:
    """As `make demo` starts it, in seconds of wall, for somebody waits: a month, three nights, its reports."""
    command = [sys.executable, "-m", "qbo_pipeline", "demo"]
    began = time.monotonic()
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    goals.at_most("make demo, without its installation, wall", time.monotonic() - began, 45)


@contextmanager
def _company(folder: Path) -> Iterator[tuple[Path, Path]]:
    """The demo's company with an emulator of its own: its settings and an empty home for Dagster."""
    home = folder / "dagster"
    home.mkdir(parents=True)
    shutil.copy(ROOT / "dagster.yaml", home)
    generate(folder / "inventory.sqlite", seed=7, first_day=FIRST_DAY, days=DAYS)
    with running_emulator("--limits", "off") as emulator:
        yield _connection(folder, emulator), home


def _connection(folder: Path, emulator: RunningEmulator) -> Path:
    file = write_connection(
        folder,
        "demo",
        emulator,
        currency="USD",
        first_day=FIRST_DAY.isoformat(),
        last_day=LAST_DAY.isoformat(),
        source_url="sqlite:///inventory.sqlite",
        roles={**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
        hints=HINTS,
        particular=[(level, value, {"inventory": name}) for (level, value), name in STOCK_ACCOUNTS.items()],
        tax_codes={"": "NON", "NON": "NON", "TAX": "TAX"},
        store_url="sqlite:///demo_store.sqlite",
    )
    with open_run(load_settings(file)) as run:
        for name in STOCK_ACCOUNTS.values():
            payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
            run.quickbooks().create("Account", payload)
    return file


def _run(file: Path, first: date) -> tuple[str, ...]:
    return ("run", "--settings", str(file), "--from", first.isoformat(), "--to", LAST_DAY.isoformat())


def _dagster(file: Path, home: Path, first: date) -> tuple[float, int, int]:
    """CPU seconds of a run of Dagster over the days up to the last; its events and their bytes."""
    days = (first.isoformat(), LAST_DAY.isoformat())
    seconds = _seconds("-c", IN_DAGSTER, str(file), *days, DAGSTER_HOME=str(home))
    newest = max((home / "history" / "runs").glob("*-*.db"), key=lambda path: path.stat().st_mtime)
    with closing(sqlite3.connect(newest)) as db:
        events, size = db.execute("SELECT COUNT(*), SUM(LENGTH(event)) FROM event_logs").fetchone()
    return seconds, events, size


def _seconds(*words: str, **environment: str) -> float:
    """The CPU seconds of a process of Python, which has to end with a verdict: 0 or 1."""
    before = _used(resource.RUSAGE_CHILDREN)
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env=known | environment
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return _used(resource.RUSAGE_CHILDREN) - before


def _used(of: int) -> float:
    used = resource.getrusage(of)
    return used.ru_utime + used.ru_stime


def _spread(seconds: list[float]) -> str:
    low, high = min(seconds), max(seconds)
    return f"{low:.2f} s" if len(seconds) == 1 else f"{low:.2f} to {high:.2f} s"


def _told(runs: list[tuple[float, int, int]]) -> str:
    return f"{_spread([seconds for seconds, *_ in runs])}, {runs[-1][1]} events, {runs[-1][2] / 1000:,.0f} KB"


def _print(capsys: pytest.CaptureFixture[str], rows: list[tuple[str, str]]) -> None:
    with capsys.disabled():
        print()
        for name, value in rows:
            print(f"  {name:52} {value}")
