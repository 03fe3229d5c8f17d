"""Books that several modules add up."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from qbo_pipeline_tests.emulator.company.opening import open_company
from qbo_pipeline_tests.emulator.company.summed_books import Books, summed

# Seed of the random operations, and how many are accepted.
SIZES = (
    pytest.param((7, 350), id="7"),
    pytest.param((20261128, 350), id="20261128"),
    pytest.param((None, 10_000), id="ten thousand", marks=pytest.mark.torture),
)


@pytest.fixture(scope="session", params=SIZES)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """Books in three currencies with taxes, stock and payments after random operations; nobody may change them."""
    seed, count = request.param
    seed = random.SystemRandom().randrange(10**9) if seed is None else seed
    print(f"seed {seed}")
    company = open_company("eu", report_cell_limit=10**9)
    yield summed(company, seed, count)
    company.close()
