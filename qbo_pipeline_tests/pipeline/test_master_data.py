"""Parties and products: who reads them, how often, and who is found by whose name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from qbo_pipeline.inventory.records import Product, content_hash
from qbo_pipeline.pipeline import books, master_data
from qbo_pipeline.pipeline.master_data import Parsed
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.tables.records import record_references, watermarks
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop, shop_rows
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, read

IN_CATALOGUE = 120  # of which no document tells


class Row:
    """A row of the table `records` that holds a product."""

    record_type = "product"

    def __init__(self, product_id: str, name: str) -> None:
        content = {"product_id": product_id, "kind": "stocked", "name": name}
        self.content = f'{{"product_id":"{product_id}","kind":"stocked","name":"{name}"}}'
        self.content_hash = content_hash(content)


def _parses(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many records the books parse to build the shop, which is read before."""
    parsed: list[Any] = []

    def noted(row: Any) -> Any:
        parsed.append(row)
        return load_record(row)

    with shop.run() as run:
        chart(run)
        read(run)
        with monkeypatch.context() as patched:
            for module in (books, master_data):
                patched.setattr(module, "load_record", noted)
            build(run)
        aside = rows(run, "SELECT COUNT(*) AS n FROM records WHERE rule = 'not_needed'")
    assert aside[0]["n"] > 0
    return len(parsed)


def test_what_building_parses_does_not_grow_with_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = shop_rows()
    like = large["products"][0]
    large["products"] += [
        {**like, "product_id": f"c{number}", "number": f"C{number}", "name": f"Thing {number}"}
        for number in range(IN_CATALOGUE)
    ]
    small = _parses(open_shop(tmp_path / "small", None), monkeypatch)
    assert _parses(open_shop(tmp_path / "large", None, large), monkeypatch) == small


def test_a_record_is_parsed_once_while_it_is_what_it_was_and_the_oldest_are_forgotten() -> None:
    parsed = Parsed(most=2)
    tea, coffee, cocoa = Row("t", "Tea"), Row("c", "Coffee"), Row("k", "Cocoa")
    first = parsed.record(tea)
    assert parsed.record(tea) is first
    changed = parsed.record(Row("t", "Green tea"))
    assert isinstance(changed, Product)
    assert changed.name == "Green tea"
    kept = parsed.record(coffee)
    assert parsed.record(coffee) is kept
    parsed.record(cocoa)
    assert parsed.record(coffee) is kept
    assert parsed.record(tea) is not first


def _with_a_namesake() -> Any:
    """The shop with a second customer of the same name; a document needs only the first."""
    found = shop_rows()
    customer = next(row for row in found["parties"] if row["kind"] == "customer")
    found["parties"].append({**customer, "party_id": "other", "number": "other"})
    return found


def _customer_names(run: Run) -> list[str]:
    found = rows(run, "SELECT payload FROM postings WHERE entity = 'Customer' AND superseded_by IS NULL")
    return [row["payload"].split('"DisplayName":"')[1].split('"')[0] for row in found]


@pytest.mark.parametrize("kept", [True, False], ids=["names are kept", "a store of an earlier version"])
def test_who_shares_a_name_is_found_by_it(tmp_path: Path, store_url: str, kept: bool) -> None:
    shop = open_shop(tmp_path, None, _with_a_namesake(), store_url=store_url)
    with shop.run() as run:
        chart(run)
        read(run)
        if not kept:
            with run.database.transaction() as connection:
                connection.execute(delete(record_references).where(record_references.c.refers_to.startswith("name/")))
                connection.execute(delete(watermarks).where(watermarks.c.name == "names of master data"))
        build(run)
        (name,) = _customer_names(run)
        assert name.endswith("]"), name
        named = rows(run, "SELECT record_key FROM record_references WHERE refers_to LIKE 'name/party/%'")
        assert len(named) == len(rows(run, "SELECT record_id FROM records WHERE record_type = 'party'"))


def test_a_name_given_up_is_nobodys(tmp_path: Path) -> None:
    """The second customer is called otherwise before anything is built: the first one's name needs no number."""
    shop = open_shop(tmp_path, None, _with_a_namesake())
    with shop.run() as run:
        chart(run)
        read(run)
        shop.change("UPDATE parties SET name = 'Somebody else' WHERE party_id = 'other'")
        read(run)
        build(run)
        (name,) = _customer_names(run)
        assert not name.endswith("]"), name


def test_all_active_ones_go_where_the_settings_ask_for_them(tmp_path: Path) -> None:
    held = shop_rows()
    like = held["products"][0]
    held["products"] += [
        {**like, "product_id": "spare", "number": "SPARE", "name": "Spare part"},
        {**like, "product_id": "old", "number": "OLD", "name": "Sold no more", "active": "no"},
    ]
    shop = open_shop(tmp_path, None, held)
    asked = "SELECT record_id, disposition, rule FROM records WHERE record_id IN ('spare', 'old') ORDER BY record_id"
    with shop.run() as run:
        chart(run)
        read(run)
        build(run)
        assert [(row["disposition"], row["rule"]) for row in rows(run, asked)] == [("excluded", "not_needed")] * 2
    settings = shop.settings.read_text()
    shop.settings.write_text(settings.replace('master_data = "when_needed"', 'master_data = "all"'))
    for _ in range(2):  # and once more: nothing changes
        with shop.run() as run:
            build(run)
            assert [(row["disposition"], row["rule"]) for row in rows(run, asked)] == [
                ("excluded", "not_active"),
                ("posting", None),
            ]
            (item,) = rows(run, "SELECT entity, state, revision FROM postings WHERE key = 'product/spare'")
            assert (item["entity"], item["state"], item["revision"]) == ("Item", "ready", 1)
            assert rows(run, "SELECT key FROM postings WHERE key = 'product/old'") == []
    shop.settings.write_text(settings)  # what is built already still goes
    with shop.run() as run:
        build(run)
        (item,) = rows(run, "SELECT state, revision FROM postings WHERE key = 'product/spare'")
        assert (item["state"], item["revision"]) == ("ready", 1)
