"""Lists at once and the switch of mode, from Dagster's launchpad: shown first, carried out on order."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.dagster_face.company import Company, day, failures, make_company
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import point_to
from qbo_pipeline_tests.pipeline.vendors_integration import post_as_the_vendor
from qbo_pipeline_tests.tampering.people import Bookkeeper

WHO = {"who": "the accountant", "why": "before we go live"}


def done(company: Company, instance: dg.DagsterInstance, job: str, **config: Any) -> dict[str, Any]:
    """Order it, and answer the metadata of the op's output."""
    result = company.decide(instance, job, config)
    assert failures(result) == {}
    (event,) = [event for event in result.all_events if event.is_successful_output]
    return {key: value.value for key, value in event.step_output_data.metadata.items()}


def test_lists_are_linked_and_sent_and_items_replaced(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator
) -> None:
    company = make_company(tmp_path, emulator, name="lists", days=1)
    point_to(company.settings, 'link_existing = "never"', 'link_existing = ["name"]')
    with closing(sqlite3.connect(company.inventory)) as source:
        (customer,) = source.execute("SELECT name FROM customers ORDER BY id LIMIT 1").fetchone()
        (item,) = source.execute("SELECT sku FROM items WHERE kind = 'stocked' ORDER BY id LIMIT 1").fetchone()
    people = Bookkeeper(emulator)
    theirs = people.save("Customer", {"DisplayName": customer})
    assets = {one["AccountSubType"]: {"value": one["Id"]} for one in people.all("Account")}
    people.save(
        "Item",
        {
            "Name": item, "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 2, "InvStartDate": day(0),
            "PurchaseCost": 5, "AssetAccountRef": assets["Inventory"],
            "IncomeAccountRef": assets["SalesOfProductIncome"], "ExpenseAccountRef": assets["SuppliesMaterialsCogs"],
        },
    )  # fmt: skip
    before = len(people.all("Customer"))
    shown = done(company, instance, "link_parties", lists=["customers"])
    assert (shown["would_be_linked"], shown["in_doubt"]) == (1, 0)
    assert company.ask("SELECT key FROM posting_links") == []
    linked = done(company, instance, "link_parties", lists=["customers"], **WHO)
    assert linked["linked"] == 1
    assert company.ask("SELECT qbo_id FROM posting_links") == [(theirs["Id"],)]

    shown = done(company, instance, "export", lists=["customers"])
    assert shown["nothing_was_sent"] is True
    assert len(people.all("Customer")) == before
    sent = done(company, instance, "export", lists=["customers"], **WHO)
    assert sent["posted"] == len(people.all("Customer")) - before > 0

    shown = done(company, instance, "switch_mode", as_at=day(0))
    assert shown["items_to_replace"] == 1
    assert item in shown["steps"]
    assert any(one["Name"] == item for one in people.all("Item"))
    replaced = done(company, instance, "switch_mode", as_at=day(0), **WHO)
    assert replaced["items_replaced"] == 1
    assert not any(one["Name"] == item for one in people.all("Item"))
    people.close()


@pytest.mark.torture
def test_what_a_vendors_integration_posted_is_shown_then_linked(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator
) -> None:
    company = make_company(tmp_path, emulator, name="documents", days=1)
    point_to(company.settings, 'link_existing = "never"', 'link_existing = "same_name"')
    today = date.fromisoformat(day(0))
    ids = post_as_the_vendor(load_settings(company.settings), emulator, today, today)
    dated = sorted((key, one) for key, one in ids.items() if key.startswith(("document/", "movement/", "payment/")))
    assert len(dated) > 3
    days = {"first": day(0), "last": day(0)}
    shown = done(company, instance, "link_documents", **days)
    assert (shown["would_be_linked"], shown["in_doubt"], shown["like_nothing_there"]) == (len(dated), 0, 0)
    assert all(key in shown["pairs"] for key, _ in dated)
    assert company.ask("SELECT key FROM posting_links") == []
    linked = done(company, instance, "link_documents", **days, **WHO)
    assert (linked["linked"], linked["in_doubt"]) == (len(dated), 0)
    query = "SELECT key, qbo_id FROM posting_links WHERE key LIKE '%/%' AND linked_by = 'person' ORDER BY key"
    assert company.ask(query) == dated


def test_what_is_not_said_clearly_is_refused(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    company = make_company(tmp_path, days=1)
    for job, config, words in (
        ("link_parties", {}, "say in [posting] link_existing which signs must agree"),
        ("link_documents", {"first": "1 March", "last": day(0)}, "first: '1 March' is no date"),
        ("link_documents", {"first": day(0), "last": "2000-01-01"}, "the last day 2000-01-01 is before the first"),
        ("export", {"lists": ["clients"]}, "lists: clients is none of them; there are customers, suppliers, products"),
        ("export", {"lists": []}, "lists: none is named"),
        ("export", {"who": "Dana"}, "a decision needs somebody's name and a reason"),
        ("switch_mode", {"as_at": "soon"}, "as_at: 'soon' is no date"),
    ):
        (text,) = failures(company.decide(instance, job, {"who": "", "why": "", **config})).values()
        assert words in text, (job, text)
