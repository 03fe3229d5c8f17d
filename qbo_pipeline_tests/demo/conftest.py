"""Companies for the tests: one of seven weeks that nobody may change, and fresh ones to change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from qbo_pipeline.demo import company

FIRST_DAY = date(2026, 1, 5)
DAYS = 49


@pytest.fixture(scope="session")
def seven_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "seven_weeks.db"
    company.generate(path, first_day=FIRST_DAY, days=DAYS)
    return path


@pytest.fixture
def db(seven_weeks: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{seven_weeks}?mode=ro", uri=True)) as connection:
        yield connection


@pytest.fixture
def fresh(seven_weeks: Path, tmp_path: Path) -> Path:
    path = tmp_path / "company.db"
    path.write_bytes(seven_weeks.read_bytes())
    return path
