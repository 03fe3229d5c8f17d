"""AdventureWorks, its first summer: purchases, short and rejected deliveries, work orders with scrap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline_tests.real_data import adventureworks
from qbo_pipeline_tests.real_data.carrying import MOVEMENTS, carry_set

LAST = date(2022, 7, 31)


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "adventureworks"


def carry(folder: Path, to: Path, summarise: list[str], last: date) -> dict[str, Any]:
    made = adventureworks.rows(folder, last)
    return carry_set(to, "us", made, adventureworks.FIRST_DAY, last, "USD", summarise)


def check(found: dict[str, Any], totals: adventureworks.Totals) -> None:
    """The control totals of both sides are equal; the waste of what waits for a cost is the difference."""
    assert found["balances"]["Accounts Payable (A/P)"] == -totals.payable
    assert Decimal(found["stock_value"]) == totals.stock
    assert found["balances"]["Inventory Asset"] == totals.stock + totals.held
    assert found["balances"]["Goods Received Not Invoiced"] == 0
    assert (Decimal(found["difference"]), Decimal(found["unexplained"])) == (totals.held, 0)
    assert found["waiting"] == ({"cost_pending": totals.waiting} if totals.waiting else {})
    assert (found["posted"]["Bill"], found["posted"].get("VendorCredit", 0)) == (totals.bills, totals.credits)
    assert (found["broken"], found["records"].get("set_aside", 0)) == (0, 0)


@pytest.mark.torture
@pytest.mark.parametrize("summarise", [[], MOVEMENTS], ids=["per document", "summarised"])
def test_a_summer_is_carried(folder: Path, tmp_path: Path, summarise: list[str]) -> None:
    check(carry(folder, tmp_path / "set", summarise, LAST), adventureworks.control_totals(folder, LAST))
