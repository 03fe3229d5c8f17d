"""The same days of the same company behind two doors, carried into two emulators of QuickBooks: whose books are equal.

What belongs here: connections with the demo's accounts, the whole ledger of an emulator, and the comparison.
"""

from __future__ import annotations

import re
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.demonstrate import STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import Carried, carry, rows, write_connection
from qbo_pipeline_tests.systems.readings import FIRST

LAST = FIRST + timedelta(days=30)
PLACES = [STOCK_ACCOUNTS["location", str(n)] for n in (1, 2, 3)]
_LINE = re.compile(r"^    \w+:(.*?) #\d+  (-?[\d.,]+) USD$")

Books = dict[tuple[str, str], Decimal]


def connection(folder: Path, emulator: RunningEmulator | None, location_ids: list[str], **values: Any) -> Path:
    """A connection with the demo's accounts; `location_ids` are those of its three warehouses, in their order."""
    places = {("location", location_id): name for location_id, name in zip(location_ids, PLACES, strict=True)}
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


def by_sql(folder: Path, emulator: RunningEmulator, company: Path) -> Path:
    """The company's own database as the source."""
    return connection(folder, emulator, ["1", "2", "3"], source_url=f"sqlite:///{company}", hints=HINTS)


def make_stock_accounts(run: Run) -> None:
    for name in STOCK_ACCOUNTS.values():
        payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
        assert isinstance(run.quickbooks().create("Account", payload), Done)


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


def assert_equal(expected: Books, found: Books) -> None:
    different = {place: (expected.get(place), found.get(place)) for place in expected.keys() | found.keys()
                 if expected.get(place) != found.get(place)}  # fmt: skip
    assert different == {}


def assert_balanced(carried: Carried) -> None:
    """Stock value and ledger agree, and nothing is unexplained."""
    assert carried.result.status == "balanced", carried.result.causes.to_string()
    assert carried.result.unexplained == Decimal("0.00")
    assert carried.result.stock_value == carried.result.ledger_balance > Decimal("10000.00")


@dataclass(frozen=True, slots=True)
class Compared:
    """Both connections after the days were carried, and what is in their books."""

    api: Run
    by_sql: Carried
    by_api: Carried
    sql_books: Books
    api_books: Books


@contextmanager
def compared(sql: Path, api: Path, emulators: Mapping[str, RunningEmulator], last: date) -> Iterator[Compared]:
    """Carry the days up to one behind both doors."""
    with open_run(load_settings(sql)) as sql_run, open_run(load_settings(api)) as api_run:
        for run in (sql_run, api_run):
            make_stock_accounts(run)
        one, other = carry(sql_run, FIRST, last), carry(api_run, FIRST, last)
        yield Compared(api_run, one, other, books(emulators["sql"]), books(emulators["api"]))


@contextmanager
def two_emulators() -> Iterator[dict[str, RunningEmulator]]:
    with running_emulator("--limits", "off") as one, running_emulator("--limits", "off") as other:
        yield {"sql": one, "api": other}


def set_aside(run: Run) -> list[Any]:
    return list(rows(run, "SELECT record_id, rule, message FROM records WHERE disposition = 'set_aside'"))
