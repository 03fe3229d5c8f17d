"""Contacts that both sides keep: made, changed and archived in QuickBooks; in conflict where both changed a field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, shop_with_inbox
from qbo_pipeline_tests.write_back.taking import take_all

KINDS = ("customers", "suppliers")


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    return shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=KINDS)


def changed(people: Bookkeeper, thing: Thing, **fields: Any) -> Thing:
    return people.save("Customer", {**people.get("Customer", thing["Id"]), **fields})


def told(shop: Shop, name: str = "Café Sol") -> list[dict[str, Any]]:
    """What the inbox says of a party, oldest first; the emulated company has others."""
    return [
        {**json.loads(entry["content"]), "operation": entry["operation"]}
        for entry in in_the_inbox(shop)
        if entry["number"] == name
    ]


def newest(shop: Shop) -> dict[str, Any]:
    return told(shop)[-1]


def customer(shop: Shop, people: Bookkeeper) -> Thing:
    with shop.run() as run:
        return ours(run, people, "party/customer:c1")


@pytest.mark.torture
def test_a_customer_made_in_quickbooks_is_taken_once_and_its_documents_name_it(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    made = people.save("Customer", {"DisplayName": "Bar Luna", "PrimaryEmailAddr": {"Address": "luna@example.com"}})
    count = len(people.all("Customer"))
    night(shop)
    assert [(one["operation"], one["email"]) for one in told(shop, "Bar Luna")] == [("create", "luna@example.com")]
    night(shop)
    assert take_all(shop)
    shop.change(
        "INSERT INTO documents (document_id, kind, number, business_date, party_id, currency, net_amount, tax_amount, "
        f"total_amount) VALUES ('i9', 'sales_invoice', 'I9', '2024-03-06', 'Customer-{made['Id']}', 'USD', '10', '0', "
        "'10')",
        "INSERT INTO document_lines (document_id, line_id, product_id, net_amount, tax_amount) VALUES "
        "('i9', '1', 'p1', '10', '0')",
    )
    standing = night(shop)
    with shop.run() as run:
        assert ours(run, people, "document/i9")["CustomerRef"]["value"] == made["Id"]
    assert len(people.all("Customer")) == count
    assert standing["waiting"] == []
    there = in_the_inbox(shop)
    night(shop)
    assert in_the_inbox(shop) == there  # no echo


def test_changes_of_different_fields_cross_and_both_arrive(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    changed(people, customer(shop, people), PrimaryEmailAddr={"Address": "sol@example.com"})
    shop.change("UPDATE parties SET phone = '555-0100' WHERE party_id = 'c1'")
    night(shop)
    assert (newest(shop)["email"], newest(shop)["phone"], newest(shop)["party_id"]) == (
        "sol@example.com", "555-0100", "c1",
    )  # fmt: skip
    there = customer(shop, people)
    assert there["PrimaryPhone"]["FreeFormNumber"] == "555-0100"
    assert there["PrimaryEmailAddr"]["Address"] == "sol@example.com"  # not written over before the source had it
    take_all(shop)
    night(shop)
    night(shop)
    settled = customer(shop, people)
    assert (len(told(shop)), settled["SyncToken"]) == (1, there["SyncToken"])  # nothing is sent any more


@pytest.mark.parametrize(
    ("first", "side"),
    [
        ("quickbooks", "quickbooks"),
        *(
            pytest.param(first, side, marks=pytest.mark.torture)
            for first, side in [("quickbooks", "source"), ("source", "quickbooks"), ("source", "source")]
        ),
    ],
)
def test_a_field_changed_on_both_sides_goes_neither_way_until_a_person_decides(
    shop: Shop, people: Bookkeeper, qbo: CommandLine, first: str, side: str
) -> None:
    night(shop)
    here = "UPDATE parties SET email = 'here@example.com', phone = '555-0100' WHERE party_id = 'c1'"
    if first == "source":
        shop.change(here)
    thing = changed(
        people, customer(shop, people), PrimaryEmailAddr={"Address": "there@example.com"}, Notes="called on Monday"
    )
    if first == "quickbooks":
        shop.change(here)
    (waiting,) = night(shop)["waiting"]
    assert "email 'here@example.com' in the inventory system and 'there@example.com' in QuickBooks" in waiting["why"]
    assert told(shop) == []
    assert customer(shop, people)["SyncToken"] == thing["SyncToken"]  # nothing of it, not even the telephone

    who = ("--who", "Dana", "--why", "asked them", "--settings", shop.settings)
    wrong = qbo("write-back", "decide", waiting["key"], "--field", "phone", "--take", side, *who)
    assert (wrong.status, "is not in conflict" in wrong.plain) == (2, True)
    assert qbo("write-back", "decide", waiting["key"], "--field", "email", "--take", side, *who).status == 0
    assert night(shop)["waiting"] == []
    there = customer(shop, people)
    assert there["PrimaryPhone"]["FreeFormNumber"] == "555-0100"
    if side == "source":
        assert there["PrimaryEmailAddr"]["Address"] == "here@example.com"
        assert told(shop) == []
    else:
        assert there["PrimaryEmailAddr"]["Address"] == "there@example.com"
        assert newest(shop)["email"] == "there@example.com"
        take_all(shop)
    before = (len(told(shop)), people.get("Customer", thing["Id"])["SyncToken"])
    night(shop)
    night(shop)
    assert (len(told(shop)), people.get("Customer", thing["Id"])["SyncToken"]) == before


@pytest.mark.torture
def test_a_stated_rule_for_a_field_decides_without_a_person(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    rule = 'conflicts = { "customers.email" = "quickbooks" }\n'
    shop = shop_with_inbox(
        tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=KINDS, more=rule
    )  # fmt: skip
    night(shop)
    changed(people, customer(shop, people), PrimaryEmailAddr={"Address": "there@example.com"})
    shop.change("UPDATE parties SET email = 'here@example.com' WHERE party_id = 'c1'")
    assert night(shop)["waiting"] == []
    assert newest(shop)["email"] == "there@example.com"


@pytest.mark.torture
def test_archived_in_quickbooks_is_archived_in_the_inventory_system(shop: Shop, people: Bookkeeper) -> None:
    made = people.save("Customer", {"DisplayName": "Bar Luna"})
    night(shop)
    take_all(shop)
    night(shop)
    changed(people, made, Active=False)
    night(shop)
    assert [one["operation"] for one in told(shop, "Bar Luna")] == ["create", "update"]
    assert (told(shop, "Bar Luna")[-1]["party_id"], told(shop, "Bar Luna")[-1]["active"]) == (
        f"Customer-{made['Id']}", False,
    )  # fmt: skip
    take_all(shop)
    night(shop)
    night(shop)
    assert people.get("Customer", made["Id"])["Active"] is False
    assert len(told(shop, "Bar Luna")) == 2


@pytest.mark.torture
@pytest.mark.parametrize("link_existing", ["never", "same_name"])
def test_the_first_sync_links_what_has_the_same_name_or_asks_and_makes_no_second_one(
    shop: Shop, people: Bookkeeper, link_existing: str
) -> None:
    twin = people.save("Customer", {"DisplayName": "Bar Luna", "PrimaryPhone": {"FreeFormNumber": "1"}})
    shop.change("INSERT INTO parties (party_id, kind, name, phone) VALUES ('c2', 'customer', 'Bar Luna', '2')")
    text = shop.settings.read_text()
    shop.settings.write_text(text.replace('link_existing = "never"', f'link_existing = "{link_existing}"'))
    standing = night(shop)
    assert told(shop, "Bar Luna") == []
    with shop.run() as run:
        links = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'party/customer:c2'")
    if link_existing == "never":
        (waiting,) = standing["waiting"]
        assert (waiting["key"], "has the name of customer c2" in waiting["why"]) == (f"Customer/{twin['Id']}", True)
        return
    assert [link["qbo_id"] for link in links] == [twin["Id"]]
    night(shop)
    assert people.get("Customer", twin["Id"])["PrimaryPhone"]["FreeFormNumber"] == "1"  # nothing is written on day one
    shop.change("UPDATE parties SET phone = '3' WHERE party_id = 'c2'")
    night(shop)
    assert people.get("Customer", twin["Id"])["PrimaryPhone"]["FreeFormNumber"] == "3"


@pytest.mark.torture
def test_the_dry_run_and_the_comparison_say_what_is_to_come_and_change_nothing(
    shop: Shop, people: Bookkeeper, qbo: CommandLine
) -> None:
    night(shop)
    take_all(shop)
    night(shop)
    changed(people, customer(shop, people), PrimaryEmailAddr={"Address": "sol@example.com"})
    before = in_the_inbox(shop)
    for _ in range(2):
        (row,) = qbo("write-back", "preview", "--settings", shop.settings, "--json").json
        assert (row["operation"], row["number"], "sol@example.com" in row["payload"]) == ("update", "Café Sol", True)
    assert in_the_inbox(shop) == before
    done = qbo("write-back", "compare", "--settings", shop.settings)
    assert (done.status, "party/customer:c1: email is to be taken from QuickBooks" in done.plain) == (1, True)
    night(shop)
    take_all(shop)
    night(shop)
    assert "party/customer:c1" not in qbo("write-back", "compare", "--settings", shop.settings).plain
    assert qbo("write-back", "preview", "--settings", shop.settings, "--json").json == []


@pytest.mark.torture
@pytest.mark.parametrize("known", [True, False])
def test_a_merge_in_quickbooks_is_followed(
    shop: Shop, people: Bookkeeper, emulator: RunningEmulator, known: bool
) -> None:
    night(shop)
    kept = people.save("Customer", {"DisplayName": "Bar Luna"})
    if known:
        night(shop)
        take_all(shop)
        night(shop)
    else:
        text = shop.settings.read_text()
        shop.settings.write_text(text.replace("first_day = 2024-03-01\nurl", "first_day = 2099-01-01\nurl"))
    gone = customer(shop, people)
    answer = httpx.post(f"{emulator.base_url}/emulator/merges", json={"gone": gone["Id"], "kept": kept["Id"]})
    assert answer.status_code == 200, answer.text
    night(shop)
    if known:
        assert (newest(shop)["active"], newest(shop)["merged_into"]) == (False, f"Customer-{kept['Id']}")
        night(shop)
        assert len(told(shop)) == 1
    else:
        assert told(shop) == []
        assert customer(shop, people)["Id"] == kept["Id"]
