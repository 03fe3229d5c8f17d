"""The same nights of the same company through SQL and through Syncro: equal books wherever Syncro knows the fact.

What it cannot know stands, fact by fact, in `knowledge/syncro.sql`. Stock and what is booked for it are Syncro's own:
it is read every evening, as it keeps no history, and what no paper explains is booked by hints of its own.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from qbo_pipeline.commands.demonstrate import STOCK_ACCOUNTS
from qbo_pipeline_tests.systems.books import (
    Books,
    assert_balanced,
    assert_equal,
    by_sql,
    compared,
    set_aside,
    two_emulators,
)
from qbo_pipeline_tests.systems.evenings import Evenings, company, nights, syncro
from qbo_pipeline_tests.systems.knowledge import as_known
from qbo_pipeline_tests.systems.readings import FIRST

# Of stock Syncro has its own figures, and of these accounts nobody else knows what belongs there.
ITS_OWN = {*STOCK_ACCOUNTS.values(), "Inventory Shrinkage", "Opening Balance Equity"}


def known(books: Books) -> Books:
    return {place: amount for place, amount in books.items() if place[1] not in ITS_OWN}


@pytest.mark.parametrize(("days", "seed"), [(2, 7), *(pytest.param(31, n, marks=pytest.mark.torture) for n in (7, 8))])
def test_the_books_are_equal_to_the_cent(days: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = FIRST + timedelta(days=days - 1)
    with company(tmp_path, seed) as (path, box), two_emulators() as emulators:
        api = syncro(tmp_path / "api", emulators["api"], box)
        nights(path, api, Evenings(box, monkeypatch), last)
        copy = as_known(path, tmp_path / "known.sqlite", "syncro")
        sql = by_sql(tmp_path / "sql", emulators["sql"], copy)
        with compared(sql, api, emulators, last) as both:
            assert_balanced(both.by_api)
            assert set_aside(both.api) == []
            assert len(known(both.sql_books)) > 3 * days
            assert_equal(known(both.sql_books), known(both.api_books))
