"""The published description of Cin7 Core's API against the box that imitates it and the source that reads it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest

from qbo_pipeline.demo.company import generate
from qbo_pipeline.sources.cin7_core.lists import AVAILABILITY, LEDGER, LISTINGS, WITH_MOVEMENTS
from qbo_pipeline.sources.cin7_core.papers import Paper, purchase_rows, sale_rows
from qbo_pipeline.sources.http.exact import read_exact
from qbo_pipeline_tests.systems.boxes import ACCOUNT_ID, APPLICATION_KEY, RunningBox, running_cin7_core
from qbo_pipeline_tests.systems.openapi import Schema, answers, misfits, operations, read_description

FIRST = date(2026, 10, 1)


@pytest.fixture(scope="module")
def description(shared_data: Path) -> Schema:
    return read_description(shared_data / "vendor_apis" / "cin7_core_openapi.yaml.gz")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBox]:
    company = tmp_path_factory.mktemp("box") / "inventory.sqlite"
    generate(company, seed=7, first_day=FIRST, days=14)
    with running_cin7_core(company) as running:
        yield running


def ask(box: RunningBox, path: str) -> Any:
    headers = {"api-auth-accountid": ACCOUNT_ID, "api-auth-applicationkey": APPLICATION_KEY}
    with urllib.request.urlopen(urllib.request.Request(f"{box.url}/{path}", headers=headers), timeout=30) as answer:
        return json.load(answer)


def requests(box: RunningBox) -> Iterator[str]:
    """A request of each shape that the source sends, with ids that the box has."""
    window = f"FromDate={FIRST}T00:00:00.000&ToDate={FIRST + timedelta(days=30)}T23:59:59.999"
    yield "me"
    for listing in (*LISTINGS, AVAILABILITY, LEDGER, WITH_MOVEMENTS):
        given = "".join(f"&{name}={value}" for name, value in listing.params.items())
        since = f"&{listing.since}=2026-01-01T00:00:00.000Z" if listing.since else ""
        own = f"&{window}" if listing is LEDGER else ""
        path = f"{listing.path}?Page=1&Limit={listing.page_size}{given}{since}{own}"
        yield path
        if listing.detail is not None:
            for entry in ask(box, path)[listing.items][:40]:
                detail, params = listing.detail(entry)
                yield f"{detail}?" + "&".join(f"{name}={value}" for name, value in params.items())


def test_every_request_and_every_answer_is_as_described(description: Schema, box: RunningBox) -> None:
    seen: set[str] = set()
    problems: set[str] = set()
    for request in requests(box):
        parts = urlsplit(request)
        asked = list(operations(description, parts.path))
        # What a product looks like is described where one is changed, not where it is read.
        shown = asked if parts.path != "product" else list(operations(description, parts.path, "put"))
        schemas = [schema for operation in shown for schema, _ in answers(operation)]
        assert schemas, f"{parts.path} is not described"
        known = {parameter["name"] for operation in asked for parameter in operation.get("parameters", ())}
        problems |= {f"{parts.path}: no parameter {name}" for name, _ in parse_qsl(parts.query) if name not in known}
        answer = ask(box, request)
        fits = [set(misfits(description, schema, answer, parts.path)) for schema in schemas]
        problems |= min(fits, key=len)
        seen.add(parts.path)
    assert problems == set()
    assert len(seen) >= 20


def test_every_example_of_a_paper_can_be_read(description: Schema) -> None:
    """The description's own examples become rows, each number exact; the misspelt one among them."""
    read = 0
    for path, party, make in (("sale", "CustomerID", sale_rows), ("purchase", "SupplierID", purchase_rows),
                              ("advanced-purchase", "SupplierID", purchase_rows)):  # fmt: skip
        for operation in operations(description, path):
            for _, examples in answers(operation):
                for example in examples:
                    source = read_exact(json.dumps(example))
                    paper = Paper(ZoneInfo("Europe/Madrid"), source, "p1", str(source[party]).lower(), "USD", None)
                    make(paper)
                    assert paper.rows["documents"]
                    assert all(row["business_date"] for row in paper.rows["documents"])
                    read += 1
                    if path == "purchase":
                        (bill,) = [row for row in paper.rows["documents"] if row["kind"] == "bill"]
                        assert bill["number"] == source["Invoice"]["InvocieNumber"] == "1"
    assert read == 3
