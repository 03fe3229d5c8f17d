"""Items that people make and change in QuickBooks, the documents that name them, and what stays ours."""

from __future__ import annotations

import json
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline_tests.emulator.server import RunningEmulator
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
