"""The reports that can be asked for, by name, with the parameters that each honours."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports import (
    ageing,
    balances,
    cash_flow,
    details,
    fec,
    filters,
    french,
    general_ledger,
    journals,
    listings,
    lists,
    sales,
    statements,
    stock,
    tax_summary,
)

Build = Callable[[Book, Mapping[str, str]], Body]


@dataclass(frozen=True, slots=True)
class Report:
    """One report: what makes it, the parameters that it honours, and documented ones that it refuses (5030).

    Every other parameter is ignored, as QBO does.
    """

    name: str
    build: Build
    honours: tuple[str, ...]
    refuses: tuple[str, ...] = ()


_SPAN: Final = ("start_date", "end_date", "date_macro")
_BASIS: Final = ("accounting_method",)
_DAY: Final = ("report_date", *_SPAN, *_BASIS)
_PEOPLE: Final = ("customer", "vendor", "employee")
_TRACKING: Final = ("class", "department")
_SORT: Final = ("sort_order",)
_ALL: Final = (*_PEOPLE, *_TRACKING, "item")
_BY: Final = ("summarize_column_by", *_SORT)
_SUMMARY: Final = (*_SPAN, *_BASIS, *_ALL, *_BY)
_ITEMS: Final = filters.OPEN
_LIST: Final = (*_SPAN, *listings.PARAMETERS)
_LOSS: Final = ("adjusted_gain_loss",)
REPORTS: Final = (
    Report("AccountList", lists.account_list, ("account_type", "account_status", "columns", "sort_by", *_SORT,
           *filters.CREATED, *filters.MODIFIED)),
    Report("AgedPayableDetail", ageing.payable_detail, (*_DAY, "vendor", "columns", *ageing.PARAMETERS, *_ITEMS)),
    Report("AgedPayables", ageing.payables, (*_DAY, "vendor", *ageing.PARAMETERS)),
    Report("AgedReceivableDetail", ageing.receivable_detail,
           (*_DAY, "customer", "columns", *ageing.PARAMETERS, *_ITEMS)),
    Report("AgedReceivables", ageing.receivables, (*_DAY, "customer", *ageing.PARAMETERS)),
    Report("BalanceSheet", statements.balance_sheet, _SUMMARY, _LOSS),
    Report("CashFlow", cash_flow.cash_flow, _SUMMARY),
    Report("ClassSales", sales.class_sales, _SUMMARY),
    Report("CustomerBalance", balances.customers, (*_DAY, "customer", "department", "arpaid", *_BY)),
    Report("CustomerBalanceDetail", balances.customer_detail, (*_DAY, "customer", "department", "columns", *_SORT,
           *_ITEMS, "aging_method")),
    Report("CustomerIncome", sales.customer_income, (*_SUMMARY, "term")),
    Report("CustomerSales", sales.customer_sales, _SUMMARY),
    Report("DepartmentSales", sales.department_sales, _SUMMARY),
    Report("FECReport", fec.fec_report,
           ("start_date", "end_date", "date_macro", "attachmentType", "withQboIdentifier", "add_due_date")),
    Report("GeneralLedgerFR", french.ledger,
           (*_SPAN, *_BASIS, *_ALL, "account", "account_type", "sort_by", *_SORT, "source_account",
            "source_account_type"), ("summarize_column_by",)),
    Report("JournalReportFR", french.journal, (*_SPAN, "journal_code", "columns", "sort_by", *_SORT)),
    Report("TrialBalanceFR", french.trial_balance, (*_SPAN, *_BASIS, *_BY)),
    Report("GeneralLedger", general_ledger.general_ledger,
           (*_SPAN, *_BASIS, *_ALL, "account", "account_type", "columns", "sort_by", *_BY,
           "source_account", "source_account_type")),
    Report("InventoryValuationDetail", stock.detail, (*_SPAN, "item", "columns"),
           ("group_by", "start_svcdate", "end_svcdate", "svcdate_macro")),
    Report("InventoryValuationSummary", stock.summary, ("report_date", *_SPAN, "item", *_BY)),
    Report("ItemSales", sales.item_sales, (*_SUMMARY, *filters.DUE)),
    Report("JournalReport", journals.journal_report, (*_SPAN, "columns", "sort_by", *_SORT)),
    Report("ProfitAndLoss", statements.profit_and_loss, _SUMMARY, _LOSS),
    Report("ProfitAndLossDetail", details.profit_and_loss_detail,
           (*_SPAN, *_BASIS, *_ALL, "account", "account_type", "columns", "payment_method", "sort_by", *_SORT),
           _LOSS),
    Report("TaxSummary", tax_summary.tax_summary, (*_SPAN, *_BASIS, "agency_id", *_SORT)),
    Report("TransactionList", listings.transaction_list, _LIST),
    Report("TransactionListByCustomer", listings.by_customer, _LIST),
    Report("TransactionListByVendor", listings.by_vendor, _LIST),
    Report("TransactionListWithSplits", listings.with_splits, _LIST),
    Report("TrialBalance", statements.trial_balance, (*_SPAN, *_BASIS, *_BY)),
    Report("VendorBalance", balances.vendors, (*_DAY, "vendor", "department", "appaid", *_BY)),
    Report("VendorBalanceDetail", balances.vendor_detail, (*_DAY, "vendor", "department", "columns", "sort_by", *_SORT,
           *_ITEMS, "aging_method")),
    Report("VendorExpenses", sales.vendor_expenses, _SUMMARY),
)  # fmt: skip
_BY_NAME: Final = {found.name.lower(): found for found in REPORTS}
_HARMLESS: Final = {"adjusted_gain_loss": "false"}
"""Values that say what a report does anyway."""
_ALIASES: Final = {"generalledgerdetail": "generalledger", "accountlistdetail": "accountlist"}
"""What some clients call a report that QBO answers under either name."""


def build(book: Book, name: str, params: Mapping[str, str]) -> Body:
    """The report of a name (in any case). Raises 500 for an unknown one, 5030 for a parameter that is not emulated."""
    key = name.lower()
    found = _BY_NAME.get(_ALIASES.get(key, key))
    if found is None:
        raise fault("500", what=f"report {name}")
    given = {key.lower(): value for key, value in params.items() if value != ""}
    honoured = {name.lower() for name in found.honours}
    for refused in found.refuses:
        if refused in given and given[refused].lower() != _HARMLESS.get(refused):
            raise fault("5030", refused, what=f"{refused} is not emulated in the report {found.name}.")
    with _no_collector():
        return found.build(book, {key: value for key, value in given.items() if key in honoured})


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
