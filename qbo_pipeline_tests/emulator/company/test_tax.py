"""Tax as a company's country and preferences say: automated, by hand, none; by code elsewhere. Worked by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    balance,
    bill_line,
    id_of,
    open_company,
    ref,
    refused,
    sale_line,
    token,
)


def prefer(company: Company, **prefs: bool) -> None:
    now = company.read("Preferences", "1")
    company.update("Preferences", token(now) | {"sparse": True, "TaxPrefs": prefs})


@pytest.fixture
def by_hand() -> Company:
    """A US company with sales tax by hand: a state at 6.25 % and a city at 1.75 %, each with its agency."""
    us = open_company("us")
    prefer(us, UsingSalesTax=True, PartnerTaxEnabled=False)
    agencies = {name: us.create("TaxAgency", {"DisplayName": name})["Id"] for name in ("State", "City")}
    rates = [
        {"TaxRateName": name, "RateValue": value, "TaxAgencyId": agencies[name], "TaxApplicableOn": "Sales"}
        for name, value in (("State", "6.25"), ("City", "1.75"))
    ]
    us.create("TaxService", {"TaxCode": "Downtown", "TaxRateDetails": rates})
    return us


def sale(company: Company, *amounts: str, code: str | None = "TAX", **more: Any) -> Body:
    item = id_of(company, "Item", "Lighting" if company.read("CompanyInfo", "1")["Country"] == "US" else "Delivery")
    detail = {"TaxCodeRef": ref(code)} if code else {}
    return {"CustomerRef": ref("1"), "Line": [sale_line(item, 1, amount, **detail) for amount in amounts], **more}


def named(company: Company, **more: Any) -> Body:
    return {"TxnTaxDetail": {"TxnTaxCodeRef": ref(id_of(company, "TaxCode", "Downtown")), **more}}


def taxes(made: Body) -> list[Decimal]:
    return [line["Amount"] for line in made["TxnTaxDetail"].get("TaxLine", [])]


def test_tax_by_hand_is_charged_rate_by_rate_to_each_agency(by_hand: Company) -> None:
    made = by_hand.create("Invoice", sale(by_hand, "10.20", "9.99", **named(by_hand)))
    # 20.19 at 6.25 % = 1.261875, at 1.75 % = 0.353325
    assert (made["TotalAmt"], taxes(made)) == (Decimal("21.80"), [Decimal("1.26"), Decimal("0.35")])
    assert (balance(by_hand, "State Payable"), balance(by_hand, "City Payable")) == (Decimal("-1.26"), Decimal("-0.35"))


def test_a_form_by_hand_without_code_is_not_taxed(by_hand: Company) -> None:
    assert by_hand.create("Invoice", sale(by_hand, "100"))["TotalAmt"] == 100
    assert by_hand.create("Invoice", sale(by_hand, "100", code="NON", **named(by_hand)))["TotalAmt"] == 100
    exempt = by_hand.create("Customer", {"DisplayName": "Exempt", "Taxable": False})["Id"]
    body = sale(by_hand, "100", **named(by_hand)) | {"CustomerRef": ref(exempt)}
    assert by_hand.create("Invoice", body)["TotalAmt"] == 100


def test_a_total_of_tax_stands_and_its_lines_where_they_are_told(by_hand: Company) -> None:
    made = by_hand.create("Invoice", sale(by_hand, "100", **named(by_hand, TotalTax="9.00")))
    assert (made["TotalAmt"], sum(taxes(made))) == (109, 9)
    rates = {rate["Name"]: rate["Id"] for rate in by_hand.query("select * from TaxRate")["TaxRate"]}
    lines = [
        {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": ref(rates[name])}}
        for name, amount in (("State", "2.00"), ("City", "7.00"))
    ]
    told = by_hand.create("Invoice", sale(by_hand, "100", **named(by_hand, TotalTax="9.00", TaxLine=lines)))
    assert taxes(told) == [2, 7]


def test_a_form_names_a_code_that_is_there(by_hand: Company) -> None:
    for wrong in ("77", "TAX"):
        body = sale(by_hand, "1", TxnTaxDetail={"TxnTaxCodeRef": ref(wrong)})
        assert refused(lambda body=body: by_hand.create("Invoice", body)) == [("2500", "TxnTaxCodeRef")]  # type: ignore[misc]


def test_sales_tax_that_is_switched_off() -> None:
    us = open_company("us")
    prefer(us, UsingSalesTax=False, PartnerTaxEnabled=False)
    assert us.create("Invoice", sale(us, "100"))["TotalAmt"] == 100
    assert refused(lambda: us.create("Invoice", sale(us, "100", TxnTaxDetail={"TotalTax": 8}))) == [
        ("6000", "TxnTaxDetail")
    ]
    charged = open_company("us", tax_when_off="charge")
    prefer(charged, UsingSalesTax=False, PartnerTaxEnabled=False)
    assert charged.create("Invoice", sale(charged, "100", TxnTaxDetail={"TotalTax": 8}))["TotalAmt"] == 108
    assert refused(lambda: prefer(us, UsingSalesTax="perhaps")) == [("2230", "UsingSalesTax")]  # type: ignore[arg-type]


def test_automated_tax_is_one_percentage_unless_a_form_names_its_code() -> None:
    us = open_company("us")
    assert us.create("Invoice", sale(us, "100"))["TotalAmt"] == 108
    prefer(us, UsingSalesTax=True, PartnerTaxEnabled=True)
    code = us.create(
        "TaxService",
        {"TaxCode": "Low", "TaxRateDetails": [{"TaxRateName": "Low", "RateValue": 2, "TaxAgencyId": "1"}]},
    )
    detail = {"TxnTaxCodeRef": ref(code["TaxCodeId"])}
    assert us.create("Invoice", sale(us, "100", TxnTaxDetail=detail))["TotalAmt"] == 102


# Code, method, what a bill and an invoice of 120.00 come to.
REVERSED = [
    ("uk", "20.0% RC SG", "TaxExcluded"),
    ("uk", "20.0% RC CIS", "TaxInclusive"),
    ("eu", "20.0% RC", "TaxExcluded"),
]


@pytest.mark.parametrize(("seed", "code", "method"), REVERSED)
def test_reverse_charge(seed: str, code: str, method: str) -> None:
    """The buyer owes 20 % of 120.00 and gets it back: both stand in the summary, and nothing is added to pay."""
    company = open_company(seed)
    id = id_of(company, "TaxCode", code)
    item = id_of(company, "Item", "Delivery")
    line = bill_line(item, 1, 120, TaxCodeRef=ref(id))
    day = {"TxnDate": "2026-02-02"}
    body = {"VendorRef": ref("1"), "Line": [line], "GlobalTaxCalculation": method} | day
    made = company.create("Bill", body)
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"], taxes(made)) == (120, 0, [24, -24])
    agency = company.query("select * from TaxAgency")["TaxAgency"][0]["DisplayName"]
    assert balance(company, f"{agency} Payable") == 0
    posted = company.store.rows("SELECT SUM(home > 0), SUM(home < 0) FROM lines WHERE txn = ?", (int(made["Id"]),))
    assert posted == [(2, 2)], "cost and tax got back, payable and tax owed"
    report = company.report("TaxSummary", {"start_date": "2026-02-01", "end_date": "2026-02-28"})
    shown = [row["ColData"][2]["value"] for row in report["Rows"]["Row"][0]["Rows"]["Row"]]
    assert sorted(shown) == ["-24.00", "24.00"]
    sold = company.create("Invoice", sale(company, "120", code=id, GlobalTaxCalculation=method) | day)
    assert (sold["TotalAmt"], sold["TxnTaxDetail"]["TotalTax"]) == (120, 0)
    again = company.update("Bill", made)
    assert (again["TotalAmt"], taxes(again)) == (120, [24, -24]), "what is read may be sent back"


ROUNDING = [("total", "TaxExcluded", "0.41"), ("line", "TaxExcluded", "0.42"), ("total", "TaxInclusive", "0.33")]


@pytest.mark.parametrize(("rounding", "method", "tax"), ROUNDING)
def test_rounding_by_line_and_in_total(rounding: str, method: str, tax: str) -> None:
    """Three times 0.68 at 20 %: 0.136 a line is 0.14, 0.408 in all is 0.41; of 0.68 with tax it is 0.1133, or 0.11."""
    uk = open_company("uk", tax_rounding=rounding)
    code = id_of(uk, "TaxCode", "20.0% S")
    made = uk.create("Invoice", sale(uk, "0.68", "0.68", "0.68", code=code, GlobalTaxCalculation=method))
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal(tax)


GROUPS = [
    ("TaxExcluded", "100.10", "125.13", ["20.02", "5.01"]),
    ("TaxInclusive", "125.13", "125.13", ["20.02", "5.01"]),
]


@pytest.mark.parametrize("seed", ["uk", "eu"])
@pytest.mark.parametrize(("method", "amount", "total", "parts"), GROUPS)
def test_a_code_of_two_rates(seed: str, method: str, amount: str, total: str, parts: list[str]) -> None:
    """100.10 at 20 % is 20.02, at 5 % 5.005; with both it is 125.13 in all, whichever way it is told."""
    company = open_company(seed)
    agency = company.query("select * from TaxAgency")["TaxAgency"][0]["Id"]
    rates = [
        {"TaxRateName": f"Part {value}", "RateValue": value, "TaxAgencyId": agency, "TaxApplicableOn": "Sales"}
        for value in (20, 5)
    ]
    code = company.create("TaxService", {"TaxCode": "Both", "TaxRateDetails": rates})["TaxCodeId"]
    made = company.create("Invoice", sale(company, amount, code=code, GlobalTaxCalculation=method))
    assert (made["TotalAmt"], taxes(made)) == (Decimal(total), [Decimal(part) for part in parts])
