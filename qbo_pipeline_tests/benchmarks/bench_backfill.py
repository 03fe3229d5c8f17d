"""What a back-fill takes: wall time of each stage, peak memory, API calls and metered reads, documents a second.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_backfill.py

F&B US (three years from CSV files), the demo's company in two sizes, and a month of it in each mode of posting, each
into an emulator of its own, limits off. Each back-fill runs in a process of its own, so that the peak of memory is its
own; the emulator is another process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.commands.demo_choices import DemoMode
from qbo_pipeline.commands.demo_systems import HINTS, WAREHOUSES
from qbo_pipeline.commands.demonstrate import FIRST_DAY, STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import load, posted_by_entity
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline import food_and_beverage
from qbo_pipeline_tests.pipeline.connections import rows, write_connection
from qbo_pipeline_tests.sources.openbravo import completed

pytestmark = pytest.mark.benchmark

_RECORDS = (
    "SELECT count(DISTINCT r.record_key) AS number FROM posting_records AS r JOIN postings AS p ON p.connection = "
    "r.connection AND p.key = r.key AND p.revision = r.revision WHERE p.state = 'posted' AND p.superseded_by IS NULL "
    "AND (r.record_key LIKE 'document/%' OR r.record_key LIKE 'movement/%' OR r.record_key LIKE 'payment/%')"
)
DEMO_DAYS = {"demo medium": 90, "demo large": 365}
Write = Callable[[Path, RunningEmulator], Path]


def measure(file: Path) -> dict[str, Any]:
    """Carry the connection's days from beginning to end; seconds by stage, and what it cost."""
    seconds: dict[str, float] = {}
    settings = load_settings(file)
    first, last = settings.connection.first_day, settings.connection.last_day
    assert last is not None
    with open_run(settings) as run:
        open_books(run)
        before = run.api_calls()
        for name, stage in _stages(run, first, last):
            started = time.perf_counter()
            stage()
            seconds[name] = time.perf_counter() - started
        result = reconcile_as_at(run, last)
        documents = sum(count for name, count in posted_by_entity(run).items() if entity_named(name).transaction)
        records = rows(run, _RECORDS)[0]["number"]
        calls = {name: count - before[name] for name, count in run.api_calls().items()}
    return {
        "seconds": seconds,
        "documents": documents,
        "records": records,
        "unexplained": str(result.unexplained),
        "stock_value": str(result.stock_value),
        "difference": str(result.difference),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **calls,
    }


def _stages(run: Run, first: date, last: date) -> list[tuple[str, Callable[[], object]]]:
    return [
        ("extract", lambda: [extract_master_data(run), extract_days(run, first, last)]),
        ("transform", lambda: [read_reference_data(run), transform(run, first, last)]),
        ("load", lambda: load(run, first, last)),
        ("reconcile", lambda: [read_ledger(run, last), reconcile_as_at(run, last)]),
        ("report", lambda: write_reports(run, reconcile_as_at(run, last))),
    ]


def open_books(run: Run) -> None:
    """The stock accounts that the demo's settings name, where they are the demo's."""
    for name in STOCK_ACCOUNTS.values() if run.name == "demo" else ():
        payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
        run.quickbooks().create("Account", payload)


def demo_connection(days: int, mode: DemoMode = DemoMode.EXTERNAL) -> Write:
    def write(folder: Path, emulator: RunningEmulator) -> Path:
        generate(folder / "inventory.sqlite", seed=7, first_day=FIRST_DAY, days=days)
        return write_connection(
            folder,
            "demo",
            emulator,
            currency="USD",
            first_day=FIRST_DAY.isoformat(),
            last_day=(FIRST_DAY + timedelta(days=days - 1)).isoformat(),
            source_url="sqlite:///inventory.sqlite",
            roles={**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
            hints=HINTS,
            tax_codes={"": "NON", "NON": "NON", "TAX": "TAX"},
            **mode.settings({place: place for place in WAREHOUSES}),
        )

    return write


@pytest.mark.parametrize("name", DEMO_DAYS)
def test_back_fill_of_the_demo(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _in_a_process(demo_connection(DEMO_DAYS[name]), tmp_path)
    _print(f"{name}, {DEMO_DAYS[name]} days", found, capsys)
    assert found["difference"] == "0.00"


@pytest.mark.parametrize("mode", DemoMode)
def test_back_fill_in_each_mode(mode: DemoMode, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Documents a second are those of the source: summed up, many of them are one object."""
    found = _in_a_process(demo_connection(31, mode), tmp_path)
    _print(f"{mode.value}, 31 days", found, capsys)
    assert found["unexplained"] == "0.00"


def test_back_fill_of_fb_us(tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def write(folder: Path, emulator: RunningEmulator) -> Path:
        source = {"source_kind": "csv", "source_path": str(completed(shared_data / "openbravo_fb", tmp_path / "fb"))}
        return write_connection(folder, "fb_us", emulator, **food_and_beverage.us_settings(**source))

    found = _in_a_process(write, tmp_path)
    _print("F&B US, 3 years", found, capsys)
    assert (found["stock_value"], found["difference"]) == (str(food_and_beverage.US_STOCK_VALUE), "0.00")


def _in_a_process(write: Write, folder: Path) -> dict[str, Any]:
    with running_emulator("--limits", "off") as emulator:
        file = write(folder, emulator)
        command = [sys.executable, "-m", __name__, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        meter = emulator.meter()
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"core": meter["core"], "coreplus": meter["coreplus"], "requests": meter["requests"]}


def _print(what: str, found: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    seconds = found["seconds"]
    total = sum(seconds.values())
    table = [
        *((f"{stage} (s)", f"{taken:.2f}") for stage, taken in seconds.items()),
        ("all (s)", f"{total:.2f}"),
        ("objects posted", f"{found['documents']:,}"),
        ("records posted", f"{found['records']:,}"),
        ("records a second, all stages", f"{found['records'] / total:,.0f}"),
        ("records a second, load alone", f"{found['records'] / seconds['load']:,.0f}"),
        ("objects a second, all stages", f"{found['documents'] / total:,.0f}"),
        ("objects a second, load alone", f"{found['documents'] / seconds['load']:,.0f}"),
        ("peak memory (MB)", f"{found['megabytes']:.0f}"),
        ("API calls", f"{found['api_calls']:,}"),
        ("of them writes (free of charge)", f"{found['api_writes']:,}"),
        ("of them metered reads", f"{found['api_metered_reads']:,}"),
        ("objects written, by the emulator", f"{found['core']:,}"),
        ("metered reads, by the emulator", f"{found['coreplus']:,}"),
        ("stock value", found["stock_value"]),
        ("difference", found["difference"]),
    ]
    with capsys.disabled():
        print(f"\n{what}")
        for name, value in table:
            print(f"  {name:34} {value:>14}")


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
