"""Day one, when both sides have the same things already: linked or asked about; nothing is made twice or written over,
whichever kind it is.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, shop_with_inbox
from qbo_pipeline_tests.write_back.taking import take_all

KINDS = ("customers", "suppliers", "products", "sales_invoices", "payments_received")
LISTS = {
    "customers": ("Customer", "party/customer:c1", {"DisplayName": "Café Sol", "PrimaryPhone": {"FreeFormNumber": "1"}},
                  "UPDATE parties SET phone = '2' WHERE party_id = 'c1'", ("PrimaryPhone", "FreeFormNumber")),
    "suppliers": ("Vendor", "party/supplier:s1", {"DisplayName": "Roastery", "PrimaryPhone": {"FreeFormNumber": "1"}},
                  "UPDATE parties SET phone = '2' WHERE party_id = 's1'", ("PrimaryPhone", "FreeFormNumber")),
    "products": ("Item", "product/p1", {"Name": "BEANS", "Type": "NonInventory", "Description": "1"},
                 "UPDATE products SET number = 'BEANS', name = '2' WHERE product_id = 'p1'", ("Description",)),
}  # fmt: skip
LATER = {
    "customers": "UPDATE parties SET email = 'sol@example.com' WHERE party_id = 'c1'",
    "suppliers": "UPDATE parties SET email = 'roastery@example.com' WHERE party_id = 's1'",
    "products": "UPDATE products SET number = 'BEANS 2' WHERE product_id = 'p1'",
}


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    return shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=KINDS)


def twin(people: Bookkeeper, kind: str) -> Thing:
    """The same customer, supplier or item, entered in QuickBooks long before."""
    entity, _, body, _, _ = LISTS[kind]
    if entity == "Item":
        income = next(one for one in people.all("Account") if one["AccountType"] == "Income")
        body = {**body, "IncomeAccountRef": {"value": income["Id"]}}
    return people.save(entity, body)


def links(shop: Shop, key: str) -> list[str]:
    with shop.run() as run:
        return [row["qbo_id"] for row in rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=key)]


def there(thing: Thing, path: tuple[str, ...]) -> Any:
    for name in path:
        thing = thing[name]
    return thing


@pytest.mark.torture
@pytest.mark.parametrize("direction", ["nothing", "source", "quickbooks"])
@pytest.mark.parametrize("kind", LISTS)
def test_a_list_entry_is_linked_and_the_direction_says_whose_word_counts(
    shop: Shop, people: Bookkeeper, kind: str, direction: str
) -> None:
    entity, key, _, change, field = LISTS[kind]
    thing = twin(people, kind)
    shop.change(change)
    point_to(shop.settings, 'link_existing = "never"', 'link_existing = "same_name"')
    point_to(shop.settings, "[write_back]\n", f'[write_back]\nfirst_agreement = "{direction}"\n')
    night(shop)
    night(shop)
    assert links(shop, key) == [thing["Id"]]
    assert len([one for one in people.all(entity) if one.get("DisplayName", one.get("Name")) in str(LISTS[kind])]) == 1
    entries = [entry for entry in in_the_inbox(shop) if entry["operation"] == "create"]
    assert [entry for entry in entries if entry["number"] in ("Café Sol", "Roastery", "BEANS")] == []
    now = there(people.get(entity, thing["Id"]), field)
    assert now == "1"  # nothing is written over in QuickBooks on day one
    told = [json.loads(entry["content"])["changed"] for entry in in_the_inbox(shop) if entry["operation"] == "update"]
    assert bool(told) == (direction == "quickbooks")  # nor in the inventory system, unless it is said so
    shop.change(LATER[kind])  # and the record's next change carries what the inventory system's word counts for
    night(shop)
    night(shop)
    assert there(people.get(entity, thing["Id"]), field) == ("2" if direction == "source" else "1")


@pytest.mark.torture
@pytest.mark.parametrize("kind", LISTS)
def test_a_list_entry_of_the_same_name_is_asked_about_where_nobody_said_link(
    shop: Shop, people: Bookkeeper, kind: str
) -> None:
    thing = twin(people, kind)
    shop.change(LISTS[kind][3])
    waiting = night(shop)["waiting"]
    assert [row["reason"] for row in waiting if row["key"] == f"{LISTS[kind][0]}/{thing['Id']}"] == ["same_name"]
    assert [entry for entry in in_the_inbox(shop) if entry["number"] in ("Café Sol", "Roastery", "BEANS")] == []


@pytest.mark.torture
def test_a_document_that_both_sides_have_is_asked_about_and_not_made_a_second_time_here(
    shop: Shop, people: Bookkeeper
) -> None:
    customer = people.save("Customer", {"DisplayName": "Café Sol"})
    point_to(shop.settings, 'link_existing = "never"', 'link_existing = "same_name"')
    income = next(one for one in people.all("Account") if one["AccountType"] == "Income")
    item = people.save("Item", {"Name": "Work", "Type": "Service", "IncomeAccountRef": {"value": income["Id"]}})
    detail = {"ItemRef": {"value": item["Id"]}, "Qty": 1, "UnitPrice": 90}
    line = {"Amount": Decimal(90), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": customer["Id"]}, "TxnDate": "2024-03-04", "DocNumber": "I1", "Line": [line]}
    invoice = people.save("Invoice", body)
    night(shop)
    take_all(shop)  # the item that QuickBooks alone has
    waiting = {row["key"]: row for row in night(shop)["waiting"]}
    row = waiting[f"Invoice/{invoice['Id']}"]
    assert (row["reason"], "may be document/i1 of the inventory system" in row["why"]) == ("perhaps_one", True)
    assert [entry for entry in in_the_inbox(shop) if entry["kind"] == "sales_invoice" and entry["number"] == "I1"] == []
    people.void("Invoice", people.get("Invoice", invoice["Id"]))
    assert [row for row in night(shop)["waiting"] if row["kind"] == "Invoice"] == []
    assert [entry for entry in in_the_inbox(shop) if entry["kind"] == "sales_invoice" and entry["number"] == "I1"] == []
