"""Products below QuickBooks' category items, and products that have no item at all."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_pipeline.accounting.categories import category_path
from qbo_pipeline.accounting.rules import build, build_unrecorded
from qbo_pipeline.inventory.records import Product
from qbo_pipeline_tests.accounting.company import books, document, draft, excluded, item, refused

KEPT: dict[str, Any] = {"policies": {"categories": "kept"}}


def product(category: str | None) -> Product:
    return Product(product_id="p", kind="stocked", number="P-1", name="Pen", category=category)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Drinks", ("Drinks",)),
        (" Drinks :: Hot\t", ("Drinks", "Hot")),
        ('5" : ', ("5",)),
        (":", ()),
        ("", ()),
    ],
)
def test_a_category_is_a_path(text: str, path: tuple[str, ...]) -> None:
    assert category_path(text) == path


def test_an_item_stands_below_its_category_and_that_below_another_where_they_are_kept() -> None:
    one = product("Drinks:Hot")
    assert "ParentRef" not in draft(one, books(one)).payload
    payload = draft(one, books(one, **KEPT)).payload
    assert (payload["SubItem"], payload["ParentRef"]) == (True, {"value": "$category/Drinks:Hot"})
    hot = build_unrecorded("category/Drinks:Hot", books(**KEPT))
    assert hot is not None
    assert hot.payload == {
        "Name": "Hot", "Type": "Category", "SubItem": True, "ParentRef": {"value": "$category/Drinks"},
    }  # fmt: skip
    top = build_unrecorded("category/Drinks", books(**KEPT))
    assert top is not None
    assert top.payload == {"Name": "Drinks", "Type": "Category"}
    assert "ParentRef" not in draft(product(None), books(**KEPT)).payload


def test_more_levels_than_quickbooks_takes_are_refused() -> None:
    deep = product("A:B:C:D")
    answer = refused(deep, books(deep, **KEPT))
    assert answer.reason == "category_levels"
    assert 'categories = "off"' in answer.message


def test_products_as_lines_have_no_item_and_their_lines_are_on_the_item_of_their_account() -> None:
    lines: dict[str, Any] = {"policies": {"products": "lines"}}
    tea = product(None)
    assert excluded(tea, books(tea, **lines)).rule == "as_lines"
    invoice = document("sales_invoice", item("p", "2", "5", "10"))
    payload = draft(invoice, books(tea, **lines)).payload
    assert payload["Line"][0]["SalesItemLineDetail"]["ItemRef"] == {"value": "$item/40"}
    assert payload["Line"][0]["Description"] == "Pen"
    assert draft(invoice, books(tea)).payload["Line"][0]["SalesItemLineDetail"]["ItemRef"] == {"value": "$product/p"}
    assert build(tea, books(tea)) != build(tea, books(tea, **lines))
