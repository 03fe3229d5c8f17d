"""What is published of Zuper's API against the box that imitates it and the source that reads it.

The description was made from the vendor's pages by others, and lacks what stands in `ELSEWHERE`: read in those pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.landed import find_address
from qbo_pipeline.settings import SettingsError
from qbo_pipeline.sources.zuper.lists import MASTER_DATA, PAPERS
from qbo_pipeline.sources.zuper.region import question
from qbo_pipeline.systems.zuper.app import LOGIN
from qbo_pipeline_tests.systems.boxes import API_KEY, RunningZuper, running_zuper
from qbo_pipeline_tests.systems.openapi import Schema, misfits, operations, read_description

LISTS = (*MASTER_DATA, *PAPERS)
PATHS_ELSEWHERE = {"product", "estimate", "accounting/credit_notes"}
PARAMETERS_ELSEWHERE = {
    ("vendors", "filter.updated_from_date"), ("invoice", "filter.updated_at_from"),
    ("purchase_orders", "filter.updated_at_from"),
}  # fmt: skip
FIELDS_ELSEWHERE = {
    ".is_deleted", ".updated_at", ".is_active", ".invoice_no", ".prefix", ".invoice_status", ".is_paid", ".total",
    ".amount_due", ".tax", ".payment_history", ".line_items[].line_item_uid", ".line_items[].line_item_type",
    ".line_items[].product_uid", ".line_items[].location_uid", ".line_items[].discount_type",
    ".line_items[].purchase_price", ".line_items[].serial_nos",
}  # fmt: skip
# The description says text and a number, the vendor's examples are objects.
OTHERWISE_ELSEWHERE = {".customer", ".line_items[].tax"}


@pytest.fixture(scope="module")
def description(shared_data: Path) -> Schema:
    return read_description(shared_data / "vendor_apis" / "zuper_openapi.yml.gz")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningZuper]:
    path = tmp_path_factory.mktemp("box") / "inventory.sqlite"
    generate(path, seed=7, first_day=date(2026, 10, 1), days=3)
    with running_zuper(path) as running:
        yield running


def ask(box: RunningZuper, path: str) -> Any:
    with urlopen(Request(f"{box.url}/{path}", headers={"x-api-key": API_KEY})) as answer:
        return json.load(answer)


def test_every_request_is_described(description: Schema) -> None:
    problems = set()
    for listing in LISTS:
        for path in (listing.path, f"{listing.path}/{{{listing.id_field}}}"):
            found = list(operations(description, path))
            if bool(found) != (listing.path not in PATHS_ELSEWHERE):
                problems.add(path)
        known = {parameter(description, given) for asked in operations(description, listing.path)
                 for given in asked.get("parameters", ())}  # fmt: skip
        wanted = {"page", "count", *([listing.since] if listing.since else [])} if known else set()
        problems |= {(listing.path, name) for name in wanted - known}
        assert listing.one is not None
        assert listing.one("1") == (f"{listing.path}/1", {})
        assert listing.detail is None or listing.detail({listing.id_field: "1"}) == (f"{listing.path}/1", {})
    assert problems == PARAMETERS_ELSEWHERE
    assert max(listing.page_size for listing in LISTS) <= 1000


def parameter(description: Schema, given: Schema) -> str:
    reference = given.get("$ref")
    return str((description["components"]["parameters"][reference.rpartition("/")[2]] if reference else given)["name"])


def test_every_answer_of_the_box_is_as_described(description: Schema, box: RunningZuper) -> None:
    problems: set[str] = set()
    for name, listing in (("Customer", MASTER_DATA[0]), ("Invoice", PAPERS[0])):
        answer = ask(box, f"{listing.path}?page=1&count=5")
        assert list(misfits(description, schema("PaginatedResponse"), without(answer, "data"))) == []
        assert answer["type"] == "success"
        assert answer["total_pages"] == -(-answer["total_records"] // 5)
        for entry in answer["data"]:
            single = ask(box, f"{listing.path}/{entry[listing.id_field]}")["data"]
            assert entry.keys() <= single.keys()
            for found in misfits(description, schema(name), single):
                place, _, why = found.partition(": ")
                allowed = FIELDS_ELSEWHERE if why == "is not described" else OTHERWISE_ELSEWHERE
                problems |= {found} if place not in allowed else set()
    assert problems == set()


def schema(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def without(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != name}


@pytest.mark.parametrize(("path", "status"), [("invoices", 404), ("products", 404), ("customers?count=1001", 400)])
def test_what_the_api_does_not_know_is_refused_as_described(
    path: str, status: int, description: Schema, box: RunningZuper
) -> None:
    with pytest.raises(HTTPError) as raised:
        ask(box, path)
    assert raised.value.code == status
    body = json.load(raised.value)
    assert body["type"] == "error"
    assert list(misfits(description, schema("ErrorResponse"), body)) == []
    raised.value.close()


def test_the_region_is_told_by_the_login_name_and_without_the_key(description: Schema, box: RunningZuper) -> None:
    assert [*operations(description, "config", "post")]
    request = Request(f"{box.url}/config", data=question(LOGIN), method="POST")
    with urlopen(request) as answer:
        assert json.load(answer)["config"]["dc_api_url"] == box.url.removesuffix("/api")
    assert find_address("zuper", LOGIN, box.url) == box.url
    with pytest.raises(SettingsError, match=r"knows no company 'nobody' \(it answered 404\)"):
        find_address("zuper", "nobody", box.url)
    with pytest.raises(SettingsError, match="did not tell the address, it answered 401: see that it is the account"):
        find_address("zuper", LOGIN, box.url.removesuffix("/api"))
    with pytest.raises(SettingsError, match="has no address that depends on a login name"):
        find_address("syncro", "nobody", box.url)
