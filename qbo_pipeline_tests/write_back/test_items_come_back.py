"""Items that people make and change in QuickBooks, the documents that name them, and what stays ours."""

from __future__ import annotations

import json
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.two_way import two_way
from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import point_to
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper
from qbo_pipeline_tests.write_back.inbox_shop import (
    in_the_inbox,
    night,
    ours,
    owned_by,
    shop_with_inbox,
    without_payments,
)
from qbo_pipeline_tests.write_back.papers import parted
from qbo_pipeline_tests.write_back.taking import take_all

KINDS = ("products", "sales_invoices")


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    place = 'location = "w1"\n'
    return shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=KINDS, more=place)


def told(shop: Shop, number: str) -> list[dict[str, Any]]:
    return [
        {**json.loads(entry["content"]), "operation": entry["operation"]}
        for entry in in_the_inbox(shop)
        if json.loads(entry["content"]).get("number") == number
    ]


@pytest.mark.torture
def test_an_item_made_in_quickbooks_is_taken_before_the_invoice_that_names_it(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        beans, invoice = ours(run, people, "product/p1"), ours(run, people, "document/i1")
    body = {"Name": "Filter papers", "Sku": "FP-100", "Type": "Service", "UnitPrice": Decimal("3.00")}
    made = people.save("Item", {**body, "IncomeAccountRef": beans["IncomeAccountRef"]})
    detail = {"ItemRef": {"value": made["Id"]}, "Qty": Decimal(2), "UnitPrice": Decimal("3.00")}
    line = {"Amount": Decimal("6.00"), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    thing = {"CustomerRef": invoice["CustomerRef"], "TxnDate": "2024-03-06", "DocNumber": "QB-9", "Line": [line]}
    people.save("Invoice", thing)
    assert night(shop)["waiting"] == []
    (product,) = told(shop, "FP-100")
    assert (product["kind"], product["name"], product["sales_price"]) == ("service", "Filter papers", "3")
    assert told(shop, "QB-9") == []
    take_all(shop)
    night(shop)
    (document,) = told(shop, "QB-9")
    assert document["stock"] == [{"location_id": "w1", "product_id": f"Item-{made['Id']}", "quantity": "-2"}]
    take_all(shop)
    count, tokens = len(in_the_inbox(shop)), {thing["Id"]: thing["SyncToken"] for thing in people.all("Item")}
    night(shop)
    night(shop)
    assert len(in_the_inbox(shop)) == count
    assert {thing["Id"]: thing["SyncToken"] for thing in people.all("Item")} == tokens  # and ours did not come back


@pytest.mark.torture
def test_a_new_description_crosses_and_archived_there_is_archived_here(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        beans = ours(run, people, "product/p1")
    people.save("Item", {**beans, "Description": "Beans, roasted today"})
    night(shop)
    (entry,) = [json.loads(one["content"]) for one in in_the_inbox(shop) if "roasted" in one["content"]]
    assert (entry["product_id"], entry["name"]) == ("p1", "Beans, roasted today")
    take_all(shop)
    night(shop)
    people.save("Item", {**people.get("Item", beans["Id"]), "Active": False})
    night(shop)
    last = json.loads(in_the_inbox(shop)[-1]["content"])
    entries = [json.loads(one["content"]) for one in in_the_inbox(shop)]
    assert [one["active"] for one in entries if one.get("product_id") == "p1"] == [True, False], last


def keeping(folder: Path, emulator: RunningEmulator, owner: str, **said: str) -> Shop:
    """The shop in tracked mode with categories, whose products say this, and whose products are this side's."""
    given = {**without_payments()}
    given["products"] = [{**row, **said} for row in given["products"]]
    values = {"mode": '"tracked"', "store_url": f"sqlite:///{folder / 'store.sqlite'}"}
    shop = open_shop(folder, emulator, given, **values)
    owned_by(shop, owner, ("products", "customers"))
    point_to(shop.settings, 'categories = "off"', 'categories = "kept"')
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        inbox.create()  # type: ignore[attr-defined]
    night(shop)
    return shop


def test_least_quantities_and_categories_go_both_ways(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = keeping(tmp_path, emulator, "both", category="Drinks", minimum_quantity="5")
    with shop.run() as run:
        beans, box = ours(run, people, "product/p1"), ours(run, people, "product/p2")
    assert (beans["ReorderPoint"], beans["FullyQualifiedName"]) == (5, f"Drinks:{beans['Name']}")
    # People make a category of their own; the inventory system changes another field of the one, and of the other both.
    cold = people.save("Item", {"Name": "Cold", "Type": "Category", "SubItem": True, "ParentRef": beans["ParentRef"]})
    moved = {"SubItem": True, "ParentRef": {"value": cold["Id"]}}
    people.save("Item", {**beans, **moved, "ReorderPoint": Decimal(8)})
    people.save("Item", {**box, **moved})
    shop.change("UPDATE products SET sales_price = '9.50' WHERE product_id = 'p1'",
                "UPDATE products SET category = 'Gifts' WHERE product_id = 'p2'")  # fmt: skip
    (waiting,) = night(shop)["waiting"]
    assert "category 'Gifts' in the inventory system and 'Drinks:Cold' in QuickBooks" in waiting["why"]
    (entry,) = [json.loads(one["content"]) for one in in_the_inbox(shop) if '"p1"' in one["content"]]
    assert entry["changed"] == {"category": "Drinks", "minimum_quantity": "5"}
    assert (entry["category"], entry["minimum_quantity"]) == ("Drinks:Cold", "8")
    take_all(shop)
    shop.change("UPDATE products SET category = 'drinks:cold' WHERE product_id = 'p2'")
    assert night(shop)["waiting"] == []
    with shop.run() as run:
        beans, box = ours(run, people, "product/p1"), ours(run, people, "product/p2")
        assert parted([kind for kind in two_way(run) if kind.kind == "products"]) == {}
    assert (beans["ParentRef"]["value"], beans["ReorderPoint"], beans["UnitPrice"]) == (cold["Id"], 8, Decimal("9.50"))
    assert box["ParentRef"]["value"] == cold["Id"]
    # A least quantity that the inventory system does not tell for a while stays; another one then is a change.
    for said, there in (("NULL", 8), ("'6'", 6)):
        shop.change(f"UPDATE products SET minimum_quantity = {said} WHERE product_id = 'p1'")
        night(shop)
        with shop.run() as run:
            assert ours(run, people, "product/p1")["ReorderPoint"] == there


@pytest.mark.torture
@pytest.mark.parametrize("owner", ["source", "quickbooks"])
def test_whose_word_counts_of_least_quantities_and_categories(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper, owner: str
) -> None:
    shop = keeping(tmp_path, emulator, "both", category="Drinks", minimum_quantity="5")
    point_to(shop.settings, 'products = "both"', f'products = "{owner}"')
    with shop.run() as run:
        beans = ours(run, people, "product/p1")
    tea = people.save("Item", {"Name": "Tea", "Type": "Category"})
    moved = {"SubItem": True, "ParentRef": {"value": tea["Id"]}} if owner == "quickbooks" else {}
    people.save("Item", {**beans, **moved, "ReorderPoint": Decimal(8)})
    shop.change("UPDATE products SET minimum_quantity = '6' WHERE product_id = 'p1'")
    night(shop)
    night(shop)
    entries = [json.loads(one["content"]) for one in in_the_inbox(shop) if '"p1"' in one["content"]]
    said = {(entry["category"], entry["minimum_quantity"]) for entry in entries}
    with shop.run() as run:
        there = ours(run, people, "product/p1")
    if owner == "source":
        assert said == set()
        assert there["ReorderPoint"] == 6
    else:
        assert said == {("Tea", "8")}
        assert (there["ReorderPoint"], there["ParentRef"]["value"]) == (8, tea["Id"])
        take_all(shop)
        night(shop)
        night(shop)
        assert len([one for one in in_the_inbox(shop) if '"p1"' in one["content"]]) == len(entries)
        with shop.run() as run:
            assert ours(run, people, "product/p1")["SyncToken"] == there["SyncToken"]


@pytest.mark.torture
def test_prices_go_both_ways_and_what_both_changed_is_a_conflict(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    given = {**without_payments()}
    given["products"] = [{**row, "sales_price": "9.50", "purchase_cost": "4.00"} for row in given["products"]]
    shop = open_shop(tmp_path, emulator, given, store_url=f"sqlite:///{tmp_path / 'store.sqlite'}")
    owned_by(shop, "both", ("products",))
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        inbox.create()  # type: ignore[attr-defined]
    night(shop)
    with shop.run() as run:
        beans = ours(run, people, "product/p1")
    assert (beans["UnitPrice"], beans["PurchaseCost"]) == (Decimal("9.50"), Decimal("4.00"))
    people.save("Item", {**beans, "UnitPrice": Decimal("11.00")})
    shop.change("UPDATE products SET purchase_cost = '4.25' WHERE product_id = 'p1'")
    night(shop)
    (entry,) = [json.loads(one["content"]) for one in in_the_inbox(shop) if '"p1"' in one["content"]]
    assert (entry["sales_price"], entry["changed"]) == ("11", {"sales_price": "9.5"})
    take_all(shop)
    assert night(shop)["waiting"] == []
    with shop.run() as run:
        beans = ours(run, people, "product/p1")
    assert (beans["UnitPrice"], beans["PurchaseCost"]) == (Decimal("11.00"), Decimal("4.25"))
    people.save("Item", {**beans, "UnitPrice": Decimal("12.00")})
    shop.change("UPDATE products SET sales_price = '13' WHERE product_id = 'p1'")
    (waiting,) = night(shop)["waiting"]
    assert "sales_price" in waiting["why"]
    with shop.run() as run:
        assert ours(run, people, "product/p1")["UnitPrice"] == Decimal("12.00")
