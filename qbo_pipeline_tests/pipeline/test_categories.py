"""Items below their category in QuickBooks, however it is written; and a shop without items for its products."""

from __future__ import annotations

from pathlib import Path

from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop, shop_rows


def test_items_stand_below_their_category_once_policy_keeps_it(tmp_path: Path) -> None:
    source = shop_rows()
    for number, row in enumerate(source["products"]):
        row["category"] = "Drinks:Hot" if number % 2 else "DRINKS:hot"
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
        point_to(shop.settings, 'categories = "off"', 'categories = "kept"')
        with shop.run() as run:  # what is posted stays as it is until somebody says so
            carry(run, FIRST_DAY, LAST_DAY)
            assert not rows(run, "SELECT key FROM postings WHERE key LIKE 'category/%'")
        shop.change("UPDATE products SET name = 'X' || name")
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert (carried.result.difference, carried.result.unexplained) == (0, 0)
            items = {item["FullyQualifiedName"]: item for item in run.quickbooks().query(select("Item"))}
            categories = [item for item in items.values() if item["Type"] == "Category"]
            assert len(categories) == 2
            ours = rows(run, "SELECT key, qbo_id FROM posting_links WHERE key LIKE 'product/%'")
            below = {item["Id"] for item in items.values() if item.get("ParentRef", {}).get("name", "").endswith("ot")}
            assert {row["qbo_id"] for row in ours} == below
        with shop.run() as run:
            assert not any(carry(run, FIRST_DAY, LAST_DAY).touched.values())


def test_a_shop_whose_products_go_as_lines(tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        point_to(shop.settings, 'products = "items"', 'products = "lines"')
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert (carried.result.difference, carried.result.unexplained) == (0, 0)
            assert not rows(run, "SELECT key FROM postings WHERE key LIKE 'product/%'")
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'document/i1'")
            line = run.quickbooks().read("Invoice", link["qbo_id"])["Line"][0]
            assert line["SalesItemLineDetail"]["ItemRef"]["name"].startswith("Sales of Product Income")
