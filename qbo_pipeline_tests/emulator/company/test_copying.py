"""A company made after another one: its lists with their Ids, its balances, its closed books; no document."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.seeds.copying import COPIED
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline_tests.emulator.company.opening import Body, Clock, account, open_company

DAY = "2026-02-28"
WITHOUT_ACTIVE = ("TaxAgency",)
OF_THE_LEDGER = (
    "MetaData",
    "Balance",
    "BalanceWithJobs",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "QtyOnHand",
)


def listed(company: Company, entity: str) -> list[Body]:
    condition = "" if entity in WITHOUT_ACTIVE else " where Active in (true, false)"
    found: list[Body] = company.query(f"select * from {entity}{condition} maxresults 1000").get(entity, [])
    return found


def balances(company: Company, day: str) -> dict[str, Decimal]:
    rows = company.report("TrialBalance", {"start_date": day, "end_date": day})["Rows"].get("Row", [])
    found = {}
    for row in rows:
        if "ColData" in row:
            name, debit, credit = row["ColData"]
            found[name["id"]] = Decimal(debit["value"] or 0) - Decimal(credit["value"] or 0)
    return found


def copy_of(company: Company, **changed: Any) -> dict[str, Any]:
    sums = [{"account": id, "amount": str(amount)} for id, amount in balances(company, DAY).items()]
    return {
        "time_zone": "America/New_York",
        "CompanyInfo": company.read("CompanyInfo", "1"),
        "Preferences": company.read("Preferences", "1"),
        "lists": {entity: listed(company, entity) for entity in COPIED},
        "rates": [{"SourceCurrencyCode": "EUR", "Rate": Decimal("1.07"), "AsOfDate": DAY}],
        "opening": {"day": DAY, "balances": sums},
        **changed,
    }


def opened(copy: dict[str, Any]) -> Company:
    settings = CompanySettings(plan="Plus", time_zone="America/New_York")
    return Company.open(None, seed="copy", realm="4620816365", clock=Clock(), settings=settings, copy=copy)


@pytest.mark.parametrize("seed", ["us", "uk", "eu", "empty"])
def test_lists_keep_their_ids_and_balances_are_brought_forward(seed: str) -> None:
    company = open_company(seed)
    copied = opened(copy_of(company))
    for entity in COPIED:
        there = [one for one in listed(copied, entity) if "Opening balance" not in str(one.get("DisplayName"))]
        kept = [{k: v for k, v in one.items() if k not in OF_THE_LEDGER} for one in there]
        assert kept == [{k: v for k, v in one.items() if k not in OF_THE_LEDGER} for one in listed(company, entity)], (
            entity
        )
    assert balances(copied, DAY) == balances(company, DAY)
    assert copied.query("select count(*) from Invoice")["totalCount"] == 0
    assert copied.query("select count(*) from JournalEntry")["totalCount"] == (1 if balances(company, DAY) else 0)


def test_the_us_company_has_balances_to_bring_forward() -> None:
    assert len(balances(open_company("us"), DAY)) > 5


def test_what_is_new_gets_an_id_of_its_own() -> None:
    company = open_company("us")
    copied = opened(copy_of(company))
    made = copied.create("Customer", {"DisplayName": "A new one"})
    assert int(made["Id"]) > max(int(one["Id"]) for one in listed(company, "Customer"))
    with pytest.raises(QboFault):
        copied.create("Customer", {"DisplayName": "Cool Cars"})  # its name is taken, as in the company


def test_books_that_are_closed_are_closed_in_the_copy_and_what_is_inactive_stays_so() -> None:
    company = open_company("us", deactivate_with_balance="allow")
    preferences = company.read("Preferences", "1")
    fuel = company.read("Account", account(company, "Fuel")["value"])
    company.update("Account", {"Id": fuel["Id"], "SyncToken": fuel["SyncToken"], "sparse": True, "Active": False})
    closed = {"Id": "1", "SyncToken": preferences["SyncToken"], "AccountingInfoPrefs": {"BookCloseDate": DAY}}
    company.update("Preferences", closed | {"sparse": True})
    copied = opened(copy_of(company))
    assert copied.read("Preferences", "1")["AccountingInfoPrefs"]["BookCloseDate"] == DAY
    assert copied.read("Account", fuel["Id"])["Active"] is False
    assert balances(copied, DAY) == balances(company, DAY)
    line = {"Amount": 1, "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": account(copied, "Rent or Lease")}}  # fmt: skip
    with pytest.raises(QboFault) as refused:
        copied.create("Bill", {"VendorRef": {"value": "1"}, "TxnDate": DAY, "Line": [line]})
    assert [one.code for one in refused.value.errors] == ["6210"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda copy: copy["lists"].update(Budget=[]), "lists that are not copied: Budget"),
        (lambda copy: copy["lists"]["Account"][0].update(AccountType="Magic"), "has the type 'Magic'"),
    ],
)
def test_what_cannot_be_a_company_is_said(change: Callable[[Any], None], words: str) -> None:
    copy = copy_of(open_company("empty"))
    change(copy)
    with pytest.raises(ValueError, match=words):
        opened(copy)
