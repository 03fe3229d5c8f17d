"""A person changes a list entry in QuickBooks after we have looked at it and before our update arrives: nothing of that
change is written over, whatever field it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.write_back import write_back
from qbo_pipeline.pipeline.write_back_answers import take_answers
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, shop_with_inbox
from qbo_pipeline_tests.write_back.taking import take_all


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    return shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=("customers",))


def night_with_a_change(shop: Shop, people: Bookkeeper, customer: Thing, **fields: Any) -> tuple[str, str | None]:
    """A night in which a person writes into QuickBooks when our update is built and not sent; what became of it."""
    with shop.run() as run:
        extract_master_data(run)
        extract_days(run, FIRST_DAY, LAST_DAY)
        read_reference_data(run)
        take_answers(run)
        transform(run, FIRST_DAY, LAST_DAY)
        people.save("Customer", {**people.get("Customer", customer["Id"]), **fields})
        load(run, FIRST_DAY, LAST_DAY)
        write_back(run)
        query = "SELECT state, reason FROM postings WHERE key = 'party/customer:c1' AND superseded_by IS NULL"
        (row,) = rows(run, query)
    return row["state"], row["reason"]


def there(shop: Shop, people: Bookkeeper) -> tuple[str | None, str | None]:
    """Mail address and telephone of the customer in QuickBooks."""
    with shop.run() as run:
        thing = ours(run, people, "party/customer:c1")
    mail, telephone = thing.get("PrimaryEmailAddr") or {}, thing.get("PrimaryPhone") or {}
    return mail.get("Address"), telephone.get("FreeFormNumber")


@pytest.mark.usefixtures("queries_without_lag")
def test_another_field_stays_and_both_arrive_the_night_after(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        customer = ours(run, people, "party/customer:c1")
    shop.change("UPDATE parties SET phone = '555-0100' WHERE party_id = 'c1'")
    became = night_with_a_change(shop, people, customer, PrimaryEmailAddr={"Address": "sol@example.com"})
    assert became == ("parked", "conflict")
    assert there(shop, people)[0] == "sol@example.com"  # our update would have written the old address
    assert night(shop)["waiting"] == []
    assert there(shop, people) == ("sol@example.com", "555-0100")
    (entry,) = [json.loads(one["content"]) for one in in_the_inbox(shop) if one["number"] == "Café Sol"]
    assert (entry["email"], set(entry["changed"])) == ("sol@example.com", {"email"})
    take_all(shop)
    assert night(shop)["waiting"] == []
    assert there(shop, people) == ("sol@example.com", "555-0100")
    assert [one["revision"] for one in in_the_inbox(shop) if one["number"] == "Café Sol"] == [1]


@pytest.mark.torture
def test_the_same_field_is_a_conflict_then(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        customer = ours(run, people, "party/customer:c1")
    shop.change("UPDATE parties SET email = 'here@example.com' WHERE party_id = 'c1'")
    became = night_with_a_change(shop, people, customer, PrimaryEmailAddr={"Address": "there@example.com"})
    assert became == ("parked", "conflict")
    (waiting,) = night(shop)["waiting"]
    assert "here@example.com" in waiting["why"]
    assert "there@example.com" in waiting["why"]
    assert there(shop, people)[0] == "there@example.com"
