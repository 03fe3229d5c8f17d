"""Each posting mode over the demo's month: documents a second, calls, and what is left unexplained.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_modes.py

One run of all stages in this process, into an emulator whose limits are off, for each mode once; wall-clock seconds of
`load` alone and of everything. The emulator works beside it on the same machine.
"""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_choices import STOCK_ACCOUNTS, DemoCountry, DemoMode
from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.demonstrate import FIRST_DAY
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.load import posted_by_entity
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.settings import Settings, load_settings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, write_connection

pytestmark = pytest.mark.benchmark

DAYS = 31
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)


@pytest.mark.parametrize("mode", list(DemoMode))
def test_a_month_in_each_mode(mode: DemoMode, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(tmp_path / "inventory.sqlite", seed=7, first_day=FIRST_DAY, days=DAYS)
    with running_emulator("--limits", "off") as emulator, open_run(_settings(tmp_path, emulator, mode)) as run:
        _make_accounts(run)
        began = time.perf_counter()
        carried = carry(run, FIRST_DAY, LAST_DAY)
        seconds = time.perf_counter() - began
        documents = sum(n for entity, n in posted_by_entity(run).items() if entity_named(entity).transaction)
    assert carried.result.unexplained == Decimal("0.00")
    with capsys.disabled():
        print(f"\n{mode:11} {documents:6,} documents  {seconds:6.1f} s  {documents / seconds:6.1f} documents a second  "
              f"{carried.calls['api_calls']:5,} calls  difference {carried.result.difference:,.2f}")  # fmt: skip


def _settings(folder: Path, emulator: RunningEmulator, mode: DemoMode) -> Settings:
    file = write_connection(
        folder,
        "demo",
        emulator,
        **DemoCountry.US.settings(),
        first_day=FIRST_DAY.isoformat(),
        last_day=LAST_DAY.isoformat(),
        source_url="sqlite:///inventory.sqlite",
        roles={**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
        hints=HINTS,
        store_url="sqlite:///demo_store.sqlite",
        **mode.settings({}),
    )
    return load_settings(file)


def _make_accounts(run: Run) -> None:
    for name in STOCK_ACCOUNTS.values():
        payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
        run.quickbooks().create("Account", payload)
