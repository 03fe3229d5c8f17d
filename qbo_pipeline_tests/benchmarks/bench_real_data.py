"""Real data as a whole, once per document and once summarised: seconds, memory, calls and objects of each.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_real_data.py

`QBO_PIPELINE_REAL_DATA_DAYS=30` carries the first 30 days only. The control totals of both sides are equal
in each.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from qbo_pipeline_tests.real_data import adventureworks, online_retail, test_adventureworks, test_online_retail
from qbo_pipeline_tests.real_data.carrying import MOVEMENTS, SALES, shown

pytestmark = pytest.mark.benchmark
DAYS = int(os.environ.get("QBO_PIPELINE_REAL_DATA_DAYS", "0"))
WAYS = pytest.mark.parametrize("summarised", [False, True], ids=["per document", "summarised"])


def until(first: date, last: date) -> date:
    return min(last, first + timedelta(days=DAYS - 1)) if DAYS else last


@WAYS
def test_online_retail_as_a_whole(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, summarised: bool
) -> None:
    folder, last = shared_data / "uci_online_retail", until(online_retail.FIRST_DAY, online_retail.LAST_DAY)
    totals = online_retail.control_totals(folder, last)
    found = test_online_retail.carry(folder, tmp_path / "set", SALES if summarised else [], last)
    with capsys.disabled():
        print(f"\n{shown(f'Online Retail to {last}, summarised: {summarised}', found)}")
    days = (last - online_retail.FIRST_DAY).days + 1
    test_online_retail.check(found, totals, summarised=summarised, days=days)


@WAYS
def test_adventureworks_as_a_whole(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, summarised: bool
) -> None:
    folder, last = shared_data / "adventureworks", until(adventureworks.FIRST_DAY, adventureworks.LAST_DAY)
    totals = adventureworks.control_totals(folder, last)
    found = test_adventureworks.carry(folder, tmp_path / "set", MOVEMENTS if summarised else [], last)
    with capsys.disabled():
        print(f"\n{shown(f'AdventureWorks to {last}, summarised: {summarised}', found)}")
    test_adventureworks.check(found, totals)
