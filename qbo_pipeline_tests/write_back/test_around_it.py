"""The way back, and what a person changes around it: who makes what, and the first day."""

from __future__ import annotations

import json
import re
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.two_way import two_way
from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper
from qbo_pipeline_tests.write_back.inbox_shop import (
    PAID,
    content,
    in_the_inbox,
    night,
    operations,
    ours,
    outcome,
    owned_by,
    pay,
    payments,
    taken,
)


@pytest.mark.torture
def test_only_what_is_dated_from_the_first_day_on_and_of_the_source_is_written_back(
    shop: Shop, people: Bookkeeper
) -> None:
    night(shop)
    with shop.run() as run:
        invoice = ours(run, people, "document/i1")
        pay(run, people, TxnDate="2024-02-29")
        stranger = people.save("Customer", {"DisplayName": "Somebody Else"})
        party = {"value": stranger["Id"]}
        people.save("Payment", {"CustomerRef": party, "TotalAmt": Decimal("5.00"), "TxnDate": "2024-03-06"})
        people.save(
            "Payment", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": Decimal("7.00"), "TxnDate": "2024-03-06"}
        )
    standing = night(shop)
    assert [content(shop)["amount"], content(shop)["allocations"]] == ["7", []]  # on account
    assert len(in_the_inbox(shop)) == 1
    rules = {row["rule"]: row["count"] for row in standing["objects"] if row["disposition"] == "excluded"}
    assert rules["before_first_day"] == 1
    assert rules["party_not_in_source"] == 1
    assert rules["after_last_day"] == 1  # the emulated company has one of its own


@pytest.mark.parametrize("owner", ["quickbooks", pytest.param("off", marks=pytest.mark.torture)])
def test_by_setting_the_sources_own_payments_are_not_posted(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper, owner: str
) -> None:
    shop = open_shop(tmp_path, emulator)
    before = shop.settings.read_text()
    if owner == "off":
        shop.settings.write_text(before.replace('payments_received = "source"', 'payments_received = "off"'))
    else:
        owned_by(shop, owner)
        with shop.run() as run, closing(open_inbox(run)) as inbox:
            inbox.create()
    night(shop)
    with shop.run() as run:
        assert rows(run, "SELECT disposition, rule FROM records WHERE record_type = 'payment'") == [
            {"disposition": "excluded", "rule": "owned_by_quickbooks"}
        ]
    assert payments(people) == []


@pytest.mark.torture
def test_what_was_posted_before_the_setting_changed_stays(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = open_shop(tmp_path, emulator)
    night(shop)
    (payment,) = payments(people)
    shop.settings.write_text(
        shop.settings.read_text().replace('payments_received = "source"', 'payments_received = "off"')
    )
    shop.change("UPDATE payments SET memo = 'seen again'")
    night(shop)
    assert [thing["TotalAmt"] for thing in payments(people)] == [payment["TotalAmt"]]
    with shop.run() as run:
        assert [row["state"] for row in rows(run, "SELECT state FROM postings WHERE key = 'payment/y1'")] == ["posted"]


def test_what_came_from_quickbooks_is_not_posted_when_the_way_back_is_switched_off(
    shop: Shop, people: Bookkeeper
) -> None:
    taken(shop, people)
    said = shop.settings.read_text().replace('payments_received = "both"', 'payments_received = "source"')
    shop.settings.write_text(re.sub(r"\n\[write_back\]\n.*?\n\n", "\n", said, flags=re.DOTALL))
    shop.change("UPDATE payments SET memo = 'seen again' WHERE payment_id = 'P1'")
    night(shop)
    assert outcome(shop) == ("excluded", "made_in_quickbooks")
    assert len(payments(people)) == 1


def test_an_earlier_first_day_brings_what_was_too_early_before(shop: Shop, people: Bookkeeper) -> None:
    first_day_is(shop, "2024-03-05")
    night(shop)
    with shop.run() as run:
        pay(run, people, TxnDate="2024-03-04")
    assert [row["rule"] for row in night(shop)["objects"] if row["disposition"] == "excluded"].count(
        "before_first_day"
    ) == 1
    first_day_is(shop, "2024-03-01")
    night(shop)
    assert (content(shop)["business_date"], operations(shop)) == ("2024-03-04", [(1, "create")])


def test_after_the_last_day_of_a_closed_history_nothing_is_written_back_nor_compared(
    shop: Shop, people: Bookkeeper
) -> None:
    """Another last day brings what lay beyond the one before; what was written goes on wherever it is moved."""
    payment = taken(shop, people)
    with shop.run() as run:
        pay(run, people, Decimal("3.00"), TxnDate="2024-03-08", Line=[])
    assert "after_last_day" in {row["rule"] for row in night(shop)["objects"]}
    assert len(in_the_inbox(shop)) == 1
    assert compared(shop) == (1, [])
    people.save("Payment", {**people.get("Payment", payment["Id"]), "TxnDate": "2024-03-09"})
    night(shop)
    assert (content(shop)["business_date"], operations(shop)) == ("2024-03-09", [(1, "create"), (2, "update")])
    ((differs,),) = compared(shop)[1:]
    assert (differs["here"], differs["there"]) == (PAID, PAID)
    point_to(shop.settings, "last_day = 2024-03-07", "last_day = 2024-03-08")
    night(shop)
    assert [json.loads(entry["content"])["amount"] for entry in in_the_inbox(shop)].count("3") == 1


def compared(shop: Shop) -> tuple[int, list[dict[str, Any]]]:
    """How many payments agree by the two-way tie-out, and each that differs."""
    with shop.run() as run:
        (found,) = [kind for kind in two_way(run) if kind.kind == "payments_received"]
    return found.agree, found.differ


def test_a_later_first_day_takes_nothing_back_and_what_was_written_goes_on(shop: Shop, people: Bookkeeper) -> None:
    payment = taken(shop, people)
    first_day_is(shop, "2024-03-07")
    people.save("Payment", {**people.get("Payment", payment["Id"]), "PaymentRefNum": "CHQ-9"})
    night(shop)
    assert (content(shop)["number"], content(shop)["status"]) == ("CHQ-9", "completed")
    assert operations(shop) == [(1, "create"), (2, "update")]


def first_day_is(shop: Shop, day: str) -> None:
    section = re.compile(r"(\[write_back\]\nfirst_day = )[\d-]+")
    shop.settings.write_text(section.sub(rf"\g<1>{day}", shop.settings.read_text()))
