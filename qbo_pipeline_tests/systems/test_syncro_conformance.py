"""The vendor's own description of Syncro's API against the box that imitates it and the source that reads it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import pytest

from qbo_pipeline.demo.company import generate
from qbo_pipeline.sources.http.exact import read_exact
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.sources.syncro.lists import MASTER_DATA, PAPERS
from qbo_pipeline.sources.syncro.system import syncro
from qbo_pipeline.store.database import Database
from qbo_pipeline_tests.systems.boxes import TOKEN, RunningSyncro, running_syncro
from qbo_pipeline_tests.systems.rows import Landed

Description = dict[str, Any]
LISTS = (*MASTER_DATA, *PAPERS)


@pytest.fixture(scope="module")
def description(shared_data: Path) -> Description:
    with gzip.open(shared_data / "vendor_apis" / "syncro_swagger.json.gz", "rb") as file:
        return dict(json.load(file))


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSyncro]:
    path = tmp_path_factory.mktemp("box") / "inventory.sqlite"
    generate(path, seed=7, first_day=date(2026, 10, 1), days=6)
    with running_syncro(path) as running:
        yield running


def ask(box: RunningSyncro, path: str) -> Any:
    request = Request(f"{box.url}/{path}", headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(request) as answer:
        return json.load(answer)


def example(description: Description, path: str) -> Any:
    """The example body of a resource's good answer, or a body made of its schema."""
    (content,) = description["paths"][path]["get"]["responses"]["200"]["content"].values()
    return content.get("example") or made(content["schema"])


def made(schema: Any) -> Any:
    if schema["type"] == "object":
        return {name: made(item) for name, item in schema.get("properties", {}).items()}
    return (
        [made(schema["items"])]
        if schema["type"] == "array"
        else {"string": "1.0", "boolean": True}.get(schema["type"], 1)
    )


def test_every_request_is_described(description: Description, box: RunningSyncro) -> None:
    problems = []
    for listing in LISTS:
        asked = description["paths"][f"/{listing.path}"]["get"]
        known = {parameter["name"] for parameter in asked.get("parameters", ())}
        wanted = {*listing.params, "page", *([listing.since] if listing.since else [])}
        problems += [f"{listing.path}: {name}" for name in wanted - known]
        for where in (listing.one, listing.detail and (lambda key, of=listing: of.detail({"id": key}))):
            if where:
                path, params = where("1")
                assert "get" in description["paths"][f"/{path.replace('/1', '/{id}')}"]
                assert params == {}
    assert problems == []
    for path in ("/me", "/settings"):
        assert "get" in description["paths"][path]


def test_every_answer_of_the_box_is_as_described(description: Description, box: RunningSyncro) -> None:
    """Each field that it answers is one of the description's examples; lines are described where one is added."""
    problems: set[str] = set()
    for listing in LISTS:
        shown = example(description, f"/{listing.path}")
        entries = ask(box, f"{listing.path}?page=1")[listing.items]
        assert entries
        known = {*shown[listing.items][0], *EXTRA.get(listing.kind, ())}
        problems |= {f"{listing.path}.{name}" for entry in entries for name in entry.keys() - known}
        single = ask(box, f"{listing.path}/{entries[0]['id']}")
        assert (listing.within in single) == (listing.within in example(description, f"/{listing.path}/{{id}}"))
    assert problems == set()


# Said of the vendor's answers by others who have read them (`inventory-systems.md`).
EXTRA = {"purchase_order": {"order_date"}, "product": set(), "customer": set()}


def test_every_example_can_be_read(description: Description, database: Database, tmp_path: Path) -> None:
    """The description's own example bodies become rows, each number exact."""
    seen = []
    for listing in LISTS:
        body = read_exact(json.dumps(example(description, f"/{listing.path}")))
        seen += [SeenObject(listing.kind, str(entry["id"]), entry) for entry in body[listing.items]]
        single = read_exact(json.dumps(example(description, f"/{listing.path}/{{id}}")))
        seen.append(SeenObject(listing.kind, "99", single))
    read = Landed(database, tmp_path, syncro(ZoneInfo("America/Los_Angeles"), "USD"), seen)
    found = read(first=date(2000, 1, 1))
    assert {"6", "1", "1:order"} <= found.keys()
    assert any(key.startswith("customer:") for key in read.master())


def test_the_examples_of_lines_are_those_that_are_read(description: Description) -> None:
    line = description["paths"]["/line_items"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert {"quantity", "cost", "price", "product_id", "discount_percent", "discount_dollars", "taxable"} <= set(
        line["line_items"][0]
    )
