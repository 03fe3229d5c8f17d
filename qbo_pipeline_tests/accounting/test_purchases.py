"""Bills and supplier credits: goods received not invoiced clears, differences land where the policy says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.drafts import Effect
from qbo_pipeline.inventory.records import Document, Movement, Party
from qbo_pipeline_tests.accounting.company import (
    DAY,
    books,
    document,
    draft,
    excluded,
    item,
    ledger_of,
    match,
    movement,
    refused,
    stock,
)

D = Decimal


def receipt(*lines: Any, **changes: Any) -> Movement:
    return movement("receipt", *(lines or (stock("tea", 10, "50"),)), **changes)


def bill(*lines: Any, **changes: Any) -> Document:
    return document("bill", *lines, **changes)


def tea_bill(price: str, net: str, **changes: Any) -> Document:
    return bill(item("tea", 10, price, net), matches=(match(1, "receipt", 1, 10),), **changes)


def test_a_matched_bill_at_the_accrued_cost_clears_to_nothing() -> None:
    arrived, billed = receipt(), tea_bill("5", "50")
    in_books = books(arrived, billed)
    ledger = ledger_of(draft(arrived, in_books)).post(draft(billed, in_books))
    assert ledger.text() == "Dr Inventory 50.00\nCr GRNI 50.00\nDr GRNI 50.00\nCr Payables 50.00"


DIFFERENCES = [
    ("dearer, to price variance", "purchase_price_variance", "60", "Dr GRNI 50.00\nDr PPV 10.00\nCr Payables 60.00"),
    ("cheaper, to price variance", "purchase_price_variance", "45", "Dr GRNI 50.00\nCr PPV 5.00\nCr Payables 45.00"),
    ("dearer, to inventory", "inventory", "60", "Dr GRNI 50.00\nDr Inventory 10.00\nCr Payables 60.00"),
]


@pytest.mark.parametrize(
    ("policy", "net", "expected"), [row[1:] for row in DIFFERENCES], ids=[row[0] for row in DIFFERENCES]
)
def test_a_difference_goes_where_the_policy_says(policy: str, net: str, expected: str) -> None:
    in_books = books(receipt(), policies={"bill_difference": policy})
    assert ledger_of(draft(tea_bill("5", net), in_books)).text() == expected


def test_effects_name_product_and_location_of_what_was_received() -> None:
    made = draft(tea_bill("6", "60"), books(receipt(), policies={"bill_difference": "inventory"}))
    assert made.effects == (
        Effect(account_id="33", amount=D("50.00"), product_id="tea", location_id="east"),
        Effect(account_id="81", amount=D("10.00"), product_id="tea", location_id="east"),
    )


def test_three_bills_for_one_receipt_take_it_off_to_the_last_cent() -> None:
    arrived = receipt(stock("tea", 3, "10"))
    bills = [
        bill(item("tea", 1, "3.33", "3.33"), document_id=f"b{n}", matches=(match(1, "receipt", 1, 1),))
        for n in range(3)
    ]
    in_books = books(arrived, *bills)
    ledger = ledger_of(draft(arrived, in_books))
    for billed in bills:
        ledger.post(draft(billed, in_books))
    assert ledger.balance("GRNI") == 0
    assert ledger.balance("PPV") == D("-0.01")


def test_a_receipt_line_billed_twice_on_one_bill_is_cleared_once() -> None:
    lines = (item("tea", 10, "5", "50"), item("tea", 10, "5", "50"))
    billed = bill(*lines, matches=(match(1, "receipt", 1, 10), match(2, "receipt", 1, 10)))
    made = draft(billed, books(receipt(), policies={"unmatched_bill_lines": "inventory"}))
    assert ledger_of(made).text() == "Dr GRNI 50.00\nDr Inventory 50.00\nCr Payables 100.00"
    assert made.payload["Line"][1]["Description"] == "Green tea (beyond what was moved)"


def test_the_lines_of_one_bill_share_a_receipt_line_to_the_last_cent() -> None:
    arrived = receipt(stock("tea", 3, "10"))
    billed = bill(
        *(item("tea", 1, "3.33", "3.33") for _ in range(3)),
        matches=tuple(match(line, "receipt", 1, 1) for line in (1, 2, 3)),
    )
    in_books = books(arrived, billed)
    assert ledger_of(draft(arrived, in_books)).post(draft(billed, in_books)).balance("GRNI") == 0


def test_more_matched_than_received_clears_what_was_received_and_no_more() -> None:
    arrived = receipt(stock("tea", 10, "50"))
    first = tea_bill("5", "50", document_id="a")
    second = tea_bill("5", "50", document_id="b")
    in_books = books(arrived, first, second, policies={"unmatched_bill_lines": "inventory"})
    ledger = ledger_of(draft(arrived, in_books)).post(draft(first, in_books)).post(draft(second, in_books))
    assert (ledger.balance("GRNI"), ledger.balance("Inventory")) == (0, D("100.00"))
    assert draft(second, in_books).payload["Line"][0]["Description"] == "Green tea (beyond what was moved)"


UNMATCHED = [
    ("the goods will come", {}, "Dr GRNI 50.00\nCr Payables 50.00"),
    ("by policy", {"unmatched_bill_lines": "inventory"}, "Dr Inventory 50.00\nCr Payables 50.00"),
    ("no accrual", {"accrue_receipts": False}, "Dr Inventory 50.00\nCr Payables 50.00"),
]


@pytest.mark.parametrize(("policies", "expected"), [row[1:] for row in UNMATCHED], ids=[row[0] for row in UNMATCHED])
def test_a_stock_line_without_receipt(policies: dict[str, Any], expected: str) -> None:
    assert ledger_of(draft(bill(item("tea", 10, "5", "50")), books(policies=policies))).text() == expected


def test_a_bill_before_the_goods_is_cleared_when_they_come() -> None:
    billed, arrived = bill(item("tea", 10, "5", "50")), receipt()
    ledger = ledger_of(draft(billed, books())).post(draft(arrived, books()))
    assert (ledger.balance("GRNI"), ledger.balance("Inventory")) == (0, D("50.00"))


def test_a_partly_received_line_is_split_by_quantity() -> None:
    arrived = receipt(stock("tea", 4, "20"))
    billed = bill(item("tea", 10, "6", "60"), matches=(match(1, "receipt", 1, 4),))
    made = draft(billed, books(arrived, policies={"unmatched_bill_lines": "inventory"}))
    assert ledger_of(made).text() == "Dr GRNI 20.00\nDr Inventory 36.00\nDr PPV 4.00\nCr Payables 60.00"


def test_without_accrual_the_match_still_says_where_the_goods_are() -> None:
    made = draft(tea_bill("5", "50"), books(receipt(), policies={"accrue_receipts": False}))
    assert made.effects == (Effect(account_id="81", amount=D("50.00"), product_id="tea", location_id="east"),)


def test_other_lines_go_to_their_expense_account() -> None:
    lines = (
        item("bag", 100, "0.10", "10"),
        item("fit", 1, "20", "20", account="freight"),
        item(None, None, None, "5", description="Pallets"),
    )
    made = draft(bill(*lines), books(overrides={("purchases", "product", "bag"): "56"}))
    assert ledger_of(made).text() == "Dr Spoilage 10.00\nDr Freight 20.00\nDr Purchases 5.00\nCr Payables 35.00"
    assert made.effects == ()


def test_an_expense_hint_on_the_inventory_account_is_an_effect() -> None:
    made = draft(bill(item(None, None, None, "5", account="stock")), books())
    assert [effect.amount for effect in made.effects] == [D("5.00")]


def test_a_negative_bill_is_a_vendor_credit() -> None:
    made = draft(bill(item("tea", -10, "5", "-50"), item(None, None, None, "8")), books())
    assert (made.entity, made.amount) == ("VendorCredit", D("42.00"))
    assert ledger_of(made).text() == "Cr GRNI 50.00\nDr Purchases 8.00\nDr Payables 42.00"
    assert "posted as its counterpart" in made.payload["PrivateNote"]


RETURNS = [
    ("through price variance", {}, {"PPV": D("-0.50"), "Inventory": D("-9.50"), "Payables": D("10.00"), "GRNI": D(0)}),
    (
        "through goods received not invoiced",
        {"supplier_return_clearing": "goods_received_not_invoiced"},
        {"PPV": D("-0.50"), "Inventory": D("-9.50"), "Payables": D("10.00"), "GRNI": D(0)},
    ),
]


@pytest.mark.parametrize(("policies", "expected"), [row[1:] for row in RETURNS], ids=[row[0] for row in RETURNS])
def test_a_supplier_return_and_its_credit_leave_the_difference_in_price_variance(
    policies: dict[str, Any], expected: dict[str, Decimal]
) -> None:
    sent = movement("supplier_return", stock("tea", -2, "-9.50"))
    credit = document("purchase_credit", item("tea", 2, "5", "10"), matches=(match(1, "supplier_return", 1, 2),))
    in_books = books(sent, credit, policies=policies)
    ledger = ledger_of(draft(sent, in_books)).post(draft(credit, in_books))
    assert {name: ledger.balance(name) for name in expected} == expected


def test_us_tax_on_a_bill_is_a_line_of_its_own() -> None:
    made = draft(bill(item("bag", 1, "10", "10", tax_amount=D("0.80"))), books())
    assert ledger_of(made).text() == "Dr Purchases 10.00\nDr Input tax 0.80\nCr Payables 10.80"
    assert "TxnTaxDetail" not in made.payload


def test_tax_elsewhere_is_qbos_own() -> None:
    made = draft(
        tea_bill("6", "60", tax_amount=D("12"), total_amount=D("72")),
        books(receipt(), policies={"tax_regime": "global"}, tax_codes={"": "5", "IVA21": "7"}),
    )
    assert made.payload["GlobalTaxCalculation"] == "TaxExcluded"
    assert made.payload["TxnTaxDetail"] == {"TotalTax": D("12.00")}
    codes = [line["AccountBasedExpenseLineDetail"]["TaxCodeRef"]["value"] for line in made.payload["Line"]]
    assert codes == ["5", "5"]
    assert ledger_of(made).balance("Payables") == D("-72.00")


def test_a_foreign_bill_clears_the_accrual_at_its_own_rate() -> None:
    supplier = Party(party_id="8", kind="supplier", name="Tee GmbH", currency="EUR")
    billed = tea_bill("6", "60", party_id="8", currency="EUR", exchange_rate=D("1.25"))
    made = draft(billed, books(supplier, receipt(), policies={"multicurrency": True}))
    assert (made.payload["CurrencyRef"], made.payload["ExchangeRate"]) == ({"value": "EUR"}, D("1.25"))
    assert [line["Amount"] for line in made.payload["Line"]] == [D("40.00"), D("20.00")]
    assert ledger_of(made).text() == "Dr GRNI 50.00\nDr PPV 25.00\nCr Payables 75.00"
    assert [effect.amount for effect in made.effects] == [D("50.00")]
    assert "APAccountRef" not in made.payload


def test_the_bills_number_is_the_suppliers() -> None:
    made = draft(tea_bill("5", "50", reference="R/2026/000000000000001"), books(receipt()))
    number = made.payload["DocNumber"]
    assert number.startswith("R/2026/00000")
    assert len(number) == 21
    assert "4711" in made.payload["PrivateNote"]


def test_purchase_orders_go_by_policy_only_and_have_no_effects() -> None:
    order = document("purchase_order", item("tea", 10, "5", "50"))
    assert excluded(order, books()).rule == "purchase_order_not_posted"
    made = draft(order, books(policies={"purchase_orders": True}))
    assert (made.entity, made.effects) == ("PurchaseOrder", ())


def test_a_purchase_order_carries_shipping_notes_and_tax() -> None:
    shipping = item(None, 1, "7.50", "7.50", description="Freight", account="freight")
    order = document(
        "purchase_order", item("tea", 10, "5", "50"), shipping, memo="ring at the yard", reference="R-7",
        tax_amount=D("4.60"), total_amount=D("62.10"),
    )  # fmt: skip
    made = draft(order, books(policies={"purchase_orders": True}, hints={"freight": "61"}))
    assert [line["Amount"] for line in made.payload["Line"]][:2] == [D("50.00"), D("7.50")]
    assert "ring at the yard" in made.payload["PrivateNote"]
    assert made.amount == D("62.10")


REFUSED = [
    ("header off", tea_bill("5", "50", total_amount=D("51")), {}, "unbalanced", "total_amount", "51.00"),
    ("no lines", bill(total_amount=D("51")), {}, "unbalanced", "total_amount", "51.00"),
    ("supplier", tea_bill("5", "50", party_id="404"), {}, "unknown_party", "party_id", "supplier 404"),
    ("product", bill(item("nil", 1, "5", "5")), {}, "unknown_product", "lines[1].product_id", "nil"),
    ("hint", bill(item(None, 1, "5", "5", account="x")), {}, "unmapped_account", "hint:x", "line 1 of Bill 4711"),
    (
        "one currency",
        tea_bill("5", "50", currency="EUR", exchange_rate=D(2)),
        {},
        "multicurrency_off",
        "currency",
        "EUR",
    ),
    (
        "supplier's currency",
        tea_bill("5", "50", currency="EUR", exchange_rate=D(2)),
        {"policies": {"multicurrency": True}},
        "party_currency",
        "currency",
        "Leaf Imports",
    ),
    (
        "tax code",
        bill(item("bag", 1, "5", "5", tax_code="Z9")),
        {"policies": {"tax_regime": "global"}},
        "unknown_tax_code",
        "tax_code:Z9",
        "'Z9'",
    ),
]


@pytest.mark.parametrize(
    ("record", "changes", "reason", "field", "named"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_refused(record: Document, changes: dict[str, Any], reason: str, field: str, named: str) -> None:
    answer = refused(record, books(**changes))
    assert (answer.reason, answer.field) == (reason, field)
    assert named in answer.message


def test_cents_between_header_and_lines_go_to_rounding() -> None:
    made = draft(bill(item("bag", 3, "3.333", "10"), total_amount=D("10.02")), books())
    assert ledger_of(made).text() == "Dr Purchases 10.00\nDr Rounding 0.02\nCr Payables 10.02"


def test_voided_and_empty_bills_are_excluded() -> None:
    assert excluded(tea_bill("5", "50", status="voided"), books()).rule == "voided_in_source"
    assert excluded(bill(item("tea", 1, "0", "0")), books()).rule == "nil_effect"


def test_free_goods_that_were_accrued_still_clear() -> None:
    made = draft(tea_bill("0", "0"), books(receipt()))
    assert ledger_of(made).text() == "Dr GRNI 50.00\nCr PPV 50.00\nCr Payables 0.00"


def test_day_is_the_documents() -> None:
    made = draft(tea_bill("5", "50", due_date=DAY.replace(month=4)), books(receipt()))
    assert (made.payload["TxnDate"], made.payload["DueDate"]) == ("2026-03-14", "2026-04-14")


def test_each_purchase_form_is_numbered_by_its_own_preference() -> None:
    """QBO may number supplier credits and orders by itself; a bill's number is the supplier's, whatever it says."""
    numbers = {"numbered_by_quickbooks": ("Invoice", "VendorCredit")}
    made = draft(bill(item("tea", 1, "9", "9"), number="B-1", reference="SUP-77"), books(policies=numbers))
    assert made.payload["DocNumber"] == "SUP-77"
    credit = document("purchase_credit", item("tea", 1, "9", "9"), number="C-1", reference="SUP-78")
    payload = draft(credit, books(policies=numbers)).payload
    assert "DocNumber" not in payload
    assert payload["PrivateNote"] == "Purchase credit C-1; reference SUP-78"
