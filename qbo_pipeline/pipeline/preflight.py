"""Preflight: what must be right before a connection goes live, each finding with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from qbo_pipeline.accounting.books import ROLES
from qbo_pipeline.pipeline.access import REMEDY, see_access
from qbo_pipeline.pipeline.books import StoredBooks, numbered_by_quickbooks
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import SettingsError
from qbo_pipeline.sources.errors import SourceFailure
from qbo_pipeline.store.reference import references

# What QBO takes for a role; a role that is not here may be any account.
_TYPES = {
    "inventory": ("Other Current Asset",),
    "in_transit": ("Other Current Asset",),
    "goods_received_not_invoiced": ("Other Current Liability",),
    "accounts_receivable": ("Accounts Receivable",),
    "accounts_payable": ("Accounts Payable",),
    "sales": ("Income", "Other Income"),
    "bank": ("Bank",),
}
_NEEDED = ("inventory", "cost_of_goods_sold", "sales", "accounts_receivable", "accounts_payable", "bank", "purchases")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was found, and what to do where it is not as it must be."""

    name: str
    ok: bool
    finding: str
    remedy: str = ""


def preflight(run: Run) -> list[Finding]:
    """All checks: source, QuickBooks company, our access to it, accounts, tracked items, opening balance.

    Reads only. Raises `NotConnected` and the client's errors where QuickBooks cannot be asked at all.
    """
    read_reference_data(run)
    return [*_source(run), *_company(run), *_access(run), *_accounts(run), *_tracked_items(run), *_opening(run)]


def _source(run: Run) -> Iterator[Finding]:
    with run.source() as source:
        problems = source.check()
    errors = [problem for problem in problems if problem.severity == "error"]
    for problem in problems:
        yield Finding("source", problem.severity != "error", f"{problem.what} ({problem.where})", problem.remedy)
    if not errors:
        yield Finding("source", True, "answers, with every column of the contract")


def _company(run: Run) -> Iterator[Finding]:
    settings = run.settings.connection
    with run.database.reading() as connection:
        company = references(connection, run.name, "CompanyInfo")[0]
        preferences = references(connection, run.name, "Preferences")[0].content
    yield Finding("company", True, f"{company.name}, {company.content.get('Country', 'country not stated')}")
    home = preferences.get("CurrencyPrefs", {}).get("HomeCurrency", {}).get("value", settings.currency)
    yield Finding(
        "currency",
        home == settings.currency,
        f"QuickBooks' home currency is {home}, the settings say {settings.currency}",
        f"Set [connection] currency to {home}; it cannot be changed in QuickBooks",
    )
    by_itself = ", ".join(sorted(numbered_by_quickbooks(preferences)))
    yield Finding(
        "document numbers",
        True,
        f"QuickBooks numbers {by_itself} by itself: our number stands in the private note, not on the form; custom "
        "transaction numbers in its Account and settings let ours through"
        if by_itself
        else "every form takes our number",
    )
    closed = preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate")
    yield Finding(
        "closed books",
        closed is None or date.fromisoformat(closed[:10]) < settings.first_day,
        f"the books are closed through {closed}" if closed else "the books are open",
        "Choose a later first_day: postings of a closed period wait for approval",
    )


def _access(run: Run) -> Iterator[Finding]:
    access = see_access(run)
    yield Finding("access", access.well, access.text, REMEDY)


def _accounts(run: Run) -> Iterator[Finding]:
    try:
        with run.database.reading() as connection:
            books = StoredBooks(connection, run.settings).books
    except SettingsError as error:
        yield Finding("accounts", False, str(error), "Correct the name, or make the account in QuickBooks")
        return
    for role in ROLES:
        if role in _NEEDED and role not in books.roles:
            yield Finding(f"account of {role}", False, "is not set", f"Name one in [accounts.roles] {role}")
        for account_id in sorted(books.accounts_of(role)):
            account = books.chart[account_id]
            wanted = _TYPES.get(role)
            yield Finding(
                f"account of {role}",
                wanted is None or account.type in wanted,
                f"{account.name} ({account.type})",
                f"It must be of type {' or '.join(wanted or ())}",
            )


def _tracked_items(run: Run) -> Iterator[Finding]:
    """A tracked item posts its own cost of sales: beside our journals the cost would stand twice."""
    tracked = [item["Name"] for item in run.quickbooks().query(select("Item").where("Type", "=", "Inventory"))]
    yield Finding(
        "tracked items",
        not tracked,
        f"{len(tracked)} items track their quantity in QuickBooks" + (f", such as {tracked[0]}" if tracked else ""),
        "Make them inactive or non-inventory: QuickBooks would post their cost of sales a second time",
    )


def _opening(run: Run) -> Iterator[Finding]:
    """On the day before the first one, stock value and ledger must be equal, or be made equal by one entry."""
    day = run.settings.connection.first_day - timedelta(days=1)
    try:
        with run.database.reading() as connection:
            accounts = sorted(StoredBooks(connection, run.settings).books.accounts_of("inventory"))
    except SettingsError:
        return  # which account it is cannot be said: the check of the accounts says why
    if not accounts:
        return
    report = run.quickbooks().ledger(accounts, day, day)
    ledger = sum((item.balance for item in report.balances), Decimal(0))
    try:
        with run.source() as source:
            stock = sum((item.home_value for item in source.stock_values(day)), Decimal(0))
    except SourceFailure as error:
        yield Finding(
            "opening balance", False, f"the source cannot value its stock at {day}: {error}", "See the source"
        )
        return
    yield Finding(
        "opening balance",
        stock == ledger,
        f"at the end of {day} stock is worth {stock:,.2f}, QuickBooks has {ledger:,.2f}",
        f"Enter {stock - ledger:,.2f} on the inventory account against opening balance equity, dated {day}",
    )
