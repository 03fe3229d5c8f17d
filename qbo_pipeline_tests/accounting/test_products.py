"""Names of items: products whose numbers QBO would call equal are told apart."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbo_pipeline.accounting.products import NAME_LENGTH, build_product
from qbo_pipeline.inventory.records import Product
from qbo_pipeline_tests.accounting.company import books


def product(product_id: str, number: str | None) -> Product:
    return Product(product_id=product_id, kind="stocked", number=number, name="A pipe")


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ("AB-1", "AB-1", ["AB-1 [p1]", "AB-1 [p2]"]),
        ("AB-1", "ab-1", ["AB-1 [p1]", "ab-1 [p2]"]),
        ('5" pipe', "5 pipe", ["5 pipe [p1]", "5 pipe [p2]"]),
        ("A:1", "A1", None),
        ("AB-1", "AB-2", ["AB-1", "AB-2"]),
        ("x" * 120 + "1", "x" * 120 + "2", None),
    ],
)
def test_no_two_products_share_the_name_of_an_item(first: str, second: str, names: list[str] | None) -> None:
    both = [product("p1", first), product("p2", second)]
    payloads = [build_product(one, books(*both)).payload for one in both]
    found = [payload["Name"] for payload in payloads]
    assert len({name.casefold() for name in found}) == 2
    assert all(len(name) <= NAME_LENGTH for name in found)
    assert names is None or found == names
    backwards = [build_product(one, books(*reversed(both))).payload["Name"] for one in both]
    assert backwards == found


def test_the_sku_is_the_number_as_it_is() -> None:
    both = [product("p1", '5" pipe'), product("p2", "5 pipe")]
    assert [build_product(one, books(*both)).payload["Sku"] for one in both] == ['5" pipe', "5 pipe"]


def test_ids_that_capitals_alone_tell_apart_make_two_names() -> None:
    """As real stock codes are typed: QuickBooks would call both names equal."""
    both = [product("15056bl", "15056bl"), product("15056BL", "15056BL")]
    names = [build_product(one, books(*both)).payload["Name"] for one in both]
    assert names == ["15056bl [15056bl 056dd485]", "15056BL [15056BL 5074e6f1]"]
    assert names[0].casefold() != names[1].casefold()


def test_prices_are_told_where_the_source_has_them() -> None:
    priced = replace(product("p1", "A-1"), sales_price=Decimal("9.50"), purchase_cost=Decimal("4.25"))
    payload = build_product(priced, books(priced)).payload
    assert (payload["UnitPrice"], payload["PurchaseCost"]) == (Decimal("9.50"), Decimal("4.25"))
    counted = replace(priced, minimum_quantity=Decimal(5))  # QuickBooks has a place for it where it keeps quantities
    assert build_product(counted, books(counted)).payload == payload
    assert not {"UnitPrice", "PurchaseCost"} & set(build_product(product("p2", "A-2"), books()).payload)
