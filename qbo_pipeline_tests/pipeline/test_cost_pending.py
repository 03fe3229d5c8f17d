"""Goods that move at cost 0 wait for their cost: seen with their age, released by a cost, a person or by policy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to
from qbo_pipeline_tests.pipeline.shop import DAYS, Shop, open_shop
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, message, read, states

SHIPMENT = "movement/d1"
NO_COST = "UPDATE movement_lines SET value = '0' WHERE movement_id = 'd1'"


def opened(tmp_path: Path, quick_store_url: str) -> Shop:
    shop = open_shop(tmp_path, None, store_url=quick_store_url)
    shop.change(NO_COST)
    with shop.run() as run:
        chart(run)
        read(run)
    return shop


def test_a_cost_from_the_source_releases_it(tmp_path: Path, quick_store_url: str) -> None:
    shop = opened(tmp_path, quick_store_url)
    with shop.run() as run:
        build(run)
        assert states(run)[SHIPMENT] == ("parked", "cost_pending")
        assert "have cost 0" in message(run, SHIPMENT)
        assert broken_counts(run) == []
        build(run)  # and waits on, as the same revision
        assert states(run)[SHIPMENT] == ("parked", "cost_pending")
    shop.change("UPDATE movement_lines SET value = '-37.50' WHERE movement_id = 'd1'")
    with shop.run() as run:
        read(run)
        build(run)
        assert states(run)[SHIPMENT] == ("ready", None)
        assert broken_counts(run) == []


def test_a_person_releases_it(tmp_path: Path, quick_store_url: str) -> None:
    shop = opened(tmp_path, quick_store_url)
    with shop.run() as run:
        build(run)
        decide(run, "approve", SHIPMENT, "Ann", "samples, they cost nothing")
        outcome = build(run)
        assert outcome.outcomes["shipment", "excluded", "nil_effect"] == 1
        assert SHIPMENT not in {key for key, (state, _) in states(run).items() if state == "parked"}
        assert broken_counts(run) == []


def test_by_policy_nothing_waits(tmp_path: Path, quick_store_url: str) -> None:
    shop = opened(tmp_path, quick_store_url)
    with shop.run() as run:
        build(run)
    point_to(shop.settings, 'zero_cost = "hold"', 'zero_cost = "post"')
    with shop.run() as run:
        build(run)
        assert SHIPMENT not in {key for key, (state, _) in states(run).items() if state == "parked"}


def test_the_run_the_status_and_the_work_list_say_so_with_its_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    qbo = CommandLine(monkeypatch, capsys)
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        shop.change(NO_COST)
        settings = ("--settings", shop.settings)
        first = qbo("run", *DAYS, *settings)
        with shop.run() as run, run.database.transaction() as connection:
            before = run.database.now(connection) - timedelta(days=3)
            connection.execute(postings.update().where(postings.c.key == SHIPMENT).values(first_seen=before))
        again = qbo("run", *DAYS, *settings)
        status = qbo("status", *settings)
        report = qbo("reconcile", "--as-at", DAYS[-1], "--report", tmp_path / "reports", *settings)
    assert (first.status, again.status, status.status) == (1, 1, 1), first.plain
    assert "cost_pending: " in first.plain
    assert f"{SHIPMENT} for 3 days: cost_pending: lines.value: " in again.plain
    assert "for 3 days: cost_pending: " in status.plain
    page = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "reports").rglob("*.html"))
    assert "Give the goods their cost in the inventory system" in page, report.plain
