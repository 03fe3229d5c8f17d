"""Syncro read evening after evening: what costs a call, what fails on the way, what moves meanwhile."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.demo.company import advance
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.systems.syncro import app, world
from qbo_pipeline_tests.systems.account import Account, assert_nothing_is_lost_while_pages_move, be_impatient
from qbo_pipeline_tests.systems.boxes import TOKEN, running_syncro
from qbo_pipeline_tests.systems.evenings import LAST, Evenings, company, syncro
from qbo_pipeline_tests.systems.readings import Reading


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with company(tmp_path, 11, running_syncro) as (path, box):
        evenings = Evenings(box)
        advance(path, LAST)
        evenings.of(LAST)
        yield Account(path, Reading(syncro(tmp_path / "api", None, box)), box, evenings)


@pytest.mark.torture
def test_the_second_evening_asks_for_lists_and_for_what_changed(account: Account) -> None:
    account.reading.read(LAST)
    assert len(account.landed("invoice")) > 3
    account.box.box.door.asked.clear()

    again = account.reading.read(LAST)

    assert all(item.counts.new == item.counts.changed == item.counts.vanished == 0 for item in again)
    asked = account.box.box.door.asked
    assert not [path for path in asked if path.split("?")[0].split("/")[-1].isdigit()]
    assert any("since_updated_at=2026-10-0" in path for path in asked)
    assert len(asked) < 25


@pytest.mark.torture
def test_lists_are_read_to_their_end_whatever_they_say_of_it(account: Account) -> None:
    """Some say how many entries, some how many pages, some nothing."""
    account.reading.read(LAST)
    account.assert_all_is_landed()
    pages = Counter(path.partition("?")[0] for path in account.box.box.door.asked)
    assert pages["api/v1/products"] >= 2


@pytest.mark.torture
def test_a_list_that_does_not_know_pages_is_read_once(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    real = app._page

    def unpaged(name: str, entries: list[Any], params: Any, size: int, says: str) -> Any:
        return {name: entries} if name == "products" else real(name, entries, params, size, says)

    monkeypatch.setattr(app, "_page", unpaged)
    account.reading.read(LAST)
    assert len(account.landed("product")) == len(account.box.box.world.objects["product"])


def test_a_receipt_keeps_its_day_when_the_order_is_touched_later(account: Account) -> None:
    account.reading.read(LAST)
    before = account.landed("received")
    with closing(sqlite3.connect(account.path)) as db, db:
        db.execute("UPDATE purchase_orders SET number = number || '-X'")
    account.evenings.of(LAST + timedelta(days=1))
    account.reading.read(LAST)
    assert account.landed("received") == before


def test_a_revoked_token_is_told_with_its_remedy(account: Account) -> None:
    account.box.box.token = "another"
    with pytest.raises(SourceError) as raised:
        account.reading.read(LAST)
    assert "refused our key (401)" in str(raised.value)
    assert "Make an API token in Syncro" in str(raised.value)
    assert TOKEN not in str(raised.value)


@pytest.mark.torture  # the suite holds the rows
def test_drift_of_the_interface_is_read_or_set_aside(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that comes as a number is read, a new field is passed over, a missing one sets its record aside."""
    real = world._invoices

    def drifted(*given: Any) -> list[Any]:
        found = list(real(*given))
        for part in found:
            part["total"], part["loyalty"] = world.Decimal(part["total"]), {"points": 3}
        del found[0]["date"]
        found[1]["line_items"][0]["price"] = "a few"
        return found

    monkeypatch.setattr(world, "_invoices", drifted)
    account.reading.read(LAST)
    assert account.set_aside() == ["not_a_number", "required"]


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    be_impatient(monkeypatch)


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize(
    "fault", ["limit", *(pytest.param(name, marks=pytest.mark.torture) for name in ("500", "503", "garbage", "cut"))]
)
def test_a_fault_in_every_third_call_loses_nothing(account: Account, fault: str) -> None:
    account.box.box.door.faults.extend([fault, "", ""] * 200)
    account.reading.read(LAST)
    account.assert_all_is_landed()


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(12))
def test_pages_that_move_while_they_are_read_lose_nothing(
    account: Account, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {name: (kind, 3, says) for name, (kind, _, says) in app.LISTS.items()}
    monkeypatch.setattr(app, "LISTS", small)
    assert_nothing_is_lost_while_pages_move(account, ("invoice", "payment", "purchase_order"), seed)


@pytest.mark.torture
def test_the_days_are_those_of_the_company(account: Account) -> None:
    account.reading.read(LAST)
    assert account.landed("stock").keys() == {LAST.isoformat()}
    assert all(date.fromisoformat(fact[1]) <= LAST for fact in account.reading.facts())
