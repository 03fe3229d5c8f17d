"""What a back-fill takes: wall time of each stage, peak memory, API calls and metered reads, documents a second.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_backfill.py

F&B US (three years from CSV files), the demo's company in two sizes, and a month of it in each mode of posting, each
into an emulator of its own, limits off. Each back-fill runs in a process of its own, so that the peak of memory is its
own; the emulator is another process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.commands.demo_choices import DemoMode
from qbo_pipeline.commands.demo_systems import HINTS, WAREHOUSES
from qbo_pipeline.commands.demonstrate import FIRST_DAY, STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline_tests.benchmarks import backfill_process
from qbo_pipeline_tests.benchmarks.goals import Goals
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline import food_and_beverage
from qbo_pipeline_tests.pipeline.connections import write_connection
from qbo_pipeline_tests.sources.openbravo import completed

pytestmark = pytest.mark.benchmark

DEMO_DAYS = {"demo medium": 90, "demo large": 365}
Write = Callable[[Path, RunningEmulator], Path]


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


def test_back_fill_of_fb_us(
    tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str], goals: Goals
) -> None:
    def write(folder: Path, emulator: RunningEmulator) -> Path:
        source = {"source_kind": "csv", "source_path": str(completed(shared_data / "openbravo_fb", tmp_path / "fb"))}
        return write_connection(folder, "fb_us", emulator, **food_and_beverage.us_settings(**source))

    found = _in_a_process(write, tmp_path)
    _print("F&B US, 3 years", found, capsys)
    goals.at_most("F&B US, 34 months, wall", sum(found["seconds"].values()), 10)
    goals.at_most("F&B US, calls", found["api_calls"], 108, "calls")
    goals.at_most("F&B US, metered reads", found["coreplus"], 20, "reads")
    goals.at_most("F&B US, memory", found["megabytes"], 250, "MB")
    assert (found["stock_value"], found["difference"]) == (str(food_and_beverage.US_STOCK_VALUE), "0.00")
    assert found["coreplus"] == 16
    assert found["api_calls"] <= 108
    assert found["megabytes"] < 250


def _in_a_process(write: Write, folder: Path) -> dict[str, Any]:
    with running_emulator("--limits", "off") as emulator:
        file = write(folder, emulator)
        command = [sys.executable, "-m", backfill_process.__name__, str(file)]
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
        ("CPU of it (s)", f"{found['worked']:.2f}"),
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
