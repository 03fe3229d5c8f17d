"""Summaries and what people do to them: decided records stay where they are, and nothing stands in two journals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.restating import count_restatements, restate
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, draft, open_shop, shop_rows
from qbo_pipeline_tests.pipeline.test_summaries import DAY, SUMMARY, add, carried, insert, journal, standing, stock
from qbo_pipeline_tests.tampering.people import Bookkeeper

ON, OFF = 'summarise = ["shipment"]', "summarise = []"
OTHER_DAY = "2024-03-05"


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    """One shipment of 40.00, posted by itself; nothing is summed up yet."""
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator, shop_rows(), store_url=quick_store_url)


def night(shop: Shop) -> None:
    with shop.run() as run:
        draft(run)
        load(run, FIRST_DAY, LAST_DAY)
        assert broken_counts(run) == []
        assert verify_attempts(run).findings == ()


def objects(run: Run, shop: Shop) -> list[Decimal]:
    """The debits to cost of goods sold of every journal entry that stands in QuickBooks."""
    assert shop.emulator is not None
    people = Bookkeeper(shop.emulator)
    found = [
        Decimal(str(line["Amount"]))
        for entry in people.all("JournalEntry")
        for line in entry["Line"]
        if line["JournalEntryLineDetail"]["AccountRef"]["name"] == "Cost of Goods Sold"
        and line["JournalEntryLineDetail"]["PostingType"] == "Debit"
    ]
    people.close()
    return sorted(found)


def _skip(shop: Shop, run: Run) -> None:
    decide(run, "skip", "movement/d1", "Dana", "goods on loan")


def _delete(shop: Shop, run: Run) -> None:
    assert shop.emulator is not None
    people = Bookkeeper(shop.emulator)
    (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'movement/d1'")
    people.delete("JournalEntry", people.get("JournalEntry", link["qbo_id"]))
    people.close()
    find_drift(run)


def _unlink(shop: Shop, run: Run) -> None:
    decide(run, "unlink", "movement/d1", "Dana", "it is another's")


def _reverse(shop: Shop, run: Run) -> None:
    decide(run, "reverse", "movement/d1", "Dana", "goods on loan")
    load(run, FIRST_DAY, LAST_DAY)


@pytest.mark.parametrize(
    ("decision", "before", "cost"),
    [(_skip, "draft", []), (_delete, "posted", []), (_unlink, "posted", ["40.00"]), (_reverse, "posted", [])],
)
def test_what_a_person_decided_is_not_undone_by_a_summary(
    shop: Shop, decision: Callable[[Shop, Run], None], before: str, cost: list[str]
) -> None:
    with shop.run() as run:
        draft(run)
        if before == "posted":
            load(run, FIRST_DAY, LAST_DAY)
        decision(shop, run)
    point_to(shop.settings, OFF, ON)
    add(shop, "d2", "3.10")
    night(shop)
    wanted = sorted([*map(Decimal, cost), Decimal("3.10")])
    with shop.run() as run:
        assert objects(run, shop) == wanted
        if count_restatements(run):
            restate(run, "Dana", "one journal a day")
    night(shop)
    with shop.run() as run:
        assert objects(run, shop) == wanted
        assert journal(run)["Cost of Goods Sold"] == Decimal("3.10")


def test_a_summary_that_a_person_deleted_does_not_come_back_piece_by_piece(shop: Shop) -> None:
    point_to(shop.settings, OFF, ON)
    add(shop, "d2", "3.10")
    night(shop)
    with shop.run() as run:
        assert shop.emulator is not None
        people = Bookkeeper(shop.emulator)
        (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=SUMMARY)
        people.delete("JournalEntry", people.get("JournalEntry", link["qbo_id"]))
        people.close()
        find_drift(run)
    point_to(shop.settings, ON, OFF)
    shop.change("UPDATE movement_lines SET value = '-3.50' WHERE line_id = 'd2-1'")
    night(shop)
    with shop.run() as run:
        assert objects(run, shop) == []
        assert set(standing(run).values()) == {(SUMMARY, "parked")}


def test_the_only_record_of_a_day_moves_to_another(shop: Shop) -> None:
    """With the cautious default for vanished records: nothing vanished, so the first day's journal goes."""
    point_to(shop.settings, OFF, ON)
    carried(shop)
    shop.change(
        f"UPDATE movements SET business_date = '{OTHER_DAY}' WHERE movement_id = 'd1'",
        "DELETE FROM stock_values WHERE value = '-40.00'",
        insert("stock_values", stock(OTHER_DAY, "40.00")),
    )
    carried(shop)
    with shop.run() as run:
        assert objects(run, shop) == [Decimal("40.00")]
        assert standing(run)["movement/d1"] == (f"summary/{OTHER_DAY}/shipment", "posted")


def test_a_record_that_comes_back_finds_its_waiting_summary(shop: Shop) -> None:
    """Its journal waits to be taken out; meanwhile summaries were switched off, and the record is there again."""
    point_to(shop.settings, OFF, ON)
    night(shop)
    shop.change("UPDATE movements SET status = 'voided' WHERE movement_id = 'd1'")
    night(shop)
    with shop.run() as run:
        (waits,) = rows(run, "SELECT state, reason FROM postings WHERE key = :k AND superseded_by IS NULL", k=SUMMARY)
        assert (waits["state"], waits["reason"]) == ("parked", "gone_from_source")
    point_to(shop.settings, ON, OFF)
    shop.change("UPDATE movements SET status = 'completed' WHERE movement_id = 'd1'")
    night(shop)
    with shop.run() as run:
        assert objects(run, shop) == [Decimal("40.00")]
        assert standing(run)["movement/d1"] == (SUMMARY, "posted")


def test_an_answer_that_was_lost_holds_its_record_where_it_is(shop: Shop) -> None:
    with shop.run() as run:
        draft(run)
        with run.database.transaction() as connection:
            connection.exec_driver_sql(
                "UPDATE postings SET state = 'unknown', doubt = true, request_id = 'lost' WHERE key = 'movement/d1'"
            )
    point_to(shop.settings, OFF, ON)
    add(shop, "d2", "3.10", DAY)
    with shop.run() as run:
        draft(run)
        assert standing(run) == {"movement/d1": ("movement/d1", "unknown"), "movement/d2": (SUMMARY, "ready")}


def test_what_was_reversed_on_another_day_is_not_restated_into_a_summary(shop: Shop) -> None:
    night(shop)
    with shop.run() as run:
        decide(run, "reverse", "movement/d1", "Dana", "goods on loan", dated=LAST_DAY)
    point_to(shop.settings, OFF, ON)
    add(shop, "d2", "3.10")
    night(shop)
    with shop.run() as run:
        if count_restatements(run):
            restate(run, "Dana", "one journal a day")
    night(shop)
    with shop.run() as run:
        assert objects(run, shop) == [Decimal("3.10"), Decimal("40.00")]
        assert standing(run)["movement/d1"] == ("movement/d1", "posted")


def test_the_reversal_of_a_summary_is_no_summary_to_restate(shop: Shop) -> None:
    point_to(shop.settings, OFF, ON)
    night(shop)
    with shop.run() as run:
        decide(run, "reverse", SUMMARY, "Dana", "goods on loan", dated=LAST_DAY)
    night(shop)
    point_to(shop.settings, 'zero_cost = "hold"', 'zero_cost = "post"')
    night(shop)
    with shop.run() as run:
        assert count_restatements(run) == 0
