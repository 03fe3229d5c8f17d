"""Companies for tests: opened in memory on a fixed clock, and shorthands for common documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.settings import CompanySettings

START = datetime(2026, 3, 15, 18, 0, tzinfo=UTC)
Body = dict[str, Any]


class Clock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def open_company(
    seed: str = "us", path: Path | None = None, clock: Callable[[], datetime] | None = None, **settings: Any
) -> Company:
    """A company of a seed with some settings changed."""
    chosen = replace(CompanySettings(), **settings)
    return Company.open(path, seed=seed, realm="4620816365", clock=clock or Clock(), settings=chosen)


def ref(id: str) -> Body:
    return {"value": id}


def id_of(company: Company, entity: str, name: str) -> str:
    """The id of a list entity by name."""
    field = "DisplayName" if entity in ("Customer", "Vendor", "Employee") else "Name"
    escaped = name.replace("'", "\\'")
    return str(company.query(f"select * from {entity} where {field} = '{escaped}'")[entity][0]["Id"])


def account(company: Company, name: str) -> Body:
    return ref(id_of(company, "Account", name))


def balance(company: Company, name: str) -> Decimal:
    """Home balance of an account over all time, debit positive."""
    return next(row["balance"] for row in company.accounts() if row["name"] == name)


def sale_line(item: str, quantity: Any, price: Any, **detail: Any) -> Body:
    amount = Decimal(str(quantity)) * Decimal(str(price))
    inner = {"ItemRef": ref(item), "Qty": quantity, "UnitPrice": price, **detail}
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": inner}


def bill_line(item: str, quantity: Any, price: Any, **detail: Any) -> Body:
    amount = Decimal(str(quantity)) * Decimal(str(price))
    inner = {"ItemRef": ref(item), "Qty": quantity, "UnitPrice": price, **detail}
    return {"DetailType": "ItemBasedExpenseLineDetail", "Amount": amount, "ItemBasedExpenseLineDetail": inner}


def expense_line(account_ref: Body, amount: Any, **detail: Any) -> Body:
    inner = {"AccountRef": account_ref, **detail}
    return {"DetailType": "AccountBasedExpenseLineDetail", "Amount": amount, "AccountBasedExpenseLineDetail": inner}


def journal_line(side: str, account_ref: Body, amount: Any, entity: tuple[str, str] | None = None) -> Body:
    detail: Body = {"PostingType": side, "AccountRef": account_ref}
    if entity:
        detail["Entity"] = {"Type": entity[0], "EntityRef": ref(entity[1])}
    return {"DetailType": "JournalEntryLineDetail", "Amount": amount, "JournalEntryLineDetail": detail}


def journal(debit: Body, credit: Body, amount: Any, **more: Any) -> Body:
    return {"Line": [journal_line("Debit", debit, amount), journal_line("Credit", credit, amount)], **more}


def token(made: Body) -> Body:
    return {"Id": made["Id"], "SyncToken": made["SyncToken"]}


def stock_item(company: Company, name: str, cost: Any = 0, start: str = "2020-01-01", quantity: Any = 0) -> str:
    """A new tracked item."""
    body = {
        "Name": name,
        "Type": "Inventory",
        "TrackQtyOnHand": True,
        "QtyOnHand": quantity,
        "InvStartDate": start,
        "PurchaseCost": cost,
        "IncomeAccountRef": account(company, "Sales of Product Income"),
        "ExpenseAccountRef": account(company, "Cost of Goods Sold"),
        "AssetAccountRef": account(company, "Inventory Asset"),
    }
    return str(company.create("Item", body)["Id"])


def refused(operation: Callable[[], Any]) -> list[tuple[str, str]]:
    """Codes and elements of the fault that an operation raises."""
    with pytest.raises(QboFault) as caught:
        operation()
    assert caught.value.status == 400
    return [(found.code, found.element) for found in caught.value.errors]
