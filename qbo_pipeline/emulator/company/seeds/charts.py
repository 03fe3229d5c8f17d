"""Charts of accounts of the seeds, as data: name, AccountType, AccountSubType, parent."""

from __future__ import annotations

from typing import Final

Row = tuple[str, str, str, str | None]

ALWAYS: Final[tuple[Row, ...]] = (
    ("Sales of Product Income", "Income", "SalesOfProductIncome", None),
    ("Retained Earnings", "Equity", "RetainedEarnings", None),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity", None),
    ("Undeposited Funds", "Other Current Asset", "UndepositedFunds", None),
    ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", None),
    ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable", None),
    ("Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", None),
    ("Inventory Asset", "Other Current Asset", "Inventory", None),
    ("Inventory Shrinkage", "Cost of Goods Sold", "OtherCostsOfServiceCos", None),
    ("Uncategorized Asset", "Other Current Asset", "OtherCurrentAssets", None),
    ("Uncategorized Expense", "Expense", "OtherMiscellaneousServiceCost", None),
    ("Uncategorized Income", "Income", "OtherPrimaryIncome", None),
)
# What a company that sells stock keeps beside them.
TRADING: Final[tuple[Row, ...]] = (
    ("Checking", "Bank", "Checking", None),
    ("Savings", "Bank", "Savings", None),
    ("Inventory in Transit", "Other Current Asset", "OtherCurrentAssets", None),
    ("Supplier Deposits", "Other Current Asset", "PrepaidExpenses", None),
    ("Work in Progress", "Other Current Asset", "OtherCurrentAssets", None),
    ("Mastercard", "Credit Card", "CreditCard", None),
    ("Goods Received Not Invoiced", "Other Current Liability", "OtherCurrentLiabilities", None),
    ("Landed Cost Clearing", "Other Current Liability", "OtherCurrentLiabilities", None),
    ("Labour and Overhead Absorbed", "Other Current Liability", "OtherCurrentLiabilities", None),
    ("Services", "Income", "ServiceFeeIncome", None),
    ("Discounts given", "Income", "DiscountsRefundsGiven", None),
    ("Shipping Income", "Income", "OtherPrimaryIncome", None),
    ("Stock Write-offs", "Cost of Goods Sold", "OtherCostsOfServiceCos", None),
    ("Purchase Price Variance", "Cost of Goods Sold", "OtherCostsOfServiceCos", None),
    ("Freight and Delivery", "Cost of Goods Sold", "ShippingFreightDeliveryCos", None),
    ("Purchases", "Expense", "SuppliesMaterials", None),
    ("Rounding", "Expense", "OtherMiscellaneousServiceCost", None),
    ("Advertising", "Expense", "AdvertisingPromotional", None),
    ("Bank Charges", "Expense", "BankCharges", None),
    ("Insurance", "Expense", "Insurance", None),
    ("Legal & Professional Fees", "Expense", "LegalProfessionalFees", None),
    ("Office Expenses", "Expense", "OfficeGeneralAdministrativeExpenses", None),
    ("Rent or Lease", "Expense", "RentOrLeaseOfBuildings", None),
    ("Utilities", "Expense", "Utilities", None),
    ("Gas and Electric", "Expense", "Utilities", "Utilities"),
    ("Telephone", "Expense", "Utilities", "Utilities"),
    ("Interest Earned", "Other Income", "InterestEarned", None),
    ("Exchange Gain or Loss", "Other Expense", "ExchangeGainOrLoss", None),
    ("Depreciation", "Other Expense", "Depreciation", None),
)
US: Final[tuple[Row, ...]] = (
    ("Automobile", "Expense", "Auto", None),
    ("Fuel", "Expense", "Auto", "Automobile"),
    ("Truck", "Fixed Asset", "Vehicles", None),
    ("Prepaid Expenses", "Other Current Asset", "PrepaidExpenses", None),
    ("Visa", "Credit Card", "CreditCard", None),
    ("Loan Payable", "Other Current Liability", "LoanPayable", None),
    ("Notes Payable", "Long Term Liability", "OtherLongTermLiabilities", None),
    ("Landscaping Services", "Income", "ServiceFeeIncome", None),
    ("Job Materials", "Income", "SalesOfProductIncome", "Landscaping Services"),
    ("Design income", "Income", "ServiceFeeIncome", None),
    ("Pest Control Services", "Income", "ServiceFeeIncome", None),
    ("Job Expenses", "Expense", "OtherMiscellaneousServiceCost", None),
    ("Maintenance and Repair", "Expense", "RepairMaintenance", None),
    ("Meals and Entertainment", "Expense", "TravelMeals", None),
    ("Equipment Rental", "Expense", "EquipmentRental", None),
    ("Miscellaneous", "Other Expense", "OtherMiscellaneousExpense", None),
)
EUROPE: Final[tuple[Row, ...]] = (
    ("Deposits Received", "Other Current Liability", "OtherCurrentLiabilities", None),
    ("Motor Vehicles", "Fixed Asset", "Vehicles", None),
    ("Share Capital", "Equity", "CommonStock", None),
    ("Wages and Salaries", "Expense", "PayrollExpenses", None),
    ("Travel", "Expense", "Travel", None),
    ("Bad Debts", "Expense", "BadDebts", None),
)
