"""The reports that can be asked for, by name."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports import ageing, general_ledger, listings, statements, stock
from qbo_pipeline.emulator.company.reports.shape import unknown_parameters

Build = Callable[[Book, Mapping[str, str]], Body]
_FILTERS: Final = ("account", "customer", "vendor", "item", "class", "department")
# Name -> the function, and its parameters beyond those of every report.
_REPORTS: Final[dict[str, tuple[Build, tuple[str, ...]]]] = {
    "AgedPayables": (ageing.payables, ("report_date", "vendor")),
    "AgedReceivables": (ageing.receivables, ("report_date", "customer")),
    "BalanceSheet": (statements.balance_sheet, ("summarize_column_by",)),
    "GeneralLedger": (general_ledger.general_ledger, (*_FILTERS, "columns", "sort_order")),
    "InventoryValuationDetail": (stock.detail, ("item",)),
    "InventoryValuationSummary": (stock.summary, ("report_date", "item")),
    "JournalReport": (listings.journal_report, ()),
    "ProfitAndLoss": (statements.profit_and_loss, ("summarize_column_by",)),
    "TransactionList": (listings.transaction_list, ("columns", "transaction_type", "customer", "vendor", "docnum")),
    "TrialBalance": (statements.trial_balance, ()),
}


def build(book: Book, name: str, params: Mapping[str, str]) -> Body:
    """The report of a name (in any case). Raises 500 for an unknown one, 2010 for an unknown parameter."""
    found = next((known for known in _REPORTS if known.lower() == name.lower()), None)
    if found is None:
        raise fault("500", what=f"report {name}")
    make, allowed = _REPORTS[found]
    unknown_parameters(params, allowed)
    with _no_collector():
        return make(book, params)


@contextmanager
def _no_collector() -> Iterator[None]:
    """A large report is a million small dicts without cycles; the collector would walk them all again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
