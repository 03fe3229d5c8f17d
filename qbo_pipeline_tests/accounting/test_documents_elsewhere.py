"""Lines with roles, receipts of sales and orders where QuickBooks keeps the stock, and where lines have tax codes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.inventory.records import Document
from qbo_pipeline_tests.accounting.company import DAY, FURTHER_ROLES, books, document, draft, item
from qbo_pipeline_tests.accounting.in_quickbooks import open_booked

D = Decimal


def tracked(**policies: Any) -> Books:
    return books(policies={"mode": "tracked", "purchase_orders": True} | policies, begins=DAY, roles=FURTHER_ROLES)


def targets(made: Draft) -> list[str]:
    """The item or account of each line, by our key or Id."""
    found = []
    for line in made.payload["Line"]:
        detail = line[line["DetailType"]]
        name = next(name for name in ("ItemRef", "AccountRef", "DiscountAccountRef") if name in detail)
        found.append(detail[name]["value"].removeprefix("$"))
    return found


DROPPED = item("tea", 10, "5", "50", role="drop_shipment")
FREIGHT = item(None, None, None, "9", role="freight", description="Freight")
OFF = item(None, None, None, "-4", role="discount")
TRACKED: list[tuple[str, Document, list[str]]] = [
    ("a bill of a drop shipment is cost of goods sold", document("bill", DROPPED), ["50"]),
    ("its invoice takes nothing out", document("sales_invoice", DROPPED), ["item/40"]),
    (
        "a discount and freight beside goods", document("sales_invoice", item("tea", 4, "12", "48"), OFF, FREIGHT),
        ["product/tea", "item/43", "42"],
    ),
    ("a sale paid at once takes goods out", document("sales_receipt", item("tea", 4, "12", "48")), ["product/tea"]),
    ("freight on a bill", document("bill", item("tea", 10, "5", "50"), FREIGHT), ["product/tea", "64"]),
]  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), [row[1:] for row in TRACKED], ids=[row[0] for row in TRACKED])
def test_in_tracked_mode_lines_with_a_role_move_no_stock(record: Document, expected: list[str]) -> None:
    assert targets(draft(record, tracked())) == expected


def test_in_tracked_mode_each_line_of_an_order_keeps_its_place_for_links() -> None:
    """Where no price makes the amount a line goes as two; the second one stands at the end."""
    order = document("purchase_order", item("tea", 3, None, "10"), item("bag", 1, "2", "2"))
    made = draft(order, tracked(link_orders=True))
    assert [(line["Id"], line["Amount"]) for line in made.payload["Line"]][1] == ("2", D("2.00"))
    assert targets(made)[0] == "product/tea"
    assert sum(line["Amount"] for line in made.payload["Line"]) == D("12.00")


@pytest.mark.parametrize(("seed", "code"), [("uk", "20.0% S"), ("eu", "20.0% Standard")])
def test_with_a_tax_code_on_each_line_totals_and_tax_are_the_sources(seed: str, code: str) -> None:
    """A sale paid at once with a discount of 10 of its taxed goods, and freight; then all of it given back."""
    qbo = open_booked(seed)
    qbo_id = qbo.company.query(f"select * from TaxCode where Name = '{code}'")["TaxCode"][0]["Id"]
    lines = [
        item("tea", 10, "10", "100", tax_code="S", tax_amount=D(20)),
        item(None, None, None, "-10", role="discount", tax_code="S", tax_amount=D(-2)),
        item(None, None, None, "5", role="freight", tax_code="S", tax_amount=D(1)),
    ]
    sale, back = document("sales_receipt", *lines), document("sales_refund", *lines)
    currency = {"uk": "GBP", "eu": "EUR"}[seed]
    chart = {id_: replace(account, currency=currency) for id_, account in qbo.books().chart.items()}
    sale, back = (replace(record, currency=currency) for record in (sale, back))
    qbo.books(sale, policies={"tax_regime": "global"}, tax_codes={"S": qbo_id}, home_currency=currency, chart=chart)
    (made,) = qbo.carry(sale)
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (D(114), D(19))
    ours = {name: amount for name, amount in qbo.lines("document/sales_receipt").items() if "VAT" not in name}
    assert {name: ours[name] for name in ("Bank", "Sales", "Discounts", "Freight income")} == {
        "Bank": D(114), "Sales": D(-100), "Discounts": D(10), "Freight income": D(-5)
    }  # fmt: skip
    qbo.carry(back)
    assert qbo.balances() == {}
