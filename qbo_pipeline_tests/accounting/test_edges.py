"""Posting rules at their edges: the last cent that rounding explains, part of a match, the document without an amount,
the line that alone makes a document taxable."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.documents import can_be_settled
from qbo_pipeline.accounting.money import cents, quantity_and_price
from qbo_pipeline_tests.accounting.company import (
    books,
    document,
    draft,
    excluded,
    item,
    labour,
    ledger_of,
    match,
    movement,
    refused,
    stock,
)

D = Decimal


@pytest.mark.parametrize("kind", ["sales_invoice", "bill"])
@pytest.mark.parametrize("off", ["0.05", "-0.05"])
def test_a_document_may_be_five_cents_off_its_lines_and_no_more(kind: str, off: str) -> None:
    line = item("bag", 1, "10", "10")
    made = draft(document(kind, line, total_amount=D(10) + D(off)), books())
    assert sum(part["Amount"] for part in made.payload["Line"]) == D(10) + D(off)
    assert ledger_of(made).balance("Rounding") == (D(off) if kind == "bill" else -D(off))

    sixth = D(off) + (D("0.01") if D(off) > 0 else D("-0.01"))
    assert refused(document(kind, line, total_amount=D(10) + sixth), books()).reason == "unbalanced"


@pytest.mark.parametrize("off", ["0.05", "-0.05"])
def test_an_assembly_may_be_five_cents_off_its_parts_and_more_is_a_difference_of_stock(off: str) -> None:
    def assembly(gap: Decimal) -> Any:
        return movement("assembly", stock("tea", -1, "-10"), stock("set", 1, str(D(12) + gap)), labour("2"))

    ledger = ledger_of(draft(assembly(D(off)), books()))
    assert ledger.balance("Rounding") == -D(off)
    assert ledger.balance("Inventory") == D(2) + D(off)
    assert ledger.balance("Shrinkage") == 0

    sixth = D(off) + (D("0.01") if D(off) > 0 else D("-0.01"))
    beyond = ledger_of(draft(assembly(sixth), books()))
    assert beyond.balance("Shrinkage") == -sixth
    assert beyond.balance("Rounding") == 0


def test_a_line_matched_in_part_clears_its_part_and_the_rest_goes_to_the_policys_account() -> None:
    """Ten received at 5.00 and four of them matched by a line of ten at 6.00: 20.00 clears, 4.00 is the difference of
    the four, and the other six are billed at 36.00."""
    arrived = movement("receipt", stock("tea", 10, "50"))
    billed = document("bill", item("tea", 10, "6", "60"), matches=(match(1, "receipt", 1, 4),))
    ledger = ledger_of(draft(billed, books(arrived, policies={"unmatched_bill_lines": "inventory"})))

    assert ledger.text() == "Dr GRNI 20.00\nDr Inventory 36.00\nDr PPV 4.00\nCr Payables 60.00"


def test_a_line_that_is_matched_whole_has_no_rest() -> None:
    arrived = movement("receipt", stock("tea", 4, "20"))
    billed = document("bill", item("tea", 4, "5", "20"), matches=(match(1, "receipt", 1, 4),))

    assert ledger_of(draft(billed, books(arrived))).text() == "Dr GRNI 20.00\nCr Payables 20.00"


def test_more_matched_than_moved_clears_what_was_moved() -> None:
    arrived = movement("receipt", stock("tea", 4, "20"))
    billed = document("bill", item("tea", 6, "5", "30"), matches=(match(1, "receipt", 1, 6),))
    ledger = ledger_of(draft(billed, books(arrived, policies={"unmatched_bill_lines": "inventory"})))

    assert ledger.text() == "Dr GRNI 20.00\nDr Inventory 10.00\nCr Payables 30.00"


NIL = item("bag", 1, "0", "0")
SOMETHING = [
    ("the total alone", {"total_amount": D("0.01")}, NIL),
    ("the net alone", {"net_amount": D("0.01")}, NIL),
    ("the tax alone", {"tax_amount": D("0.01")}, NIL),
    ("one line's net", {"net_amount": D(0), "total_amount": D(0)}, item("bag", 1, "1", "1")),
    ("one line's tax", {"tax_amount": D(0), "total_amount": D(0)}, item("bag", 1, "0", "0", tax_amount=D("0.01"))),
]


def test_a_bill_without_any_amount_is_excluded_and_a_sale_only_where_it_has_no_line() -> None:
    for nil in (document("bill", NIL), document("sales_invoice")):
        assert excluded(nil, books()).rule == "nil_effect"
        assert not can_be_settled(nil)
    free = document("sales_invoice", NIL)
    assert draft(free, books()).amount == 0
    assert not can_be_settled(free)


@pytest.mark.parametrize(("changes", "line"), [row[1:] for row in SOMETHING], ids=[row[0] for row in SOMETHING])
def test_any_amount_makes_a_document_one_that_can_be_settled(changes: dict[str, Any], line: Any) -> None:
    assert can_be_settled(document("sales_invoice", line, **changes))


@pytest.mark.parametrize("kind", ["quote", "purchase_order"])
def test_what_binds_nobody_is_never_settled(kind: str) -> None:
    assert not can_be_settled(document(kind, item("bag", 1, "10", "10")))
    assert not can_be_settled(document("bill", item("bag", 1, "10", "10"), status="voided"))
    assert not can_be_settled(None)


def test_a_us_line_is_taxable_where_it_bears_tax_or_only_the_header_does() -> None:
    def codes(*lines: Any, **changes: Any) -> list[str]:
        made = draft(document("sales_invoice", *lines, **changes), books())
        return [line["SalesItemLineDetail"]["TaxCodeRef"]["value"] for line in made.payload["Line"]]

    plain, taxed = item("bag", 1, "10", "10"), item("bag", 1, "10", "10", tax_amount=D(1))
    assert codes(plain, taxed) == ["NON", "TAX"]
    assert codes(plain, plain) == ["NON", "NON"]
    assert codes(plain, plain, tax_amount=D(2), total_amount=D(22)) == ["TAX", "TAX"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (item("bag", 1, "10", "10"), "NotApplicable"),
        (item("bag", 1, "10", "10", tax_code="Z"), "TaxExcluded"),
        (item("bag", 1, "10", "10", tax_code="Z", tax_amount=D(2)), "TaxExcluded"),
    ],
    ids=["no tax", "a code at nil per cent", "tax"],
)
def test_elsewhere_one_line_with_a_code_makes_the_document_taxable(line: Any, expected: str) -> None:
    in_books = books(policies={"tax_regime": "global"}, tax_codes={"Z": "5"})
    made = draft(document("sales_invoice", line), in_books)
    assert made.payload["GlobalTaxCalculation"] == expected
    assert ("TaxCodeRef" in made.payload["Line"][0]["SalesItemLineDetail"]) is (expected == "TaxExcluded")


@pytest.mark.parametrize(
    ("amount", "quantity", "price", "expected"),
    [
        ("10.00", "4", "2.5", ("4", "2.5")),
        ("-10.00", "4", "2.5", ("4", "-2.5")),
        ("10.00", "4", None, ("4", "2.5")),
        ("10.00", "3", "3.33", ("3", "3.33333")),
        ("10.00", "3", "3.334", ("3", "3.334")),
        ("10.00", "4", "2.500001", ("4", "2.5")),
        ("0.01", "16", None, ("16", "0.00063")),
        ("100.00", "300000000", None, None),
        ("10.00", "0", "1", None),
        ("10.00", None, "1", None),
        ("10.00", "0.000001", "1", None),
        ("0.01", "0.00001", "1", ("0.00001", "1000")),
    ],
)
def test_quantity_and_price_make_the_amount_to_the_cent(
    amount: str, quantity: str | None, price: str | None, expected: tuple[str, str] | None
) -> None:
    found = quantity_and_price(
        D(amount), None if quantity is None else D(quantity), None if price is None else D(price)
    )
    assert found == (None if expected is None else (D(expected[0]), D(expected[1])))


def test_half_a_cent_goes_away_from_zero_and_nil_has_no_sign() -> None:
    assert [str(cents(D(text))) for text in ("0.005", "-0.005", "0.0049", "-0.0049", "2.675")] == [
        "0.01", "-0.01", "0.00", "0.00", "2.68",
    ]  # fmt: skip
