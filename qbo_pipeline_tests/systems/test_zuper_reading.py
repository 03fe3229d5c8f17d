"""Zuper read evening after evening: what costs a call, what fails on the way, what moves meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.demo import changes
from qbo_pipeline.demo.company import advance
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.zuper import fetching
from qbo_pipeline.systems.zuper import app, world
from qbo_pipeline_tests.systems.account import Account, assert_nothing_is_lost_while_pages_move, be_impatient
from qbo_pipeline_tests.systems.boxes import API_KEY, running_zuper
from qbo_pipeline_tests.systems.evenings import LAST, Evenings, company, zuper
from qbo_pipeline_tests.systems.readings import Reading, next_day


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with company(tmp_path, 11, running_zuper) as (path, box):
        evenings = Evenings(box)
        advance(path, LAST)
        evenings.of(LAST)
        yield Account(path, Reading(zuper(tmp_path / "api", None, box)), box, evenings)


@pytest.mark.torture
def test_the_second_evening_asks_for_lists_and_for_what_changed(account: Account) -> None:
    account.reading.read(LAST)
    assert len(account.landed("invoice")) > 3
    account.box.box.door.asked.clear()

    again = account.reading.read(LAST)

    assert all(item.counts.new == item.counts.changed == item.counts.vanished == 0 for item in again)
    asked = account.box.box.door.asked
    assert {path.split("?")[0] for path in asked} == {f"api/{name}" for name in app.LISTS}
    assert any("invoice?filter.updated_at_from=2026-10-0" in path for path in asked)
    assert len(asked) == 2 * len(app.LISTS) + 2  # what time it is, and once more after stock was looked at


@pytest.mark.torture
def test_lists_are_read_to_their_end(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch, 7)
    account.reading.read(LAST)
    account.assert_all_is_landed()
    asked = [path for path in account.box.box.door.asked if path.startswith("api/product?")]
    assert asked[0] == "api/product?count=7&page=1"
    assert len(asked) > 6


def small_pages(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    for name in ("MASTER_DATA", "PAPERS"):
        smaller = tuple(replace(listing, page_size=size) for listing in getattr(fetching, name))
        monkeypatch.setattr(fetching, name, smaller)


@pytest.mark.torture  # the suite holds what is kept of a list
def test_what_was_deleted_is_gone_although_it_is_answered(account: Account) -> None:
    """On the next day every list is read whole; the deleted invoice is no longer listed, and says what it is."""
    account.reading.read(LAST)
    with closing(sqlite3.connect(account.path)) as db:
        ((number, uid),) = db.execute("SELECT number, id FROM invoices ORDER BY id DESC LIMIT 1")
    gone = world.guid("invoice", uid)
    assert gone in account.landed("invoice")
    account.evenings.end()
    changes.delete(account.path, number)
    next_day(account.reading)
    account.reading.read(LAST)
    assert account.box.box.world.deleted["invoice"][gone]["is_deleted"] is True
    account.assert_all_is_landed()
    assert gone not in account.landed("invoice")


@pytest.mark.torture
def test_a_receipt_keeps_its_day_when_the_order_is_touched_later(account: Account) -> None:
    account.reading.read(LAST)
    before = account.landed("received")
    with closing(sqlite3.connect(account.path)) as db, db:
        db.execute("UPDATE purchase_orders SET number = number || '7'")
    account.evenings.of(LAST + timedelta(days=1))
    account.reading.read(LAST)
    assert account.landed("received") == before


@pytest.mark.torture
def test_a_revoked_key_is_told_with_its_remedy(account: Account) -> None:
    account.box.box.key = "another"
    with pytest.raises(SourceError) as raised:
        account.reading.read(LAST)
    assert "refused our key (401)" in str(raised.value)
    assert "Make an API key in Zuper" in str(raised.value)
    assert API_KEY not in str(raised.value)


@pytest.mark.torture  # the suite holds the rows
def test_drift_of_the_interface_is_read_or_set_aside(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that comes as text is read, a new field is passed over, a missing one sets its record aside."""
    real = world._invoices

    def drifted(*given: Any) -> list[Any]:
        found = list(real(*given))
        for paper in found:
            paper["total"], paper["loyalty"] = f"{paper['total']:f}", {"points": 3}
        del found[0]["invoice_date"]
        found[1]["line_items"][0]["total"] = "a few"
        return found

    monkeypatch.setattr(world, "_invoices", drifted)
    account.reading.read(LAST)
    assert account.set_aside() == ["not_a_number", "required"]


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    be_impatient(monkeypatch)


@pytest.mark.torture
@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("fault", ["limit", "500", "503", "garbage", "cut"])
def test_a_fault_in_every_third_call_loses_nothing(account: Account, fault: str) -> None:
    account.box.box.door.faults.extend([fault, "", ""] * 200)
    account.reading.read(LAST)
    account.assert_all_is_landed()


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(12))
def test_pages_that_move_while_they_are_read_lose_nothing(
    account: Account, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch, 3)
    assert_nothing_is_lost_while_pages_move(account, ("invoice", "credit_note", "purchase_order"), seed)


@pytest.mark.torture
def test_the_days_are_those_of_the_company(account: Account) -> None:
    account.reading.read(LAST)
    assert account.landed("stock").keys() == {LAST.isoformat()}
    facts = account.reading.facts()
    assert all(date.fromisoformat(fact[1]) <= LAST for fact in facts)
    assert {"sales_invoice", "purchase_order", "shipment"} <= {fact[0] for fact in facts}
