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
