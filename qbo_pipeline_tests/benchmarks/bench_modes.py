"""Each posting mode over the demo's month: documents a second, calls, and what is left unexplained.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_modes.py

The month of the demo's whole company in the US, boatyard and all, in one run of all stages in this process, into an
emulator whose limits are off; each mode once a round, by turns, the best of two rounds. Seconds are of the wall's
clock, CPU those of this process; the emulator works beside it on the same machine.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_books import set_up
from qbo_pipeline.commands.demo_choices import DemoCountry, DemoMode
from qbo_pipeline.commands.demonstrate import FIRST_DAY, demo_settings
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.load import posted_by_entity
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import ENCRYPTION_KEY, NO_LIMITS, carry, made_live

pytestmark = pytest.mark.benchmark

DAYS = 31
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
ROUNDS = int(os.environ.get("QBO_PIPELINE_MODE_ROUNDS", "2"))


@dataclass(frozen=True, slots=True)
class Measured:
    """One month in one mode."""

    seconds: float
    cpu: float
    documents: int
    records: int
    calls: int
    difference: Decimal

    @property
    def rate(self) -> float:
        """Documents a second."""
        return self.documents / self.seconds


def test_a_month_in_each_mode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company = tmp_path / "inventory.sqlite"
    generate(company, first_day=FIRST_DAY, days=DAYS, boatyard=True)
    found: dict[DemoMode, list[Measured]] = {}
    for turn in range(ROUNDS):
        for mode in DemoMode:
            folder = tmp_path / f"{mode}-{turn}"
            folder.mkdir()
            shutil.copy(company, folder / company.name)
            found.setdefault(mode, []).append(_measure(folder, mode))
    best = {mode: min(rounds, key=lambda one: one.seconds) for mode, rounds in found.items()}
    with capsys.disabled():
        print(
            "\nmode         documents      s    CPU  documents/s  records/s  calls  difference  documents/s of external"
        )
        for mode, one in best.items():
            ratio = one.rate / best[DemoMode.EXTERNAL].rate
            print(f"{mode:11} {one.documents:10,} {one.seconds:6.1f} {one.cpu:6.1f} {one.rate:12.1f} "
                  f"{one.records / one.seconds:10.1f} {one.calls:6,} {one.difference:11,.2f} {ratio:9.2f}")  # fmt: skip


def _measure(folder: Path, mode: DemoMode) -> Measured:
    with (
        running_emulator("--limits", "off") as emulator,
        open_run(load_settings(_connection(folder, emulator, mode))) as run,
    ):
        set_up(run, DemoCountry.US, boatyard=True)
        began, cpu = time.perf_counter(), time.process_time()
        carried = carry(run, FIRST_DAY, LAST_DAY)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        documents = sum(n for entity, n in posted_by_entity(run).items() if entity_named(entity).transaction)
    assert carried.result.unexplained == Decimal("0.00")
    assert carried.loaded.summary.posted >= documents
    records = sum(item.counts.new for item in carried.extracted.values())
    return Measured(seconds, cpu, documents, records, carried.calls["api_calls"], carried.result.difference)


def _connection(folder: Path, emulator: RunningEmulator, mode: DemoMode) -> Path:
    """The demo's own settings, without our limits."""
    file = folder / "connections" / "demo.toml"
    file.parent.mkdir()
    start = {"realm": emulator.realm, "base_url": emulator.base_url}
    text = demo_settings(start, DAYS, None, mode, boatyard=True)
    file.write_text(text.replace("[store]", f"{NO_LIMITS}\n[store]", 1), encoding="utf-8")
    secrets = [f"QBO_DEMO_ENCRYPTION_KEY={ENCRYPTION_KEY}"]
    secrets += [
        f"QBO_DEMO_{key.upper()}={getattr(emulator, key)}" for key in ("client_id", "client_secret", "refresh_token")
    ]
    (file.parent / ".env").write_text("\n".join(secrets) + "\n", encoding="utf-8")
    made_live(file)
    return file
