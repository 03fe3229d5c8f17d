"""What is in the books and should be otherwise: reversed, posted again, corrected; by the commands' own doors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from qbo_pipeline.page.companies import Companies
from qbo_pipeline.page.ordering import NEEDS_APPROVER
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.page.site import Visitor, grant, opened, served, signed_in
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop

WHY = "agreed with the supplier"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path / "shop", emulator)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
        yield shop


@pytest.fixture
def companies(shop: Shop) -> Iterator[Companies]:
    with opened(shop.settings) as companies:
        for name, *roles in (("ann", "preparer"), ("bob", "reviewer")):
            grant(companies, name, *roles)
        yield companies


@pytest.fixture
def url(companies: Companies) -> Iterator[str]:
    with served(companies) as url:
        yield url


def in_quickbooks(shop: Shop, key: str) -> dict[str, Any]:
    """The object of a posting, as QuickBooks has it now."""
    with shop.run() as run:
        posted = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)[0]
        return {"entity": posted["entity"], **run.quickbooks().read(posted["entity"], posted["qbo_id"])}


def changed(shop: Shop, key: str, query: str = "", **fields: str) -> None:
    """Somebody changes (or deletes) an object in QuickBooks, and the next look notices it."""
    assert shop.emulator is not None
    thing = in_quickbooks(shop, key)
    body = {"Id": thing["Id"], "SyncToken": thing["SyncToken"], **fields}
    address = shop.emulator.api(thing["entity"].lower()) + query
    httpx.post(address, json=body, headers=shop.emulator.bearer(), timeout=60).raise_for_status()
    with shop.run() as run:
        find_drift(run)


def ordered(visitor: Visitor, decision: str, **fields: Any) -> httpx.Response:
    """An order, made and carried out."""
    made = visitor.post(f"/c/shop/orders/make/{decision}", fields)
    assert "Nothing is done yet" in made.text, made.text
    return visitor.post(f"{made.url.path}/carry-out", {"why": WHY})


def state(companies: Companies, key: str) -> tuple[str, str]:
    run = companies.by_name["shop"].run
    query = "SELECT state, operation FROM postings WHERE key = :key AND superseded_by IS NULL"
    (row,) = rows(run, query, key=key)
    return row["state"], row["operation"]


def test_a_document_is_reversed_and_posted_again(url: str, shop: Shop, companies: Companies) -> None:
    bob = signed_in(url, "bob")
    assert "Reverse…" in bob.get("/c/shop/documents/history", key="movement/r1").text
    shown = bob.post("/c/shop/orders/make/reverse", {"key": "movement/r1"})
    assert "In QuickBooks there rests on it: <bdi>document/b1</bdi>" in shown.text
    assert "Inventory Asset" in shown.text  # the lines that would go
    assert "1 of 1 document decided" in ordered(bob, "reverse", key="movement/r1").text
    assert state(companies, "movement/r1") == ("ready", "delete")
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
    assert state(companies, "movement/r1") == ("posted", "delete")
    assert "Post again…" in bob.get("/c/shop/documents/history", key="movement/r1").text
    assert "posted again" in ordered(bob, "post_again", key="movement/r1").text
    assert state(companies, "movement/r1")[0] == "posted"
    assert in_quickbooks(shop, "movement/r1")["entity"] == "JournalEntry"
    said = rows(
        companies.by_name["shop"].run, "SELECT who FROM attempts WHERE event = 'reverse' AND why = :why", why=WHY
    )
    assert [row["who"] for row in said] == ["bob"]


@pytest.mark.torture
def test_a_reversal_on_another_day_is_a_document_of_its_own(url: str, companies: Companies) -> None:
    bob = signed_in(url, "bob")
    made = bob.post("/c/shop/orders/make/reverse", {"key": "movement/a1"})
    done = bob.post(f"{made.url.path}/carry-out", {"why": WHY, "dated": "2024-03-07"})
    assert "its reversal of 2024-03-07 goes with the next run" in done.text
    assert state(companies, "movement/a1")[0] == "posted"
    assert state(companies, "movement/a1#reversal-1") == ("ready", "create")


@pytest.mark.torture
def test_what_people_changed_and_deleted_is_posted_again_at_once(url: str, shop: Shop, companies: Companies) -> None:
    changed(shop, "payment/y1", sparse="true", TxnDate="2024-03-06")
    changed(shop, "movement/a1", "?operation=delete")
    assert state(companies, "payment/y1")[0] == "drifted"
    assert state(companies, "movement/a1")[0] == "deleted_in_qbo"
    ann, bob = signed_in(url, "ann"), signed_in(url, "bob")
    assert ann.post("/c/shop/orders/make/post_again", {"key": "payment/y1"}).status_code == 403
    page = ordered(bob, "post_again", key=["payment/y1", "movement/a1"]).text
    assert "2 of 2 documents decided" in page
    assert in_quickbooks(shop, "payment/y1")["TxnDate"] == "2024-03-07"
    assert in_quickbooks(shop, "movement/a1")["entity"] == "JournalEntry"


def test_a_difference_is_corrected_by_who_may_approve_it(url: str, shop: Shop, companies: Companies) -> None:
    changed(shop, "movement/a1", "?operation=delete")
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
    ann, bob = signed_in(url, "ann"), signed_in(url, "bob")
    assert "What can be done about it…" in ann.get("/c/shop/reconciliations/2").text
    made = ann.post("/c/shop/orders/make/correct", {"as_at": LAST_DAY.isoformat()})
    assert "Post movement/a1 again as the inventory system has it" in made.text
    assert NEEDS_APPROVER in made.text
    refused = ann.post(f"{made.url.path}/carry-out", {"why": WHY})
    assert NEEDS_APPROVER in refused.text
    assert state(companies, "movement/a1")[0] == "deleted_in_qbo"
    made = bob.post("/c/shop/orders/make/correct", {"key": "movement/a1"})  # from the work list
    assert bob.post(f"{made.url.path}/carry-out", {"why": WHY, "mark": "each"}).status_code == 400
    key = made.text.split('name="key" value="')[1].split('"')[0]
    done = bob.post(f"{made.url.path}/carry-out", {"why": WHY, "mark": "each", "key": key})
    assert "1 of 1 step done" in done.text
    assert state(companies, "movement/a1")[0] == "posted"
    answer = bob.post("/c/shop/orders/make/correct", {"as_at": LAST_DAY.isoformat()})
    assert (answer.status_code, "has nothing to do about the differences" in answer.text) == (409, True)
