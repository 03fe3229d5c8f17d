"""The emulator on large state files: a million ledger lines, and a file of a gigabyte.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_emulator_large.py

`QBO_PIPELINE_LARGE_STATE=FILE` keeps the file of a million lines and takes it again (making it takes two minutes).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline_tests.emulator.company.opening import id_of, open_company, sale_line
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

pytestmark = pytest.mark.benchmark
INVOICES, BATCH = 200_000, 30
GIGABYTE = 2**30
MOST_SECONDS_OF_A_REPORT, MOST_SECONDS_OF_A_START, MOST_MEMORY_MB = 5.0, 2.0, 300


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with a million ledger lines of one year."""
    kept = os.environ.get("QBO_PIPELINE_LARGE_STATE")
    path = Path(kept) if kept else tmp_path_factory.mktemp("large") / "company.sqlite"
    if not path.exists():
        _fill(path)
    return path


def _fill(path: Path) -> None:
    company = open_company("us", path)
    customer, item = id_of(company, "Customer", "Cool Cars"), id_of(company, "Item", "Design")
    lines = [sale_line(item, n, "19.99", TaxCodeRef={"value": "TAX"}) | {"Description": f"line {n}"} for n in (1, 2, 3)]
    for batch in range(INVOICES // BATCH):
        with company.batch():
            for n in range(BATCH):
                day = f"2026-{batch % 12 + 1:02d}-{n % 28 + 1:02d}"
                body = {"CustomerRef": {"value": customer}, "TxnDate": day, "Line": lines, "PrivateNote": "document"}
                company.create("Invoice", jsontext.loads(jsontext.dumps(body)))
    company.close()


@contextmanager
def _started(path: Path) -> Iterator[tuple[RunningEmulator, float]]:
    """The emulator on a state file, and the seconds of processor time until its first line."""
    with running_emulator("--limits", "off", "--state", str(path), "--realm", "4620816365") as emulator:
        yield emulator, _seconds(emulator)


def _seconds(emulator: RunningEmulator) -> float:
    times = psutil.Process(emulator.process.pid).cpu_times()
    return float(times.user + times.system)


def _memory(emulator: RunningEmulator) -> float:
    return float(psutil.Process(emulator.process.pid).memory_info().rss) / 2**20


def _report(emulator: RunningEmulator, name: str, **params: str) -> tuple[dict[str, Any], float, float]:
    """A report, the emulator's processor seconds for it, and the seconds on the clock."""
    begun, clock = _seconds(emulator), time.perf_counter()
    request = urllib.request.Request(emulator.api(f"reports/{name}?{urlencode(params)}"), headers=emulator.bearer())
    with urllib.request.urlopen(request, timeout=300) as answer:
        found: dict[str, Any] = jsontext.loads(answer.read())
    return found, _seconds(emulator) - begun, time.perf_counter() - clock


def test_a_million_lines(large: Path) -> None:
    with sqlite3.connect(large) as file:
        lines = file.execute("SELECT COUNT(*) FROM lines").fetchone()[0]
    print(f"\n{lines:,} ledger lines in {large.stat().st_size / 2**20:,.0f} MB")
    assert lines > 990_000
    with _started(large) as (emulator, start):
        print(f"start: {start:.2f} s, {_memory(emulator):,.0f} MB")
        found, _, _ = _report(emulator, "AccountList")
        receivable = next(
            row["ColData"][0]["id"]
            for row in found["Rows"]["Row"]
            if row["ColData"][0]["value"].startswith("Accounts Receivable")
        )
        month = {"start_date": "2026-05-01", "end_date": "2026-05-31"}
        found, cpu, wall = _report(emulator, "GeneralLedger", account=receivable, **month)
        rows = len(found["Rows"]["Row"][0]["Rows"]["Row"])
        print(f"GL of one account and month, {rows:,} lines: {cpu:.2f} s ({wall:.2f} on the clock)")
        assert cpu < MOST_SECONDS_OF_A_REPORT
        _, cpu, wall = _report(emulator, "GeneralLedger", **month)
        print(f"GL of all accounts and one month, to the limit of cells: {cpu:.2f} s ({wall:.2f} on the clock)")
        assert cpu < MOST_SECONDS_OF_A_REPORT
        year = {"start_date": "2026-01-01", "end_date": "2026-12-31", "summarize_column_by": "Month"}
        _, cpu, wall = _report(emulator, "ProfitAndLoss", **year)
        print(f"profit and loss by month: {cpu:.2f} s ({wall:.2f} on the clock)")
        print(f"memory: {_memory(emulator):,.0f} MB")
        assert _memory(emulator) < MOST_MEMORY_MB


def test_a_gigabyte(large: Path, tmp_path: Path) -> None:
    path = tmp_path / "gigabyte.sqlite"
    shutil.copy(large, path)
    _grow(path)
    print(f"\nstate of {path.stat().st_size / 2**30:.2f} GB")
    with _started(path) as (emulator, start):  # it adds its sums up
        print(f"start on a file without sums, as an earlier version left it: {start:.2f} s")
        _write(emulator)
        emulator.process.kill()
    for end in ("a kill", "a clean end"):
        with _started(path) as (emulator, start):
            print(f"start after {end}: {start:.2f} s, {_memory(emulator):,.0f} MB")
            assert start < MOST_SECONDS_OF_A_START
            assert _memory(emulator) < MOST_MEMORY_MB
            assert emulator.stop() == 0


def _write(emulator: RunningEmulator) -> None:
    headers = {**emulator.bearer(), "Content-Type": "application/json"}
    body = jsontext.dumps({"DisplayName": "Entered before the kill"})
    request = urllib.request.Request(emulator.api("customer"), data=body, headers=headers)
    urllib.request.urlopen(request, timeout=60).close()


def _grow(path: Path) -> None:
    """Copy documents with their lines until the file has a gigabyte, and forget their sums."""
    with sqlite3.connect(path) as file:
        whole = file.execute("SELECT MAX(id) FROM txns").fetchone()[0]
        copies = 0
        while path.stat().st_size < GIGABYTE:
            copies += 1
            ahead = copies * whole
            file.execute(
                """INSERT INTO txns SELECT id + ?, entity, number || '-' || ?, date, party_kind, party, currency, total,
                   balance, sync, created, updated, body FROM txns WHERE id <= ? AND entity = 'Invoice'""",
                (ahead, copies, whole),
            )
            file.execute(
                """INSERT INTO lines SELECT txn + ?, n, date, account, home, amount, currency, party_kind, party, item,
                   qty, memo, class, department, customer FROM lines WHERE txn IN
                   (SELECT id FROM txns WHERE id <= ? AND entity = 'Invoice')""",
                (ahead, whole),
            )
            file.commit()
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.execute("DELETE FROM sums")
        file.execute("UPDATE meta SET value = ? WHERE key = 'counter:Transaction'", ((copies + 1) * whole,))
