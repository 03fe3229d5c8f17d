"""Which of a person's entries may stand for one of ours, and which entry is our own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from qbo_pipeline.posting.events import Seen
from qbo_pipeline.posting.namesakes import obstacle, told_apart

ITEM = {"Name": "Tea", "Type": "NonInventory", "IncomeAccountRef": {"value": "79"}}
SINCE = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEEN = Seen("9", "0", None, "F")


@pytest.mark.parametrize(
    ("there", "stands_in_the_way"),
    [
        ({}, None),
        ({"Active": False}, "inactive"),
        ({"Type": "Service"}, "type"),
        ({"Type": "Inventory"}, "keeps no quantity"),
        ({"IncomeAccountRef": {"value": "1", "name": "Services"}}, "income account"),
        ({"ParentRef": {"value": "3"}}, "belongs under"),
        ({"CurrencyRef": {"value": "EUR"}}, "currency"),
    ],
)
def test_what_keeps_an_entry_from_being_linked(there: dict[str, Any], stands_in_the_way: str | None) -> None:
    found = obstacle({**ITEM, "Active": True, **there}, {**ITEM, "CurrencyRef": {"value": "USD"}})
    assert (found is None) if stands_in_the_way is None else (stands_in_the_way in (found or ""))


STOCKED = {"Name": "Tea", "Type": "Inventory", "AssetAccountRef": {"value": "81"}, "QtyOnHand": 12}


@pytest.mark.parametrize(
    ("there", "stands_in_the_way"),
    [
        ({"QtyOnHand": 3}, None),
        ({"Type": "NonInventory"}, "type"),
        ({"Type": "Category"}, "of type Category"),
        ({"AssetAccountRef": {"value": "82"}}, "inventory account"),
    ],
)
def test_an_inventory_item_is_adopted_where_ours_is_one_whatever_is_on_hand(
    there: dict[str, Any], stands_in_the_way: str | None
) -> None:
    found = obstacle({**STOCKED, **there}, STOCKED)
    assert (found is None) if stands_in_the_way is None else (stands_in_the_way in (found or ""))


def test_what_was_sold_since_an_item_was_made_does_not_hide_that_it_is_ours() -> None:
    thing = {**STOCKED, "Id": "9", "QtyOnHand": 11, "MetaData": {"CreateTime": "2026-03-02T13:30:00+01:00"}}
    assert told_apart(SEEN, thing, STOCKED, SINCE).own


@pytest.mark.parametrize(
    ("made", "there", "own"),
    [
        ("2026-03-02T04:30:00-08:00", {}, True),
        ("2026-03-02T03:30:00-08:00", {}, False),
        ("2026-03-02T13:30:00+01:00", {"Type": "Service"}, False),
        ("2026-03-02T13:30:00+01:00", {"IncomeAccountRef": {"value": "1"}}, False),
        (None, {}, False),
    ],
)
def test_our_own_entry_says_all_that_we_sent_and_is_younger(made: str | None, there: dict[str, Any], own: bool) -> None:
    thing = {**ITEM, "Id": "9", "MetaData": {"CreateTime": made}, **there}
    assert told_apart(SEEN, thing, ITEM, SINCE).own is own
