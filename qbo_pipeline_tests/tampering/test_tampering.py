"""Carried companies, tampered with from both sides at once: everything is found where it was done, and nothing else.

The differences that a reconciliation names are compared, to the cent, with what was done: document, cause, account and
day.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline_tests.sources.openbravo import completed
from qbo_pipeline_tests.tampering.companies import (
    Company,
    Tampered,
    demo_company,
    food_and_beverage,
    found_in,
    tamper,
)
from qbo_pipeline_tests.tampering.in_quickbooks import IN_QUICKBOOKS
from qbo_pipeline_tests.tampering.in_source import IN_SOURCE

QUICKBOOKS_NAMES = {intervention.__name__ for intervention in IN_QUICKBOOKS}
DEMO_NAMES = QUICKBOOKS_NAMES | {intervention.__name__ for intervention in IN_SOURCE}
NOT_IN_OPENBRAVO = {"misstate_cost", "void_in_source"}  # it values by its transactions, and voids by a reversal


def assert_all_found(company: Company, tampered: Tampered) -> None:
    result = company.reconciled()
    expected, found = tampered.office.must_find(), found_in(result)
    missed = {place: cents for place, cents in expected.items() if found.get(place) != cents}
    false = {place: cents for place, cents in found.items() if expected.get(place) != cents}
    assert (missed, false) == ({}, {})
    twice = (result.causes["cause"] == "duplicate_in_qbo").any()
    assert (result.status, result.unexplained) == ("doubled" if twice else "explained", Decimal("0.00"))
    assert result.difference == result.ledger_balance - result.stock_value
    assert result.difference == sum(result.differences["amount"], start=Decimal(0))
    assert int(result.difference.scaleb(2)) == sum(expected.values())
    _assert_two_sides(company, result.ledger_balance, result.stock_value)
    again = company.reconciled()
    assert again.content_hash == result.content_hash
    assert again.differences["difference_key"].tolist() == result.differences["difference_key"].tolist()
    assert broken_counts(company.run) == []
    assert result.counts["holds"].all(), result.counts.to_string()


def _assert_two_sides(company: Company, ledger_balance: Decimal, stock_value: Decimal) -> None:
    """Both totals as each side itself states them."""
    with company.run.source() as source:
        assert stock_value == sum((item.home_value for item in source.stock_values(company.last)), Decimal(0))
    report = company.people.report("BalanceSheet", end_date=company.last.isoformat())
    assert ledger_balance == sum((report[name] for name in company.accounts if name in report), Decimal(0))


def test_a_carried_company_has_no_difference(tmp_path: Path) -> None:
    with demo_company(tmp_path, size="small", days=8) as company:
        result = company.reconciled()
        assert found_in(result) == {}
        assert (result.difference, result.unexplained, result.status) == (0, 0, "balanced")


@pytest.mark.parametrize("seed", [1])
def test_everything_done_to_the_demo_company_is_found(tmp_path: Path, seed: int) -> None:
    with demo_company(tmp_path, size="small", days=14, seed=seed) as company:
        tampered = tamper(company, seed, 120)
        assert set(tampered.made) == DEMO_NAMES
        assert_all_found(company, tampered)


def test_everything_done_to_food_and_beverage_is_found(shared_data: Path, tmp_path: Path) -> None:
    with food_and_beverage(completed(shared_data / "openbravo_fb", tmp_path / "fb"), tmp_path) as company:
        tampered = tamper(company, 1, 150)
        assert set(tampered.made) >= DEMO_NAMES - NOT_IN_OPENBRAVO
        assert_all_found(company, tampered)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_thousand_interventions_on_the_demo_company(tmp_path: Path, seed: int) -> None:
    with demo_company(tmp_path, size="medium", days=30, seed=seed) as company:
        tampered = tamper(company, seed, 1_000)
        assert set(tampered.made) == DEMO_NAMES
        assert _touched_several_times(tampered) > 50
        assert_all_found(company, tampered)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(1, 6))
def test_as_many_interventions_as_food_and_beverage_has_room_for(shared_data: Path, tmp_path: Path, seed: int) -> None:
    with food_and_beverage(completed(shared_data / "openbravo_fb", tmp_path / "fb"), tmp_path) as company:
        tampered = tamper(company, seed, 1_000)
        assert _touched_several_times(tampered) > 50
        assert_all_found(company, tampered)


def _touched_several_times(tampered: Tampered) -> int:
    kinds = Counter(len(doc.touched) for doc in tampered.office.world.docs)
    return sum(number for touches, number in kinds.items() if touches > 1)
