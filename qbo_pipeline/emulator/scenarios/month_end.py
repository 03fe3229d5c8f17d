"""The end of a month: accruals, depreciation, the closing date; and a merger of two customers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.company import Body, Company
from qbo_pipeline.emulator.scenarios.choosing import journal_line, listed, money, one_of, reference, sale_line, untaxed


def month_end(company: Company, chance: random.Random, step: int) -> str:
    """Accrual, its reversal on the first, depreciation, then the month before is closed; and so on again."""
    return _CLOSE[step % len(_CLOSE)](company, chance)


def _last_month_end(company: Company) -> str:
    return (company.today.replace(day=1) - timedelta(days=1)).isoformat()


def _journal(company: Company, day: str, debit: Body, credit: Body, amount: Decimal, text: str) -> str:
    lines = [journal_line("Debit", debit, amount, text), journal_line("Credit", credit, amount, text)]
    made = company.create("JournalEntry", {"TxnDate": day, "PrivateNote": text, "Adjustment": True, "Line": lines})
    return f"JournalEntry {made['Id']} of {amount} on {day}: {text}"


def _account(company: Company, kind: str) -> Body:
    """The first account of a type, made where there is none."""
    found = listed(company, "Account", f"AccountType = '{kind}'")
    plain = [a for a in found if a["AccountSubType"] not in ("GlobalTaxPayable", "SalesTaxPayable", "Inventory")]
    return plain[0] if plain else company.create("Account", {"Name": f"Adjusting {kind}", "AccountType": kind})


def _accrue(company: Company, chance: random.Random) -> str:
    debit, credit = _account(company, "Expense"), _account(company, "Other Current Liability")
    return _journal(company, _last_month_end(company), debit, credit, money(chance), "Accrued costs")


def _reverse(company: Company, chance: random.Random) -> str:
    accrued = listed(company, "JournalEntry", f"TxnDate = '{_last_month_end(company)}'")
    found = next((j for j in reversed(accrued) if j.get("PrivateNote") == "Accrued costs"), None)
    if found is None:
        return "nothing to do: nothing is accrued"
    amount = found["Line"][0]["Amount"]
    debit, credit = _account(company, "Other Current Liability"), _account(company, "Expense")
    day = company.today.replace(day=1).isoformat()
    return _journal(company, day, debit, credit, amount, "Reversal of accrued costs")


def _depreciate(company: Company, chance: random.Random) -> str:
    debit, credit = _account(company, "Other Expense"), _account(company, "Fixed Asset")
    return _journal(company, _last_month_end(company), debit, credit, money(chance), "Depreciation")


def _close(company: Company, chance: random.Random) -> str:
    now = company.read("Preferences", "1")
    day = _last_month_end(company)
    body = {"Id": "1", "SyncToken": now["SyncToken"], "sparse": True, "AccountingInfoPrefs": {"BookCloseDate": day}}
    company.update("Preferences", body)
    return f"the books were closed to {day}"


_CLOSE: Final[tuple[Callable[[Company, random.Random], str], ...]] = (_accrue, _reverse, _depreciate, _close)


def merger(company: Company, chance: random.Random, step: int) -> str:
    """A customer is entered twice, both are sold to, and the second is merged into the first."""
    first = one_of(company, chance, "Customer", "Job = false")
    item = one_of(company, chance, "Item", "Type = 'Service'")
    if first is None or item is None:
        return "nothing to do: there is no customer or service"
    twin = company.create(
        "Customer", {"DisplayName": f"{first['DisplayName'][:80]} again {step}", "CurrencyRef": first["CurrencyRef"]}
    )
    for customer in (first, twin):
        line = sale_line(item, 1, money(chance))
        company.create("Invoice", {"CustomerRef": reference(customer), "Line": [line]} | untaxed(company))
    company.merge_customers(twin["Id"], first["Id"])
    return f"Customer {twin['Id']} was merged into {first['Id']}"
