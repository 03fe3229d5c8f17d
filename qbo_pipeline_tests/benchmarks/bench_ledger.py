"""What people changed, and the ledger: CPU and metered reads of both after thousands of documents were posted.

    pytest -n0 -s -m benchmark qbo_pipeline_tests/benchmarks/bench_ledger.py

The demo's company over many days, posted into an emulator with limits off, as after a back-fill. The least possible
number of reads of drift is an answer of change data capture for each 999 objects (of 1,000 nobody knows whether there
are more), and a page for each 1,000 of an entity of which we wrote 1,000 or more ourselves.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.quickbooks.changes import MAX_OBJECTS
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline_tests.benchmarks.backfill_process import open_books
from qbo_pipeline_tests.benchmarks.bench_backfill import demo_connection
from qbo_pipeline_tests.benchmarks.goals import Goals
from qbo_pipeline_tests.emulator.server import running_emulator

pytestmark = pytest.mark.benchmark
DAYS, ROUNDS = 800, 3
GOALS = {"drift": 1.45, "ledger": 1.7}  # half of what they once took


def _linked(run: Run) -> dict[str, int]:
    query = select(posting_links.c.entity, func.count()).group_by(posting_links.c.entity)
    with run.database.reading() as connection:
        found = {row[0]: row[1] for row in connection.execute(query)}
    return {name: count for name, count in found.items() if entity_named(name).transaction}


def _least(linked: dict[str, int]) -> int:
    pages = sum(ceil(count / MAX_OBJECTS) for count in linked.values() if count >= MAX_OBJECTS)
    changes = sum(count for count in linked.values() if count < MAX_OBJECTS)
    return max(ceil(changes / (MAX_OBJECTS - 1)), 1) + pages


def _measure(file: Path) -> dict[str, dict[str, Any]]:
    settings = load_settings(file)
    last = settings.connection.last_day
    assert last is not None
    found = {}
    with open_run(settings) as run:
        for name, work in (("drift", lambda: find_drift(run)), ("ledger", lambda: read_ledger(run, last))):
            before, began = run.api_calls(), time.process_time()
            work()
            cpu = time.process_time() - began
            found[name] = {"cpu": cpu, "reads": run.api_calls()["api_metered_reads"] - before["api_metered_reads"]}
    return found


def test_drift_and_ledger_of_thousands_of_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], goals: Goals
) -> None:
    folder, saved = tmp_path / "company", tmp_path / "saved"
    folder.mkdir()
    with running_emulator("--limits", "off") as emulator:
        file = demo_connection(DAYS)(folder, emulator)
        settings = load_settings(file)
        first, last = settings.connection.first_day, settings.connection.last_day
        assert last is not None
        with open_run(settings) as run:
            open_books(run)
            extract_master_data(run)
            extract_days(run, first, last)
            read_reference_data(run)
            transform(run, first, last)
            load(run, first, last)
            linked = _linked(run)
        shutil.copytree(folder, saved)
        runs = []
        for _ in range(ROUNDS):
            shutil.copytree(saved, folder, dirs_exist_ok=True)
            command = [sys.executable, "-m", __name__, str(file)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            runs.append(json.loads(done.stdout))
    with capsys.disabled():
        print(f"\n{sum(linked.values()):,} documents; CPU seconds of {ROUNDS} runs, metered reads")
        for name in ("drift", "ledger"):
            cpu = sorted(run[name]["cpu"] for run in runs)
            least = f", {_least(linked)} the least" if name == "drift" else ""
            reads = runs[0][name]["reads"]
            goals.at_most(f"{name} of {sum(linked.values()):,} documents", cpu[len(cpu) // 2], GOALS[name])
            goals.at_most(f"{name}, metered reads", reads, 18, "reads", beside=least.removeprefix(", "))
            print(f"  {name:<8}{cpu[len(cpu) // 2]:>8.2f}  ({cpu[0]:.2f} to {cpu[-1]:.2f}), {reads} reads{least}")
    assert runs[0]["drift"]["reads"] <= _least(linked) + 1


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
