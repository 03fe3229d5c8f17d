"""The main path with its store on PostgreSQL: a few days of the demo's company, night by night."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.demonstrate import FIRST_DAY, STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.counts import broken_counts, open_postings
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import POSTING_TABLES, RECORD_TABLES, carry, content_of, write_connection

DAYS = 3


def test_a_few_nights_of_the_demo(tmp_path: Path, postgresql_url: str) -> None:
    last = FIRST_DAY + timedelta(days=DAYS - 1)
    generate(tmp_path / "inventory.sqlite", seed=7, first_day=FIRST_DAY, days=DAYS)
    with (
        running_emulator("--limits", "off") as emulator,
        open_run(load_settings(_demo(tmp_path, emulator, postgresql_url))) as run,
    ):
        _open_books(run)
        for night in range(DAYS):
            day = FIRST_DAY + timedelta(days=night)
            carried = carry(run, day, day)
            assert (carried.result.difference, carried.result.unexplained) == (0, 0), day
            assert broken_counts(run) == [], day
        assert open_postings(run) == []
        assert verify_attempts(run).intact
        before = content_of(run, *RECORD_TABLES, *POSTING_TABLES)
        again = carry(run, FIRST_DAY, last)
        assert content_of(run, *RECORD_TABLES, *POSTING_TABLES) == before

    assert set(again.touched.values()) == {0}
    assert again.calls["api_writes"] == carried.calls["api_writes"]  # none since the last night
    assert carried.result.stock_value == carried.result.ledger_balance > Decimal("1000.00")
    assert len(before["postings"]) > 20


def _demo(folder: Path, emulator: RunningEmulator, store_url: str) -> Path:
    return write_connection(
        folder,
        "demo",
        emulator,
        currency="USD",
        first_day=FIRST_DAY.isoformat(),
        source_url="sqlite:///inventory.sqlite",
        store_url=store_url,
        roles={**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
        hints=HINTS,
        particular=[(level, value, {"inventory": name}) for (level, value), name in STOCK_ACCOUNTS.items()],
        tax_codes={"": "NON", "NON": "NON", "TAX": "TAX"},
        quotes="true",
        purchase_orders="true",
    )


def _open_books(run: Run) -> None:
    """The stock accounts that the demo's settings name."""
    for name in STOCK_ACCOUNTS.values():
        payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
        assert isinstance(run.quickbooks().create("Account", payload), Done)
