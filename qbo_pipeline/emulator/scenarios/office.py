"""A busy office: people sell, buy, receive and pay, a document a step."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from qbo_pipeline.emulator.company.company import Body, Company
from qbo_pipeline.emulator.scenarios.choosing import expense_line, money, one_of, reference, sale_line, untaxed

_NOTHING: Final = "nothing to do: there is no {}"


def busy_office(company: Company, chance: random.Random, step: int) -> str:
    """Invoices, sales receipts, payments, bills, payments of bills and estimates, as they come in an office."""
    return chance.choice(_WORK)(company, chance)


def _day(company: Company, chance: random.Random) -> str:
    return (company.today - timedelta(days=chance.randrange(5))).isoformat()


def _sale(company: Company, chance: random.Random) -> Body | str:
    customer, item = one_of(company, chance, "Customer"), one_of(company, chance, "Item", "Type = 'Service'")
    if customer is None or item is None:
        return _NOTHING.format("customer or service")
    lines = [sale_line(item, chance.randint(1, 8), money(chance, 500, 9_000)) for _ in range(chance.randint(1, 3))]
    return {"CustomerRef": reference(customer), "TxnDate": _day(company, chance), "Line": lines} | untaxed(company)


def _create(company: Company, entity: str, body: Body | str) -> str:
    if isinstance(body, str):
        return body
    made = company.create(entity, body)
    return f"{entity} {made['Id']} of {made['TotalAmt']} was made"


def _invoice(company: Company, chance: random.Random) -> str:
    return _create(company, "Invoice", _sale(company, chance))


def _receipt(company: Company, chance: random.Random) -> str:
    return _create(company, "SalesReceipt", _sale(company, chance))


def _estimate(company: Company, chance: random.Random) -> str:
    return _create(company, "Estimate", _sale(company, chance))


def _bill(company: Company, chance: random.Random) -> str:
    vendor, account = one_of(company, chance, "Vendor"), one_of(company, chance, "Account", "AccountType = 'Expense'")
    if vendor is None or account is None:
        return _NOTHING.format("vendor or expense account")
    body = {"VendorRef": reference(vendor), "TxnDate": _day(company, chance)} | untaxed(company)
    return _create(company, "Bill", body | {"Line": [expense_line(account, money(chance), "office")]})


def _received(company: Company, chance: random.Random) -> str:
    found = one_of(company, chance, "Invoice", "Balance > '0'")
    if found is None:
        return _NOTHING.format("open invoice")
    line = {"Amount": found["Balance"], "LinkedTxn": [{"TxnId": found["Id"], "TxnType": "Invoice"}]}
    body = {"CustomerRef": reference({"Id": found["CustomerRef"]["value"]}), "TotalAmt": found["Balance"]}
    return _create(company, "Payment", body | {"TxnDate": _day(company, chance), "Line": [line]})


def _paid(company: Company, chance: random.Random) -> str:
    found = one_of(company, chance, "Bill", "Balance > '0'")
    if found is None:
        return _NOTHING.format("open bill")
    home = company.read("Preferences", "1")["CurrencyPrefs"]["HomeCurrency"]["value"]
    banks = [
        bank
        for bank in company.query("select * from Account where AccountType = 'Bank'").get("Account", [])
        if bank["CurrencyRef"]["value"] == home
    ]
    if not banks:
        return _NOTHING.format("bank account")
    line = {"Amount": found["Balance"], "LinkedTxn": [{"TxnId": found["Id"], "TxnType": "Bill"}]}
    paid = {"PayType": "Check", "CheckPayment": {"BankAccountRef": reference(chance.choice(banks))}}
    body = {"VendorRef": reference({"Id": found["VendorRef"]["value"]}), "TotalAmt": found["Balance"], "Line": [line]}
    return _create(company, "BillPayment", body | paid | {"TxnDate": _day(company, chance)})


_WORK: Final[tuple[Callable[[Company, random.Random], str], ...]] = (
    *(_invoice, _invoice, _invoice, _bill, _bill, _received, _received, _paid, _receipt, _estimate),
)
