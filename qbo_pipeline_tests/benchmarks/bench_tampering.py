"""Recall and precision by cause on carried companies, beside other rules on the same tampered books.

Each company is carried end to end into an emulator and tampered with through its API and its source; what is found is
compared with what was done. `TAMPERING_SEEDS` (comma separated) chooses the seeds.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline_tests.benchmarks.reconciliation_baselines import BASELINES
from qbo_pipeline_tests.sources.openbravo import completed
from qbo_pipeline_tests.tampering.companies import Company, demo_company, food_and_beverage, found_in, tamper

TIMES = 1_000


class Tally:
    """What is there, what was named, and what of it rightly, by cause; and what the other rules show."""

    def __init__(self) -> None:
        self.there: Counter[str] = Counter()
        self.named: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.shown = {name: Counter[str]() for name in BASELINES}
        self.listed: Counter[str] = Counter()
        self.really: Counter[str] = Counter()
        self.unexplained: list[str] = []

    def add(self, company: Company, seed: int) -> None:
        office = tamper(company, seed, TIMES).office
        result = company.reconciled()
        self.unexplained.append(str(result.unexplained))
        expected, found = _by_document(office.must_find()), _by_document(found_in(result))
        self.there.update(cause for _, cause in expected)
        self.named.update(cause for _, cause in found)
        self.right.update(cause for (key, cause), cells in found.items() if expected.get((key, cause)) == cells)
        wrong, world = {key for key, _ in expected}, office.world_at_date()
        for name, rule in BASELINES.items():
            documents = rule(world)
            self.shown[name].update(cause for key, cause in expected if key in documents)
            self.listed[name] += len(documents)
            self.really[name] += len(documents & wrong)

    def lines(self) -> list[str]:
        head = f"{'cause':<28}{'number':>8}{'recall':>9}{'precision':>11}" + "".join(f"{n:>26}" for n in BASELINES)
        causes = [*sorted(self.there | self.named), None]
        rows = [self._row(cause) for cause in causes]
        rest = "".join(f"{_share(self.really[name], self.listed[name]):>26}" for name in BASELINES)
        return [head, *rows, f"{'of the documents shown, really different':<56}{rest}"]

    def _row(self, cause: str | None) -> str:
        def of(counter: Counter[str]) -> int:
            return sum(counter.values()) if cause is None else counter[cause]

        there = of(self.there)
        return (
            f"{cause or 'all':<28}{there:>8}{_share(of(self.right), there):>9}"
            f"{_share(of(self.right), of(self.named)):>11}"
            + "".join(f"{_share(of(self.shown[name]), there):>26}" for name in BASELINES)
        )


def _by_document(places: dict[Any, int]) -> dict[tuple[str, str], dict[Any, int]]:
    found: dict[tuple[str, str], dict[Any, int]] = {}
    for (key, cause, account, day), cents in places.items():
        found.setdefault((key, cause), {})[account, day] = cents
    return found


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _seeds() -> list[int]:
    return [int(seed) for seed in os.environ.get("TAMPERING_SEEDS", "1,2").split(",")]


def _measure(name: str, companies: dict[int, AbstractContextManager[Company]]) -> list[str]:
    tally = Tally()
    for seed, opened in companies.items():
        with opened as company:
            tally.add(company, seed)
    assert set(tally.unexplained) == {"0.00"}
    assert tally.there == tally.named == tally.right
    seeds = ", ".join(str(seed) for seed in companies)
    return [f"{name}, {TIMES:,} interventions at once, seeds {seeds}", *tally.lines()]


@pytest.mark.benchmark
def test_the_demo_company(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    companies = {}
    for seed in _seeds():
        (tmp_path / str(seed)).mkdir()
        companies[seed] = demo_company(tmp_path / str(seed), size="medium", days=30, seed=seed)
    lines = _measure("demo company, medium, 30 days", companies)
    with capsys.disabled():
        print("\n" + "\n".join(lines))


@pytest.mark.benchmark
def test_food_and_beverage(shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    companies = {}
    for seed in _seeds():
        (tmp_path / str(seed)).mkdir()
        companies[seed] = food_and_beverage(
            completed(shared_data / "openbravo_fb", tmp_path / "fb"), tmp_path / str(seed)
        )
    lines = _measure("F&B US, three years", companies)
    with capsys.disabled():
        print("\n" + "\n".join(lines))
