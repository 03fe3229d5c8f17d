"""Movements posted as one journal a day: what comes, changes, moves and goes, and how each is traced and reconciled."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.choosing import Filter
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.posting_again import post_again
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.rolling_back import roll_back
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, carry_file, point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, draft, open_shop, shop_rows
from qbo_pipeline_tests.pipeline.test_closed_periods import close_books

DAY = "2024-03-04"
SUMMARY = f"summary/{DAY}/shipment"
MORE = {"d2": "3.10", "d3": "4.20"}  # further shipments of that day, by cost
WHO = ("--who", "Dana", "--why", "one journal a day is enough")


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    """Three shipments on one day, summed up."""
    source = shop_rows()
    for name, cost in MORE.items():
        source["movements"].append(_shipment(name, DAY))
        source["movement_lines"].append(_line(name, cost))
        source["stock_values"].append(stock(DAY, cost))
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source, store_url=quick_store_url)
        point_to(shop.settings, "summarise = []", 'summarise = ["shipment"]')
        yield shop


def _shipment(name: str, day: str) -> dict[str, Any]:
    return {"movement_id": name, "kind": "shipment", "number": name.upper(), "business_date": day, "currency": "USD"}


def _line(name: str, cost: str) -> dict[str, Any]:
    return {
        "movement_id": name, "line_id": f"{name}-1", "product_id": "p1", "location_id": "w1", "quantity": "0",
        "value": f"-{cost}",
    }  # fmt: skip


def stock(day: str, cost: str) -> dict[str, Any]:
    return {
        "business_date": day, "product_id": "p1", "location_id": "w1", "quantity": "0", "value": f"-{cost}",
        "currency": "USD",
    }  # fmt: skip


def insert(kind: str, row: dict[str, Any]) -> str:
    names, values = ", ".join(row), ", ".join(f"'{value}'" for value in row.values())
    return f"INSERT INTO {kind} ({names}) VALUES ({values})"


def add(shop: Shop, name: str, cost: str, day: str = DAY) -> None:
    """Enter another shipment in the inventory system."""
    entries = (("movements", _shipment(name, day)), ("movement_lines", _line(name, cost)))
    shop.change(*(insert(*entry) for entry in (*entries, ("stock_values", stock(day, cost)))))


def journal(run: Run, key: str = SUMMARY) -> dict[str, Decimal]:
    """The journal of a posting as QBO has it: by account name, debit positive."""
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    found: dict[str, Decimal] = {}
    for line in run.quickbooks().read(link["entity"], link["qbo_id"])["Line"]:
        detail = line["JournalEntryLineDetail"]
        amount = Decimal(str(line["Amount"])) * (1 if detail["PostingType"] == "Debit" else -1)
        found[detail["AccountRef"]["name"]] = amount
    return found


def carried(shop: Shop) -> Any:
    """A run over the week, which must explain everything."""
    result = carry_file(shop.settings, FIRST_DAY, LAST_DAY).result
    assert (result.difference, result.unexplained) == (Decimal(0), Decimal(0))
    with shop.run() as run:
        assert broken_counts(run) == []
    return result


def standing(run: Run) -> dict[str, tuple[str, str]]:
    """By movement, the posting that it stands in and that posting's state."""
    found = rows(
        run,
        "SELECT r.record_key, p.key, p.state FROM posting_records AS r JOIN postings AS p ON p.connection = "
        "r.connection AND p.key = r.key AND p.revision = r.revision WHERE p.superseded_by IS NULL "
        "AND p.state <> 'superseded' AND NOT (p.state = 'posted' AND p.operation IN ('void', 'delete')) "
        "AND r.record_key LIKE 'movement/d%'",
    )
    return {row["record_key"]: (row["key"], row["state"]) for row in found}


def test_a_day_is_one_journal_and_each_record_is_traced_to_it(shop: Shop, qbo: CommandLine) -> None:
    carried(shop)
    with shop.run() as run:
        assert journal(run) == {"Cost of Goods Sold": Decimal("47.30"), "Inventory Asset": Decimal("-47.30")}
        assert standing(run) == {f"movement/{name}": (SUMMARY, "posted") for name in ("d1", "d2", "d3")}
    shown = qbo("show", "movement/d2", "--settings", shop.settings).out
    assert SUMMARY in shown
    assert "its share is 3.10, of 3 records" in shown
    whole = qbo("show", SUMMARY, "--settings", shop.settings).out
    assert all(f"movement/{name} has {cost} of it" in whole for name, cost in {**MORE, "d1": "40.00"}.items())
    again = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    assert again.status == 0
    with shop.run() as run:
        assert [
            row["revision"] for row in rows(run, "SELECT revision FROM postings WHERE key = :key", key=SUMMARY)
        ] == [1]


def test_what_comes_changes_moves_and_goes_revises_its_day(shop: Shop) -> None:
    carried(shop)
    add(shop, "d4", "5.00")
    shop.change(
        "UPDATE movement_lines SET value = '-3.50' WHERE line_id = 'd2-1'", insert("stock_values", stock(DAY, "0.40"))
    )
    carried(shop)
    with shop.run() as run:
        assert journal(run)["Cost of Goods Sold"] == Decimal("52.70")
    shop.change("UPDATE movements SET business_date = '2024-03-05' WHERE movement_id = 'd4'")
    shop.change("DELETE FROM stock_values WHERE value = '-5.00'", insert("stock_values", stock("2024-03-05", "5.00")))
    carried(shop)
    with shop.run() as run:
        assert journal(run)["Cost of Goods Sold"] == Decimal("47.70")
        assert journal(run, "summary/2024-03-05/shipment")["Cost of Goods Sold"] == Decimal("5.00")
    point_to(shop.settings, 'vanished = "hold"', 'vanished = "void"')
    shop.change("UPDATE movements SET status = 'voided' WHERE movement_id IN ('d1', 'd4')")
    shop.change("DELETE FROM stock_values WHERE value IN ('-40.00', '-5.00')")
    carried(shop)
    with shop.run() as run:
        assert journal(run)["Cost of Goods Sold"] == Decimal("7.70")
        assert rows(run, "SELECT key FROM posting_links WHERE key = 'summary/2024-03-05/shipment'") == []


def test_one_bad_record_waits_alone(shop: Shop) -> None:
    add(shop, "d4", "0")
    shop.change("UPDATE movement_lines SET quantity = '-1' WHERE line_id = 'd4-1'")
    with shop.run() as run:
        draft(run)
        load(run, FIRST_DAY, LAST_DAY)
        assert journal(run)["Cost of Goods Sold"] == Decimal("47.30")
        assert standing(run)["movement/d4"] == ("movement/d4", "parked")
    shop.change(
        "UPDATE movement_lines SET value = '-6.00' WHERE line_id = 'd4-1'", insert("stock_values", stock(DAY, "6.00"))
    )
    carried(shop)
    with shop.run() as run:
        assert journal(run)["Cost of Goods Sold"] == Decimal("53.30")
        assert standing(run)["movement/d4"] == (SUMMARY, "posted")


def test_a_posted_record_that_can_no_longer_be_built_stays_in_and_holds_the_day(shop: Shop) -> None:
    carried(shop)
    shop.change("UPDATE movement_lines SET value = '0', quantity = '-1' WHERE line_id = 'd2-1'")
    add(shop, "d4", "5.00")
    with shop.run() as run:
        draft(run)
        load(run, FIRST_DAY, LAST_DAY)
        assert journal(run)["Cost of Goods Sold"] == Decimal("47.30")
        (waiting,) = rows(run, "SELECT * FROM postings WHERE key = 'movement/d4' AND superseded_by IS NULL")
        assert (waiting["state"], waiting["reason"]) == ("parked", "summary_held")
        assert broken_counts(run) == []
    shop.change("UPDATE movement_lines SET value = '-3.10', quantity = '0' WHERE line_id = 'd2-1'")
    carried(shop)
    with shop.run() as run:
        assert journal(run)["Cost of Goods Sold"] == Decimal("52.30")


def test_what_is_posted_stays_as_it_is_until_a_restatement_is_ordered(shop: Shop, qbo: CommandLine) -> None:
    point_to(shop.settings, 'summarise = ["shipment"]', "summarise = []")
    carried(shop)
    point_to(shop.settings, "summarise = []", 'summarise = ["shipment"]')
    add(shop, "d4", "5.00")
    carried(shop)
    with shop.run() as run:
        assert {key for key, _ in standing(run).values()} == {"movement/d1", "movement/d2", "movement/d3", SUMMARY}
    assert qbo("restate", *WHO, "--settings", shop.settings).status == 0
    carried(shop)
    with shop.run() as run:
        assert journal(run)["Cost of Goods Sold"] == Decimal("52.30")
        assert set(standing(run).values()) == {(SUMMARY, "posted")}
    point_to(shop.settings, 'summarise = ["shipment"]', "summarise = []")
    shown = qbo("restate", "--preview", "--settings", shop.settings, "--json").json
    assert [one["would"] for one in shown] == ["would be taken out, and 4 created in its place"]
    assert len(shown[0]["lines"]) == 8
    assert qbo("restate", *WHO, "--settings", shop.settings).status == 0
    carried(shop)
    with shop.run() as run:
        assert standing(run) == {
            f"movement/{name}": (f"movement/{name}", "posted") for name in ("d1", "d2", "d3", "d4")
        }


@pytest.mark.parametrize("why", ["closed", "approval"])
def test_what_leaves_a_day_whose_change_waits_is_not_posted_twice(shop: Shop, qbo: CommandLine, why: str) -> None:
    """The old day's journal still has it: the new day takes it once a person has approved the old one's change."""
    carried(shop)
    if why == "closed":
        close_books(shop.emulator, FIRST_DAY.replace(day=4))
    else:
        point_to(shop.settings, "approval = false", "approval = true")
    shop.change("UPDATE movements SET business_date = '2024-03-05' WHERE movement_id = 'd2'")
    shop.change("DELETE FROM stock_values WHERE value = '-3.10'", insert("stock_values", stock("2024-03-05", "3.10")))
    for _ in range(2):  # the next night as well
        result = carry_file(shop.settings, FIRST_DAY, LAST_DAY).result
        assert result.unexplained == Decimal(0)
        with shop.run() as run:
            assert journal(run)["Cost of Goods Sold"] == Decimal("47.30")
            assert rows(run, "SELECT key FROM posting_links WHERE key = 'summary/2024-03-05/shipment'") == []
            (waits,) = rows(run, "SELECT * FROM postings WHERE key = 'movement/d2' AND superseded_by IS NULL")
            assert (waits["state"], waits["reason"]) == ("parked", "summary_held")
            assert SUMMARY in waits["message"]
            assert broken_counts(run) == []
    if why == "closed":
        close_books(shop.emulator, None)
    assert qbo("approve", SUMMARY, *WHO, "--settings", shop.settings).status == 0
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    if why == "approval":
        carry_file(shop.settings, FIRST_DAY, LAST_DAY)
        assert qbo("approve", "summary/2024-03-05/shipment", *WHO, "--settings", shop.settings).status == 0
    carried(shop)
    with shop.run() as run:
        assert journal(run)["Cost of Goods Sold"] == Decimal("44.20")
        assert journal(run, "summary/2024-03-05/shipment")["Cost of Goods Sold"] == Decimal("3.10")


def test_a_share_that_differs_is_named_by_its_record(shop: Shop) -> None:
    """The source changed after the posting and was not extracted since: the report names the movement, not the day."""
    carried(shop)
    shop.change(
        "UPDATE movement_lines SET value = '-9.10' WHERE line_id = 'd2-1'", insert("stock_values", stock(DAY, "6.00"))
    )
    with shop.run() as run:
        found = reconcile_as_at(run, LAST_DAY).differences.to_dict("records")
    named = [(row["document_key"], row["record_key"], row["cause"], row["amount"]) for row in found]
    assert named == [(SUMMARY, "movement/d2", "changed_in_source", Decimal("6.00"))]


def test_a_dead_run_is_finished_by_the_next(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off between the pages and the summaries: nothing is lost, the next run builds them."""
    with shop.run() as run, monkeypatch.context() as patch:
        patch.setattr("qbo_pipeline.pipeline.transform.build_summaries", _dies)
        with pytest.raises(KeyboardInterrupt):
            draft(run)
    with shop.run() as run:
        transform(run, FIRST_DAY, LAST_DAY)
        assert {key for key, _ in standing(run).values()} == {SUMMARY}
    carried(shop)


def _dies(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_summary_is_rolled_back_whole_and_posted_again(shop: Shop) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        (outcome,) = roll_back(run, Filter(kinds=("shipment",)), "Dana", "the wrong price list")
        assert (outcome.step.key, outcome.done) == (SUMMARY, True)
        assert carry(run, FIRST_DAY, LAST_DAY).result.unexplained == 0
        (returned,) = post_again(run, Filter(kinds=("shipment",)), "Dana", "it was right")
        assert (returned.key, returned.now) == (SUMMARY, "posted again")
        night = carry(run, FIRST_DAY, LAST_DAY)
        assert (night.result.difference, broken_counts(run)) == (0, [])
