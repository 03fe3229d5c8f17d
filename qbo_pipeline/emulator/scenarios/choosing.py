"""What the scenarios choose from: names, items, accounts, documents, and small shapes of documents."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from qbo_pipeline.emulator.company.company import Body, Company


def listed(company: Company, entity: str, where: str = "") -> list[Body]:
    """Up to 1000 objects, in the order in which QBO answers them."""
    condition = f" where {where}" if where else ""
    found: list[Body] = company.query(f"select * from {entity}{condition} maxresults 1000").get(entity, [])
    return found


def one_of(company: Company, chance: random.Random, entity: str, where: str = "") -> Body | None:
    """One object by chance, or None where there is none."""
    found = listed(company, entity, where)
    return chance.choice(found) if found else None


def reference(found: Body) -> Body:
    """A reference to an object."""
    return {"value": found["Id"]}


def money(chance: random.Random, low: int = 500, high: int = 60_000) -> Decimal:
    """An amount between two numbers of cents."""
    return Decimal(chance.randint(low, high)).scaleb(-2)


def untaxed(company: Company) -> Body:
    """What a document says where no line of it is taxed, so that companies of every country take it."""
    return {} if company.read("CompanyInfo", "1").get("Country") == "US" else {"GlobalTaxCalculation": "NotApplicable"}


def sale_line(item: Body, quantity: int, price: Decimal) -> Body:
    """A line that sells an item."""
    detail = {"ItemRef": reference(item), "Qty": quantity, "UnitPrice": price}
    return {"DetailType": "SalesItemLineDetail", "Amount": quantity * price, "SalesItemLineDetail": detail}


def expense_line(account: Body, amount: Decimal, text: str) -> Body:
    """A line that spends on an account."""
    detail = {"AccountRef": reference(account)}
    return {
        "DetailType": "AccountBasedExpenseLineDetail",
        "Amount": amount,
        "Description": text,
        "AccountBasedExpenseLineDetail": detail,
    }


def journal_line(side: str, account: Body, amount: Decimal, text: str) -> Body:
    """One side of a journal."""
    detail: dict[str, Any] = {"PostingType": side, "AccountRef": reference(account)}
    return {
        "DetailType": "JournalEntryLineDetail",
        "Amount": amount,
        "Description": text,
        "JournalEntryLineDetail": detail,
    }
