"""The same nights of the same company through SQL and through Syncro or Zuper: equal books wherever it knows the fact.

What they cannot know stands, fact by fact, in `knowledge/without_history.sql` and in a file of each. Stock and what is
booked for it are their own: they are read every evening, as they keep no history, and what no paper explains is booked
by hints of its own.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.commands.demonstrate import STOCK_ACCOUNTS
from qbo_pipeline.demo import changes
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.pipeline.connections import carry
from qbo_pipeline_tests.systems.books import (
    Books,
    assert_balanced,
    assert_equal,
    books,
    by_sql,
    compared,
    make_stock_accounts,
    set_aside,
    two_emulators,
)
from qbo_pipeline_tests.systems.boxes import running_syncro, running_zuper
from qbo_pipeline_tests.systems.evenings import Evenings, company, nights, syncro, zuper
from qbo_pipeline_tests.systems.knowledge import as_known
from qbo_pipeline_tests.systems.readings import FIRST

# Of stock they have their own figures, and of these accounts nobody else knows what belongs there.
THEIR_OWN = {*STOCK_ACCOUNTS.values(), "Inventory Shrinkage", "Opening Balance Equity"}
SYSTEMS: dict[str, Any] = {"syncro": (running_syncro, syncro), "zuper": (running_zuper, zuper)}
LONG = [(system, 31, seed) for system in SYSTEMS for seed in (7, 8)]


def known(books: Books) -> Books:
    return {place: amount for place, amount in books.items() if place[1] not in THEIR_OWN}


@pytest.mark.parametrize(
    ("system", "days", "seed"),
    [("syncro", 2, 7), ("zuper", 2, 7), *(pytest.param(*values, marks=pytest.mark.torture) for values in LONG)],
)
def test_the_books_are_equal_to_the_cent(
    system: str, days: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = FIRST + timedelta(days=days - 1)
    running, connection = SYSTEMS[system]
    with company(tmp_path, seed, running) as (path, box), two_emulators() as emulators:
        api = connection(tmp_path / "api", emulators["api"], box)
        nights(path, api, Evenings(box), last)
        copy = as_known(path, tmp_path / "known.sqlite", system)
        sql = by_sql(tmp_path / "sql", emulators["sql"], copy)
        with compared(sql, api, emulators, last) as both:
            assert_balanced(both.by_api)
            assert set_aside(both.api) == []
            assert len(known(both.sql_books)) > 3 * days
            assert_equal(known(both.sql_books), known(both.api_books))


@pytest.mark.torture
def test_what_is_changed_afterwards_changes_the_books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Zuper an invoice that was posted is canceled, one is dated otherwise and a payment is voided."""
    last = FIRST + timedelta(days=6)
    with company(tmp_path, 7, running_zuper) as (path, box), two_emulators() as emulators:
        api, evenings = zuper(tmp_path / "api", emulators["api"], box), Evenings(box)
        api.write_text(api.read_text().replace('vanished = "hold"', 'vanished = "void"'))
        nights(path, api, evenings, last)
        with open_run(load_settings(api)) as run:
            make_stock_accounts(run)
            assert_balanced(carry(run, FIRST, last))
        before = known(books(emulators["api"]))
        untouched = "status = 'completed' AND paid_cents = 0 AND id NOT IN (SELECT invoice_id FROM credit_notes)"
        canceled, moved = numbers(path, f"invoices WHERE {untouched} AND shipment_id IS NOT NULL ORDER BY id LIMIT 2")
        (voided,) = numbers(path, "bank_entries WHERE kind = 'payment_received' ORDER BY id LIMIT 1")
        changes.void(path, canceled)
        changes.void(path, voided)
        changes.move_to_day(path, moved, last)
        after = last + timedelta(days=1)
        nights(path, api, evenings, after, first=after)
        sql = by_sql(tmp_path / "sql", emulators["sql"], as_known(path, tmp_path / "known.sqlite", "zuper"))
        with open_run(load_settings(sql)) as sql_run, open_run(load_settings(api)) as run:
            make_stock_accounts(sql_run)
            carry(sql_run, FIRST, after)
            assert_balanced(carry(run, FIRST, after))
        found = known(books(emulators["api"]))
        assert len(before.items() - found.items()) > 5
        assert_equal(known(books(emulators["sql"])), found)


def numbers(path: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [number for (number,) in db.execute(f"SELECT number FROM {query}")]
