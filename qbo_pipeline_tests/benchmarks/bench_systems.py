"""What a first load through each system's API takes: calls against the least possible, CPU and memory.

    QBO_PIPELINE_SYSTEM_RECORDS=100000 pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_systems.py

The demo's company at a tenth and at the whole of about that many records, 10,000 unless the environment says otherwise,
served by each system in a box with limits off, in a process of its own; another one extracts, lands and reads them. The
least is each page of each list, for each day that it has to be asked for, and each object behind an entry once. What is
measured is the reading process alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline import landed
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.benchmarks.memory import peak_megabytes
from qbo_pipeline_tests.pipeline.connections import write_connection
from qbo_pipeline_tests.systems.readings import FIRST

pytestmark = pytest.mark.benchmark

RECORDS = int(os.environ.get("QBO_PIPELINE_SYSTEM_RECORDS", "10000"))
A_DAY = 1000  # documents on a business day; about half as many records on the average day of a week
SECRETS = {
    "cin7_core": {"ACCOUNT_ID": "account_id", "APPLICATION_KEY": "application_key"},
    "http_contract": {"TOKEN": "token"}, "syncro": {"TOKEN": "token"},
    "unleashed": {"API_ID": "api_id", "API_KEY": "api_key"}, "zuper": {"API_KEY": "api_key"},
}  # fmt: skip
"""By system, the variables of its key and where the box's first line has them."""
CHANGED = ("since", "updated")
"""What the names of parameters hold that ask for changes: what they bring again is more than the least."""
MEGABYTES_MORE = 100  # of a whole company than of a tenth: its objects do not lie in memory
TIMES_THE_LEAST = 2.0
"""In a box everything changed today: what is asked for by changes after stock was looked at is all of it once more."""


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Path]:
    """By days, a company that has worked so many."""
    found = {}
    for days in (days_of(RECORDS // 10), days_of(RECORDS)):
        found[days] = tmp_path_factory.mktemp("company") / "inventory.sqlite"
        generate(found[days], first_day=FIRST, days=days, size=A_DAY)
    return found


def days_of(records: int) -> int:
    return max(2, round(records / A_DAY * 2))


@pytest.mark.parametrize("system", SECRETS)
def test_a_first_load(
    system: str, companies: Mapping[int, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, large = (first_load(system, path, tmp_path / str(days), days) for days, path in companies.items())
    with capsys.disabled():
        for found in (small, large):
            print(
                f"\n{system:10} {found['records']:>8,.0f} records {found['calls']:>8,.0f} calls, "
                f"{found['calls'] / found['least']:.2f} times the least; {found['cpu']:7.1f} s of CPU, "
                f"{found['cpu'] / found['records'] * 1000:.1f} a thousand; {found['megabytes']:.0f} MB",
                end="",
            )
    assert large["calls"] < TIMES_THE_LEAST * large["least"]
    assert large["megabytes"] < small["megabytes"] + MEGABYTES_MORE


def first_load(system: str, company: Path, folder: Path, days: int) -> dict[str, float]:
    """Read a company through a system in a process of its own."""
    with box(system, company) as start:
        file = write_connection(
            folder, "demo", None, currency="USD", first_day=FIRST.isoformat(), source_kind=system,
            source_url=start["base_url"], calls_per_minute=1_000_000,
            parameters={"inventory_accounts": ["1300"]} if system == "cin7_core" else {},
        )  # fmt: skip
        with (file.parent / ".env").open("a") as out:
            out.writelines(f"QBO_DEMO_SOURCE_{name}={start[at]}\n" for name, at in SECRETS[system].items())
        last = (FIRST + timedelta(days=days)).isoformat()
        told = subprocess.run([sys.executable, "-m", __spec__.name, file, last], check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


@contextmanager
def box(system: str, company: Path) -> Iterator[dict[str, str]]:
    """A system in a box in a process of its own; answers its first line."""
    command = [sys.executable, "-m", "qbo_pipeline.cli", "emulator", "--system", system, "--limits", "off"]
    if system == "http_contract":  # as in most accounts, what there is did not change within the last hour
        command += ["--clock", "company"]
    with subprocess.Popen([*command, "--inventory", str(company)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def measure(file: Path, last: date) -> dict[str, float]:
    """Read everything once: records, calls and the least possible, seconds of CPU, peak of memory in megabytes."""
    asked: Counter[int] = Counter()  # by hash: what measures shall not be what is measured
    real = landed.ReadingWire.get

    def counted(wire: Any, url: str, *given: Any, **named: Any) -> Any:
        parts = urlsplit(url)
        chosen = [pair for pair in parse_qsl(parts.query) if not any(word in pair[0].lower() for word in CHANGED)]
        asked[hash((parts.path, *sorted(chosen)))] += 1
        named["seconds"] = 3600.0  # a box makes all its objects at the first question
        return real(wire, url, *given, **named)

    landed.ReadingWire.get = counted  # type: ignore[method-assign]
    started = time.process_time()
    with open_run(load_settings(file)) as run:
        extracted = [*extract_master_data(run), *extract_days(run, FIRST, last)]
    return {
        "records": sum(item.rows_read for item in extracted),
        "calls": asked.total(),
        "least": len(asked),
        "cpu": time.process_time() - started,
        "megabytes": peak_megabytes(),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))))
