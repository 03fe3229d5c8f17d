"""Time, budgets, kinds of customers, journal codes, and a credit card that is paid off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    START,
    Body,
    account,
    balance,
    open_company,
    ref,
    refused,
    token,
)

HOURS: Body = {"NameOf": "Employee", "EmployeeRef": ref("1"), "TxnDate": "2026-03-02", "Hours": 3, "Minutes": 15}
PLAN: Body = {
    "Name": "2026",
    "StartDate": "2026-01-01",
    "EndDate": "2026-12-31",
    "BudgetType": "ProfitAndLoss",
    "BudgetEntryType": "Monthly",
}


@pytest.fixture
def us() -> Company:
    return open_company("us")


def plan(us: Company, day: str = "2026-02-01") -> Body:
    return PLAN | {"BudgetDetail": [{"BudgetDate": day, "Amount": "50.00", "AccountRef": account(us, "Advertising")}]}


def test_time_is_entered_changed_found_and_deleted(us: Company) -> None:
    before = us.journal()
    made = us.create("TimeActivity", HOURS)
    assert (made["EmployeeRef"]["name"], made["BillableStatus"]) == ("Emily Platt", "NotBillable")
    changed = us.update("TimeActivity", token(made) | {"sparse": True, "Hours": 4})
    assert (changed["Hours"], changed["Minutes"], changed["SyncToken"]) == (4, 15, "1")
    found = us.query("select * from TimeActivity where TxnDate >= '2026-03-01' and EmployeeRef = '1'")
    assert found["TimeActivity"] == [changed]
    us.delete("TimeActivity", token(changed))
    assert us.query("select * from TimeActivity") == {}
    assert refused(lambda: us.read("TimeActivity", made["Id"])) == [("610", "")]
    assert us.journal() == before


def test_a_budget_posts_nothing_and_is_told_when_it_goes(us: Company) -> None:
    before = us.journal()
    made = us.create("Budget", plan(us))
    assert made["BudgetDetail"][0]["Amount"] == Decimal("50.00")
    assert us.query("select * from Budget")["Budget"] == [made]
    us.delete("Budget", token(made))
    (part,) = us.changes(["Budget"], START - timedelta(days=1))["CDCResponse"][0]["QueryResponse"]
    assert [gone["status"] for gone in part["Budget"]] == ["Deleted"]
    us.create("Budget", plan(us))  # the name is free again
    assert us.journal() == before


def test_customer_types_are_read_and_named(us: Company) -> None:
    types = us.query("select * from CustomerType")["CustomerType"]
    assert [kind["Name"] for kind in types] == ["Commercial", "Residential"]
    made = us.create("Customer", {"DisplayName": "Typed", "CustomerTypeRef": ref(types[0]["Id"])})
    assert made["CustomerTypeRef"] == {"value": types[0]["Id"], "name": "Commercial"}
    assert refused(lambda: us.create("CustomerType", {"Name": "X"})) == [("500", "")]
    assert refused(lambda: us.update("CustomerType", types[0])) == [("500", "")]


def test_journal_codes_are_french() -> None:
    eu = open_company("eu")
    made = eu.create("JournalCode", {"Name": "VT", "Type": "Sales", "Description": "Ventes"})
    assert eu.query("select * from JournalCode where Type = 'Sales'")["JournalCode"] == [made]
    changed = eu.update("JournalCode", token(made) | {"Name": "VTE", "Type": "Cash", "Description": "Ventes"})
    assert (changed["Name"], changed["Type"], changed["SyncToken"]) == ("VTE", "Sales", "1"), "its type stays"
    assert refused(lambda: open_company("us").create("JournalCode", {"Name": "VT"})) == [("5020", "")]


def test_a_credit_card_is_paid_off(us: Company) -> None:
    card, bank = balance(us, "Mastercard"), balance(us, "Checking")
    body = {"CreditCardAccountRef": account(us, "Mastercard"), "BankAccountRef": account(us, "Checking")}
    made = us.create("CreditCardPayment", body | {"Amount": "125.40", "TxnDate": "2026-03-01"})
    assert (made["Amount"], made["SyncToken"]) == (Decimal("125.40"), "0")
    assert (balance(us, "Mastercard") - card, balance(us, "Checking") - bank) == (Decimal("125.40"), Decimal("-125.40"))
    changed = us.update("CreditCardPayment", token(made) | {"sparse": True, "PrivateNote": "paid"})
    assert changed["Amount"] == Decimal("125.40")
    report = us.report(
        "GeneralLedger",
        {"start_date": "2026-03-01", "end_date": "2026-03-01", "account": account(us, "Mastercard")["value"]},
    )
    assert report["Rows"]["Row"][0]["Rows"]["Row"][-1]["ColData"][1] == {
        "value": "Credit Card Payment",
        "id": made["Id"],
    }
    us.delete("CreditCardPayment", token(changed))
    assert (balance(us, "Mastercard"), balance(us, "Checking")) == (card, bank)


REFUSED: list[tuple[str, Callable[[Company], Any], list[tuple[str, str]]]] = [
    ("nobody's time", lambda us: us.create("TimeActivity", {"Hours": 1}), [("2020", "NameOf")]),
    ("no employee", lambda us: us.create("TimeActivity", {"NameOf": "Employee", "Hours": 1}),
     [("2020", "EmployeeRef")]),
    ("no time", lambda us: us.create("TimeActivity", {k: HOURS[k] for k in ("NameOf", "EmployeeRef")}),
     [("2020", "Hours")]),
    ("no end", lambda us: us.create("TimeActivity", HOURS | {"StartTime": "2026-03-02T08:00:00"}),
     [("2020", "EndTime")]),
    ("billable to nobody", lambda us: us.create("TimeActivity", HOURS | {"BillableStatus": "Billable"}),
     [("2020", "CustomerRef"), ("2020", "HourlyRate")]),
    ("90 minutes", lambda us: us.create("TimeActivity", HOURS | {"Minutes": 90}), [("2240", "Minutes")]),
    ("two years", lambda us: us.create("Budget", plan(us) | {"EndDate": "2027-12-31"}), [("6000", "StartDate")]),
    ("a detail outside", lambda us: us.create("Budget", plan(us, "2027-01-01")), [("6000", "BudgetDate")]),
    ("a card that is none", lambda us: us.create("CreditCardPayment", {
        "CreditCardAccountRef": account(us, "Checking"), "BankAccountRef": account(us, "Savings"), "Amount": 1}),
     [("6430", "CreditCardAccountRef")]),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "expected"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refusal(us: Company, operation: Callable[[Company], Any], expected: list[tuple[str, str]]) -> None:
    assert refused(lambda: operation(us)) == expected
