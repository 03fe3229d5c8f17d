"""The reports of a bad day: CPU and memory of page, workbook, CSV and Parquet where many documents differ.

    pytest -n0 -s -m benchmark qbo_pipeline_tests/benchmarks/bench_reports.py

Each is measured in a process of its own, in turns, which takes the reconciliation from a file: its memory above the
frames is then that of the report, and not of room that making it has left behind. The peer is XlsxWriter alone, in
constant memory: the rows of one of the workbook's sheets, the differences, written cell by cell without formats,
formulas and links.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports.header import ReportHeader
from qbo_pipeline.reports.page import write_page
from qbo_pipeline.reports.tables import write_csv, write_parquet
from qbo_pipeline.reports.workbook import write_workbook
from qbo_pipeline_tests.benchmarks.bench_reconciliation import books
from qbo_pipeline_tests.benchmarks.goals import Goals
from qbo_pipeline_tests.benchmarks.memory import peak_megabytes

pytestmark = pytest.mark.benchmark
ROUNDS = int(os.environ.get("QBO_PIPELINE_BENCH_ROUNDS", "3"))
DAMAGED = {24_000: 20_000, 100_000: 83_500}  # rows of differences: damaged documents of five times as many
SECONDS = 15
"""Of CPU for the larger workbook; 10 is the aim, the rest is for a machine that does other work too."""
GROWTH = 40
"""Megabytes that the larger workbook may take more than the smaller one; the allocators keep what they had."""
_MEMORY: dict[int, int] = {}


def _header(given: Reconciliation) -> ReportHeader:
    return ReportHeader(
        company="Harbour Coffee", connection="harbour", realm="4242", as_at=given.as_at, time_zone="America/New_York",
        currency=given.currency, run_id="bench", made_at=datetime(2026, 1, 1, tzinfo=UTC),
        content_hash=given.content_hash, qbo_url="https://app.qbo.intuit.com/app",
    )  # fmt: skip


def _workbook(given: Reconciliation, folder: Path) -> object:
    written: list[int] = []
    write_workbook(given, _header(given), None, folder / "w.xlsx", progress=written.append)
    return sum(written)


def _cell_by_cell(given: Reconciliation, folder: Path) -> object:
    names = tuple(given.differences.columns)
    with xlsxwriter.Workbook(folder / "x.xlsx", {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows_of(given.differences, names)):
            for column, value in enumerate(row.values()):
                sheet.write_string(number, column, str(value))
    return len(given.differences)


WORK: dict[str, Callable[[Reconciliation, Path], object]] = {
    "workbook": _workbook,
    "page": lambda given, folder: write_page(given, _header(given), None, folder / "p.html"),
    "CSV files": lambda given, folder: write_csv(given, folder),
    "Parquet files": lambda given, folder: write_parquet(given, folder),
    "XlsxWriter, one sheet cell by cell": _cell_by_cell,
}


def _resident() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


def _measure(what: str, file: Path) -> dict[str, Any]:
    given = pickle.loads(file.read_bytes())
    Path("/proc/self/clear_refs").write_text("5")  # the most so far is what is there now
    before = _resident()
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        WORK[what](given, Path(folder))
        cpu = time.process_time() - began
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    return {"cpu": cpu, "megabytes": max(peak_megabytes() - before, 0), "size": size, "rows": len(given.differences)}


@pytest.mark.parametrize("rows", DAMAGED)
def test_reports_of_many_differences(
    rows: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], goals: Goals
) -> None:
    file = tmp_path / "reconciliation"
    file.write_bytes(pickle.dumps(reconcile(books(5 * DAMAGED[rows], DAMAGED[rows]))))
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in WORK}
    for _ in range(ROUNDS):
        for name, found in runs.items():
            command = [sys.executable, "-m", __name__, name, str(file)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout))
    with capsys.disabled():
        count = next(iter(runs.values()))[0]["rows"]
        print(f"\nreports of {count:,} differences; CPU seconds of {ROUNDS} runs in turns, memory above the frames")
        for name, found in runs.items():
            cpu = sorted(one["cpu"] for one in found)
            print(
                f"  {name:<36}{cpu[len(cpu) // 2]:>8.2f}  ({cpu[0]:.2f} to {cpu[-1]:.2f})"
                f"{max(one['megabytes'] for one in found):>6} MB, {found[0]['size'] / 1e6:>6.1f} MB written"
            )
    workbook = runs["workbook"]
    goals.at_most(f"workbook of {count:,} differences", min(one["cpu"] for one in workbook), count / 10_000)
    assert min(one["cpu"] for one in workbook) < SECONDS
    _MEMORY[rows] = min(one["megabytes"] for one in workbook)
    if len(_MEMORY) == len(DAMAGED):
        growth = max(_MEMORY.values()) - min(_MEMORY.values())
        goals.at_most("more memory than the smaller workbook", growth, 15, "MB")
        assert growth < GROWTH


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], Path(sys.argv[2]))))
