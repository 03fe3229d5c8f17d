"""Billable expenses, the charges QBO makes of them, and the invoice that bills them; tax paid and tax classes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    account,
    balance,
    bill_line,
    expense_line,
    id_of,
    open_company,
    ref,
    refused,
    token,
)


@pytest.fixture
def us() -> Company:
    return open_company("us")


UNTAXED: Body = {"GlobalTaxCalculation": "NotApplicable"}


def billable(us: Company, **more: object) -> Body:
    customer = ref(id_of(us, "Customer", "Cool Cars"))
    return expense_line(account(us, "Telephone"), 10, BillableStatus="Billable", CustomerRef=customer, **more)


def bill(us: Company, *lines: Body) -> Body:
    made: Body = us.create("Bill", {"VendorRef": ref(id_of(us, "Vendor", "Cal Telephone")), "Line": list(lines)})
    return made


def charges(us: Company, where: str = "") -> list[Body]:
    found: list[Body] = us.query(f"select * from ReimburseCharge{where}").get("ReimburseCharge", [])
    return found


def test_a_charge_for_each_billable_line(us: Company) -> None:
    made = bill(us, billable(us, MarkupInfo={"Percent": 900}), expense_line(account(us, "Telephone"), 5))
    (charge,) = charges(us, " where HasBeenInvoiced = false")
    assert charge["Amount"] == 100
    assert [line["Amount"] for line in charge["Line"]] == [10, 90], "what was spent, and the markup"
    assert charge["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Bill", "TxnLineId": "1"}]
    assert charge["Line"][1]["Description"] == "900% markup"
    assert made["LinkedTxn"] == [{"TxnId": charge["Id"], "TxnType": "ReimburseCharge"}]
    assert us.read("ReimburseCharge", charge["Id"]) == charge
    assert sum(row["balance"] for row in us.accounts()) == 0
    assert charges(us, f" where CustomerRef = '{charge['CustomerRef']['value']}'") == [charge]
    assert refused(lambda: us.create("ReimburseCharge", {})) == [("500", "")]
    assert refused(lambda: us.delete("ReimburseCharge", token(charge))) == [("500", "")]


def test_it_follows_its_line(us: Company) -> None:
    made = bill(us, billable(us))
    (first,) = charges(us)
    made["Line"][0]["Amount"] = 12
    made = us.update("Bill", made)
    (second,) = charges(us)
    assert (second["Id"], second["Amount"], second["SyncToken"]) == (first["Id"], 12, "1")
    made["Line"][0]["AccountBasedExpenseLineDetail"]["BillableStatus"] = "NotBillable"
    made = us.update("Bill", made)
    assert charges(us) == []
    made["Line"][0]["AccountBasedExpenseLineDetail"]["BillableStatus"] = "Billable"
    made = us.update("Bill", made)
    assert len(charges(us)) == 1
    us.delete("Bill", token(made))
    assert charges(us) == []


def test_the_invoice_that_bills_it_and_its_end(us: Company) -> None:
    made = bill(us, billable(us), billable(us, MarkupInfo={"PercentBased": True, "Value": 50}))
    customer = id_of(us, "Customer", "Cool Cars")
    owed = balance(us, "Accounts Receivable (A/R)")
    invoice = us.invoice_charges(customer)
    assert (invoice["TotalAmt"], balance(us, "Accounts Receivable (A/R)") - owed) == (25, 25)
    assert balance(us, "Billable Expense Income") == -25
    ids = [charge["Id"] for charge in charges(us, " where HasBeenInvoiced = true")]
    assert [link["TxnId"] for link in invoice["LinkedTxn"]] == ids
    assert all(c["LinkedTxn"] == [{"TxnId": invoice["Id"], "TxnType": "Invoice"}] for c in charges(us))
    now = us.read("Bill", made["Id"])
    assert {line["AccountBasedExpenseLineDetail"]["BillableStatus"] for line in now["Line"]} == {"HasBeenBilled"}
    assert us.update("Bill", now | {"PrivateNote": "sent back"})["TotalAmt"] == 20, "what is read may be sent back"
    changed = us.update("Invoice", invoice | {"PrivateNote": "kept"})
    assert [link["TxnId"] for link in changed["LinkedTxn"]] == ids, "an update of the invoice keeps them"
    assert refused(lambda: us.invoice_charges(customer)) == [("6000", "")]
    us.delete("Invoice", token(changed))
    assert len(charges(us, " where HasBeenInvoiced = false")) == 2
    freed = us.read("Bill", made["Id"])
    assert {line["AccountBasedExpenseLineDetail"]["BillableStatus"] for line in freed["Line"]} == {"Billable"}


def test_expenses_items_and_what_is_refused(us: Company) -> None:
    customer = ref(id_of(us, "Customer", "Cool Cars"))
    pump = bill_line(id_of(us, "Item", "Lighting"), 3, 9, BillableStatus="Billable", CustomerRef=customer)
    us.create("Purchase", {"AccountRef": account(us, "Checking"), "PaymentType": "Check", "Line": [pump]})
    (charge,) = charges(us)
    detail = charge["Line"][0]["ReimburseLineDetail"]
    assert (charge["Amount"], detail["Qty"], detail["ItemRef"]["name"]) == (27, 3, "Lighting")
    assert charge["LinkedTxn"][0]["TxnType"] == "Check"
    invoice = us.invoice_charges(customer["value"])
    assert invoice["Line"][0]["SalesItemLineDetail"]["Qty"] == 3
    told = expense_line(account(us, "Telephone"), 5, BillableStatus="HasBeenBilled", CustomerRef=customer)
    assert refused(lambda: bill(us, told)) == [("2170", "BillableStatus")]
    nobody = expense_line(account(us, "Telephone"), 5, BillableStatus="Billable")
    assert refused(lambda: bill(us, nobody)) == [("6000", "CustomerRef")]


def test_a_charge_is_invoiced_in_the_customers_currency() -> None:
    """50.00 GBP for a customer in USD at 0.79 GBP is 63.29 USD, and 50.00 GBP on the books."""
    uk = open_company("uk")
    customer = ref(id_of(uk, "Customer", "Boston Outfitters"))
    line = expense_line(account(uk, "Telephone"), 50, BillableStatus="Billable", CustomerRef=customer)
    uk.create("Purchase", {"AccountRef": account(uk, "Checking"), "PaymentType": "Cash", "Line": [line]} | UNTAXED)
    invoice = uk.invoice_charges(customer["value"])
    assert (invoice["CurrencyRef"]["value"], invoice["TotalAmt"], invoice["HomeTotalAmt"]) == (
        "USD",
        Decimal("63.29"),
        50,
    )


def test_a_merged_customer_takes_the_charges_along(us: Company) -> None:
    bill(us, billable(us))
    gone, kept = id_of(us, "Customer", "Cool Cars"), id_of(us, "Customer", "Sushi by the Sea")
    us.merge_customers(gone, kept)
    assert charges(us)[0]["CustomerRef"]["name"] == "Sushi by the Sea"
    assert us.invoice_charges(kept)["TotalAmt"] == 10


def test_vat_paid_and_got_back() -> None:
    uk = open_company("uk")
    bank = account(uk, "Checking")["value"]
    paid = uk.pay_tax("1", bank, Decimal("120.50"), memo="first quarter")
    assert (paid["PaymentAmount"], paid["Refund"], paid["Description"]) == (Decimal("120.50"), False, "first quarter")
    uk.pay_tax("1", bank, Decimal("20.50"), refund=True)
    assert balance(uk, "Checking") == -100
    found = uk.query("select * from TaxPayment where PaymentAmount > '100'")["TaxPayment"]
    assert found == [uk.read("TaxPayment", paid["Id"])] == [paid]
    assert refused(lambda: uk.create("TaxPayment", {})) == [("500", "")]
    assert refused(lambda: uk.pay_tax("1", account(uk, "Rent or Lease")["value"], Decimal(1))) == [
        ("6430", "PaymentAccountRef")
    ]
    us = open_company("us")
    assert refused(lambda: us.pay_tax("1", account(us, "Checking")["value"], Decimal(1))) == [("5020", "")]
