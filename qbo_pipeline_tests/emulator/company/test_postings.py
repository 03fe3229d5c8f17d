"""What documents do to the books: totals, tax, currencies, payments, links, stock. Expected numbers worked by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    Clock,
    account,
    balance,
    bill_line,
    expense_line,
    id_of,
    journal,
    journal_line,
    open_company,
    ref,
    refused,
    sale_line,
    stock_item,
    token,
)


@pytest.fixture
def us() -> Company:
    return open_company("us")


def invoice(company: Company, customer: str, *lines: Body, **more: object) -> Body:
    return company.create(
        "Invoice", {"CustomerRef": ref(id_of(company, "Customer", customer)), "Line": list(lines), **more}
    )


def bill(company: Company, vendor: str, *lines: Body, **more: object) -> Body:
    return company.create("Bill", {"VendorRef": ref(id_of(company, "Vendor", vendor)), "Line": list(lines), **more})


def applied(amount: object, made: Body, kind: str) -> Body:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": kind}]}


def test_automated_sales_tax_is_charged_on_taxable_lines_alone(us: Company) -> None:
    pump, design = id_of(us, "Item", "Lighting"), id_of(us, "Item", "Design")
    made = invoice(us, "Cool Cars", sale_line(pump, 3, "15.55", TaxCodeRef=ref("TAX")), sale_line(design, 1, 100))
    # 46.65 at 8 % = 3.732
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("3.73")
    assert made["TotalAmt"] == Decimal("150.38")
    assert balance(us, "California Department of Tax and Fee Administration Payable") == Decimal("-3.73")
    given = {"TxnTaxDetail": {"TotalTax": "4.10"}}
    other = invoice(us, "Cool Cars", sale_line(pump, 3, "15.55", TaxCodeRef=ref("TAX")), **given)
    assert other["TotalAmt"] == Decimal("50.75")


VAT = [
    ("TaxExcluded", "120.00", "20.00", "100.00"),
    ("TaxInclusive", "100.00", "16.67", "83.33"),
    ("NotApplicable", "100.00", "0", "100.00"),
]


@pytest.mark.parametrize(("method", "total", "tax", "net"), VAT)
def test_value_added_tax_outside_the_us(method: str, total: str, tax: str, net: str) -> None:
    uk = open_company("uk")
    lamp, code = id_of(uk, "Item", "Delivery"), id_of(uk, "TaxCode", "20.0% S")
    made = invoice(uk, "Harbour Books", sale_line(lamp, 1, 100, TaxCodeRef=ref(code)), GlobalTaxCalculation=method)
    assert made["TotalAmt"] == Decimal(total)
    assert balance(uk, "Services") == -Decimal(net)
    assert balance(uk, "HMRC Payable") == -Decimal(tax)
    again = uk.update("Invoice", made)
    assert (again["TotalAmt"], again["SyncToken"]) == (made["TotalAmt"], "1")


def test_input_tax_is_a_debit_of_the_agency() -> None:
    uk = open_company("uk")
    code = id_of(uk, "TaxCode", "5.0% R")
    line = expense_line(account(uk, "Purchases"), 200, TaxCodeRef=ref(code))
    made = bill(uk, "City Fabrics", line, GlobalTaxCalculation="TaxExcluded")
    assert (made["TotalAmt"], balance(uk, "HMRC Payable")) == (210, 10)


def test_realised_exchange_gain_when_a_foreign_invoice_is_paid() -> None:
    eu = open_company("eu")
    item = id_of(eu, "Item", "Assembly")
    made = invoice(eu, "Boston Outfitters", sale_line(item, 1, 1000), ExchangeRate="0.90", TxnDate="2026-01-10")
    assert (made["CurrencyRef"]["value"], made["HomeTotalAmt"], made["HomeBalance"]) == ("USD", 900, 900)
    assert balance(eu, "Accounts Receivable (A/R) - USD") == 900
    payment = {"CustomerRef": made["CustomerRef"], "TotalAmt": 1000, "ExchangeRate": "0.95", "TxnDate": "2026-02-10"}
    paid = eu.create(
        "Payment",
        payment | {"Line": [applied(1000, made, "Invoice")], "DepositToAccountRef": account(eu, "USD Account")},
    )
    assert balance(eu, "Accounts Receivable (A/R) - USD") == 0
    assert balance(eu, "USD Account") == 950
    assert balance(eu, "Exchange Gain or Loss") == -50
    # The invoice turns out to have been at another rate: the payment is posted anew.
    eu.update("Invoice", token(eu.read("Invoice", made["Id"])) | {"sparse": True, "ExchangeRate": "0.97"})
    assert balance(eu, "Accounts Receivable (A/R) - USD") == 0
    assert balance(eu, "Exchange Gain or Loss") == 20
    eu.delete("Payment", token(paid))
    assert (balance(eu, "Exchange Gain or Loss"), balance(eu, "Accounts Receivable (A/R) - USD")) == (0, 970)


def test_partial_payments_and_a_credit_memo_close_an_invoice(us: Company) -> None:
    design = id_of(us, "Item", "Design")
    made = invoice(us, "Cool Cars", sale_line(design, 1, 100))
    credit = us.create("CreditMemo", {"CustomerRef": made["CustomerRef"], "Line": [sale_line(design, 1, 30)]})
    us.create("Payment", {"CustomerRef": made["CustomerRef"], "TotalAmt": 60, "Line": [applied(50, made, "Invoice")]})
    assert us.read("Invoice", made["Id"])["Balance"] == 50
    assert us.read("Customer", made["CustomerRef"]["value"])["Balance"] == 10
    lines = [applied(30, made, "Invoice"), applied(30, credit, "CreditMemo")]
    us.create("Payment", {"CustomerRef": made["CustomerRef"], "TotalAmt": 0, "Line": lines})
    now = us.read("Invoice", made["Id"])
    assert (now["Balance"], us.read("CreditMemo", credit["Id"])["RemainingCredit"]) == (20, 0)
    assert [x["TxnType"] for x in now["LinkedTxn"]] == ["Payment", "Payment"]


def test_void_of_a_paid_invoice_leaves_the_payment_unapplied(us: Company) -> None:
    made = invoice(us, "Cool Cars", sale_line(id_of(us, "Item", "Design"), 1, 100))
    paid = us.create(
        "Payment", {"CustomerRef": made["CustomerRef"], "TotalAmt": 100, "Line": [applied(100, made, "Invoice")]}
    )
    voided = us.void("Invoice", token(us.read("Invoice", made["Id"])))
    assert (voided["TotalAmt"], voided["Balance"], voided["PrivateNote"]) == (0, 0, "Voided")
    assert us.read("Payment", paid["Id"])["UnappliedAmt"] == 100
    refusing = open_company("us", void_of_paid_invoice="refuse")
    other = invoice(refusing, "Cool Cars", sale_line(id_of(refusing, "Item", "Design"), 1, 100))
    refusing.create(
        "Payment", {"CustomerRef": other["CustomerRef"], "TotalAmt": 100, "Line": [applied(100, other, "Invoice")]}
    )
    assert refused(lambda: refusing.void("Invoice", token(refusing.read("Invoice", other["Id"])))) == [("6450", "")]


def test_purchase_order_is_closed_by_its_bill_and_opened_again(us: Company) -> None:
    line = bill_line(id_of(us, "Item", "Rock Fountain"), 2, 125)
    order = us.create("PurchaseOrder", {"VendorRef": ref(id_of(us, "Vendor", "Hicks Hardware")), "Line": [line]})
    assert order["POStatus"] == "Open"
    linked = line | {"LinkedTxn": [{"TxnId": order["Id"], "TxnType": "PurchaseOrder", "TxnLineId": "1"}]}
    made = bill(us, "Hicks Hardware", linked)
    closed = us.read("PurchaseOrder", order["Id"])
    assert (closed["POStatus"], closed["LinkedTxn"]) == ("Closed", [{"TxnId": made["Id"], "TxnType": "Bill"}])
    us.delete("Bill", token(made))
    assert us.read("PurchaseOrder", order["Id"])["POStatus"] == "Open"
    again = bill(us, "Hicks Hardware", linked)
    us.delete("PurchaseOrder", token(us.read("PurchaseOrder", order["Id"])))
    kept = us.update("Bill", us.read("Bill", again["Id"]))
    assert (kept["TotalAmt"], kept["Line"][0].get("LinkedTxn")) == (250, [])


def test_purchases_and_sales_layers_as_in_the_services_own_example(us: Company) -> None:
    """Buy 20 at 6 and 30 at 7; sell 15, then 20: cost of goods 90, then 135."""
    item = stock_item(us, "Widget")
    bill(us, "Hicks Hardware", bill_line(item, 20, 6), TxnDate="2026-01-05")
    bill(us, "Hicks Hardware", bill_line(item, 30, 7), TxnDate="2026-01-06")
    before = balance(us, "Cost of Goods Sold")
    invoice(us, "Cool Cars", sale_line(item, 15, 10), TxnDate="2026-01-10")
    assert balance(us, "Cost of Goods Sold") - before == 90
    invoice(us, "Cool Cars", sale_line(item, 20, 10), TxnDate="2026-01-11")
    assert balance(us, "Cost of Goods Sold") - before == 90 + 135
    assert us.read("Item", item)["QtyOnHand"] == 15


def test_late_bill_costs_earlier_sales_anew(us: Company) -> None:
    item = stock_item(us, "Widget")
    before = balance(us, "Cost of Goods Sold")
    bill(us, "Hicks Hardware", bill_line(item, 10, 6), TxnDate="2026-02-01")
    invoice(us, "Cool Cars", sale_line(item, 5, 10), TxnDate="2026-02-10")
    assert balance(us, "Cost of Goods Sold") - before == 30
    late = bill(us, "Hicks Hardware", bill_line(item, 10, 4), TxnDate="2026-01-15")
    assert balance(us, "Cost of Goods Sold") - before == 20
    us.delete("Bill", token(late))
    assert balance(us, "Cost of Goods Sold") - before == 30


def test_sold_before_it_was_there_and_costed_when_it_came(us: Company) -> None:
    item = stock_item(us, "Widget", cost=5)
    cogs, stock = balance(us, "Cost of Goods Sold"), balance(us, "Inventory Asset")
    invoice(us, "Cool Cars", sale_line(item, 4, 10), TxnDate="2026-02-01")
    assert us.read("Item", item)["QtyOnHand"] == -4
    assert (balance(us, "Cost of Goods Sold") - cogs, balance(us, "Inventory Asset") - stock) == (20, -20)
    bill(us, "Hicks Hardware", bill_line(item, 10, 7), TxnDate="2026-02-05")
    assert (balance(us, "Cost of Goods Sold") - cogs, balance(us, "Inventory Asset") - stock) == (28, 42)
    refusing = open_company("us", negative_stock="refuse")
    other = stock_item(refusing, "Widget")
    assert refused(lambda: invoice(refusing, "Cool Cars", sale_line(other, 1, 1))) == [("6000", "Qty")]


def test_opening_quantity_return_adjustment_and_vendor_credit(us: Company) -> None:
    equity, shrinkage = balance(us, "Opening Balance Equity"), account(us, "Inventory Shrinkage")
    item = stock_item(us, "Widget", cost="2.50", quantity=100)
    stock = balance(us, "Inventory Asset")
    assert balance(us, "Opening Balance Equity") == equity - 250
    sale = {"CustomerRef": ref(id_of(us, "Customer", "Cool Cars")), "Line": [sale_line(item, 10, 9)]}
    us.create("SalesReceipt", sale)
    us.create("CreditMemo", sale)
    assert balance(us, "Inventory Asset") == stock
    detail = {"ItemRef": ref(item), "QtyDiff": -3}
    line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
    us.create("InventoryAdjustment", {"AdjustAccountRef": shrinkage, "Line": [line]})
    assert (balance(us, "Inventory Asset"), balance(us, "Inventory Shrinkage")) == (
        stock - Decimal("7.50"),
        Decimal("7.50"),
    )
    cogs = balance(us, "Cost of Goods Sold")
    us.create(
        "VendorCredit", {"VendorRef": ref(id_of(us, "Vendor", "Hicks Hardware")), "Line": [bill_line(item, 4, 3)]}
    )
    # 4 leave at 2.50 while 3.00 is credited: the difference lowers the cost of goods.
    assert balance(us, "Inventory Asset") == stock - Decimal("17.50")
    assert balance(us, "Cost of Goods Sold") == cogs - 2
    found = us.read("Item", item)
    us.update("Item", found | {"QtyOnHand": 90, "InvStartDate": "2026-03-01"})
    assert us.read("Item", item)["QtyOnHand"] == 90
    assert balance(us, "Inventory Shrinkage") == Decimal("15.00")


def test_delayed_cost_of_goods_appears_when_it_is_due() -> None:
    clock = Clock()
    us = open_company("us", clock=clock, cogs_delay=timedelta(minutes=15))
    item = stock_item(us, "Widget")
    bill(us, "Hicks Hardware", bill_line(item, 10, 6))
    clock.forward(hours=1)
    before = balance(us, "Cost of Goods Sold")
    invoice(us, "Cool Cars", sale_line(item, 5, 10))
    assert balance(us, "Cost of Goods Sold") == before
    assert us.read("Item", item)["QtyOnHand"] == 5
    clock.forward(minutes=14)
    assert balance(us, "Cost of Goods Sold") == before
    clock.forward(minutes=1)
    assert balance(us, "Cost of Goods Sold") == before + 30


def test_full_update_clears_and_sparse_update_keeps(us: Company) -> None:
    made = us.create("Customer", {"DisplayName": "N", "Notes": "old", "CompanyName": "Old"})
    sparse = us.update("Customer", token(made) | {"sparse": True, "CompanyName": "New"})
    assert (sparse["Notes"], sparse["CompanyName"], sparse["SyncToken"]) == ("old", "New", "1")
    full = us.update("Customer", token(sparse) | {"DisplayName": "N"})
    assert "Notes" not in full
    assert "CompanyName" not in full


def test_deactivated_name_is_free_again(us: Company) -> None:
    made = us.create("Customer", {"DisplayName": "N"})
    gone = us.update("Customer", token(made) | {"sparse": True, "Active": False})
    assert gone["DisplayName"] == "N (deleted)"
    assert us.create("Vendor", {"DisplayName": "N"})["DisplayName"] == "N"
    assert refused(lambda: us.update("Customer", token(gone) | {"sparse": True, "Active": True})) == [
        ("6240", "DisplayName")
    ]


def test_sub_customer_counts_in_its_parents_balance(us: Company) -> None:
    parent = us.create("Customer", {"DisplayName": "P"})
    job = us.create("Customer", {"DisplayName": "J", "ParentRef": ref(parent["Id"])})
    assert (job["FullyQualifiedName"], job["Job"], job["Level"]) == ("P:J", True, 1)
    invoice(us, "J", sale_line(id_of(us, "Item", "Design"), 1, 40))
    found = us.read("Customer", parent["Id"])
    assert (found["Balance"], found["BalanceWithJobs"]) == (0, 40)


def test_customer_pays_for_its_job(us: Company) -> None:
    parent = us.create("Customer", {"DisplayName": "P"})
    job = us.create("Customer", {"DisplayName": "J", "ParentRef": ref(parent["Id"])})
    made = invoice(us, "J", sale_line(id_of(us, "Item", "Design"), 1, 40))
    us.create("Payment", {"CustomerRef": ref(parent["Id"]), "TotalAmt": 40, "Line": [applied(40, made, "Invoice")]})
    assert us.read("Invoice", made["Id"])["Balance"] == 0
    assert (us.read("Customer", job["Id"])["Balance"], us.read("Customer", parent["Id"])["BalanceWithJobs"]) == (0, 0)
    total = us.report("AgedReceivables", {})["Rows"]["Row"][-1]["Summary"]["ColData"][-1]["value"]
    assert Decimal(total) == balance(us, "Accounts Receivable (A/R)")


def test_opening_balances_become_documents(us: Company) -> None:
    made = us.create("Customer", {"DisplayName": "N", "Balance": 75, "OpenBalanceDate": "2026-01-01"})
    assert made["Balance"] == 75
    assert us.query(f"select * from Invoice where CustomerRef = '{made['Id']}'")["Invoice"][0]["TotalAmt"] == 75
    equity = balance(us, "Opening Balance Equity")
    us.create("Vendor", {"DisplayName": "V", "Balance": 20, "OpenBalanceDate": "2026-01-01"})
    assert balance(us, "Opening Balance Equity") == equity + 20


def test_journal_on_payables_moves_the_vendors_balance(us: Company) -> None:
    vendor = us.create("Vendor", {"DisplayName": "V"})
    body = journal(account(us, "Purchases"), account(us, "Accounts Payable (A/P)"), 12)
    body["Line"][1]["JournalEntryLineDetail"]["Entity"] = {"Type": "Vendor", "EntityRef": ref(vendor["Id"])}
    made = us.create("JournalEntry", body)
    assert (made["TotalAmt"], us.read("Vendor", vendor["Id"])["Balance"]) == (0, 12)
    check = {"BankAccountRef": account(us, "Checking")}
    payment = {"VendorRef": ref(vendor["Id"]), "TotalAmt": 12, "PayType": "Check", "CheckPayment": check}
    us.create("BillPayment", payment | {"Line": [applied(12, made, "JournalEntry")]})
    assert us.read("Vendor", vendor["Id"])["Balance"] == 0


def test_attached_file_comes_back(us: Company) -> None:
    made = us.upload({"Note": "n"}, "a.txt", "text/plain", b"content")
    assert (made["Size"], made["FileName"]) == (7, "a.txt")
    assert us.download(made["Id"]).content == b"content"
    us.delete("Attachable", token(made))
    assert refused(lambda: us.download(made["Id"])) == [("610", "")]
    small = open_company("empty", upload_limit=3)
    assert refused(lambda: small.upload(None, "a.txt", "text/plain", b"four")) == [("6030", "")]


def test_a_journal_line_comes_back_with_the_name_it_was_given() -> None:
    """Customer 3 and vendor 3 are two names."""
    us = open_company("us")
    payable, receivable, cost = (
        account(us, name) for name in ("Accounts Payable (A/P)", "Accounts Receivable (A/R)", "Advertising")
    )
    lines = [
        journal_line("Debit", cost, 10),
        journal_line("Credit", payable, 10, ("Vendor", "3")),
        journal_line("Debit", receivable, 5, ("Customer", "3")),
        journal_line("Credit", cost, 5),
    ]
    made = us.create("JournalEntry", {"Line": lines})
    named = [line["JournalEntryLineDetail"].get("Entity") for line in us.read("JournalEntry", made["Id"])["Line"]]
    vendor, customer = us.read("Vendor", "3")["DisplayName"], us.read("Customer", "3")["DisplayName"]
    assert vendor != customer
    assert named == [
        None,
        {"Type": "Vendor", "EntityRef": {"value": "3", "name": vendor}},
        {"Type": "Customer", "EntityRef": {"value": "3", "name": customer}},
        None,
    ]
    spent = {"AccountRef": account(us, "Checking"), "PaymentType": "Cash", "Line": [expense_line(cost, 1)]}
    for kind, name in (("Vendor", vendor), ("Customer", customer)):
        entity = us.create("Purchase", spent | {"EntityRef": {"value": "3", "type": kind}})["EntityRef"]
        assert entity == {"value": "3", "type": kind, "name": name}
