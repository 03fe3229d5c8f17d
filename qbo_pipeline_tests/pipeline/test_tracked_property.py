"""Made-up companies in tracked mode, of several seeds: on every day each piece and each cent has its cause."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_choices import STOCK_ACCOUNTS, DemoCountry, DemoMode
from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, write_connection

pytestmark = pytest.mark.torture  # half a minute a seed

FIRST = date(2026, 10, 1)
DAYS = 31


@pytest.mark.parametrize("returns", ["movements", "documents"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_piece_and_each_cent_is_explained(seed: int, returns: str, tmp_path: Path) -> None:
    generate(tmp_path / "inventory.sqlite", seed=seed, first_day=FIRST, days=DAYS)
    last = FIRST + timedelta(days=DAYS - 1)
    with running_emulator("--limits", "off") as emulator:
        file = write_connection(
            tmp_path,
            "demo",
            emulator,
            **DemoCountry.US.settings(),
            first_day=FIRST.isoformat(),
            last_day=last.isoformat(),
            source_url="sqlite:///inventory.sqlite",
            roles={**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
            hints=HINTS,
            store_url="sqlite:///demo_store.sqlite",
            **DemoMode.TRACKED.settings({}),
        )
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('# returns_move_stock_by = "movements"', f'returns_move_stock_by = "{returns}"'))
        with open_run(load_settings(file)) as run:
            for name in STOCK_ACCOUNTS.values():
                account = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
                run.quickbooks().create("Account", account)
            carry(run, FIRST, last)
            for offset in (*range(2, DAYS, 9), DAYS - 1):
                day = FIRST + timedelta(days=offset)
                read_ledger(run, day)
                result = reconcile_as_at(run, day)
                assert result.unexplained == Decimal("0.00"), result.differences[
                    result.differences.cause == "unexplained"
                ]
                assert not (result.quantities["unexplained"] != 0).any(), result.quantities
                assert set(result.causes["group"]) <= {"timing", "cost", "rounding", "opening"}
