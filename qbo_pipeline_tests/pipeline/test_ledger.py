"""The ledger is read from the first day that changed, and what is stored is complete all the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.ledger_start import BEGINNING
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.ledger_lines import load_balances
from qbo_pipeline.store.tables.reconciliation import ledger_lines, ledger_windows
from qbo_pipeline_tests.pipeline.food_and_beverage import LAST_DAY, Company


def stored(run: Run) -> tuple[int, Decimal, Decimal]:
    """How many lines the store has, what they add up to, and the balance that QBO gave."""
    with run.database.reading() as connection:
        amounts = list(connection.scalars(select(ledger_lines.c.amount).where(ledger_lines.c.connection == run.name)))
        balance = sum(load_balances(connection, run.name, LAST_DAY)["balance"].to_pylist(), Decimal(0))
    return len(amounts), sum(amounts, Decimal(0)), balance


def test_nothing_changed_and_only_the_end_is_asked_for(company: Company) -> None:
    with company.run() as run:
        before = stored(run)
        company.emulator.advance(900)  # the readings overlap by some minutes
        read_ledger(run, LAST_DAY)
        again = read_ledger(run, LAST_DAY)
        assert (again.added, again.removed, len(again.report.lines)) == (0, 0, 0)
        assert stored(run) == before
        assert before[1] == before[2] == Decimal("7219648.46")


def test_a_change_long_ago_is_read_from_its_day_on(company: Company) -> None:
    with company.run() as run:
        lines, total, _ = stored(run)
        company.emulator.advance(900)
        read_ledger(run, LAST_DAY)
        entry = min(run.quickbooks().query(select_objects("JournalEntry")), key=lambda item: item["TxnDate"])
        old = date.fromisoformat(entry["TxnDate"])
        assert isinstance(run.quickbooks().delete("JournalEntry", entry["Id"], entry["SyncToken"]), Done)
        with run.database.reading() as connection:
            gone = connection.execute(
                select(func.count(), func.max(ledger_lines.c.amount)).where(ledger_lines.c.qbo_id == entry["Id"])
            ).one()
        read = read_ledger(run, LAST_DAY)
        assert min(line.business_date for line in read.report.lines) >= old
        assert (read.added, read.removed) >= (0, 1)
        after = stored(run)
        assert after[0] == lines - gone[0]
        assert after[1] == after[2] == total - gone[1]


def test_a_store_whose_lines_do_not_lead_to_the_balance_reads_everything(company: Company) -> None:
    with company.run() as run:
        before = stored(run)
        with run.database.transaction() as connection:
            connection.execute(ledger_lines.delete().where(ledger_lines.c.business_date < date(2012, 1, 1)))
        assert read_ledger(run, LAST_DAY).added > 0
        assert stored(run) == before
        with run.database.reading() as connection:
            first = connection.execute(select(func.min(ledger_windows.c.first_day))).scalar_one()
        assert first == BEGINNING
