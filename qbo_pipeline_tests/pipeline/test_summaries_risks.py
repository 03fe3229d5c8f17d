"""What must not go wrong with a summary: a vanished share is held, old and new are one approval, and one gone and one
come are told apart."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.choosing import Filter
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.deciding import decide_all
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.restating import restate
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry_file, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, draft, open_shop, shop_rows
from qbo_pipeline_tests.pipeline.test_closed_periods import close_books
from qbo_pipeline_tests.pipeline.test_summaries import DAY, SUMMARY, add, carried, insert, journal, standing, stock
from qbo_pipeline_tests.pipeline.test_summaries_and_people import OFF, ON, objects

WHO = ("Dana", "that is right")
_POSTED = "SELECT key, business_date FROM postings WHERE state = 'posted' AND superseded_by IS NULL"


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    """A shipment of 40.00 and one of 3.10 on one day."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, shop_rows(), store_url=quick_store_url)
        add(shop, "d2", "3.10")
        yield shop


def newest(run: Run, key: str) -> tuple[str, str | None]:
    (row,) = rows(run, "SELECT state, reason FROM postings WHERE key = :key AND superseded_by IS NULL", key=key)
    return row["state"], row["reason"]


def lose(shop: Shop, name: str, cost: str) -> None:
    """The inventory system has no such shipment any more."""
    shop.change(
        f"DELETE FROM movement_lines WHERE movement_id = '{name}'",
        f"DELETE FROM movements WHERE movement_id = '{name}'",
        f"DELETE FROM stock_values WHERE value = '-{cost}'",
    )


@pytest.mark.parametrize("how", ["vanished", "voided"])
def test_the_share_of_a_record_that_is_gone_is_held(shop: Shop, how: str) -> None:
    point_to(shop.settings, OFF, ON)
    carried(shop)
    if how == "vanished":
        lose(shop, "d2", "3.10")
    else:
        shop.change(
            "UPDATE movements SET status = 'voided' WHERE movement_id = 'd2'",
            "DELETE FROM stock_values WHERE value = '-3.10'",
        )
    for _ in range(2):
        assert carry_file(shop.settings, FIRST_DAY, LAST_DAY).result.unexplained == 0
        with shop.run() as run:
            assert journal(run)["Cost of Goods Sold"] == Decimal("43.10")
            assert newest(run, SUMMARY) == ("parked", "gone_from_source")
            assert broken_counts(run) == []
    add(shop, "d3", "5.00")  # what comes meanwhile waits with it: the journal is one
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert newest(run, SUMMARY) == ("parked", "gone_from_source")
        (row,) = rows(run, "SELECT message FROM postings WHERE key = :k AND superseded_by IS NULL", k=SUMMARY)
        assert "shipment D2" in row["message"]
        decide(run, "approve", SUMMARY, *WHO)
    carried(shop)
    with shop.run() as run:
        assert journal(run)["Cost of Goods Sold"] == Decimal("45.00")


def test_a_held_share_comes_back(shop: Shop) -> None:
    point_to(shop.settings, OFF, ON)
    carried(shop)
    shop.change("UPDATE movements SET status = 'voided' WHERE movement_id = 'd2'")
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    shop.change("UPDATE movements SET status = 'completed' WHERE movement_id = 'd2'")
    carried(shop)
    with shop.run() as run:
        assert newest(run, SUMMARY) == ("posted", None)


@pytest.mark.parametrize("into", ["a summary", "single journals"])
def test_a_restatement_in_a_closed_period_is_one_approval(shop: Shop, into: str) -> None:
    before, after = (OFF, ON) if into == "a summary" else (ON, OFF)
    point_to(shop.settings, OFF, before)
    carried(shop)
    close_books(shop.emulator, LAST_DAY)
    point_to(shop.settings, before, after)
    with shop.run() as run:
        draft(run)
        restate(run, *WHO)
        parked = ["movement/d1", "movement/d2", SUMMARY]
        assert {newest(run, key) for key in parked} == {("parked", "closed_period")}
        with pytest.raises(NotPossible, match="without a date"):
            decide(run, "approve", "movement/d1", *WHO, dated=LAST_DAY)
        close_books(shop.emulator, None)
        decide(run, "approve", "movement/d2", *WHO)
        assert {newest(run, key)[0] for key in parked} == {"ready"}
        load(run, FIRST_DAY, LAST_DAY)
    carried(shop)
    with shop.run() as run:
        wanted = ["43.10"] if into == "a summary" else ["3.10", "40.00"]
        assert objects(run, shop) == [Decimal(cost) for cost in wanted]


def test_what_goes_together_is_skipped_together_and_never_posted_twice(shop: Shop) -> None:
    carried(shop)
    close_books(shop.emulator, LAST_DAY)
    point_to(shop.settings, OFF, ON)
    with shop.run() as run:
        draft(run)
        restate(run, *WHO)
        answers = list(decide_all(run, "skip", Filter(kinds=("shipment",)), *WHO))
        assert {(one.now, one.refused) for one in answers} == {("skipped", "")}
    close_books(shop.emulator, None)
    add(shop, "d3", "5.00")
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert newest(run, SUMMARY) == ("parked", "skipped_before")
        with pytest.raises(NotPossible, match="posted twice"):
            decide(run, "approve", SUMMARY, *WHO)
        assert objects(run, shop) == [Decimal("3.10"), Decimal("40.00")]


def test_one_gone_and_one_come_of_one_amount_are_told_apart(shop: Shop) -> None:
    """The source lost one and has another of the same day and amount: the share of the one that is gone is held."""
    point_to(shop.settings, OFF, ON)
    carried(shop)
    lose(shop, "d2", "3.10")
    add(shop, "d3", "3.10", DAY)
    wanted = {
        (SUMMARY, "movement/d2", "vanished_in_source", Decimal("-3.10")),
        (SUMMARY, "movement/d3", "changed_in_source", Decimal("3.10")),
    }
    with shop.run() as run:
        draft(run)
        result = reconcile_as_at(run, LAST_DAY)
        found = result.differences.to_dict("records")
        told = {(row["document_key"], row["record_key"], row["cause"], row["amount"]) for row in found}
        assert (told, result.difference, result.unexplained) == (wanted, 0, 0)
        assert newest(run, SUMMARY) == ("parked", "gone_from_source")
        decide(run, "approve", SUMMARY, *WHO)
    carried(shop)
    with shop.run() as run:
        assert reconcile_as_at(run, LAST_DAY).differences.empty
        assert standing(run)["movement/d3"] == (SUMMARY, "posted")


def test_what_changes_in_a_closed_period_is_corrected_on_the_first_open_day_by_one_approval(shop: Shop) -> None:
    """The day's journal stays in its period; on the first open day it is reversed and posted as it is now."""
    point_to(shop.settings, OFF, ON)
    carried(shop)
    close_books(shop.emulator, FIRST_DAY.replace(day=4))
    point_to(shop.settings, 'closed_period = "hold"', 'closed_period = "first_open_day"')
    shop.change(
        "UPDATE movement_lines SET value = '-3.50' WHERE line_id = 'd2-1'",
        insert("stock_values", stock(DAY, "0.40")),
    )
    add(shop, "d3", "5.00")
    for late in (None, "d4"):
        if late is not None:
            add(shop, late, "6.00")
        assert carry_file(shop.settings, FIRST_DAY, LAST_DAY).result.unexplained == 0
        with shop.run() as run:
            assert newest(run, SUMMARY) == ("parked", "closed_period")
            decide(run, "approve", SUMMARY, *WHO)
        result = carry_file(shop.settings, FIRST_DAY, LAST_DAY).result
        assert (result.difference, result.unexplained) == (0, 0)
    with shop.run() as run:
        assert broken_counts(run) == []
        assert journal(run)["Cost of Goods Sold"] == Decimal("54.50")
        taken_back = f"{SUMMARY}#reversal-1"
        dates = {row["key"]: row["business_date"] for row in rows(run, _POSTED)}
        assert (dates[SUMMARY], dates[taken_back]) == ("2024-03-05", "2024-03-05")
        assert objects(run, shop) == [Decimal("43.10"), Decimal("54.50")]  # the first one stays in the closed period
