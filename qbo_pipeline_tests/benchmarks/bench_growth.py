"""What a store costs as it grows: bytes a document by table, and the CPU seconds of a look and of a night at its end.

    QBO_PIPELINE_GROWTH_DAYS=365 pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_growth.py

The demo's company with 1,000 documents on a business day, 30 days of it unless the environment says otherwise, carried
in one run with QuickBooks' limits off. A year of them needs about 3 GB of disk and, on two cores, an hour.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.demonstrate import FIRST_DAY, STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import write_connection

pytestmark = pytest.mark.benchmark

DOCUMENTS_A_DAY = 1000
DAYS = int(os.environ.get("QBO_PIPELINE_GROWTH_DAYS", "30"))
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
NIGHT = ("run", "--from", (LAST_DAY - timedelta(days=2)).isoformat(), "--to", LAST_DAY.isoformat())
SMALL = 100_000  # bytes: tables below it are not shown


def test_what_growth_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_emulator("--limits", "off") as emulator:
        file = _connection(tmp_path, emulator)
        rows = [("the days in one run", _seconds(file, "run", "--from", FIRST_DAY.isoformat(), *NIGHT[3:]))]
        rows += [("a night with nothing to do", _seconds(file, *NIGHT))]
    rows += [(name, _seconds(file, name)) for name in ("status", "verify")]
    store = tmp_path / "demo_store.sqlite"
    with closing(sqlite3.connect(store)) as db:
        key = db.execute("SELECT record_key FROM postings WHERE record_key LIKE 'document/%' LIMIT 1").fetchone()[0]
        documents = db.execute("SELECT COUNT(*) FROM records WHERE record_type <> 'product'").fetchone()[0]
        views = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name")]
        sizes = _sizes(db)
    rows += [(f"show {key}", _seconds(file, "show", key))]
    rows += [(name, _query_seconds(store, name)) for name in views]
    with capsys.disabled():
        print(f"\n{DAYS} days, {documents:,} records but products, store of {store.stat().st_size / 1e6:,.0f} MB")
        for name, seconds in rows:
            print(f"  {name:34} {seconds:>10.2f} s of CPU")
        for name, size in sizes:
            print(f"  {name:34} {size / 1e6:>10,.1f} MB {size / documents:>8,.0f} bytes a record")


def _connection(folder: Path, emulator: RunningEmulator) -> Path:
    generate(folder / "inventory.sqlite", seed=7, first_day=FIRST_DAY, days=DAYS, size=DOCUMENTS_A_DAY)
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


def _seconds(file: Path, *command: str, ends: tuple[int, ...] = (0, 1)) -> float:
    """The CPU seconds of a command, which has to end with one of these verdicts."""
    before = _of_children()
    words = [sys.executable, "-m", "qbo_pipeline.cli", *command, "--settings", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode in ends, done.stderr
    return _of_children() - before


def _query_seconds(store: Path, view: str) -> float:
    before = _of_children()
    query = f"import sqlite3; sqlite3.connect({str(store)!r}).execute('SELECT * FROM {view}').fetchall()"
    subprocess.run([sys.executable, "-c", query], check=True)
    return _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _sizes(db: sqlite3.Connection) -> Sequence[tuple[str, int]]:
    """Bytes by table with its indexes, the largest first."""
    query = (
        "SELECT m.tbl_name, SUM(s.pgsize) AS bytes FROM dbstat AS s JOIN sqlite_master AS m ON m.name = s.name "
        "GROUP BY m.tbl_name HAVING bytes > ? ORDER BY bytes DESC"
    )
    return [(name, size) for name, size in db.execute(query, (SMALL,))]
