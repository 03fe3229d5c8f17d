"""What people do in QBO's own window alone: invoice what was spent for a customer, pay the tax that is owed."""

from __future__ import annotations

import random
from decimal import Decimal

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.scenarios.choosing import expense_line, listed, money, one_of, reference, untaxed


def reimbursed(company: Company, chance: random.Random, step: int) -> str:
    """Expenses for a customer, which the customer is invoiced for at every third step."""
    waiting = listed(company, "ReimburseCharge", "HasBeenInvoiced = false")
    if waiting and step % 3 == 2:
        made = company.invoice_charges(chance.choice(waiting)["CustomerRef"]["value"])
        return f"Invoice {made['Id']} of {made['TotalAmt']} was made of what waited"
    customer, account = (
        one_of(company, chance, "Customer"),
        one_of(company, chance, "Account", "AccountType = 'Expense'"),
    )
    banks = [bank for bank in listed(company, "Account", "AccountType = 'Bank'") if _is_home(company, bank)]
    if customer is None or account is None or not banks:
        return "nothing to do: there is no customer, expense account or bank"
    line = expense_line(account, money(chance, 500, 20_000), "for a customer")
    detail = line["AccountBasedExpenseLineDetail"]
    detail |= {"CustomerRef": reference(customer), "BillableStatus": "Billable"}
    body = {"AccountRef": reference(chance.choice(banks)), "PaymentType": "Check", "Line": [line]} | untaxed(company)
    made = company.create("Purchase", body)
    return f"Purchase {made['Id']} of {made['TotalAmt']} was made for {customer['DisplayName']}"


def vat_return(company: Company, chance: random.Random, step: int) -> str:
    """The tax that an agency is owed is paid, or got back."""
    agency = one_of(company, chance, "TaxAgency")
    banks = [bank for bank in listed(company, "Account", "AccountType = 'Bank'") if _is_home(company, bank)]
    if agency is None or not banks:
        return "nothing to do: there is no tax agency or bank"
    id = agency["TaxTrackedOnSalesAccountRef"]["value"]
    owed = -next(Decimal(row["balance"]) for row in company.accounts() if str(row["id"]) == id)
    if not owed:
        return f"nothing to do: {agency['DisplayName']} is owed nothing"
    made = company.pay_tax(agency["Id"], banks[0]["Id"], abs(owed), refund=owed < 0)
    return f"TaxPayment {made['Id']} of {made['PaymentAmount']} was made, refund {made['Refund']}"


def _is_home(company: Company, bank: dict[str, object]) -> bool:
    home = company.read("Preferences", "1")["CurrencyPrefs"]["HomeCurrency"]["value"]
    currency = bank["CurrencyRef"]
    return isinstance(currency, dict) and currency["value"] == home
