"""The Preferences of a new company, with every group and property that recorded ones have."""

from __future__ import annotations

from typing import Any

from qbo_pipeline.emulator.company.seeds.companies import Seed


def _unused(name: str) -> list[dict[str, Any]]:
    """The three custom fields of a kind of form, none of them in use."""
    return [
        {"CustomField": [{"Name": f"{name}{n}", "Type": "BooleanType", "BooleanValue": False} for n in (1, 2, 3)]},
    ]


def preferences(seed: Seed) -> dict[str, Any]:
    """The Preferences of a new company."""
    is_us = seed.country == "US"
    return {
        "AccountingInfoPrefs": {
            "UseAccountNumbers": False,
            "TrackDepartments": True,
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": True,
            "FirstMonthOfFiscalYear": "January",
            "TaxYearMonth": "January",
            "TaxForm": "6",
            "CustomerTerminology": "Customers",
            "DepartmentTerminology": "Location",
        },
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": True,
        },
        "SalesFormsPrefs": {
            "CustomTxnNumbers": not is_us,
            "AllowDeposit": True,
            "AllowDiscount": True,
            "AllowEstimates": True,
            "AllowServiceDate": False,
            "AllowShipping": True,
            "AutoApplyCredit": False,
            "AutoApplyPayments": False,
            "CustomField": _unused("SalesFormsPrefs.UseSalesCustom"),
            "EmailCopyToCompany": False,
            "IPNSupportEnabled": False,
            "ETransactionAttachPDF": False,
            "ETransactionEnabledStatus": "NotApplicable",
            "ETransactionPaymentEnabled": False,
            "UsingPriceLevels": False,
            "DefaultCustomerMessage": "Thank you for your business.",
        },
        "VendorAndPurchasesPrefs": {
            "TrackingByCustomer": True,
            "BillableExpenseTracking": True,
            "POCustomField": _unused("PurchasePrefs.UsePurchaseCustom"),
        },
        "TaxPrefs": {"UsingSalesTax": seed.agency is not None, "PartnerTaxEnabled": is_us and seed.agency is not None},
        "CurrencyPrefs": {"HomeCurrency": {"value": seed.currency}, "MultiCurrencyEnabled": seed.multi_currency},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "TimeTrackingPrefs": {
            "UseServices": True,
            "BillCustomers": True,
            "MarkTimeEntriesBillable": False,
            "ShowBillRateToAll": False,
            "WorkWeekStartDate": "Monday",
        },
        "EmailMessagesPrefs": {
            f"{form}Message": {
                "Subject": f"{form} from {seed.name}",
                "Message": f"Please find your {form.lower()} attached.",
            }
            for form in ("Invoice", "Estimate", "SalesReceipt", "Statement")
        },
        "OtherPrefs": {
            "NameValue": [
                {"Name": "VendorAndPurchasesPrefs.WarnDuplicateBillNumber", "Value": "true"},
                {"Name": "VendorAndPurchasesPrefs.UseCustomTxnNumbers", "Value": "true"},
                {"Name": "WarnDuplicateJournalNumber", "Value": "false"},
                {"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": "true"},
            ]
        },
    }
