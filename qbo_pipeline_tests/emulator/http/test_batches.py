"""Batches: each item on its own, malformed ones, and sending one again."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_pipeline_tests.emulator.http.serving import Served
from qbo_pipeline_tests.emulator.http.shapes import batch, codes, create_item


def test_a_batch_answers_each_item_on_its_own(served: Served) -> None:
    acme = served.customer("Acme").json()["Customer"]
    change = {"Id": acme["Id"], "SyncToken": "0", "sparse": True, "Notes": "changed"}
    answer = served.post(
        "batch",
        batch(
            create_item("a", "Bolt"),
            create_item("b", "Bolt"),
            {"bId": "c", "operation": "update", "Customer": change},
            {"bId": "d", "operation": "update", "Customer": change},
            {"bId": "e", "Query": "select * from Customer where DisplayName = 'Bolt'"},
            {"bId": "f", "Query": "selekt"},
            {"bId": "g", "operation": "frob", "Customer": {}},
            {"bId": "h", "operation": "create", "Frob": {}},
            {"bId": "i", "operation": "create"},
            {"bId": "j", "CDCQuery": {"Entities": "Customer", "ChangedSince": served.state.clock.now().isoformat()}},
        ),
    )
    assert answer.status_code == 200
    items = {item.pop("bId"): item for item in answer.json()["BatchItemResponse"]}
    assert items["a"]["Customer"]["DisplayName"] == "Bolt"
    assert items["c"]["Customer"]["Notes"] == "changed"
    assert len(items["e"]["QueryResponse"]["Customer"]) == 1
    assert "CDCResponse" in items["j"]
    faults = {b_id: item["Fault"]["Error"][0]["code"] for b_id, item in items.items() if "Fault" in item}
    assert faults == {"b": "6240", "d": "5010", "f": "4000", "g": "500", "h": "2000", "i": "2010"}
    assert served.customers() == ["Acme", "Bolt"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "2020"),
        ({"BatchItemRequest": []}, "2020"),
        ({"BatchItemRequest": "x"}, "2020"),
        (batch(create_item("1", "A"), create_item("1", "B")), "2010"),
        (batch(*(create_item(str(n), f"C{n}") for n in range(31))), "1040"),
    ],
    ids=["nothing", "no items", "not a list", "a bId twice", "31 items"],
)
def test_a_malformed_batch_is_refused_whole(served: Served, body: dict[str, Any], code: str) -> None:
    assert codes(served.post("batch", body)) == [code]
    assert served.customers() == []


def test_an_item_that_cannot_be_read_is_answered_on_its_own(served: Served) -> None:
    nameless = {"operation": "create", "Customer": {"DisplayName": "Nobody"}}
    aimless = {"bId": "b", "Customer": {"DisplayName": "Nothing"}}
    answer = served.post("batch", batch(1, nameless, aimless, create_item("d", "Bolt")))  # type: ignore[arg-type]
    assert answer.status_code == 200
    items = answer.json()["BatchItemResponse"]
    assert [item.get("bId") for item in items] == [None, None, "b", "d"]
    refused = [(e["code"], e["element"]) for item in items if "Fault" in item for e in item["Fault"]["Error"]]
    assert refused == [("2010", ""), ("2020", "bId"), ("2020", "operation")]
    assert served.customers() == ["Bolt"]
