"""The same month of the same company through SQL and through Cin7 Core: equal books, and stock equal to the ledger."""

from __future__ import annotations

import re
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.commands.demonstrate import HINTS, STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.cin7_core.check import ledger_sum
from qbo_pipeline.systems.cin7_core.chart import BY_REASON
from qbo_pipeline.systems.company import guid
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows, write_connection
from qbo_pipeline_tests.systems.boxes import ACCOUNT_ID, APPLICATION_KEY, RunningBox, running_cin7_core

FIRST = date(2026, 10, 1)
LAST = FIRST + timedelta(days=30)
_LINE = re.compile(r"^    \w+:(.*?) #\d+  (-?[\d.,]+) USD$")

Books = dict[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class Month:
    """The month behind both doors: the runs are open, everything of the month is carried."""

    company: Path
    sql: Run
    cin7: Run
    box: RunningBox
    sql_emulator: RunningEmulator
    cin7_emulator: RunningEmulator


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    folder = tmp_path_factory.mktemp("month")
    company = folder / "inventory.sqlite"
    generate(company, seed=7, first_day=FIRST, days=31)
    with (
        running_cin7_core(company) as box,
        running_emulator("--limits", "off") as first,
        running_emulator("--limits", "off") as second,
    ):
        by_sql = {("location", str(n)): name for n, name in enumerate(_PLACES, start=1)}
        sql = _connection(folder / "sql", first, by_sql, source_url=f"sqlite:///{company}", hints=HINTS)
        by_api = {("location", guid("warehouse", n)): name for n, name in enumerate(_PLACES, start=1)}
        cin7 = _connection(
            folder / "cin7", second, by_api, source_kind="cin7_core", source_url=box.url, calls_per_minute=1_000_000,
            parameters={"inventory_accounts": ["1300"]}, hints=_by_code(),
        )  # fmt: skip
        with (cin7.parent / ".env").open("a") as out:
            out.write(f"QBO_DEMO_SOURCE_ACCOUNT_ID={ACCOUNT_ID}\nQBO_DEMO_SOURCE_APPLICATION_KEY={APPLICATION_KEY}\n")
        with open_run(load_settings(sql)) as by_sql_run, open_run(load_settings(cin7)) as by_api_run:
            for run in (by_sql_run, by_api_run):
                for name in STOCK_ACCOUNTS.values():
                    payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
                    assert isinstance(run.quickbooks().create("Account", payload), Done)
            yield Month(company, by_sql_run, by_api_run, box, first, second)


_PLACES = [STOCK_ACCOUNTS["location", str(n)] for n in (1, 2, 3)]


def _by_code() -> dict[str, str]:
    """The hints of the demo, by Cin7 Core's account codes."""
    usual = {"4000": DEFAULT_ROLES["sales"], "1300": DEFAULT_ROLES["purchases"]}
    return {BY_REASON[reason]: account for reason, account in HINTS.items()} | usual


def _connection(folder: Path, emulator: RunningEmulator, places: dict[tuple[str, str], str], **values: Any) -> Path:
    particular = {**places, ("category", "Kits"): STOCK_ACCOUNTS["category", "Kits"]}
    return write_connection(
        folder,
        "demo",
        emulator,
        currency="USD",
        first_day=FIRST.isoformat(),
        last_day=(LAST + timedelta(days=30)).isoformat(),
        roles={**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
        particular=[(level, value, {"inventory": name}) for (level, value), name in particular.items()],
        tax_codes={"": "NON", "NON": "NON", "TAX": "TAX"},
        **values,
    )


def books(emulator: RunningEmulator) -> Books:
    """The whole ledger of a company: by day and account, what was booked."""
    with urllib.request.urlopen(f"{emulator.base_url}/emulator/journal", timeout=60) as answer:
        text = answer.read().decode()
    found: Books = defaultdict(Decimal)
    day = ""
    for line in text.splitlines():
        if line[:4].isdigit():
            day = line[:10]
        elif match := _LINE.match(line):
            found[day, match[1]] += Decimal(match[2].replace(",", ""))
    return {place: amount for place, amount in found.items() if amount}


def test_the_books_are_equal_to_the_cent(month: Month) -> None:
    by_sql, by_api = carry(month.sql, FIRST, LAST), carry(month.cin7, FIRST, LAST)
    for carried in (by_sql, by_api):
        assert carried.result.status == "balanced", carried.result.causes.to_string()
        assert carried.result.unexplained == Decimal("0.00")
        assert carried.result.stock_value == carried.result.ledger_balance > Decimal("10000.00")
    assert rows(month.cin7, "SELECT record_id, message FROM records WHERE disposition = 'set_aside'") == []
    expected, found = books(month.sql_emulator), books(month.cin7_emulator)
    assert len(expected) > 150
    different = {place: (expected.get(place), found.get(place)) for place in expected.keys() | found.keys()
                 if expected.get(place) != found.get(place)}  # fmt: skip
    assert different == {}
    landing = StoredLanding(month.cin7.database, "demo", "cin7_core")
    assert ledger_sum(landing, ["1300"], LAST) == by_api.result.stock_value
