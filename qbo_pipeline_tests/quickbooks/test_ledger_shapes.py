"""The general ledger is read alike in the two shapes that have been seen: flat with keys, and nested by account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from qbo_pipeline.quickbooks.ledger_reading import read_ledger
from qbo_pipeline.quickbooks.reports import Report, parse_report
from qbo_pipeline_tests.emulator.company.opening import account, journal, open_company


@pytest.mark.parametrize("shape", ["keyed", "recorded"])
def test_sub_accounts_of_a_stock_account(shape: str) -> None:
    company = open_company("us", general_ledger_shape=shape)
    stock = account(company, "Inventory in Transit")
    accounts = {stock["value"]: ("Inventory in Transit", 1)}
    for name in ("Shop", "Yard"):
        body = {"Name": name, "AccountType": "Other Current Asset", "SubAccount": True, "ParentRef": stock}
        accounts[company.create("Account", body)["Id"]] = (name, 1)
    cash = account(company, "Checking")
    for n, id in enumerate(accounts, 1):
        for day in ("2026-01-31", "2026-02-28"):
            company.create("JournalEntry", journal({"value": id}, cash, n * 10, TxnDate=day, DocNumber=f"{day} {id}"))

    def report(name: str, params: Mapping[str, str]) -> Report:
        return parse_report(company.report(name, params), name)

    found = read_ledger(report, accounts, date(2026, 2, 1), date(2026, 3, 1))
    assert [(line.account_id, line.amount) for line in found.lines] == [
        (id, Decimal(n * 10)) for n, id in enumerate(accounts, 1)
    ]
    assert [(b.opening, b.balance) for b in found.balances] == [(n * 10, n * 20) for n in (1, 2, 3)]
