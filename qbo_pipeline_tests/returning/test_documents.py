"""Return rules of documents: what an invoice, credit, bill or receipt of QuickBooks is for the inventory system."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.inventory.records import Document
from qbo_pipeline.returning.rules import RULES, build
from qbo_pipeline.returning.values import NotReturned, ReturnBook, Returned, Withheld

BOOK = ReturnBook(
    last_day=date(2024, 12, 31),
    home_currency="USD",
    first_day=date(2024, 3, 1),
    party=lambda entity, qbo_id: {("Customer", "7"): "c7", ("Vendor", "8"): "s8"}.get((entity, qbo_id)),
    document=lambda entity, qbo_id: None,
    gone=lambda document_id: False,
    account=lambda qbo_id: {"60": "FREIGHT", "35": "TILL"}.get(qbo_id),
    tax_code=lambda qbo_id: {"3": "S20"}.get(qbo_id),
    product=lambda qbo_id: {"5": "p5"}.get(qbo_id),
    called=lambda entity, qbo_id: {("Class", "2"): "Retail", ("PaymentMethod", "4"): "Visa"}.get((entity, qbo_id)),
)


def item(amount: str, item_id: str = "5", **detail: Any) -> dict[str, Any]:
    named = {"ItemRef": {"value": item_id, "name": "Beans"}, **detail}
    return {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": named}


def cost(amount: str, **detail: Any) -> dict[str, Any]:
    detail = {"AccountRef": {"value": "60"}, **detail}
    kind = "AccountBasedExpenseLineDetail"
    return {"Amount": Decimal(amount), "DetailType": kind, kind: detail, "Description": "carrier"}


def discount(amount: str) -> dict[str, Any]:
    kind = "DiscountLineDetail"
    return {"Amount": Decimal(amount), "DetailType": kind, kind: {"DiscountAccountRef": {"value": "61"}}}


def thing(total: str, *lines: dict[str, Any], tax: str = "0", **more: Any) -> dict[str, Any]:
    body = {"Id": "90", "CustomerRef": {"value": "7"}, "VendorRef": {"value": "8"}, "TxnDate": "2024-03-06",
            "TotalAmt": Decimal(total), "TxnTaxDetail": {"TotalTax": Decimal(tax)}, "DocNumber": "1007"}  # fmt: skip
    subtotal = {"Amount": Decimal(total), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    return {**body, "Line": [*lines, subtotal], **more}


def returned(entity: str, body: dict[str, Any], book: ReturnBook = BOOK) -> Document:
    outcome = build(entity, body, book)
    assert isinstance(outcome, Returned), outcome
    assert isinstance(outcome.record, Document)
    return outcome.record


@pytest.mark.parametrize(
    ("entity", "kind", "party"),
    [("Invoice", "sales_invoice", "c7"), ("CreditMemo", "sales_credit", "c7"), ("SalesReceipt", "sales_receipt", "c7"),
     ("RefundReceipt", "sales_refund", "c7"), ("Bill", "bill", "s8"), ("VendorCredit", "purchase_credit", "s8")],
)  # fmt: skip
def test_each_document_comes_with_its_own_kind_party_and_lines(entity: str, kind: str, party: str) -> None:
    line = item("90.00", Qty=Decimal(3), UnitPrice=Decimal("30.00"), ClassRef={"value": "2"})
    found = returned(entity, thing("90.00", line, DueDate="2024-04-05", PrivateNote="by telephone"))
    assert (found.kind, found.party_id, found.number, found.document_id) == (kind, party, "1007", f"{entity}/90")
    assert (found.due_date, found.memo, found.currency) == (date(2024, 4, 5), "by telephone", "USD")
    (line_of_it,) = found.lines
    assert (line_of_it.product_id, line_of_it.quantity, line_of_it.unit_price, line_of_it.class_) == (
        "p5", Decimal(3), Decimal("30.00"), "Retail",
    )  # fmt: skip
    # QuickBooks counts the lines of each document from 1, and the contract's ids are of one line alone.
    same = [returned(entity, thing("90.00", line | {"Id": "1"}) | {"Id": own}).lines[0].line_id for own in ("90", "91")]
    assert same == [f"{entity}/90:1", f"{entity}/91:1"]


@pytest.mark.parametrize("entity", ["SalesReceipt", "RefundReceipt"])
def test_what_is_paid_at_once_tells_how_and_where_the_money_lies(entity: str) -> None:
    money = {"DepositToAccountRef": {"value": "35"}, "PaymentMethodRef": {"value": "4"}, "PaymentRefNum": "8812"}
    taxed = item("10.00", TaxCodeRef={"value": "3"})
    found = returned(entity, thing("12.00", taxed, tax="2.00", **money))
    assert (found.account, found.method, found.reference, found.number) == ("TILL", "Visa", "8812", "1007")
    assert (found.tax_amount, [line.tax_code for line in found.lines]) == (Decimal("2.00"), ["S20"])
    unsaid = returned(entity, thing("12.00", taxed, tax="2.00", DepositToAccountRef={"value": "36"}))
    assert (unsaid.account, unsaid.method, unsaid.reference) == (None, None, None)
    invoice = returned("Invoice", thing("12.00", taxed, tax="2.00", **money))
    assert (invoice.account, invoice.method, invoice.reference) == (None, None, "1007")


def test_a_file_of_a_receipt_comes_for_the_document_that_this_is() -> None:
    book = replace(
        BOOK,
        document=lambda entity, qbo_id: {("RefundReceipt", "31"): "r4"}.get((entity, qbo_id)),
        file=lambda qbo_id: ("ab", 3, "slip.pdf"),
    )
    of = {"EntityRef": {"type": "refundreceipt", "value": "31"}}
    outcome = build("Attachable", {"Id": "7", "FileName": "slip.pdf", "Size": 3, "AttachableRef": [of]}, book)
    assert isinstance(outcome, Returned)
    assert outcome.record.to_content()["document_ids"] == ["r4"]


def test_a_sale_to_nobody_stays_in_quickbooks_and_says_so() -> None:
    outcome = build("SalesReceipt", thing("90.00", item("90.00"), CustomerRef={}), BOOK)
    assert isinstance(outcome, NotReturned)
    assert (outcome.rule, "names no customer" in outcome.message) == ("party_not_in_source", True)


def test_tax_is_what_quickbooks_computed_and_shared_among_the_lines_that_are_taxed() -> None:
    lines = (item("10.00", TaxCodeRef={"value": "3"}), item("5.00", TaxCodeRef={"value": "NON"}),
             item("20.01", TaxCodeRef={"value": "3"}))  # fmt: skip
    found = returned("Invoice", thing("41.01", *lines, tax="6.00"))
    assert (found.net_amount, found.tax_amount, found.total_amount) == (
        Decimal("35.01"), Decimal("6.00"), Decimal("41.01"),
    )  # fmt: skip
    assert [str(line.tax_amount) for line in found.lines] == ["2.00", "0", "4.00"]
    assert [line.tax_code for line in found.lines] == ["S20", None, "S20"]


@given(st.lists(st.integers(1, 10_000_00), min_size=1, max_size=8), st.integers(0, 10_000_00))
def test_the_tax_of_the_lines_adds_up_to_the_documents(amounts: list[int], tax: int) -> None:
    lines = [item(str(Decimal(amount).scaleb(-2)), TaxCodeRef={"value": "TAX"}) for amount in amounts]
    total = Decimal(sum(amounts) + tax).scaleb(-2)
    found = returned("Invoice", thing(str(total), *lines, tax=str(Decimal(tax).scaleb(-2))))
    assert sum(line.tax_amount for line in found.lines) == Decimal(tax).scaleb(-2)
    assert found.total_amount == total


def test_a_discount_counts_against_the_lines_and_an_account_is_told_by_its_hint() -> None:
    assert [str(line.net_amount) for line in returned("Invoice", thing("80.00", item("90.00"), discount("10"))).lines] \
        == ["90.00", "-10"]  # fmt: skip
    (line,) = returned("Bill", thing("12.00", cost("12.00"))).lines
    assert (line.account, line.description, line.product_id) == ("FREIGHT", "carrier", None)


def test_an_item_that_the_source_does_not_have_is_told_by_name_or_waited_for() -> None:
    body = thing("4.00", item("4.00", "9"))
    (line,) = returned("Invoice", body).lines
    assert (line.product_id, line.description) == (None, "Beans")
    coming = replace(BOOK, on_its_way=lambda entity, qbo_id: (entity, qbo_id) == ("Item", "9"))
    outcome = build("Invoice", body, coming)
    assert isinstance(outcome, Withheld)
    assert outcome.reason == "on_its_way"


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (thing("90.00", item("90.00"), CustomerRef={"value": "70"}), NotReturned, "party_not_in_source"),
        (thing("90.00", item("90.00"), TxnDate="2024-02-29"), NotReturned, "before_first_day"),
        (thing("90.00", item("90.00"), TxnDate="2025-01-01"), NotReturned, "after_last_day"),
        (thing("91.00", item("90.00")), Withheld, "does_not_add_up"),
        (thing("90.00", item("90.00"), TxnDate="soon"), Withheld, "odd_object"),
    ],
)
def test_what_does_not_come_back_says_why(body: dict[str, Any], kind: type, why: str) -> None:
    outcome = build("Invoice", body, BOOK)
    assert isinstance(outcome, kind)
    assert why in (getattr(outcome, "rule", None), getattr(outcome, "reason", None))


def test_money_without_a_document_has_no_rule() -> None:
    assert not {"Purchase", "Deposit", "JournalEntry", "Transfer"} & set(RULES)


def test_a_bill_made_of_a_purchase_order_names_it() -> None:
    order = {"TxnId": "31", "TxnType": "PurchaseOrder", "TxnLineId": "1"}
    book = replace(BOOK, document=lambda entity, qbo_id: {("PurchaseOrder", "31"): "o4:order"}.get((entity, qbo_id)))
    body = thing("90.00", {**item("40.00"), "LinkedTxn": [order]}, {**item("50.00"), "LinkedTxn": []})
    assert [line.order_id for line in returned("Bill", body, book).lines] == ["o4:order", None]
    assert [line.order_id for line in returned("Bill", body).lines] == [None, None]
