"""The rule tables of list entities: names, accounts, items, tax set-up, the company's own pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.fields import (
    ANY,
    BOOL,
    DATE,
    INTEGER,
    NUMBER,
    Field,
    computed,
    enum,
    ref,
    text,
)
from qbo_pipeline.emulator.company.schema.common import (
    ADDRESS,
    CUSTOM_FIELD,
    EMAIL_ADDRESS,
    ENVELOPE,
    PHONE,
    TAX_CODE,
    WEB_ADDRESS,
    Fields,
)

# AccountType -> (Classification, default AccountSubType). Order is the order of QBO's balance sheet and P&L.
ACCOUNT_TYPES: Final[dict[str, tuple[str, str]]] = {
    "Bank": ("Asset", "Checking"),
    "Accounts Receivable": ("Asset", "AccountsReceivable"),
    "Other Current Asset": ("Asset", "OtherCurrentAssets"),
    "Fixed Asset": ("Asset", "OtherFixedAssets"),
    "Other Asset": ("Asset", "OtherLongTermAssets"),
    "Accounts Payable": ("Liability", "AccountsPayable"),
    "Credit Card": ("Liability", "CreditCard"),
    "Other Current Liability": ("Liability", "OtherCurrentLiabilities"),
    "Long Term Liability": ("Liability", "OtherLongTermLiabilities"),
    "Equity": ("Equity", "OwnersEquity"),
    "Income": ("Revenue", "SalesOfProductIncome"),
    "Cost of Goods Sold": ("Expense", "SuppliesMaterialsCogs"),
    "Expense": ("Expense", "OtherMiscellaneousServiceCost"),
    "Other Income": ("Revenue", "OtherMiscellaneousIncome"),
    "Other Expense": ("Expense", "OtherMiscellaneousExpense"),
}
BALANCE_SHEET_CLASSES: Final = ("Asset", "Liability", "Equity")

_NAMED: Final[Fields] = {"Name": text(100, required=True), "Active": BOOL}
_TREE: Final[Fields] = _NAMED | {"FullyQualifiedName": Field("text", read_only=True, queryable=True)}
_PERSON: Final[Fields] = ENVELOPE | {
    "DisplayName": text(500),
    "Title": text(16),
    "GivenName": text(100),
    "MiddleName": text(100),
    "FamilyName": text(100),
    "Suffix": text(16),
    "Active": BOOL,
    "PrimaryPhone": PHONE,
    "Mobile": PHONE,
    "PrimaryEmailAddr": EMAIL_ADDRESS,
    "V4IDPseudonym": computed(),
    "Source": computed(),
    "source": computed(),
}
_TRADER: Final[Fields] = _PERSON | {
    "CompanyName": text(100),
    "AlternatePhone": PHONE,
    "Fax": PHONE,
    "WebAddr": WEB_ADDRESS,
    "BillAddr": ADDRESS,
    "CurrencyRef": Field("ref", target=(), fixed=True),
    "Balance": Field("amount", fixed=True, queryable=True),
    "OpenBalanceDate": Field("date", fixed=True, queryable=False),
    "Notes": text(2000, queryable=False),
    "GSTIN": text(15),
    "GSTRegistrationType": text(15),
    "BusinessNumber": text(10),
}

ACCOUNT: Final[Fields] = (
    ENVELOPE
    | _TREE
    | {
        "AcctNum": text(20),
        "AccountType": enum(*ACCOUNT_TYPES),
        "AccountSubType": text(100),
        "Classification": Field("text", read_only=True, queryable=True),
        "Description": text(4000),
        "SubAccount": BOOL,
        "ParentRef": ref("Account"),
        "CurrencyRef": Field("ref", target=(), fixed=True),
        "TaxCodeRef": TAX_CODE,
        "CurrentBalance": Field("amount", read_only=True, queryable=True),
        "CurrentBalanceWithSubAccounts": Field("amount", read_only=True, queryable=True),
        "OpeningBalance": Field("amount", fixed=True, queryable=False),
        "OpeningBalanceDate": Field("date", fixed=True, queryable=False),
        "AccountAlias": text(100),
        "TxnLocationType": text(100),
    }
)
CUSTOMER: Final[Fields] = _TRADER | {
    "FullyQualifiedName": Field("text", read_only=True, queryable=True),
    "PrintOnCheckName": text(110),
    "Job": BOOL,
    "IsProject": computed("bool", queryable=True),
    "BillWithParent": BOOL,
    "ParentRef": ref("Customer"),
    "Level": Field("integer", read_only=True, queryable=True),
    "BalanceWithJobs": Field("amount", read_only=True, queryable=True),
    "Taxable": BOOL,
    "ShipAddr": ADDRESS,
    "DefaultTaxCodeRef": TAX_CODE,
    "SalesTermRef": ref("Term"),
    "PaymentMethodRef": ref("PaymentMethod"),
    "ARAccountRef": ref("Account"),
    "CustomerTypeRef": ref("CustomerType"),
    "PreferredDeliveryMethod": text(31),
    "ResaleNum": text(16),
    "PrimaryTaxIdentifier": text(31),
    "SecondaryTaxIdentifier": text(31),
    "TaxExemptionReasonId": text(31),
    "ClientEntityId": computed(),
}
VENDOR: Final[Fields] = _TRADER | {
    "PrintOnCheckName": text(100),
    "AcctNum": text(100),
    "TaxIdentifier": text(20, queryable=False),
    "TermRef": ref("Term"),
    "APAccountRef": ref("Account"),
    "Vendor1099": BOOL,
    "CostRate": NUMBER,
    "BillRate": NUMBER,
    "OtherContactInfo": ANY,
    "TaxReportingBasis": text(31),
    "T4AEligible": BOOL,
    "T5018Eligible": BOOL,
    "HasTPAR": BOOL,
    "VendorPaymentBankDetail": ANY,
}
EMPLOYEE: Final[Fields] = _PERSON | {
    "PrintOnCheckName": text(100),
    "SSN": text(100, queryable=False),
    "EmployeeNumber": text(100),
    "PrimaryAddr": ADDRESS,
    "EmailAddress": text(100),
    "BirthDate": DATE,
    "HiredDate": DATE,
    "ReleasedDate": DATE,
    "Gender": text(31),
    "BillRate": NUMBER,
    "CostRate": NUMBER,
    "BillableTime": BOOL,
    "Organization": BOOL,
}
ITEM: Final[Fields] = (
    ENVELOPE
    | _TREE
    | {
        "Type": enum("Inventory", "NonInventory", "Service", "Category", "Group"),
        "Sku": text(100),
        "Description": text(4000),
        "PurchaseDesc": text(1000),
        "UnitPrice": Field("number", low=Decimal(0), high=Decimal(99_999_999_999)),
        "PurchaseCost": Field("number", low=Decimal(0), high=Decimal(99_999_999_999)),
        "TrackQtyOnHand": BOOL,
        "QtyOnHand": Field("number", queryable=True),
        "InvStartDate": DATE,
        "IncomeAccountRef": ref("Account"),
        "ExpenseAccountRef": ref("Account"),
        "AssetAccountRef": ref("Account"),
        "Taxable": BOOL,
        "SalesTaxIncluded": BOOL,
        "PurchaseTaxIncluded": BOOL,
        "SalesTaxCodeRef": TAX_CODE,
        "PurchaseTaxCodeRef": TAX_CODE,
        "SubItem": BOOL,
        "ParentRef": ref("Item"),
        "Level": Field("integer", read_only=True, queryable=True),
        "ReorderPoint": NUMBER,
        "ClassRef": ref("Class"),
        "PrefVendorRef": ref("Vendor"),
        "ItemCategoryType": text(31),
        "ServiceType": text(31),
        "AbatementRate": NUMBER,
        "ReverseChargeRate": NUMBER,
        "TaxClassificationRef": ANY,
        "UQCDisplayText": text(25),
        "UQCId": text(31),
        "Source": computed(),
        "ItemGroupDetail": computed(),
        "PrintGroupedItems": computed(),
    }
)
CLASS: Final[Fields] = ENVELOPE | _TREE | {"SubClass": BOOL, "ParentRef": ref("Class")}
DEPARTMENT: Final[Fields] = (
    ENVELOPE | _TREE | {"SubDepartment": BOOL, "ParentRef": ref("Department"), "Address": ADDRESS}
)
TERM: Final[Fields] = (
    ENVELOPE
    | _NAMED
    | {
        "Name": text(31, required=True),
        "Type": enum("STANDARD", "DATE_DRIVEN"),
        "DueDays": Field("integer", low=Decimal(0), high=Decimal(999)),
        "DiscountDays": INTEGER,
        "DiscountPercent": Field("number", low=Decimal(0), high=Decimal(100)),
        "DayOfMonthDue": INTEGER,
        "DueNextMonthDays": INTEGER,
        "DiscountDayOfMonth": INTEGER,
    }
)
PAYMENT_METHOD: Final[Fields] = (
    ENVELOPE
    | _NAMED
    | {
        "Name": text(31, required=True),
        "Type": enum("CREDIT_CARD", "NON_CREDIT_CARD"),
    }
)
COMPANY_CURRENCY: Final[Fields] = ENVELOPE | {
    "Code": text(3, required=True),
    "Name": text(100),
    "Active": BOOL,
    "CustomField": CUSTOM_FIELD,
}
