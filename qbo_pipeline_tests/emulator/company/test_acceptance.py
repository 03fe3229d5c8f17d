"""What is accepted and what is refused as in recordings and documentation; where nothing is known, by a setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    START,
    Body,
    account,
    expense_line,
    id_of,
    open_company,
    ref,
    refused,
    sale_line,
)


@pytest.fixture(scope="module")
def us() -> Company:
    return open_company("us")


def test_a_rate_in_percent_on_a_sales_line_is_taken(us: Company) -> None:
    line = {"DetailType": "SalesItemLineDetail", "Amount": 12}
    detail = {"ItemRef": ref(id_of(us, "Item", "Design")), "RatePercent": 15}
    made = us.create("Invoice", {"CustomerRef": ref("1"), "Line": [line | {"SalesItemLineDetail": detail}]})
    assert made["Line"][0]["SalesItemLineDetail"]["RatePercent"] == 15
    assert made["TotalAmt"] == 12


def test_customers_are_found_by_mail_address_and_vendors_are_not(us: Company) -> None:
    made = us.create("Customer", {"DisplayName": "Mail", "PrimaryEmailAddr": {"Address": "one@example.com"}})
    for name in ("PrimaryEmailAddr", "primaryemailaddr.address"):
        found = us.query(f"select * from Customer where {name} = 'ONE@example.com'")["Customer"]
        assert [customer["Id"] for customer in found] == [made["Id"]]
    assert us.query("select * from Customer where PrimaryEmailAddr like '%nobody%'") == {}
    assert refused(lambda: us.query("select * from Vendor where PrimaryEmailAddr = 'x@example.com'"))[0][0] == "4001"


def test_a_projection_shows_what_was_asked_for(us: Company) -> None:
    found = us.query("select DisplayName, Balance from Customer where Id = '1'")["Customer"]
    whole = us.read("Customer", "1")
    assert found == [
        {k: whole[k] for k in ("domain", "Id", "DisplayName", "Balance")} | {"sparse": True}
    ]  # fmt: skip
    assert refused(lambda: us.query("select Colour from Customer"))[0][0] == "4001"


@pytest.mark.parametrize(("entity", "name"), [("Vendor", "DisplayName"), ("Account", "Name"), ("Item", "Name")])
def test_lists_come_by_name(us: Company, entity: str, name: str) -> None:
    text = f"select * from {entity} startposition {{}} maxresults 5"
    names = [found[name] for start in (1, 6) for found in us.query(text.format(start)).get(entity, [])]
    assert names == sorted(names, key=str.casefold)
    us.create(entity, LAST[entity](us))
    assert us.query(f"select * from {entity} maxresults 1")[entity][0][name] == "AAA"


LAST: dict[str, Callable[[Company], Body]] = {
    "Vendor": lambda us: {"DisplayName": "AAA"},
    "Account": lambda us: {"Name": "AAA", "AccountType": "Expense"},
    "Item": lambda us: {"Name": "AAA", "Type": "Service", "IncomeAccountRef": account(us, "Services")},
}

REFUSED: list[tuple[str, Callable[[Company], Any], list[tuple[str, str]]]] = [
    ("no number as id", lambda us: us.read("Customer", "1.5"), [("2030", "Id")]),
    ("no number as id of a transaction", lambda us: us.read("Invoice", "abc"), [("2030", "Id")]),
    ("an id that is not there", lambda us: us.read("Customer", "9999"), [("610", "")]),
    ("empty id in a query", lambda us: us.query("select * from Customer where Id = ''"), [("2030", "Id")]),
    ("one error for one bad body", lambda us: us.create("Invoice", {"BadJson": True}), [("2010", "BadJson")]),
    ("two bad properties", lambda us: us.create("Customer", {"A": 1, "B": 2}), [("2010", "A")]),
    ("an update of no number", lambda us: us.update("Customer", {"Id": "x", "SyncToken": "0"}), [("2030", "Id")]),
    ("upload to nothing", lambda us: us.upload(NOWHERE, "a.txt", "text/plain", b"a"), [("6000", "EntityRef")]),
    ("changes of nothing known", lambda us: us.changes(["Spaceship"], START), [("2000", "")]),
]
NOWHERE = {"AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "99999"}}]}


@pytest.mark.parametrize(("operation", "expected"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refusal(us: Company, operation: Callable[[Company], Any], expected: list[tuple[str, str]]) -> None:
    assert refused(lambda: operation(us)) == expected


def test_changes_of_an_unknown_entity_beside_a_known_one() -> None:
    us = open_company("us")
    since = START - timedelta(days=1)
    (answer,) = us.changes(["Vendor", "Spaceship", "TaxCode"], since)["CDCResponse"]
    assert [next(iter(part)) for part in answer["QueryResponse"]] == ["Vendor"]
    us.change_settings(replace(us.settings, unknown_changes="refuse"))
    assert refused(lambda: us.changes(["Vendor", "TaxCode"], since))[0][0] == "4001"


def test_orders_and_estimates_in_a_closed_period() -> None:
    us = open_company("us")
    now = us.read("Preferences", "1")
    us.update("Preferences", {"SyncToken": now["SyncToken"], "AccountingInfoPrefs": {"BookCloseDate": "2026-01-31"}})
    order = {
        "VendorRef": ref("1"),
        "TxnDate": "2026-01-10",
        "Line": [expense_line(account(us, "Advertising"), 5)],
    }  # fmt: skip
    made = us.create("PurchaseOrder", order)
    us.update("PurchaseOrder", made | {"PrivateNote": "late"})
    assert refused(lambda: us.create("Bill", order)) == [("6210", "")]
    us.change_settings(replace(us.settings, closed_period_holds_not_posting=True))
    assert refused(lambda: us.create("PurchaseOrder", order)) == [("6210", "")]


def test_a_line_in_the_uk_needs_a_vat_rate() -> None:
    uk = open_company("uk")
    sale = {"CustomerRef": ref("1"), "Line": [sale_line(id_of(uk, "Item", "Delivery"), 1, 10)]}
    assert refused(lambda: uk.create("Invoice", sale)) == [("6000", "TaxCodeRef")]
    assert uk.create("Invoice", sale | {"GlobalTaxCalculation": "NotApplicable"})["TotalAmt"] == 10
    uk.create("Customer", {"DisplayName": "Opened", "Balance": 7, "OpenBalanceDate": "2026-01-01"})
    uk.change_settings(replace(uk.settings, vat_rate_required=False))
    assert uk.create("Invoice", sale)["TotalAmt"] == 10
