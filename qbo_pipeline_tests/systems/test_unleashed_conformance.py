"""What is published of Unleashed's API, its operations and their fields' names, against the box and the source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from qbo_pipeline.demo.company import advance, generate
from qbo_pipeline.sources.unleashed.lists import MASTER_DATA, PAPERS, STOCK_ON_HAND, invoices
from qbo_pipeline.sources.unleashed.signing import signed
from qbo_pipeline.systems.company import CompanyDatabase
from qbo_pipeline.systems.unleashed.world import World
from qbo_pipeline_tests.systems.boxes import API_ID, API_KEY, RunningUnleashed, running_unleashed
from qbo_pipeline_tests.systems.readings import FIRST

TYPES = {"string": str, "number": (int, float, Decimal), "boolean": bool, "object": dict, "array<object>": list}
# Read in the vendor's own pages or in public programs, and not in this description.
ELSEWHERE = {
    "SalesOrders": {"CustomerRef", "SourceId", "SendAccountingJournalOnly"},
    "PurchaseOrders": {"BCSubTotal", "BCTaxTotal", "BCTotal", "CustomOrderStatus", "ReceivedDate"},
    "StockOnHand": {"WarehouseId", "Warehouse", "ProductSourceId"},
    "Suppliers": set(),
}


@pytest.fixture(scope="module")
def description(shared_data: Path) -> dict[str, dict[str, str]]:
    """By list, its fields as they are written on the wire, and their types."""
    text = (shared_data / "vendor_apis" / "unleashed_fields.json").read_text(encoding="utf-8")
    return {
        operation["native"].removeprefix("GET /").partition("/")[0]: {
            name[0].upper() + name[1:]: kind for name, kind in operation["response_fields"].items()
        }
        for operation in json.loads(text).values()
        if operation["native"].endswith("/:pageNumber") and operation["native"].startswith("GET ")
    }


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUnleashed]:
    company = tmp_path_factory.mktemp("box") / "inventory.sqlite"
    generate(company, seed=7, first_day=date(2026, 10, 1), days=3)
    with running_unleashed(company) as running:
        yield running


def ask(box: RunningUnleashed, path: str, query: str = "") -> Any:
    headers = dict(signed([API_ID, API_KEY])(query))
    with urlopen(Request(f"{box.url}/{path}?{query}" if query else f"{box.url}/{path}", headers=headers)) as answer:
        return json.load(answer)


def test_the_lists_that_are_described_are_asked_for_and_answered_as_they_are_described(
    description: dict[str, dict[str, str]], box: RunningUnleashed
) -> None:
    paths = {listing.path for listing in (*MASTER_DATA, *PAPERS, *invoices("Invoices"), STOCK_ON_HAND)}
    assert description.keys() <= paths
    problems = []
    for path, fields in description.items():
        asked = "asAtDate=2026-10-02&warehouseCode=MAIN" if path == "StockOnHand" else ""
        entries = ask(box, f"{path}/1", asked)["Items"]
        assert entries
        for entry in entries:
            for name, value in entry.items():
                if name not in fields:
                    problems += [f"{path}.{name}"] if name not in ELSEWHERE.get(path, ()) else []
                elif value is not None and not isinstance(value, TYPES[fields[name]]):
                    problems.append(f"{path}.{name} is {type(value).__name__}, not {fields[name]}")
    assert set(problems) == set()


def test_a_page_size_of_nothing_counts(box: RunningUnleashed) -> None:
    answer = ask(box, "Invoices/1", "pageSize=0")
    assert answer["Items"] == []
    assert answer["Pagination"]["NumberOfItems"] > 0
    assert ask(box, "Invoices/Page/1")["Pagination"]["NumberOfItems"] == answer["Pagination"]["NumberOfItems"]


def test_an_order_keeps_its_id_when_it_is_received_or_shipped(tmp_path: Path) -> None:
    path = tmp_path / "inventory.sqlite"
    generate(path, seed=7, first_day=FIRST, days=1)
    known: dict[str, dict[str, str]] = {"purchase_order": {}, "sales_order": {}}
    with closing(CompanyDatabase(path)) as company:
        world = World(company)
        for day in range(1, 6):
            world.refresh()
            for kind, orders in known.items():
                shown = {object_id: order["OrderNumber"] for object_id, order in world.objects[kind].items()}
                assert shown.items() >= orders.items()
                orders |= shown
            advance(path, FIRST + timedelta(days=day))
    assert all(len(orders) >= 3 for orders in known.values())
