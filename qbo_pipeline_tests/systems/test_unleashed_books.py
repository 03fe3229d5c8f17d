"""The same days of the same company through SQL and through Unleashed: equal books wherever Unleashed knows the fact.

What it cannot know stands, fact by fact, in `knowledge/unleashed.sql`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.demo.company import generate
from qbo_pipeline.systems.company import guid
from qbo_pipeline.systems.unleashed.words import ACCOUNT_OF_REASON
from qbo_pipeline_tests.systems.books import (
    assert_balanced,
    assert_equal,
    by_sql,
    compared,
    connection,
    set_aside,
    two_emulators,
)
from qbo_pipeline_tests.systems.boxes import API_ID, API_KEY, running_unleashed
from qbo_pipeline_tests.systems.knowledge import as_known
from qbo_pipeline_tests.systems.readings import FIRST


@pytest.mark.parametrize(("days", "seed"), [(2, 7), *(pytest.param(31, n, marks=pytest.mark.torture) for n in (7, 9))])
def test_the_books_are_equal_to_the_cent(days: int, seed: int, tmp_path: Path) -> None:
    company = tmp_path / "inventory.sqlite"
    generate(company, seed=seed, first_day=FIRST, days=days)
    known = as_known(company, tmp_path / "known.sqlite", "unleashed")
    hints = {code: HINTS[reason] for reason, code in ACCOUNT_OF_REASON.items()}
    with running_unleashed(company) as box, two_emulators() as emulators:
        sql = by_sql(tmp_path / "sql", emulators["sql"], known)
        api = connection(
            tmp_path / "api", emulators["api"], [guid("warehouse", n) for n in (1, 2, 3)], source_kind="unleashed",
            source_url=box.url, calls_per_minute=1_000_000, hints=hints,
        )  # fmt: skip
        with (api.parent / ".env").open("a") as out:
            out.write(f"QBO_DEMO_SOURCE_API_ID={API_ID}\nQBO_DEMO_SOURCE_API_KEY={API_KEY}\n")
        with compared(sql, api, emulators, FIRST + timedelta(days=days - 1)) as both:
            assert_balanced(both.by_sql)
            assert_balanced(both.by_api)
            assert set_aside(both.api) == []
            assert len(both.sql_books) > 5 * days
            assert_equal(both.sql_books, both.api_books)
