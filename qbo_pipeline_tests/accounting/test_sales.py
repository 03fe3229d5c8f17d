"""Sales documents: item lines, tax, direction, and the items that they refer to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.inventory.records import Document, Product
from qbo_pipeline_tests.accounting.company import books, document, draft, excluded, item, ledger_of, refused

D = Decimal


def invoice(*lines: Any, **changes: Any) -> Document:
    return document("sales_invoice", *lines, **changes)


def details(made: Any) -> list[dict[str, Any]]:
    return [line["SalesItemLineDetail"] for line in made.payload["Line"]]


def test_an_invoice_touches_no_stock_account() -> None:
    made = draft(invoice(item("tea", 2, "12.50", "25"), item("fit", 1, "30", "30")), books())
    assert ledger_of(made).text() == "Cr Sales 25.00\nCr Sales 30.00\nDr Receivables 55.00"
    assert made.depends_on == ("party/customer:7", "product/tea", "product/fit")
    assert (made.amount, made.effects) == (D("55.00"), ())
    assert details(made)[0] == {
        "ItemRef": {"value": "$product/tea"},
        "Qty": D(2),
        "UnitPrice": D("12.50"),
        "TaxCodeRef": {"value": "NON"},
    }


def test_us_sales_tax_is_one_total_and_a_mark_on_each_line() -> None:
    made = draft(invoice(item("tea", 1, "10", "10", tax_amount=D("0.83")), item("bag", 1, "1", "1")), books())
    assert [detail["TaxCodeRef"]["value"] for detail in details(made)] == ["TAX", "NON"]
    assert made.payload["TxnTaxDetail"] == {"TotalTax": D("0.83")}
    assert ledger_of(made).balance("Receivables") == D("11.83")


def test_us_tax_on_the_header_alone_makes_every_line_taxable() -> None:
    made = draft(invoice(item("tea", 1, "10", "10"), tax_amount=D("0.83"), total_amount=D("10.83")), books())
    assert details(made)[0]["TaxCodeRef"] == {"value": "TAX"}


def test_elsewhere_each_line_has_qbos_tax_code() -> None:
    regime = {"policies": {"tax_regime": "global"}, "tax_codes": {"S": "3"}}
    made = draft(invoice(item("tea", 1, "10", "10", tax_code="S", tax_amount=D("2"))), books(**regime))
    assert details(made)[0]["TaxCodeRef"] == {"value": "3"}
    assert made.payload["GlobalTaxCalculation"] == "TaxExcluded"
    untaxed = draft(invoice(item("tea", 1, "10", "10")), books(**regime))
    assert untaxed.payload["GlobalTaxCalculation"] == "NotApplicable"
    assert "TxnTaxDetail" not in untaxed.payload
    assert "TaxCodeRef" not in details(untaxed)[0]


def test_a_tax_code_that_is_not_mapped_is_refused() -> None:
    record = invoice(item("tea", 1, "10", "10", tax_code="X", tax_amount=D("2")))
    answer = refused(record, books(policies={"tax_regime": "global"}))
    assert (answer.reason, answer.field) == ("unknown_tax_code", "tax_code:X")


def test_a_negative_invoice_is_a_credit_memo_with_its_lines_turned() -> None:
    """The shape of a real one: a returned machine, billed goods, a rebate."""
    lines = (
        item(None, 2, "-12252.90", "-24505.80"),
        item("tea", 9000, "1.13", "10170"),
        item("tea", 9000, "1.34", "12060"),
        item(None, 1, "-12030.42", "-12030.42"),
        item("cup", 1500, "5.18", "7770"),
    )
    made = draft(invoice(*lines), books())
    assert (made.entity, made.amount) == ("CreditMemo", D("6536.22"))
    assert ledger_of(made).balance("Receivables") == D("-6536.22")
    for line, detail in zip(made.payload["Line"], details(made), strict=True):
        assert (detail["Qty"] * detail["UnitPrice"]).quantize(D("0.01")) == line["Amount"]


def test_a_sales_credit_is_a_credit_memo() -> None:
    made = draft(document("sales_credit", item("tea", 1, "12.50", "12.50")), books())
    assert made.entity == "CreditMemo"
    assert ledger_of(made).text() == "Dr Sales 12.50\nCr Receivables 12.50"


def test_mixed_signs_stay_on_an_invoice_with_a_positive_total() -> None:
    made = draft(invoice(item("tea", 2, "10", "20"), item("cup", -1, "5", "-5")), books())
    assert (made.entity, [line["Amount"] for line in made.payload["Line"]]) == ("Invoice", [D("20.00"), D("-5.00")])


# quantity, price, net -> what QBO gets
PRICES = [
    ("as it is", "3", "3.33", "9.99", (D(3), D("3.33"))),
    ("discounted", "3", "4", "9.99", (D(3), D("3.33"))),
    ("no price at five decimals", "70000", "0.01", "777.77", None),
    ("no quantity", None, None, "10", None),
    ("quantity finer than QBO's", "0.1234567", "81", "10", None),
]


@pytest.mark.parametrize(
    ("quantity", "price", "net", "sent"), [row[1:] for row in PRICES], ids=[row[0] for row in PRICES]
)
def test_quantity_and_price_are_sent_only_where_they_make_the_amount(
    quantity: str | None, price: str | None, net: str, sent: tuple[Decimal, Decimal] | None
) -> None:
    made = draft(invoice(item("tea", quantity, price, net)), books())
    detail = details(made)[0]
    assert ((detail["Qty"], detail["UnitPrice"]) if "Qty" in detail else None) == sent
    assert made.payload["Line"][0]["Amount"] == D(net).quantize(D("0.01"))
    if quantity and sent is None:
        assert quantity in made.payload["Line"][0]["Description"]


def test_a_line_without_product_or_with_another_account_takes_the_accounts_item() -> None:
    lines = (item(None, None, None, "5", description="Engraving"), item("tea", 1, "9", "9", account="online"))
    made = draft(invoice(*lines), books())
    assert [detail["ItemRef"]["value"] for detail in details(made)] == ["$item/40", "$item/41"]
    assert ledger_of(made).text() == "Cr Sales 5.00\nCr Online sales 9.00\nDr Receivables 14.00"


def test_the_accounts_items_exist() -> None:
    made = {item_.key: item_ for item_ in build_account_items(books())}
    assert sorted(made) == ["item/40", "item/41", "item/69"]
    assert made["item/41"].payload["IncomeAccountRef"] == {"value": "41"}
    assert made["item/41"].payload["Name"] == "Online sales (account 41)"


def test_a_product_sold_by_location_goes_to_that_locations_income_account() -> None:
    by_location = {("sales", "location", "web"): "41"}
    made = draft(invoice(item("tea", 1, "9", "9", location_id="web")), books(overrides=by_location))
    assert details(made)[0]["ItemRef"] == {"value": "$item/41"}


def test_a_products_own_income_account_is_its_items() -> None:
    tea = Product(product_id="tea", kind="stocked", number='T:1 "x"', name="Green tea", category="drinks")
    in_books = books(tea, overrides={("sales", "category", "drinks"): "41"})
    assert draft(tea, in_books).payload == {
        "Name": "T 1 x",
        "Sku": 'T:1 "x"',
        "Description": "Green tea",
        "Type": "NonInventory",
        "IncomeAccountRef": {"value": "41"},
        "ExpenseAccountRef": {"value": "60"},
    }
    assert details(draft(invoice(item("tea", 1, "9", "9")), in_books))[0]["ItemRef"] == {"value": "$product/tea"}


def test_selling_to_an_expense_account_is_refused() -> None:
    answer = refused(invoice(item("tea", 1, "9", "9", account="freight")), books())
    assert (answer.reason, answer.field) == ("account_type", "role:sales")
    assert "'Freight'" in answer.message


def test_cents_between_header_and_lines_are_a_rounding_line() -> None:
    made = draft(invoice(item("tea", 1, "9", "9"), total_amount=D("9.01")), books())
    assert ledger_of(made).text() == "Cr Sales 9.00\nCr Rounding 0.01\nDr Receivables 9.01"
    answer = refused(invoice(item("tea", 1, "9", "9"), total_amount=D("9.06")), books())
    assert (answer.reason, answer.field) == ("unbalanced", "total_amount")


def test_quotes_go_by_policy_only() -> None:
    quote = document("quote", item("tea", 1, "9", "9"))
    assert excluded(quote, books()).rule == "quote_not_posted"
    assert draft(quote, books(policies={"quotes": True})).entity == "Estimate"


def test_numbers_can_be_left_to_qbo() -> None:
    record = invoice(item("tea", 1, "9", "9"), number="INV-2026-000000000004711", memo="Thank you", reference="PO 9")
    made = draft(record, books())
    assert made.payload["DocNumber"] == "INV-2026-000~" + made.payload["DocNumber"][-8:]
    assert made.payload["PrivateNote"] == "Sales invoice INV-2026-000000000004711; reference PO 9; Thank you"
    by_qbo = draft(record, books(policies={"numbered_by_quickbooks": ("Invoice",)})).payload
    assert "DocNumber" not in by_qbo
    assert by_qbo["PrivateNote"] == made.payload["PrivateNote"]  # where people and searches find it
    assert by_qbo["CustomerMemo"] == {"value": "Our number: INV-2026-000000000004711"}  # and who reads the form
    assert "CustomerMemo" not in made.payload


def test_free_goods_are_an_invoice_of_nothing() -> None:
    made = draft(invoice(item("tea", 1, "0", "0")), books())
    assert (made.entity, made.amount, len(made.payload["Line"])) == ("Invoice", 0, 1)
    assert excluded(invoice(), books()).rule == "nil_effect"


def test_more_taxable_lines_than_qbo_takes_are_refused() -> None:
    line = item("tea", 1, "1", "1", tax_amount=D("0.10"))
    answer = refused(invoice(*(line for _ in range(751))), books())
    assert (answer.reason, answer.field) == ("invalid_payload", "Line")
    assert draft(invoice(*(line for _ in range(750))), books()).amount == D("825.00")
