"""Which parameters of which report Intuit documents, and what the emulator makes of each."""

from __future__ import annotations

from typing import Final

from qbo_pipeline.emulator.company.reports.catalogue import REPORTS, Report
from qbo_pipeline.emulator.conformance.evidence import ASSUMED, DOCUMENTED, NOT_EMULATED, RECORDED

_SPAN: Final = ("start_date", "end_date", "date_macro")
_BY: Final = ("summarize_column_by", "sort_order")
_SUMMARY: Final = (*_SPAN, *_BY, "accounting_method", "customer", "class", "department")
_STATEMENT: Final = (*_SUMMARY, "vendor", "item", "adjusted_gain_loss")
_AGED: Final = ("report_date", "date_macro", "sort_order", "department", "aging_method")
_DUE: Final = ("start_duedate", "end_duedate")
_DETAIL: Final = (*_AGED, *_DUE, "term", "shipvia", "custom1", "columns", "num_periods", "aging_period", "past_due")
_MODIFIED: Final = (
    *("start_createdate", "end_createdate", "createdate_macro"),
    *("start_moddate", "end_moddate", "moddate_macro"),
)
_LIST: Final = (
    *(*_SPAN, *_MODIFIED, *_DUE, "duedate_macro", "columns", "sort_by", "sort_order", "group_by", "transaction_type"),
    *("docnum", "customer", "vendor", "department", "term", "memo", "name", "payment_method", "cleared", "printed"),
    *("arpaid", "appaid", "bothamount", "source_account_type"),
)
# Report -> the parameters that Intuit's reference gives it.
_DOCUMENTED: Final[dict[str, tuple[str, ...]]] = {
    "AccountList": (*_MODIFIED, "account_type", "account_status", "columns", "sort_by", "sort_order"),
    "AgedPayableDetail": (*_DETAIL, "vendor", "accounting_method"),
    "AgedPayables": (*_AGED, "vendor"),
    "AgedReceivableDetail": (*_DETAIL, "customer"),
    "AgedReceivables": (*_AGED, "customer"),
    "BalanceSheet": _STATEMENT,
    "CashFlow": (*_SPAN, *_BY, "customer", "vendor", "class", "item", "department"),
    "ClassSales": (*_SUMMARY, "item"),
    "CustomerBalance": ("report_date", "date_macro", "arpaid", "customer", "department", "accounting_method", *_BY),
    "CustomerBalanceDetail": (*_AGED, *_DUE, "customer", "term", "shipvia", "custom1", "arpaid", "columns"),
    "CustomerIncome": (*_SUMMARY, "term", "vendor"),
    "CustomerSales": (*_SUMMARY, "item"),
    "DepartmentSales": (*_SUMMARY, "item"),
    "FECReport": ("start_date", "end_date", "attachmentType", "withQboIdentifier", "add_due_date"),
    "GeneralLedgerFR": (*_SUMMARY, "account", "account_type", "source_account", "source_account_type", "sort_by",
                        "vendor"),
    "JournalReportFR": (*_SPAN, "journal_code", "columns", "sort_by", "sort_order"),
    "TrialBalanceFR": (*_SPAN, *_BY, "accounting_method"),
    "GeneralLedger": (*_SUMMARY, "account", "account_type", "source_account", "source_account_type", "sort_by",
                      "vendor", "columns"),
    "InventoryValuationDetail": (*_SPAN, "start_svcdate", "end_svcdate", "svcdate_macro", "group_by", "columns"),
    "InventoryValuationSummary": ("report_date", "date_macro", "item", *_BY),
    "ItemSales": (*_SUMMARY, *_DUE, "item"),
    "JournalReport": (*_SPAN, "columns", "sort_by", "sort_order"),
    "ProfitAndLoss": _STATEMENT,
    "ProfitAndLossDetail": (*_SPAN, "sort_by", "sort_order", "accounting_method", "customer", "vendor", "employee",
                            "class", "department", "account", "account_type", "adjusted_gain_loss", "payment_method",
                            "columns"),
    "TaxSummary": (*_SPAN, "agency_id", "accounting_method", "sort_order"),
    "TransactionList": _LIST,
    "TransactionListByCustomer": _LIST,
    "TransactionListByVendor": _LIST,
    "TransactionListWithSplits": _LIST,
    "TrialBalance": (*_SPAN, *_BY, "accounting_method"),
    "VendorBalance": ("report_date", "date_macro", "appaid", "vendor", "department", "accounting_method", *_BY),
    "VendorBalanceDetail": (*_AGED, *_DUE, "vendor", "term", "appaid", "columns", "sort_by", "accounting_method"),
    "VendorExpenses": (*_SUMMARY, "vendor"),
}  # fmt: skip
_RECORDED: Final = frozenset({("ProfitAndLoss", "customer"), ("ProfitAndLoss", "summarize_column_by")})


def parameters(report: Report) -> list[tuple[str, str]]:
    """Each parameter of a report with what is known of it, the honoured ones first."""
    documented = _DOCUMENTED[report.name]
    out = []
    for name in report.honours:
        is_recorded = (report.name, name) in _RECORDED
        out.append((name, RECORDED if is_recorded else DOCUMENTED if name in documented else ASSUMED))
    left = sorted({*documented, *report.refuses} - set(report.honours))
    return out + [(name, NOT_EMULATED) for name in left]


def refused_without_a_word() -> list[tuple[str, str]]:
    """Documented parameters that a report neither honours nor refuses: there must be none."""
    return [
        (report.name, name)
        for report in REPORTS
        for name in _DOCUMENTED[report.name]
        if name not in (*report.honours, *report.refuses)
    ]
