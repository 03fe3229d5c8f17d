"""A running emulator and real clients of the registry, unchanged, pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.objects import Account, Customer, Item, Vendor

from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

REDIRECT = "http://127.0.0.1:9/callback"


@pytest.fixture(scope="session")
def emulator() -> Iterator[RunningEmulator]:
    """The US company, without limits."""
    with running_emulator("--limits", "off") as started:
        yield started


def connect(emulator: RunningEmulator) -> AuthClient:
    """intuit-oauth, told the emulator's discovery address."""
    return AuthClient(emulator.client_id, emulator.client_secret, REDIRECT, emulator.discovery_url)


@pytest.fixture(scope="session")
def qb(emulator: RunningEmulator) -> Iterator[QuickBooks]:
    """python-quickbooks with its base URL set to the emulator's."""
    with pytest.MonkeyPatch.context() as patch, connect(emulator) as auth:
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        patch.setattr(QuickBooks, "api_url_v3", f"{emulator.base_url}/v3")
        client = QuickBooks(
            auth_client=auth, refresh_token=emulator.refresh_token, company_id=emulator.realm, minorversion=75
        )
        yield client
        client.session.close()


@dataclass
class Refs:
    """Ids in the company that documents refer to."""

    customer: str
    vendor: str
    service: str
    bank: str
    other_bank: str
    undeposited: str
    expense: str
    income: str
    payable: str
    cost: str
    stock: str
    card: str


@pytest.fixture(scope="session")
def refs(qb: QuickBooks) -> Refs:
    """A customer, a vendor and a service of these tests' own, and accounts of the company by their type."""

    def account(kind: str, **more: str) -> str:
        found = Account.filter(AccountType=kind, qb=qb, **more)
        assert found, f"no account of type {kind} {more}"
        return str(found[0].Id)

    banks = [
        Account.from_json({"Name": f"Bank {n} of the tests", "AccountType": "Bank"}).save(qb=qb).Id for n in (1, 2)
    ]
    customer = Customer.from_json(
        {"DisplayName": "Customer of the tests", "PrimaryEmailAddr": {"Address": "a@example.com"}}
    )
    vendor = Vendor.from_json({"DisplayName": "Vendor of the tests"})
    income = account("Income")
    service = Item.from_json(
        {
            "Name": "Service of the tests",
            "Type": "Service",
            "IncomeAccountRef": {"value": income},
            "ExpenseAccountRef": {"value": account("Expense")},
        }
    )
    return Refs(
        customer=customer.save(qb=qb).Id,
        vendor=vendor.save(qb=qb).Id,
        service=service.save(qb=qb).Id,
        bank=banks[0],
        other_bank=banks[1],
        undeposited=account("Other Current Asset", AccountSubType="UndepositedFunds"),
        expense=account("Expense"),
        income=income,
        payable=account("Accounts Payable"),
        cost=account("Cost of Goods Sold"),
        stock=account("Other Current Asset", AccountSubType="Inventory"),
        card=account("Credit Card"),
    )
