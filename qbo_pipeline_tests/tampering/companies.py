"""The companies that are tampered with: carried end to end, each with an emulator, a store and a source of its own.

What belongs here: how a company is set up and carried, and the rounds of tampering that every test and the benchmark
go through.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.demonstrate import STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.csv_folder import load_folder
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, write_connection
from qbo_pipeline_tests.pipeline.food_and_beverage import FIRST_DAY, LAST_DAY, us_settings
from qbo_pipeline_tests.tampering.in_quickbooks import IN_QUICKBOOKS
from qbo_pipeline_tests.tampering.in_source import IN_SOURCE
from qbo_pipeline_tests.tampering.office import NothingFits, Office, open_office
from qbo_pipeline_tests.tampering.people import Bookkeeper
from qbo_pipeline_tests.tampering.sources import Demo, Inventory, Openbravo

DEMO_FIRST = date(2026, 6, 1)
Intervention = Callable[[Office], None]


@dataclass
class Company:
    """A company at work: its run, its people, its emulator."""

    run: Run
    settings: Path
    emulator: RunningEmulator
    people: Bookkeeper
    inventory: Inventory
    first: date
    last: date
    accounts: tuple[str, ...]

    def office(self, seed: int) -> Office:
        return open_office(self.run, self.people, self.inventory, seed, self.first, self.last, self.accounts)

    def read_source(self) -> None:
        """Extract and transform; nothing is posted."""
        extract_master_data(self.run)
        extract_days(self.run, self.first, self.last)
        transform(self.run, self.first, self.last)

    def reconciled(self) -> Reconciliation:
        """Look for drift, read the ledger, reconcile."""
        find_drift(self.run)
        read_ledger(self.run, self.last)
        return reconcile_as_at(self.run, self.last)


@contextmanager
def demo_company(folder: Path, *, size: str | int, days: int, seed: int = 7, carried: bool = True) -> Iterator[Company]:
    """The made-up company: four inventory accounts, every kind of movement."""
    last = DEMO_FIRST + timedelta(days=days - 1)
    generate(folder / "inventory.sqlite", seed=seed, first_day=DEMO_FIRST, days=days, size=size)
    values = {
        "currency": "USD",
        "first_day": DEMO_FIRST.isoformat(),
        "last_day": (last + timedelta(days=days)).isoformat(),
        "source_url": "sqlite:///inventory.sqlite",
        "roles": {**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
        "hints": HINTS,
        "particular": [(level, value, {"inventory": name}) for (level, value), name in STOCK_ACCOUNTS.items()],
        "tax_codes": {"": "NON", "NON": "NON", "TAX": "TAX"},
    }
    inventory = Demo(folder / "inventory.sqlite")
    names = tuple(STOCK_ACCOUNTS.values())
    with _company(folder, "demo", values, inventory, DEMO_FIRST, last, names, carried) as company:
        yield company


@contextmanager
def food_and_beverage(data: Path, folder: Path) -> Iterator[Company]:
    """F&B US, three years, from its CSV files in a SQLite file: one inventory account."""
    load_folder(data, folder / "source.sqlite")
    values = us_settings(source_url="sqlite:///source.sqlite", last_day="2017-12-31")
    inventory = Openbravo(folder / "source.sqlite")
    with _company(folder, "fb_us", values, inventory, FIRST_DAY, LAST_DAY, ("Inventory Asset",), True) as company:
        yield company


@contextmanager
def _company(
    folder: Path,
    name: str,
    values: dict[str, object],
    inventory: Inventory,
    first: date,
    last: date,
    accounts: tuple[str, ...],
    carried: bool,
) -> Iterator[Company]:
    with ExitStack() as stack:
        emulator = stack.enter_context(running_emulator("--limits", "off"))
        people = Bookkeeper(emulator)
        stack.callback(people.close)
        known = {account["Name"] for account in people.all("Account")}
        for account in accounts:
            if account not in known:
                people.save(
                    "Account", {"Name": account, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
                )
        settings = write_connection(folder, name, emulator, **values)
        run = stack.enter_context(open_run(load_settings(settings)))
        if carried:
            result = carry(run, first, last).result
            assert result.status == "balanced", result.causes.to_string()
        yield Company(run, settings, emulator, people, inventory, first, last, accounts)


@dataclass(frozen=True)
class Tampered:
    """What was done, how often by name, and the office that knows what must be found."""

    office: Office
    made: Counter[str]


def tamper(company: Company, seed: int, times: int) -> Tampered:
    """This many interventions of all kinds, in an order of chance.

    A fifth of them comes before the pipeline looks for drift, a fifth before it reads the source again (and posts
    nothing), the rest after both, unread.
    """
    office = company.office(seed)
    todo = [*IN_QUICKBOOKS, *IN_SOURCE][:times]
    office.chance.shuffle(todo)
    todo += office.chance.choices((*IN_QUICKBOOKS, *IN_SOURCE), k=times - len(todo))
    made: Counter[str] = Counter()
    for number, intervention in enumerate(todo):
        if number == times // 5:
            find_drift(company.run)
        if number == 2 * times // 5:
            company.read_source()
            office.extracted = False
        _make(office, intervention, made)
    return Tampered(office, made)


def _make(office: Office, intervention: Intervention, made: Counter[str]) -> None:
    """One intervention; where no document is left for its kind, one of another kind."""
    while True:
        try:
            intervention(office)
        except NothingFits:
            intervention = random.Random(sum(made.values())).choice(IN_QUICKBOOKS)
        else:
            made[intervention.__name__] += 1
            return


def found_in(result: Reconciliation) -> dict[tuple[str, str, str, date], int]:
    """Cents by document, cause, account and day, every difference of the reconciliation."""
    sums: Counter[tuple[str, str, str, date]] = Counter()
    frame = result.differences
    names = ("document_key", "cause", "account_id", "business_date", "amount")
    for key, cause, account, day, amount in zip(*(frame[name] for name in names), strict=True):
        sums[key, cause, account, day] += int(amount.scaleb(2))
    return {place: cents for place, cents in sums.items() if cents}
