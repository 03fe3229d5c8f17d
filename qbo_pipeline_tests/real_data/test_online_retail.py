"""Online Retail, three days of December 2010: once one document each, once one form a day; the totals of both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline_tests.real_data import online_retail
from qbo_pipeline_tests.real_data.carrying import SALES, carry_set

LAST = date(2010, 12, 3)


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "uci_online_retail"


def carry(folder: Path, to: Path, summarise: list[str], last: date) -> dict[str, Any]:
    made = online_retail.rows(folder, last)
    return carry_set(to, "uk", made, online_retail.FIRST_DAY, last, "GBP", summarise)


def check(found: dict[str, Any], totals: online_retail.Totals, *, summarised: bool, days: int) -> None:
    """The control totals of the file and of QuickBooks are equal, nothing is lost, write-offs wait for their cost."""
    assert found["balances"]["Accounts Receivable (A/R)"] == totals.sales
    assert Decimal(found["unexplained"]) == Decimal(found["difference"]) == 0
    assert found["broken"] == 0
    assert found["waiting"] == ({"cost_pending": totals.write_offs} if totals.write_offs else {})
    assert found["records"].get("set_aside", 0) == 0
    posted = found["posted"]
    if summarised:
        assert sum(posted.values()) <= 4 * days
    else:
        assert sum(posted.values()) == totals.invoices + totals.credits


def test_the_totals_of_the_file_are_known(folder: Path) -> None:
    totals = online_retail.control_totals(folder, LAST)
    assert (totals.invoices, totals.credits, totals.write_offs, totals.sales) == (352, 36, 30, Decimal("150463.30"))


@pytest.mark.torture
@pytest.mark.parametrize("summarise", [[], SALES], ids=["per document", "summarised"])
def test_three_days_are_carried(folder: Path, tmp_path: Path, summarise: list[str]) -> None:
    found = carry(folder, tmp_path / "set", summarise, LAST)
    check(found, online_retail.control_totals(folder, LAST), summarised=bool(summarise), days=3)
