"""Accounts: types and classes, currencies, limits, and the accounts that QBO itself finds or makes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.references import known_currency
from qbo_pipeline.emulator.company.schema.lists import ACCOUNT_TYPES
from qbo_pipeline.emulator.company.trees import place_in_tree

FollowUp = tuple[str, Body]
"""A document that QBO makes by itself after a write: entity and body."""
Then = Callable[[Entry], list[FollowUp]]

# Sub-types that tell the type where a request gives the sub-type alone; others need AccountType.
_SUBTYPES: Final[dict[str, str]] = {
    **dict.fromkeys(("CashOnHand", "Checking", "MoneyMarket", "RentsHeldInTrust", "Savings", "TrustAccounts"), "Bank"),
    **dict.fromkeys(("AccountsReceivable",), "Accounts Receivable"),
    **dict.fromkeys(
        (
            "AllowanceForBadDebts",
            "EmployeeCashAdvances",
            "Inventory",
            "OtherCurrentAssets",
            "PrepaidExpenses",
            "Retainage",
        ),
        "Other Current Asset",
    ),
    **dict.fromkeys(
        ("UndepositedFunds", "Investment_Other", "LoansToOthers", "LoansToOfficers"), "Other Current Asset"
    ),
    **dict.fromkeys(("FurnitureAndFixtures", "MachineryAndEquipment", "Vehicles", "Buildings", "Land"), "Fixed Asset"),
    **dict.fromkeys(("AccumulatedDepreciation", "LeaseholdImprovements", "OtherFixedAssets"), "Fixed Asset"),
    **dict.fromkeys(("Goodwill", "Licenses", "SecurityDeposits", "OtherLongTermAssets"), "Other Asset"),
    **dict.fromkeys(("AccountsPayable",), "Accounts Payable"),
    **dict.fromkeys(("CreditCard",), "Credit Card"),
    **dict.fromkeys(
        ("LineOfCredit", "LoanPayable", "PayrollClearing", "PrepaidExpensesPayable", "OtherCurrentLiabilities"),
        "Other Current Liability",
    ),
    **dict.fromkeys(("SalesTaxPayable", "GlobalTaxPayable", "GlobalTaxSuspense"), "Other Current Liability"),
    **dict.fromkeys(("NotesPayable", "OtherLongTermLiabilities", "ShareholderNotesPayable"), "Long Term Liability"),
    **dict.fromkeys(("OpeningBalanceEquity", "OwnersEquity", "RetainedEarnings", "PartnersEquity"), "Equity"),
    **dict.fromkeys(("CommonStock", "PaidInCapitalOrSurplus", "PersonalIncome", "PersonalExpense"), "Equity"),
    **dict.fromkeys(
        ("SalesOfProductIncome", "ServiceFeeIncome", "DiscountsRefundsGiven", "OtherPrimaryIncome"), "Income"
    ),
    **dict.fromkeys(("NonProfitIncome", "UnappliedCashPaymentIncome"), "Income"),
    **dict.fromkeys(
        (
            "SuppliesMaterialsCogs",
            "CostOfLaborCos",
            "EquipmentRentalCos",
            "ShippingFreightDeliveryCos",
            "OtherCostsOfServiceCos",
        ),
        "Cost of Goods Sold",
    ),
    **dict.fromkeys(
        ("AdvertisingPromotional", "Auto", "BadDebts", "BankCharges", "EquipmentRental", "Insurance"), "Expense"
    ),
    **dict.fromkeys(
        ("LegalProfessionalFees", "OfficeGeneralAdministrativeExpenses", "RentOrLeaseOfBuildings"), "Expense"
    ),
    **dict.fromkeys(
        ("OtherMiscellaneousServiceCost", "PayrollExpenses", "RepairMaintenance", "SuppliesMaterials"), "Expense"
    ),
    **dict.fromkeys(("TaxesPaid", "Travel", "TravelMeals", "Utilities", "UnappliedCashBillPaymentExpense"), "Expense"),
    **dict.fromkeys(
        ("DividendIncome", "InterestEarned", "OtherInvestmentIncome", "OtherMiscellaneousIncome"), "Other Income"
    ),
    **dict.fromkeys(
        ("Depreciation", "ExchangeGainOrLoss", "OtherMiscellaneousExpense", "PenaltiesSettlements", "Amortization"),
        "Other Expense",
    ),
}
# Accounts that QBO makes when it first needs one: (AccountType, AccountSubType) -> name.
_MADE_ON_DEMAND: Final[dict[tuple[str, str], str]] = {
    ("Accounts Receivable", "AccountsReceivable"): "Accounts Receivable (A/R)",
    ("Accounts Payable", "AccountsPayable"): "Accounts Payable (A/P)",
    ("Other Current Asset", "UndepositedFunds"): "Undeposited Funds",
    ("Other Current Asset", "Inventory"): "Inventory Asset",
    ("Equity", "OpeningBalanceEquity"): "Opening Balance Equity",
    ("Equity", "RetainedEarnings"): "Retained Earnings",
    ("Income", "SalesOfProductIncome"): "Sales of Product Income",
    ("Income", "DiscountsRefundsGiven"): "Discounts given",
    ("Cost of Goods Sold", "SuppliesMaterialsCogs"): "Cost of Goods Sold",
    ("Expense", "OtherMiscellaneousServiceCost"): "Uncategorized Expense",
    ("Other Expense", "ExchangeGainOrLoss"): "Exchange Gain or Loss",
    ("Other Current Liability", "GlobalTaxPayable"): "Tax Payable",
    ("Income", "UnappliedCashPaymentIncome"): "Unapplied Cash Payment Income",
    ("Expense", "UnappliedCashBillPaymentExpense"): "Unapplied Cash Bill Payment Expense",
}


def complete(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> Then | None:
    """Type, class, currency and full name of an account; an opening balance becomes a journal entry."""
    body = entry.body
    kind = body.get("AccountType") or _SUBTYPES.get(body.get("AccountSubType", ""))
    if kind is None:
        errors.append(error("6010"))
        return None
    body["AccountType"] = kind
    body["Classification"], default = ACCOUNT_TYPES[kind]
    subtype = body.setdefault("AccountSubType", default)
    if _SUBTYPES.get(subtype, kind) != kind:
        errors.append(error("6430", "AccountSubType", what=f"{subtype} is not a sub-type of {kind}"))
    if old is not None and old.body["AccountType"] != kind and {old.body["AccountType"], kind} & _CONTROL:
        errors.append(error("6430", "AccountType", what=f"{old.body['AccountType']} can't become {kind}"))
    if '"' in body.get("Name", "") or ":" in body.get("AcctNum", ""):
        errors.append(error("2040", "Name", what="an account's name must not contain \", its number no colon"))
    _currency(book, body, errors)
    place_in_tree(book, "Account", "SubAccount", entry, errors)
    _limits(book, entry, old, errors)
    opening, day = body.pop("OpeningBalance", None), body.pop("OpeningBalanceDate", None)
    if old is not None or not opening:
        return None
    if kind in _CONTROL or body["Classification"] in ("Revenue", "Expense"):
        errors.append(error("6000", "OpeningBalance", what="This account type doesn't support opening balances."))
    return lambda made: [_opening_journal(book, made, opening, str(day or book.today()))]


_CONTROL: Final = {"Accounts Receivable", "Accounts Payable"}


def _currency(book: Book, body: Body, errors: list[QboError]) -> None:
    code = (body.get("CurrencyRef") or {}).get("value") or book.home_currency
    if not known_currency(code):
        errors.append(error("2220", "CurrencyRef", what=code))
    elif code != book.home_currency and not book.multi_currency:
        errors.append(error("6000", "CurrencyRef", what="Multicurrency must be turned on to use another currency."))
    elif code != book.home_currency and body["AccountType"] not in (*_CONTROL, "Bank", "Credit Card"):
        errors.append(error("6430", "CurrencyRef", what=f"{body['AccountType']} is kept in the home currency"))
    body["CurrencyRef"] = {"value": code}


def _limits(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    limit = book.settings.account_limit
    if (
        old is None
        and book.settings.plan != "Advanced"
        and sum(e.active for e in book.entries["Account"].values()) >= limit
    ):
        errors.append(error("6000", what=f"You've reached the limit of {limit} accounts of your plan."))
    is_closing = old is not None and old.active and not entry.active
    if is_closing and book.settings.deactivate_with_balance == "refuse" and book.balances.home[int(entry.id)]:
        errors.append(
            error("6220", "Active", what=f"{entry.name} has a balance that is not zero and can't be made inactive.")
        )


def _opening_journal(book: Book, made: Entry, amount: Decimal, day: str) -> FollowUp:
    is_debit = (made.body["Classification"] == "Asset") == (amount > 0)
    accounts = (made.id, opening_balance_equity(book))
    lines = [
        {
            "Amount": abs(amount),
            "DetailType": "JournalEntryLineDetail",
            "Description": "Opening Balance",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
        }
        for side, account in zip(("Debit", "Credit") if is_debit else ("Credit", "Debit"), accounts, strict=True)
    ]
    return "JournalEntry", {"TxnDate": day, "Line": lines, "CurrencyRef": dict(made.body["CurrencyRef"])}


def system_account(book: Book, kind: str, subtype: str, currency: str | None = None) -> str:
    """The id of the account that QBO uses for a purpose, in a currency (default home); it is made if there is none."""
    currency = currency or book.home_currency
    key = (f"{kind}/{subtype}", currency)
    found = book.system_accounts.get(key)
    if found is None:
        matching = [
            e
            for e in book.entries["Account"].values()
            if e.active and e.body["AccountType"] == kind and e.body["AccountSubType"] == subtype
        ]
        match = next((e.id for e in matching if book.currency_of(e.body) == currency), None)
        found = match or _make(book, kind, subtype, currency)
        book.system_accounts[key] = found
    return found


def _make(book: Book, kind: str, subtype: str, currency: str) -> str:
    name = _MADE_ON_DEMAND[(kind, subtype)]
    if currency != book.home_currency:
        name = f"{name} - {currency}"
    return make_account(book, name, kind, subtype, currency)


def make_account(book: Book, name: str, kind: str, subtype: str, currency: str | None = None) -> str:
    """Enter an account that QBO makes by itself; returns its id."""
    body: Body = {
        "Name": name,
        "FullyQualifiedName": name,
        "AccountType": kind,
        "AccountSubType": subtype,
        "Classification": ACCOUNT_TYPES[kind][0],
        "SubAccount": False,
        "CurrencyRef": {"value": currency or book.home_currency},
    }
    now = book.now()
    entry = Entry(str(book.next_id("Account")), True, 0, now, now, body)
    book.save_entry("Account", entry, is_new=True)
    return entry.id


def make_agency_account(book: Book, agency: Entry) -> list[FollowUp]:
    """The liability account of a new tax agency: SalesTaxPayable in the US, GlobalTaxPayable elsewhere."""
    subtype = "SalesTaxPayable" if book.country == "US" else "GlobalTaxPayable"
    account = make_account(book, f"{agency.body['DisplayName']} Payable", "Other Current Liability", subtype)
    agency.body["TaxTrackedOnSalesAccountRef"] = {"value": account}
    book.save_entry("TaxAgency", agency, is_new=False)
    return []


def control_account(book: Book, kind: str, currency: str) -> str:
    """The A/R or A/P account of a currency."""
    return system_account(book, kind, kind.replace(" ", ""), currency)


def opening_balance_equity(book: Book) -> str:
    """The account of opening balances."""
    return system_account(book, "Equity", "OpeningBalanceEquity")


def undeposited_funds(book: Book) -> str:
    """Where money received waits for its deposit."""
    return system_account(book, "Other Current Asset", "UndepositedFunds")


def exchange_account(book: Book) -> str:
    """Where realised exchange gains and losses go."""
    return system_account(book, "Other Expense", "ExchangeGainOrLoss")
