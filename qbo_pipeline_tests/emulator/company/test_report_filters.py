"""Filters of reports by what documents say of themselves, and the sections of lists of transactions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qbo_pipeline.emulator.company.company import Company
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
)

EVER = {"start_date": "2027-01-01", "end_date": "2027-12-31"}


@pytest.fixture(scope="module")
def us() -> Iterator[Company]:
    """Documents of 2027, each known by its number; the last of them is made a day later than the rest."""
    clock = Clock()
    company = open_company("us", clock=clock)
    customer, vendor = ref(id_of(company, "Customer", "Cool Cars")), ref(id_of(company, "Vendor", "Cal Telephone"))
    line = [sale_line(id_of(company, "Item", "Design"), 1, 100)]
    cost = [expense_line(account(company, "Telephone"), 40)]
    checking, card = account(company, "Checking"), account(company, "Mastercard")
    field = {"DefinitionId": "1", "Name": "Crew", "Type": "StringType", "StringValue": "North"}

    def make(entity: str, number: str, day: str, **body: object) -> Body:
        return company.create(entity, {"DocNumber": number, "TxnDate": day, **body})

    sold = make("Invoice", "paid", "2027-01-10", CustomerRef=customer, Line=line, DueDate="2027-02-01",
                PrintStatus="PrintComplete", CustomField=[field])  # fmt: skip
    make("Invoice", "open", "2027-04-11", CustomerRef=customer, Line=line,
         SalesTermRef=ref(id_of(company, "Term", "Net 60")), ShipMethodRef=ref("Barge"),
         PrivateNote="by water")  # fmt: skip
    link = {"Amount": 100, "LinkedTxn": [{"TxnId": sold["Id"], "TxnType": "Invoice"}]}
    cash = ref(id_of(company, "PaymentMethod", "Cash"))
    company.create(
        "Payment", {"CustomerRef": customer, "TotalAmt": 100, "Line": [link],
                    "TxnDate": "2027-01-20", "PaymentMethodRef": cash}
    )  # fmt: skip
    make("SalesReceipt", "counter", "2027-02-02", CustomerRef=customer, Line=line, PaymentMethodRef=cash)
    make("Bill", "bill", "2027-03-03", VendorRef=vendor, Line=cost)
    make("Purchase", "by check", "2027-03-04", PaymentType="Check", AccountRef=checking, Line=cost)
    make("Purchase", "by card", "2027-03-05", PaymentType="CreditCard", AccountRef=card, Line=cost)
    make("Purchase", "back", "2027-03-06", PaymentType="CreditCard", AccountRef=card, Credit=True, Line=cost)
    clock.forward(days=1)
    make("JournalEntry", "late", "2027-05-05", **journal(account(company, "Rent or Lease"), checking, 7))
    yield company
    company.close()


# A payment has no number.
LISTED = [
    ({"transaction_type": "Check"}, "by check"),
    ({"transaction_type": "CreditCardCharge, CreditCardCredit"}, "by card, back"),
    ({"transaction_type": "ReceivePayment,Bill"}, ", bill"),
    ({"transaction_type": "Service Tax Refund,Statement"}, ""),
    ({"term": "4"}, "open"),
    ({"memo": "By Water"}, "open"),
    ({"payment_method": "Cash"}, ", counter"),
    ({"printed": "Printed"}, "paid"),
    ({"arpaid": "Paid"}, "paid, "),
    ({"arpaid": "Unpaid"}, "open"),
    ({"appaid": "Unpaid"}, "bill"),
    ({"appaid": "All"}, "paid, , counter, bill, by check, by card, back, open, late"),
    ({"bothamount": "7.00"}, "late"),
    ({"source_account_type": "Bank"}, "by check"),
    ({"cleared": "Reconciled"}, ""),
    ({"start_duedate": "2027-02-01", "end_duedate": "2027-02-02"}, "paid, counter"),
    ({"start_createdate": "2026-03-16"}, "late"),
    ({"moddate_macro": "Yesterday", "transaction_type": "Bill"}, "bill"),
]


@pytest.mark.parametrize(("params", "numbers"), LISTED, ids=lambda value: str(value)[:40])
def test_transactions_by_what_they_say(us: Company, params: dict[str, str], numbers: str) -> None:
    found = us.report("TransactionList", EVER | params)["Rows"].get("Row", [])
    assert ", ".join(row["ColData"][2]["value"] for row in found) == numbers


def test_by_name_whichever_list_it_is_of(us: Company) -> None:
    customer, vendor = id_of(us, "Customer", "Cool Cars"), id_of(us, "Vendor", "Cal Telephone")
    found = us.report("TransactionListWithSplits", EVER | {"name": f"{customer},{vendor}"})["Rows"]["Row"]
    kinds = {row["Header"]["ColData"][1]["value"] for row in found}
    assert {"Invoice", "Bill"} <= kinds
    assert "Journal Entry" not in kinds


SECTIONS = [
    ("Transaction Type", ["Bill", "Check", "Credit Card Credit", "Expense", "Invoice", "Journal Entry", "Payment"]),
    ("Payment Method", ["Cash", "Not Specified"]),
    ("Quarter", ["Jan - Mar, 2027", "Apr - Jun, 2027"]),
    ("Vendor", ["Cal Telephone", "Not Specified"]),
]


@pytest.mark.parametrize(("word", "titles"), SECTIONS, ids=lambda value: str(value)[:20])
def test_sections_of_a_list(us: Company, word: str, titles: list[str]) -> None:
    found = us.report("TransactionList", EVER | {"group_by": word})["Rows"]["Row"]
    assert [row["Header"]["ColData"][0]["value"] for row in found][: len(titles)] == titles
    assert sum(len(row["Rows"]["Row"]) for row in found) == 9
    months = us.report("TransactionListByCustomer", EVER | {"group_by": "Month"})["Rows"]["Row"]
    assert [row["Header"]["ColData"][0]["value"] for row in months] == ["Jan 2027", "Feb 2027", "Apr 2027"]


OPEN = [
    ({}, "open"),
    ({"arpaid": "Paid"}, ""),
    ({"arpaid": "Unpaid"}, "open"),
    ({"term": "4"}, "open"),
    ({"term": "1"}, ""),
    ({"shipvia": "barge"}, "open"),
    ({"custom1": "north"}, ""),
    ({"end_duedate": "2027-06-09"}, ""),
    ({"start_duedate": "2027-06-10"}, "open"),
]


@pytest.mark.parametrize(("params", "numbers"), OPEN, ids=lambda value: str(value)[:40])
def test_open_documents_by_what_they_say(us: Company, params: dict[str, str], numbers: str) -> None:
    cars = {"customer": id_of(us, "Customer", "Cool Cars"), "report_date": "2027-12-31"}
    for name in ("AgedReceivableDetail", "CustomerBalanceDetail"):
        sections = us.report(name, cars | params)["Rows"].get("Row", [])
        found = [row["ColData"][2]["value"] for each in sections for row in each.get("Rows", {}).get("Row", [])]
        assert ", ".join(found) == numbers, name
    early = us.report("AgedReceivableDetail", cars | {"report_date": "2027-01-15", "custom1": "North"})["Rows"]["Row"]
    assert early[0]["Rows"]["Row"][0]["ColData"][2]["value"] == "paid"


def test_lines_of_statements_by_document(us: Company) -> None:
    paid = us.report("ProfitAndLossDetail", EVER | {"payment_method": "Cash"})["Rows"]["Row"]
    assert paid[-1]["Summary"]["ColData"][6]["value"] == "100.00"
    sold = us.report("ItemSales", EVER | {"end_duedate": "2027-02-01"})["Rows"]["Row"]
    assert [cell["value"] for cell in sold[0]["ColData"][:3]] == ["Design", "1", "100.00"]
    income = us.report("CustomerIncome", EVER | {"term": "4"})["Rows"]["Row"]
    assert [cell["value"] for cell in income[-1]["Summary"]["ColData"]] == ["TOTAL", "100.00", ".00", "100.00"]
    banked = us.report("GeneralLedger", EVER | {"source_account_type": "Bank"})["Rows"]["Row"]
    moved = {row["Header"]["ColData"][0]["value"]: len(row["Rows"]["Row"]) for row in banked if row["Rows"]["Row"]}
    assert moved["Utilities:Telephone"] == 1
    assert "Mastercard" not in moved
    newest = us.report("ProfitAndLossDetail", EVER | {"sort_by": "tx_date", "sort_order": "descend"})["Rows"]["Row"][0]
    days = [row["ColData"][0]["value"] for row in newest["Rows"]["Row"][0]["Rows"]["Row"][0]["Rows"]["Row"]]
    assert days == ["2027-04-11", "2027-02-02", "2027-01-10"]


def test_accounts_by_when_they_were_made(us: Company) -> None:
    assert us.report("AccountList", {"end_createdate": "2026-03-14"})["Rows"] == {}
    every = us.report("AccountList", {})["Rows"]["Row"]
    assert us.report("AccountList", {"createdate_macro": "Yesterday"})["Rows"]["Row"] == every


def test_vendors_in_detail_by_column_and_as_late_as_today() -> None:
    us = open_company("us")
    vendor = ref(id_of(us, "Vendor", "Books by the Bay"))
    for number, day, amount in (("a", "2026-01-05", 9), ("b", "2026-02-05", 80)):
        line = [expense_line(account(us, "Telephone"), amount)]
        us.create("Bill", {"VendorRef": vendor, "DocNumber": number, "TxnDate": day, "DueDate": day, "Line": line})
    asked = {"vendor": vendor["value"], "report_date": "2026-02-10", "columns": "doc_num,past_due,subt_open_bal"}

    def rows(**more: str) -> list[list[str]]:
        section = us.report("VendorBalanceDetail", asked | more)["Rows"]["Row"][0]
        return [[cell["value"] for cell in row["ColData"]] for row in section["Rows"]["Row"]]

    assert rows() == [["a", "36", "9.00"], ["b", "5", "80.00"]]
    assert rows(sort_by="subt_open_bal", sort_order="descend") == [["b", "5", "80.00"], ["a", "36", "9.00"]]
    assert rows(aging_method="Current") == [["a", "69", "9.00"], ["b", "38", "80.00"]]
    assert refused(lambda: us.report("VendorBalanceDetail", {"aging_method": "Guess"})) == [("2170", "aging_method")]
