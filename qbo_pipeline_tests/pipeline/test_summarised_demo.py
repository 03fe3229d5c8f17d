"""A month of the demo's company, per document and summed up: every account of QuickBooks has the same balance."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_choices import DemoMode
from qbo_pipeline.commands.demonstrate import FIRST_DAY
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.benchmarks.backfill_process import open_books
from qbo_pipeline_tests.benchmarks.bench_backfill import demo_connection
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry_file, rows
from qbo_pipeline_tests.tampering.people import Bookkeeper

pytestmark = pytest.mark.torture  # of the long run: two months are carried
DAYS = 31
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)


def books_of(folder: Path, mode: DemoMode) -> tuple[dict[str, Decimal], int]:
    """Balance sheet and profit and loss at the end of the month, and how many objects were posted for it."""
    folder.mkdir()
    with running_emulator("--limits", "off") as emulator:
        file = demo_connection(DAYS, mode)(folder, emulator)
        with open_run(load_settings(file)) as run:
            open_books(run)
        result = carry_file(file, FIRST_DAY, LAST_DAY).result
        assert (result.difference, result.unexplained) == (0, 0)
        people = Bookkeeper(emulator)
        until = {"start_date": "2000-01-01", "end_date": LAST_DAY.isoformat()}
        found = people.report("BalanceSheet", **until) | people.report("ProfitAndLoss", **until)
        people.close()
        with open_run(load_settings(file)) as run:
            (posted,) = rows(run, "SELECT count(*) AS number FROM postings WHERE state = 'posted' AND amount <> '0.00'")
    return found, posted["number"]


def test_every_account_is_the_same_either_way(tmp_path: Path) -> None:
    one_by_one, many = books_of(tmp_path / "external", DemoMode.EXTERNAL)
    summed_up, few = books_of(tmp_path / "summarised", DemoMode.SUMMARISED)
    assert {"Accounts Receivable (A/R)", "Cost of Goods Sold", "Sales of Product Income"} < set(one_by_one)
    assert summed_up == one_by_one
    assert few < many
