"""The rule table of templates of recurring transactions: a transaction of one kind, and when it comes again."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.fields import BOOL, DATE, Field, computed, enum, obj, text
from qbo_pipeline.emulator.company.schema import transactions
from qbo_pipeline.emulator.company.schema.common import ENVELOPE, Fields

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
AUTOMATED: Final = "Automated"
_COUNT: Final = Field("integer", low=Decimal(1), high=Decimal(9999))
_DAYS: Final = Field("integer", low=Decimal(0), high=Decimal(365))
SCHEDULE: Final = obj(
    {
        "IntervalType": enum("Daily", "Weekly", "Monthly", "Yearly", required=True),
        "NumInterval": _COUNT,
        "DayOfMonth": Field("integer", low=Decimal(1), high=Decimal(31)),
        "DayOfWeek": enum(*WEEKDAYS),
        "WeekOfMonth": Field("integer", low=Decimal(1), high=Decimal(5)),
        "MonthOfYear": enum(*MONTHS),
        "RemindDays": _DAYS,
        "DaysBefore": _DAYS,
        "MaxOccurrences": _COUNT,
        "StartDate": DATE,
        "EndDate": DATE,
        "NextDate": computed("date"),
        "PreviousDate": computed("date"),
    }
)
RECURRING_INFO: Final[Fields] = {
    "Name": text(100, required=True),
    "RecurType": enum(AUTOMATED, "Reminded", "Reminder", "UnScheduled", "Manual", required=True),
    "Active": BOOL,
    "ScheduleInfo": SCHEDULE,
}
KINDS: Final[dict[str, Fields]] = {
    "Bill": transactions.BILL,
    "CreditMemo": transactions.CREDIT_MEMO,
    "Deposit": transactions.DEPOSIT,
    "Estimate": transactions.ESTIMATE,
    "Invoice": transactions.INVOICE,
    "JournalEntry": transactions.JOURNAL_ENTRY,
    "Purchase": transactions.PURCHASE,
    "PurchaseOrder": transactions.PURCHASE_ORDER,
    "RefundReceipt": transactions.REFUND_RECEIPT,
    "SalesReceipt": transactions.SALES_RECEIPT,
    "Transfer": transactions.TRANSFER,
    "VendorCredit": transactions.VENDOR_CREDIT,
}
"""Kinds of transactions that may come again (Intuit, reference of RecurringTransaction)."""
RECURRING_TRANSACTION: Final[Fields] = (
    ENVELOPE
    | {
        "Name": text(100, queryable=False),
        "Type": enum(*KINDS, queryable=True),
        "RecurDataRef": Field("ref", target=(), queryable=True),
    }
    | {kind: obj(fields | {"RecurringInfo": obj(RECURRING_INFO)}) for kind, fields in KINDS.items()}
)
