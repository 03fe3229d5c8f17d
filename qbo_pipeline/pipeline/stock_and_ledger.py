"""What preflight says of the stock's value: equal to the ledger on the eve of the first day, and explained since.

What belongs here: the two comparisons and their remedies. What explains a difference is the reconciliation's business:
here it is only asked what the last one said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.pipeline.binding import has_posted
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.reconciliations import load_summaries
from qbo_pipeline.store.tables.posting import postings


def opening_balance(run: Run, books: Books) -> Iterator[PreflightFinding]:
    """On the day before the first one, stock value and ledger must be equal, or be made equal by one entry.

    Raises `SourceFailure` where the source cannot say what its stock was worth.
    """
    day = run.settings.connection.first_day - timedelta(days=1)
    accounts = sorted(books.accounts_of("inventory"))
    if not accounts:
        return  # which account it is cannot be said: the check of the accounts says why
    stock, ledger = _both(run, accounts, day)
    yield PreflightFinding(
        "opening balance",
        stock == ledger,
        f"at the end of {day} stock is worth {stock:,.2f}, QuickBooks has {ledger:,.2f}",
        f"Enter {stock - ledger:,.2f} on the inventory account against opening balance equity, dated {day}",
    )


def stock_since(run: Run, books: Books) -> Iterator[PreflightFinding]:
    """The same at the end of the last day that is posted; nothing before the first one is.

    A difference is well where the reconciliation of that day has just this one and explains all of it. Raises as
    `opening_balance` does.
    """
    accounts = sorted(books.accounts_of("inventory"))
    with run.database.reading() as connection:
        if not accounts or not has_posted(connection, run.name):
            return
        mine = (postings.c.connection == run.name, postings.c.state == "posted", postings.c.business_date > date.min)
        last = connection.execute(select(func.max(postings.c.business_date)).where(*mine)).scalar_one()
        told = [row for row in load_summaries(connection, run.name) if row["as_at"] == last]
    if last is None:
        return
    stock, ledger = _both(run, accounts, last)
    says = f"at the end of {last} stock is worth {stock:,.2f}, QuickBooks has {ledger:,.2f}"
    if stock == ledger:
        yield PreflightFinding("stock value", True, says)
        return
    newest = told[0] if told else None
    explained = newest is not None and newest["difference"] == ledger - stock and newest["unexplained"] == 0
    yield PreflightFinding(
        "stock value",
        explained,
        f"{says}: {ledger - stock:,.2f} of difference"
        + (", all of it explained by the reconciliation of that day" if explained else ", and nothing explains it yet"),
        f"See what it is made of: `qbo-pipeline reconcile --as-at {last} --report DIR`",
    )


def _both(run: Run, accounts: Sequence[str], day: date) -> tuple[Decimal, Decimal]:
    """What the source says that its stock is worth at the end of a day, and what the ledger has."""
    report = run.quickbooks().ledger(accounts, day, day)
    ledger = sum((item.balance for item in report.balances), Decimal(0))
    with run.source() as source:
        stock = sum((item.home_value for item in source.stock_values(day)), Decimal(0))
    return stock, ledger
