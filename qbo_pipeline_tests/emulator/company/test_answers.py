"""Answers as full as the recorded ones: what the request left out and QBO fills in."""

from __future__ import annotations

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    account,
    expense_line,
    id_of,
    open_company,
    ref,
    sale_line,
    token,
)

HOME = {"Line1": "1 Elm Street", "City": "Springfield"}


@pytest.fixture(scope="module")
def us() -> Company:
    return open_company("us")


def customer(us: Company, name: str, **more: object) -> Body:
    return us.create("Customer", {"DisplayName": name, **more})


def sale(us: Company, id: str, **more: object) -> Body:
    return us.create(
        "Invoice", {"CustomerRef": ref(id), "Line": [sale_line(id_of(us, "Item", "Design"), 1, 10)], **more}
    )


def test_an_invoice_takes_the_customers_addresses_and_their_ids(us: Company) -> None:
    made = customer(us, "Addressed", BillAddr=HOME, ShipAddr={**HOME, "Line1": "2 Oak"})
    assert made["BillAddr"]["Id"] != made["ShipAddr"]["Id"]
    invoice = sale(us, made["Id"])
    assert (invoice["BillAddr"], invoice["ShipAddr"]) == (made["BillAddr"], made["ShipAddr"])
    own = sale(us, made["Id"], BillAddr={"Line1": "elsewhere"})["BillAddr"]
    assert own["Line1"] == "elsewhere"
    assert own["Id"] not in (made["BillAddr"]["Id"], made["ShipAddr"]["Id"])
    assert "BillAddr" not in sale(us, customer(us, "Nowhere")["Id"])


def test_an_invoice_tells_its_flags(us: Company) -> None:
    made = sale(us, "1")
    told = ("AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment")
    assert {name: made[name] for name in (*told, "ApplyTaxAfterDiscount")} == dict.fromkeys(
        (*told, "ApplyTaxAfterDiscount"), False
    )
    assert (made["EmailStatus"], made["PrintStatus"], made["CustomField"]) == ("NotSet", "NeedToPrint", [])
    assert sale(us, "1", EmailStatus="NeedToSend")["EmailStatus"] == "NeedToSend"
    estimate = {"CustomerRef": ref("1"), "Line": made["Line"][:1]}
    assert "AllowIPNPayment" not in us.create("Estimate", estimate)


def test_us_lines_say_that_they_are_not_taxed(us: Company) -> None:
    assert sale(us, "1")["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    line = expense_line(account(us, "Advertising"), 5)
    detail = us.create("Bill", {"VendorRef": ref("1"), "Line": [line]})["Line"][0]["AccountBasedExpenseLineDetail"]
    assert (detail["TaxCodeRef"], detail["BillableStatus"]) == ({"value": "NON"}, "NotBillable")
    eu = open_company("eu")
    item = id_of(eu, "Item", "Delivery")
    made = eu.create("Invoice", {"CustomerRef": ref("1"), "Line": [sale_line(item, 1, 10)]})
    assert "TaxCodeRef" not in made["Line"][0]["SalesItemLineDetail"]


def test_references_and_links_that_were_recorded_bare(us: Company) -> None:
    vendor = us.create("Vendor", {"DisplayName": "On terms", "TermRef": ref("1")})
    assert vendor["TermRef"] == ref("1")
    assert us.create("Customer", {"DisplayName": "Taxed"})["DefaultTaxCodeRef"].keys() == {"value"}
    line = {"Line": [sale_line(id_of(us, "Item", "Design"), 1, 10)]}
    receipt = us.create("SalesReceipt", line)
    assert "LinkedTxn" not in receipt
    assert us.create("Invoice", line | {"CustomerRef": ref("1")})["LinkedTxn"] == []
    linked = [{"TxnId": receipt["Id"], "TxnType": "SalesReceipt", "TxnLineId": "0"}]
    bank = {"DepositToAccountRef": account(us, "Checking")}
    deposit = us.create("Deposit", bank | {"Line": [{"Amount": 10, "LinkedTxn": linked}]})
    assert us.read("SalesReceipt", receipt["Id"])["LinkedTxn"] == [{"TxnId": deposit["Id"], "TxnType": "Deposit"}]


def test_a_void_keeps_its_tax_detail(us: Company) -> None:
    made = sale(us, "1")
    assert us.void("Invoice", token(made))["TxnTaxDetail"] == {"TotalTax": 0}


def test_customers_have_a_tax_code_and_only_jobs_have_a_level(us: Company) -> None:
    top = customer(us, "Top")
    own = id_of(us, "TaxCode", "California")
    assert top["DefaultTaxCodeRef"] == {"value": own}
    assert "Level" not in top
    assert customer(us, "Job", ParentRef=ref(top["Id"]), Job=True)["Level"] == 1
    assert "DefaultTaxCodeRef" not in customer(us, "Exempt", Taxable=False)
    assert "DefaultTaxCodeRef" not in customer(open_company("empty"), "Untaxed")


def test_attachments_say_whether_they_are_sent(us: Company) -> None:
    link = {"EntityRef": {"type": "Customer", "value": "1"}}
    made = us.create("Attachable", {"Note": "hello", "AttachableRef": [link]})
    assert made["AttachableRef"] == [link | {"IncludeOnSend": False}]


def test_preferences_tell_the_texts_of_mails(us: Company) -> None:
    texts = us.read("Preferences", "1")["EmailMessagesPrefs"]
    assert set(texts) == {"InvoiceMessage", "EstimateMessage", "SalesReceiptMessage", "StatementMessage"}


def test_a_new_company_has_whole_addresses_and_preferences(us: Company) -> None:
    company = us.read("CompanyInfo", "1")
    named = [company[name] for name in ("CompanyAddr", "CustomerCommunicationAddr", "LegalAddr")]
    assert all(
        {"Id", "Line1", "City", "PostalCode", "CountrySubDivisionCode", "Country"} == set(each) for each in named
    )
    assert len({each["Id"] for each in named}) == 3
    prefs = us.read("Preferences", "1")
    fields = [field["Name"] for field in prefs["SalesFormsPrefs"]["CustomField"][0]["CustomField"]]
    assert fields == [f"SalesFormsPrefs.UseSalesCustom{n}" for n in (1, 2, 3)]
    assert (prefs["SalesFormsPrefs"]["ETransactionEnabledStatus"], prefs["TimeTrackingPrefs"]["ShowBillRateToAll"]) == (
        *("NotApplicable", False),
    )


def test_custom_fields_that_are_in_use_stand_on_every_sales_form() -> None:
    us = open_company("us")
    now = us.read("Preferences", "1")
    used = [
        {"Name": "SalesFormsPrefs.UseSalesCustom1", "Type": "BooleanType", "BooleanValue": True},
        {"Name": "SalesFormsPrefs.UseSalesCustom2", "Type": "BooleanType", "BooleanValue": False},
    ]
    names = [{"Name": "SalesFormsPrefs.SalesCustomName1", "Type": "StringType", "StringValue": "Crew #"}]
    prefs = {"SalesFormsPrefs": {"CustomField": [{"CustomField": used}, {"CustomField": names}]}}
    us.update("Preferences", token(now) | {"sparse": True, **prefs})
    crew = {"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}
    assert sale(us, "1")["CustomField"] == [crew]
    made = sale(us, "1", CustomField=[{"DefinitionId": "1", "StringValue": "7"}])
    assert made["CustomField"] == [crew | {"StringValue": "7"}]
    assert (
        us.update("Invoice", token(made) | {"sparse": True, "PrivateNote": "x"})["CustomField"] == made["CustomField"]
    )
