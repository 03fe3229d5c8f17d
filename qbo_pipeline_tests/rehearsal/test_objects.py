"""Two companies compared object by object: what is the same in both is not told, everything else is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.quickbooks.wire import to_wire
from qbo_pipeline.rehearsal.failures import fired, killed_at, ordered_failures
from qbo_pipeline.rehearsal.objects import ObjectDifference, alike, differences

KEYS = {"17": "document/i1", "18": "document/i2"}


def invoice(**changed: Any) -> dict[str, Any]:
    return {
        "CustomerRef": {"value": "4", "name": "Cafe"},
        "Line": [{"Id": "1", "Amount": Decimal("90.00"), "SalesItemLineDetail": {"ItemRef": {"value": "9"}}}],
        "LinkedTxn": [{"TxnId": "18", "TxnType": "Payment"}, {"TxnId": "17", "TxnType": "Payment"}],
        **changed,
    }


def told(one: dict[str, Any], other: dict[str, Any]) -> list[ObjectDifference]:
    return differences({"document/i1": to_wire(alike(one, KEYS))}, {"document/i1": to_wire(alike(other, KEYS))})


def test_ids_versions_and_the_order_of_links_do_not_count() -> None:
    turned = [{"TxnId": "17", "TxnType": "Payment"}, {"TxnId": "18", "TxnType": "Payment"}]
    moved = [{"Id": "7", "Amount": Decimal("90.00"), "SalesItemLineDetail": {"ItemRef": {"value": "9"}}}]
    other = invoice(CustomerRef={"value": "77", "name": "Cafe"}, LinkedTxn=turned, Line=moved)
    assert told(invoice(), other) == []


@pytest.mark.parametrize(
    ("changed", "field", "one", "other"),
    [
        ({"CustomerRef": {"value": "4", "name": "Bar"}}, "CustomerRef", "Cafe", "Bar"),
        ({"Line": [{"Amount": Decimal("90.01"), "SalesItemLineDetail": {"ItemRef": {"value": "9"}}}]},
         "Line[1].Amount", "90", "90.01"),
        ({"Line": []}, "Line", "[{'Amount': 90, 'SalesItemLineDetail': {'ItemRef': '9'}}]", "[]"),
        ({"LinkedTxn": [{"TxnId": "17", "TxnType": "Payment"}, {"TxnId": "99", "TxnType": "Payment"}]},
         "LinkedTxn[1].TxnId", "document/i1", "a document of others"),
        ({"TxnDate": "2026-03-01"}, "TxnDate", "None", "2026-03-01"),
    ],
)  # fmt: skip
def test_what_counts_is_told_with_its_place(changed: dict[str, Any], field: str, one: str, other: str) -> None:
    assert told(invoice(), invoice(**changed)) == [ObjectDifference("document/i1", field, one, other)]


def test_an_object_that_only_one_has_is_told() -> None:
    there = {"document/i1": to_wire(invoice())}
    assert differences(there, {}) == [ObjectDifference("document/i1", "the object", "is there", "is not there")]
    assert differences({}, there) == [ObjectDifference("document/i1", "the object", "is not there", "is there")]


@pytest.mark.parametrize("batches", [1, 3, 19, 20, 5000])
def test_failures_are_the_same_by_seed_and_none_comes_too_often_to_one_document(batches: int) -> None:
    rules = ordered_failures(7, batches)
    assert rules == ordered_failures(7, batches)
    assert rules != ordered_failures(8, batches)
    writes = [rule for rule in rules if rule["operation"] == "batch"]
    assert len(writes) == (9 if batches >= 20 else 3)
    assert len({rule["nth"] for rule in writes}) == len(writes)
    # A document is sent six times before it waits for a person: failures and deaths together stay below that.
    assert batches >= 20 or len(writes) + len(killed_at(7, batches)) < 6


def test_what_came_is_told_in_words() -> None:
    rules = [{**rule, "fired": number % 2} for number, rule in enumerate(ordered_failures(1, 5000))]
    assert sum(fired(rules).values()) == sum(rule["fired"] for rule in rules)
    assert all(fired(rules).values())
