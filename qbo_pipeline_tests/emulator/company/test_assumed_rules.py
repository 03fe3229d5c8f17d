"""Refusals that nothing public tells of: each is made, and none is where its name is switched off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qbo_pipeline.emulator.company.assumed_rules import EXPLAINED, AssumedRule
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    account,
    expense_line,
    open_company,
    ref,
    refused,
    sale_line,
)


def _purchase(company: Company, **more: object) -> Body:
    line = expense_line(account(company, "Advertising"), 5)
    return company.create("Purchase", {"AccountRef": account(company, "Checking"), "Line": [line]} | more)


def _billable(company: Company) -> Body:
    line = expense_line(account(company, "Advertising"), 5, BillableStatus="Billable")
    return _purchase(company, PaymentType="Cash", Line=[line])


def _budget(company: Company, end: str, day: str) -> Body:
    detail = {"BudgetDate": day, "Amount": 7, "AccountRef": account(company, "Advertising")}
    kind = {"Name": "Plan", "BudgetType": "ProfitAndLoss", "BudgetEntryType": "Monthly"}
    body = kind | {"StartDate": "2026-01-01", "EndDate": end}
    return company.create("Budget", body | {"BudgetDetail": [detail]})


def _templates(company: Company) -> Body:
    info = {"Name": "Monthly", "RecurType": "Reminded", "Active": False}
    invoice = {"CustomerRef": ref("1"), "Line": [sale_line("4", 1, 10)], "RecurringInfo": info}
    company.create("RecurringTransaction", {"Invoice": invoice})
    return company.create("RecurringTransaction", {"Invoice": invoice})


def _time(company: Company) -> Body:
    times = {"StartTime": "2026-03-02T17:00:00-08:00", "EndTime": "2026-03-02T09:00:00-08:00"}
    return company.create("TimeActivity", {"NameOf": "Employee", "EmployeeRef": ref("1"), **times})


def _transfer(company: Company) -> Body:
    checking = account(company, "Checking")
    return company.create("Transfer", {"Amount": 9, "FromAccountRef": checking, "ToAccountRef": checking})


BREAKING: dict[AssumedRule, Callable[[Company], Body]] = {
    "billable_customer": _billable,
    "budget_dates": lambda company: _budget(company, "2026-12-31", "2027-02-01"),
    "budget_year": lambda company: _budget(company, "2027-12-31", "2026-02-01"),
    "card_credit": lambda company: _purchase(company, PaymentType="Cash", Credit=True),
    "reserved_characters": lambda company: company.create("Customer", {"DisplayName": "One:Two"}),
    "template_name": _templates,
    "time_order": _time,
    "transfer_to_itself": _transfer,
}


@pytest.mark.parametrize("rule", EXPLAINED)
def test_made_and_switched_off(rule: AssumedRule) -> None:
    company = open_company("us")
    before = company.journal()
    codes = {code for code, _ in refused(lambda: BREAKING[rule](company))}
    assert codes == {EXPLAINED[rule][0]}
    assert rule == "template_name" or company.journal() == before
    lenient = open_company("us", rules_off=frozenset({rule}))
    assert BREAKING[rule](lenient)
    assert sum(row["balance"] for row in lenient.accounts()) == 0
