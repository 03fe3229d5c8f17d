"""The same month of the same company through SQL and through Cin7 Core: equal books, and stock equal to the ledger."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from qbo_pipeline.commands.demo_choices import STOCK_ACCOUNTS
from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.cin7_core.check import ledger_sum
from qbo_pipeline.systems.cin7_core.chart import BY_REASON
from qbo_pipeline.systems.company import guid
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.systems.books import (
    LAST,
    Books,
    assert_balanced,
    assert_equal,
    by_sql,
    compared,
    connection,
    set_aside,
    two_emulators,
)
from qbo_pipeline_tests.systems.boxes import ACCOUNT_ID, APPLICATION_KEY, RunningBox, running_cin7_core
from qbo_pipeline_tests.systems.readings import FIRST


def _by_code() -> dict[str, str]:
    """The hints of the demo, by Cin7 Core's account codes."""
    usual = {"4000": DEFAULT_ROLES["sales"], "1300": DEFAULT_ROLES["purchases"]}
    return {BY_REASON[reason]: account for reason, account in HINTS.items()} | usual


def test_the_books_are_equal_to_the_cent(tmp_path: Path) -> None:
    company = tmp_path / "inventory.sqlite"
    generate(company, seed=7, first_day=FIRST, days=31)
    with running_cin7_core(company) as box, two_emulators() as emulators:
        sql = by_sql(tmp_path / "sql", emulators["sql"], company)
        cin7 = _connection(tmp_path / "cin7", emulators["api"], box)
        with compared(sql, cin7, emulators, LAST) as both:
            assert_balanced(both.by_sql)
            assert_balanced(both.by_api)
            assert set_aside(both.api) == []
            assert len(both.sql_books) > 150
            assert_equal(both.sql_books, both.api_books)
            landing = StoredLanding(both.api.database, "demo", "cin7_core")
            assert ledger_sum(landing, ["1300"], LAST) == both.by_api.result.stock_value
            assert_its_ledger_is_quickbooks(landing, both.api_books)


def assert_its_ledger_is_quickbooks(landing: StoredLanding, books: Books) -> None:
    """Cin7 Core's own lines (`/transactions`) on its inventory account and QuickBooks' on ours: equal on every day."""
    ours = set(STOCK_ACCOUNTS.values())
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        there = sum((amount for (dated, name), amount in books.items() if name in ours and dated <= day.isoformat()),
                    Decimal(0))  # fmt: skip
        assert ledger_sum(landing, ["1300"], day) == there, day


def _connection(folder: Path, emulator: RunningEmulator, box: RunningBox) -> Path:
    file = connection(
        folder, emulator, [guid("warehouse", n) for n in (1, 2, 3)], source_kind="cin7_core", source_url=box.url,
        calls_per_minute=1_000_000, parameters={"inventory_accounts": ["1300"]}, hints=_by_code(),
    )  # fmt: skip
    with (folder / ".env").open("a") as out:
        out.write(f"QBO_DEMO_SOURCE_ACCOUNT_ID={ACCOUNT_ID}\nQBO_DEMO_SOURCE_APPLICATION_KEY={APPLICATION_KEY}\n")
    return file
