"""The chart of accounts that the company keeps in Cin7 Core: codes, and which of them each reason is booked on."""

from __future__ import annotations

INVENTORY = "1300"
RECEIVABLE, PAYABLE, BANK = "1200", "2000", "1010"
SALES, TAX, COGS, ACCRUAL, LABOUR = "4000", "2200", "5000", "2150", "5900"

# code, name, class, type
ACCOUNTS = (
    (BANK, "Operating account", "ASSET", "BANK"),
    (RECEIVABLE, "Accounts Receivable", "ASSET", "CURRENT"),
    (INVENTORY, "Inventory", "ASSET", "CURRENT"),
    (PAYABLE, "Accounts Payable", "LIABILITY", "CURRLIAB"),
    (ACCRUAL, "Goods received, not invoiced", "LIABILITY", "CURRLIAB"),
    (TAX, "Sales tax", "LIABILITY", "CURRLIAB"),
    ("3000", "Opening balances", "EQUITY", "EQUITY"),
    (SALES, "Sales", "REVENUE", "REVENUE"),
    (COGS, "Cost of goods sold", "EXPENSE", "DIRECTCOSTS"),
    ("5100", "Inbound freight", "EXPENSE", "EXPENSE"),
    ("5200", "Equipment hire", "EXPENSE", "EXPENSE"),
    ("5300", "Stock found and counted", "EXPENSE", "EXPENSE"),
    ("5310", "Samples", "EXPENSE", "EXPENSE"),
    ("5400", "Stock written off", "EXPENSE", "EXPENSE"),
    (LABOUR, "Labour in assemblies", "EXPENSE", "EXPENSE"),
)
BY_REASON = {
    "OPENING": "3000", "FOUND": "5300", "COUNT": "5300", "SAMPLES": "5310", "DAMAGED": "5400", "THEFT": "5400",
    "OBSOLETE": "5400", "FREIGHT-IN": "5100", "EQUIPMENT-HIRE": "5200", "OPERATING": BANK, "SOLD-THERE": COGS,
}  # fmt: skip
