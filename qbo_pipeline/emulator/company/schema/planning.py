"""The rule tables of what posts nothing by itself: time worked, budgets, kinds of customers, journal codes."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.fields import AMOUNT, ANY, BOOL, DATE, Field, enum, ref, rows, text
from qbo_pipeline.emulator.company.schema.common import BILLABLE, ENVELOPE, Fields

_HOURS: Final = Field("integer", low=Decimal(0), high=Decimal(8760))
_MINUTES: Final = Field("integer", low=Decimal(0), high=Decimal(59))
TIME_ACTIVITY: Final[Fields] = ENVELOPE | {
    "TxnDate": DATE,
    "NameOf": enum("Employee", "Vendor", "Other", required=True),
    "EmployeeRef": ref("Employee", queryable=True),
    "VendorRef": ref("Vendor", queryable=True),
    "OtherNameRef": ANY,
    "CustomerRef": ref("Customer", queryable=True),
    "DepartmentRef": ref("Department"),
    "ClassRef": ref("Class"),
    "ItemRef": ref("Item"),
    "PayrollItemRef": ANY,
    "ProjectRef": ANY,
    "BillableStatus": BILLABLE,
    "Taxable": BOOL,
    "HourlyRate": Field("number", low=Decimal(0)),
    "CostRate": Field("number", low=Decimal(0)),
    "Hours": _HOURS,
    "Minutes": _MINUTES,
    "Seconds": _MINUTES,
    "BreakHours": _HOURS,
    "BreakMinutes": _MINUTES,
    "BreakSeconds": _MINUTES,
    "StartTime": Field("datetime"),
    "EndTime": Field("datetime"),
    "Description": text(4000),
    "TimeChargeId": ANY,
    "TransactionLocationType": text(100),
    "AttachableRef": ANY,
}
BUDGET: Final[Fields] = ENVELOPE | {
    "Name": text(100, required=True),
    "StartDate": Field("date", required=True),
    "EndDate": Field("date", required=True),
    "BudgetType": enum("ProfitAndLoss", required=True),
    "BudgetEntryType": enum("Monthly", "Quarterly", "Annually", required=True),
    "Active": BOOL,
    "AttachableRef": ANY,
    "BudgetDetail": rows(
        {
            "BudgetDate": Field("date", required=True),
            "Amount": AMOUNT,
            "AccountRef": ref("Account", required=True),
            "CustomerRef": ref("Customer"),
            "ClassRef": ref("Class"),
            "DepartmentRef": ref("Department"),
        },
        queryable=False,
    ),
}
CUSTOMER_TYPE: Final[Fields] = ENVELOPE | {"Name": text(100, required=True), "Active": BOOL}
JOURNAL_CODE: Final[Fields] = ENVELOPE | {
    "Name": text(20, required=True),
    "Type": enum("Expenses", "Sales", "Bank", "Nouveaux", "Wages", "Cash", "Others", queryable=True, fixed=True),
    "Description": text(100),
    "Active": BOOL,
}
