"""After the store was restored from a copy: nothing that QBO holds already is posted again (fault 39)."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from qbo_pipeline.posting import recovery
from qbo_pipeline.posting.asking import Intent
from qbo_pipeline.posting.identity import own_number
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import DAY, drafted, intent, journal_entry

SOMEBODY = Person("an engineer", "the store was restored")
INVOICE = {
    "TxnDate": "2026-03-02",
    "CustomerRef": {"value": "$party/customer:7"},
    "Line": [
        {"DetailType": "SalesItemLineDetail", "Amount": Decimal(15), "SalesItemLineDetail": {"ItemRef": {"value": "3"}}}
    ],
}


@pytest.fixture(autouse=True)
def forgetful(room: Room) -> None:
    """QBO no longer knows the requestids of the days that were lost."""
    room.company.honours = False


def posted_before(room: Room, number: int) -> None:
    """In QBO, by the store that was lost."""
    key = f"movement/{number}"
    code = room.identity.code("JournalEntry", key, 1)
    draft = journal_entry(number, "81", "82", Decimal("12.50"))
    note = f"{draft.payload['PrivateNote']} [qp:{code}]"
    there = draft.payload | {"PrivateNote": note, "DocNumber": own_number(code)}
    room.company._carry_out("create", "JournalEntry", there)


def test_what_is_built_after_the_restore_is_looked_for_too(room: Room) -> None:
    posted_before(room, 1)
    posted_before(room, 3)
    room.journals(1)
    recovery.begin(room.database, "shop", SOMEBODY)
    room.journals(4)
    summary = room.run()
    assert (summary.states, summary.recovered) == ({"posted": 4}, 2)
    assert len(room.company.live()) == 4
    assert room.run().calls == 0


def test_what_waited_for_a_recovered_customer_is_looked_for(room: Room) -> None:
    customer = drafted("party/customer:7", "Customer", {"DisplayName": "Acme"}, None)
    room.take_in(intent(drafted("document/9", "Invoice", INVOICE, DAY, Decimal(15))), intent(customer))
    room.company._carry_out("create", "Customer", {"DisplayName": "Acme"})
    note = f"[qp:{room.history('document/9').revisions[0]['marker']}]"
    room.company._carry_out("create", "Invoice", INVOICE | {"CustomerRef": {"value": "1"}, "PrivateNote": note})
    recovery.begin(room.database, "shop", SOMEBODY)
    assert room.run().states == {"posted": 2}
    assert len(room.company.live("Invoice")) == 1


@pytest.mark.parametrize("done_before", [True, False])
@pytest.mark.parametrize("what", ["update", "delete"])
def test_changes_are_carried_out_once(room: Room, what: str, done_before: bool) -> None:
    room.journals(1)
    room.run()
    [thing] = room.company.live()
    if what == "update":
        room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
        lines = [line | {"Amount": Decimal("13.00")} for line in thing["Line"]]
    else:
        room.take_in(Intent("movement/1", "hash"))
    if done_before and what == "update":
        room.company.edit("JournalEntry", thing["Id"], Line=lines)
    elif done_before:
        thing["deleted"] = True
    recovery.begin(room.database, "shop", SOMEBODY)
    summary = room.run()
    assert (summary.complete, summary.batches + summary.singles) == (True, 0 if done_before else 1)
    amounts = [there["Line"][0]["Amount"] for there in room.company.live()]
    assert amounts == ([Decimal("13.00")] if what == "update" else [])


def test_it_is_ordered_once_and_ended_by_a_person(room: Room) -> None:
    with pytest.raises(NotPossible, match="nothing to end"):
        recovery.end(room.database, "shop", SOMEBODY)
    recovery.begin(room.database, "shop", SOMEBODY)
    with pytest.raises(NotPossible, match="recovers already"):
        recovery.begin(room.database, "shop", SOMEBODY)
    ended = recovery.end(room.database, "shop", Person("a controller", "all days are read"))
    assert (ended.who, ended.why) == (SOMEBODY.who, SOMEBODY.why)
    with room.database.reading() as reading:
        kept = reading.execute(select(watermarks.c.value).where(watermarks.c.name.startswith("recovery"))).scalar_one()
    assert [json.loads(kept)[name] for name in ("who", "ended_by")] == [SOMEBODY.who, "a controller"]
    room.journals(2)
    assert room.run().reads == 0


def looked_for(room: Room, entity: str, fields: dict[str, object]) -> None:
    """A list entry with this content is drafted in a store that recovers, and the run goes over it."""
    room.take_in(intent(drafted("product/7" if entity == "Item" else "party/customer:7", entity, fields, None)))
    recovery.begin(room.database, "shop", SOMEBODY)
    room.run()


ITEM = {"Name": "Tea", "Type": "NonInventory", "IncomeAccountRef": {"value": "79"}}
ENTRIES: dict[str, dict[str, object]] = {
    "Customer": {"DisplayName": "Acme", "CompanyName": "Acme"},
    "Vendor": {"DisplayName": "Acme", "CompanyName": "Acme"},
    "Item": ITEM,
}
NAMING: dict[str, tuple[str, dict[str, object]]] = {
    "Customer": ("Payment", {"CustomerRef": {"value": "1"}}),
    "Vendor": ("Bill", {"VendorRef": {"value": "1"}}),
    "Item": ("Invoice", {"Line": [{"DetailType": "SalesItemLineDetail", "Amount": Decimal(1),
                                   "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}]}),
}  # fmt: skip


@pytest.mark.parametrize("entity", ENTRIES)
@pytest.mark.parametrize("proof", ["none", "a person's", "of another connection", "ours"])
def test_a_list_entry_is_taken_for_ours_only_where_a_document_of_ours_names_it(
    room: Room, entity: str, proof: str
) -> None:
    """Also where all of its content is what we would send: a person may have typed the same."""
    room.company._carry_out("create", entity, dict(ENTRIES[entity]))
    tags = {"ours": room.identity.tag, "of another connection": "ZZZZ"}
    if proof != "none":
        kind, body = NAMING[entity]
        note = f"[qp:ABCDEFGHIJKLMNOP.{tags[proof]}]" if proof in tags else "by hand"
        room.company._carry_out("create", kind, {**body, "TxnDate": "2026-03-02", "PrivateNote": note})
    looked_for(room, entity, ENTRIES[entity])
    key = "product/7" if entity == "Item" else "party/customer:7"
    assert room.state(key) == (("posted", None) if proof == "ours" else ("parked", "duplicate_name"))
    assert len(room.company.live(entity)) == 1


def test_what_nothing_proves_is_linked_by_the_stated_policy_or_by_a_person(room: Room) -> None:
    room.company._carry_out("create", "Item", dict(ITEM))
    room.settings = replace(room.settings, policy=Policy(link_existing=True))
    looked_for(room, "Item", ITEM)
    assert room.state("product/7") == ("posted", None)
    assert "linked_by_name" in room.events("product/7")


def test_other_content_is_not_ours_though_a_document_of_ours_names_it(room: Room) -> None:
    room.company._carry_out("create", "Item", {**ITEM, "IncomeAccountRef": {"value": "1"}})
    kind, body = NAMING["Item"]
    note = f"[qp:ABCDEFGHIJKLMNOP.{room.identity.tag}]"
    room.company._carry_out("create", kind, {**body, "TxnDate": "2026-03-02", "PrivateNote": note})
    looked_for(room, "Item", ITEM)
    assert room.state("product/7") == ("parked", "duplicate_name")
