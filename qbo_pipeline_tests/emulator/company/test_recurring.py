"""Recurring transactions: templates that post nothing, and what becomes of them as virtual time passes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.emulator.company import schedules
from qbo_pipeline.emulator.company.company import Change, Company
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    Clock,
    account,
    expense_line,
    id_of,
    journal,
    open_company,
    ref,
    refused,
    sale_line,
    token,
)

MONTHLY: Body = {"IntervalType": "Monthly", "NumInterval": 1, "DayOfMonth": 1, "StartDate": "2026-04-01"}


def template(us: Company, schedule: Body, name: str = "Rent", **info: Any) -> Body:
    line = expense_line(account(us, "Rent or Lease"), 900)
    told = {"Name": name, "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule} | info
    return {"Bill": {"VendorRef": ref(id_of(us, "Vendor", "Cal Telephone")), "Line": [line], "RecurringInfo": told}}


def bills(us: Company) -> list[tuple[str, Decimal]]:
    found = us.query("select * from Bill where TxnDate > '2026-03-15' orderby TxnDate").get("Bill", [])
    return [(bill["TxnDate"], bill["TotalAmt"]) for bill in found]


def test_it_comes_on_its_dates_and_is_in_the_books() -> None:
    clock = Clock()
    us = open_company("us", clock=clock)
    before = us.journal()
    made = us.create("RecurringTransaction", template(us, MONTHLY | {"MaxOccurrences": 3}))["Bill"]
    assert us.journal() == before, "a template posts nothing"
    assert made["RecurringInfo"]["ScheduleInfo"]["NextDate"] == "2026-04-01"
    assert (made["TotalAmt"], made["Balance"], made["RecurDataRef"]) == (900, 900, ref("1"))
    seen: list[Change] = []
    us.on_change(seen.extend)
    clock.forward(days=70)
    assert bills(us) == [("2026-04-01", 900), ("2026-05-01", 900)]
    assert [change.entity for change in seen if change.operation == "Create"] == ["Bill", "Bill"]
    clock.forward(days=300)
    assert [day for day, _ in bills(us)] == ["2026-04-01", "2026-05-01", "2026-06-01"], "three times at most"
    told = us.read("RecurringTransaction", made["Id"])["Bill"]["RecurringInfo"]["ScheduleInfo"]
    assert (told.get("NextDate"), told["PreviousDate"]) == (None, "2026-06-01")
    rent = next(row["balance"] for row in us.accounts() if row["name"] == "Rent or Lease")
    assert rent == 2700
    assert {
        bill["RecurDataRef"]["value"] for bill in us.query("select * from Bill where TxnDate > '2026-03-15'")["Bill"]
    } == {"1"}


def test_what_does_not_come_by_itself() -> None:
    clock = Clock()
    us = open_company("us", clock=clock)
    us.create("RecurringTransaction", template(us, MONTHLY, "Not active", Active=False))
    us.create("RecurringTransaction", template(us, MONTHLY, "Reminded", RecurType="Reminded"))
    us.create("RecurringTransaction", template(us, MONTHLY | {"EndDate": "2026-03-31"}, "Over"))
    clock.forward(days=100)
    assert bills(us) == []


def test_days_before_and_a_closed_period() -> None:
    clock = Clock()
    us = open_company("us", clock=clock)
    us.create("RecurringTransaction", template(us, MONTHLY | {"DaysBefore": 10}))
    clock.forward(days=7)  # 22 March
    assert bills(us) == [("2026-04-01", 900)]
    preferences = us.read("Preferences", "1")
    closing = {"AccountingInfoPrefs": {"BookCloseDate": "2026-05-31"}}
    us.update("Preferences", token(preferences) | {"sparse": True} | closing)
    clock.forward(days=70)
    assert [day for day, _ in bills(us)] == ["2026-04-01", "2026-06-01"], "what is refused is left out"


def test_every_kind_can_be_a_template() -> None:
    clock = Clock()
    us = open_company("us", clock=clock)
    customer, vendor = ref(id_of(us, "Customer", "Cool Cars")), ref(id_of(us, "Vendor", "Cal Telephone"))
    cash, savings = account(us, "Checking"), account(us, "Savings")
    sold: Body = {"CustomerRef": customer, "Line": [sale_line(id_of(us, "Item", "Design"), 2, 75)]}
    spent: Body = {"Line": [expense_line(account(us, "Telephone"), 20)]}
    income = {
        "DetailType": "DepositLineDetail",
        "Amount": 8,
        "DepositLineDetail": {"AccountRef": account(us, "Services")},
    }
    kinds: dict[str, Body] = {
        **dict.fromkeys(("Invoice", "Estimate", "SalesReceipt", "CreditMemo"), sold),
        "RefundReceipt": sold | {"DepositToAccountRef": cash},
        **dict.fromkeys(("Bill", "VendorCredit", "PurchaseOrder"), spent | {"VendorRef": vendor}),
        "Purchase": spent | {"AccountRef": cash, "PaymentType": "Cash"},
        "JournalEntry": journal(cash, savings, 5),
        "Deposit": {"DepositToAccountRef": cash, "Line": [income]},
        "Transfer": {"FromAccountRef": cash, "ToAccountRef": savings, "Amount": 3},
    }
    counts = {kind: us.query(f"select count(*) from {kind}")["totalCount"] for kind in kinds}
    for kind, body in kinds.items():
        info = {"Name": kind, "RecurType": "Automated", "Active": True, "ScheduleInfo": MONTHLY}
        us.create("RecurringTransaction", {kind: body | {"RecurringInfo": info}})
    clock.forward(days=20)
    assert {kind: us.query(f"select count(*) from {kind}")["totalCount"] - n for kind, n in counts.items()} == (
        dict.fromkeys(kinds, 1)
    )
    assert us.query("select * from RecurringTransaction where Type = 'Deposit'")["maxResults"] == 1
    assert sum(row["balance"] for row in us.accounts()) == 0


def test_changing_and_deleting_a_template(tmp_path: Any) -> None:
    clock = Clock()
    us = open_company("us", tmp_path / "company.sqlite", clock=clock)
    made = us.create("RecurringTransaction", template(us, MONTHLY))["Bill"]
    changed = template(us, MONTHLY | {"DayOfMonth": 15})["Bill"] | token(made)
    changed["Line"][0]["Amount"] = 950
    told = us.update("RecurringTransaction", {"Bill": changed})["Bill"]
    assert (told["TotalAmt"], told["SyncToken"], told["Id"]) == (950, "1", made["Id"])
    assert told["RecurringInfo"]["ScheduleInfo"]["NextDate"] == "2026-04-15"
    sparse = token(told) | {"sparse": True, "PrivateNote": "rent"}
    told = us.update("RecurringTransaction", {"Bill": sparse})["Bill"]
    assert (told["PrivateNote"], told["TotalAmt"], told["RecurringInfo"]["Name"]) == ("rent", 950, "Rent")
    us.close()
    us = open_company("us", tmp_path / "company.sqlite", clock=clock)
    clock.forward(days=40)
    assert bills(us) == [("2026-04-15", 950)]
    last = us.read("RecurringTransaction", made["Id"])
    gone = us.delete("RecurringTransaction", {"Bill": token(last["Bill"])})
    assert gone == {"status": "Deleted", "domain": "QBO", "Bill": {"Id": made["Id"]}}
    clock.forward(days=40)
    assert len(bills(us)) == 1
    us.close()


def test_what_is_refused() -> None:
    us = open_company("us")
    us.create("RecurringTransaction", template(us, MONTHLY))

    def refusal(body: Body) -> list[tuple[str, str]]:
        return refused(lambda: us.create("RecurringTransaction", body))

    assert refusal(template(us, MONTHLY)) == [("6240", "Name")]
    assert refusal({}) == [("2010", "RecurringTransaction")]
    assert refusal({"Bill": {"VendorRef": ref("1"), "Line": []}}) == [("2020", "RecurringInfo")]
    assert refusal(template(us, {"IntervalType": "Hourly"}, "x")) == [
        ("2170", "IntervalType"),
        ("2020", "IntervalType"),
    ]
    assert refusal(template(us, MONTHLY, "x", RecurType="Sometimes")) == [("2170", "RecurType"), ("2020", "RecurType")]
    bill = template(us, MONTHLY, "x")["Bill"]
    assert refusal({"Bill": bill | {"VendorRef": ref("4711")}}) == [("2500", "VendorRef")]
    assert refusal({"Payment": bill}) == [("2010", "RecurringTransaction")]


# Schedule, today, its first three dates.
DATES: list[tuple[Body, str, list[str]]] = [
    ({"IntervalType": "Daily", "NumInterval": 10}, "2026-02-20", ["2026-02-20", "2026-03-02", "2026-03-12"]),
    ({"IntervalType": "Weekly", "DayOfWeek": "Friday"}, "2026-03-15", ["2026-03-20", "2026-03-27", "2026-04-03"]),
    ({"IntervalType": "Weekly", "NumInterval": 2, "DayOfWeek": "Monday", "StartDate": "2026-03-01"}, "2026-03-15",
     ["2026-03-16", "2026-03-30", "2026-04-13"]),
    ({"IntervalType": "Monthly", "DayOfMonth": 31}, "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31"]),
    ({"IntervalType": "Monthly", "NumInterval": 3, "DayOfMonth": 15, "StartDate": "2026-01-01"}, "2026-02-01",
     ["2026-04-15", "2026-07-15", "2026-10-15"]),
    ({"IntervalType": "Monthly", "WeekOfMonth": 2, "DayOfWeek": "Tuesday"}, "2026-03-15",
     ["2026-04-14", "2026-05-12", "2026-06-09"]),
    ({"IntervalType": "Monthly", "WeekOfMonth": 5, "DayOfWeek": "Sunday"}, "2026-03-01",
     ["2026-03-29", "2026-04-26", "2026-05-31"]),
    ({"IntervalType": "Yearly", "MonthOfYear": "February", "DayOfMonth": 29}, "2027-01-01",
     ["2027-02-28", "2028-02-29", "2029-02-28"]),
    ({"IntervalType": "Yearly", "MonthOfYear": "June", "DayOfMonth": 1, "EndDate": "2028-01-01"}, "2026-07-01",
     ["2027-06-01", "", ""]),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "today", "expected"), DATES)
def test_dates_of_a_schedule(schedule: Body, today: str, expected: list[str]) -> None:
    found: list[str] = []
    day = schedules.first(schedule, date.fromisoformat(today))
    for _ in expected:
        found.append(day.isoformat() if day else "")
        day = schedules.following(schedule, day) if day else None
    assert found == expected
