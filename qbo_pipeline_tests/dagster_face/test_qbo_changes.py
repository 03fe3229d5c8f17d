"""The sensor `qbo_changes` on a real instance: from a person's edit in QuickBooks, by webhook, to a run that shows it;
one run at a time, none twice, none lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import pytest

from qbo_pipeline.sensors.asking_again import ASK_AGAIN_SECONDS
from qbo_pipeline.sensors.qbo_changes import AskedFor
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import open_database
from qbo_pipeline.store.webhooks import Hint, put_hints, take_up_hints
from qbo_pipeline.webhooks.intake import member
from qbo_pipeline_tests.dagster_face.company import Company, checks, day, failures, make_company
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.webhooks.receiving import Receiving, receiving

TOKEN = "canary-77ad-verifier-token"


class Sensor:
    """Ticks the sensor as the daemon does: with the cursor that it left, and its runs under their run keys."""

    def __init__(self, company: Company, instance: dg.DagsterInstance) -> None:
        self.company = company
        self.instance = instance
        self.cursor: str | None = None
        self.known_keys: set[str | None] = set()
        self.said = ""

    def tick(self) -> list[str | None]:
        """The days of the runs that the daemon would start."""
        definitions = self.company.definitions()
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor, definitions=definitions)
        data = self.company.sensor("qbo_changes").evaluate_tick(context)
        self.said = data.skip_message or ""
        self.cursor = data.cursor if data.cursor is not None else self.cursor
        fresh = [request for request in data.run_requests or () if request.run_key not in self.known_keys]
        self.known_keys |= {request.run_key for request in fresh}
        return [request.partition_key for request in fresh]

    def an_hour_later(self) -> None:
        asked = AskedFor.read(self.cursor)
        assert asked is not None
        self.cursor = replace(asked, at=asked.at - ASK_AGAIN_SECONDS).write()

    def hint(self, event_id: str) -> None:
        """What the receiver does with a webhook."""
        database = open_database(str(self.company.store))
        with database.transaction() as connection:
            hint = Hint(self.company.name, event_id, "JournalEntry", "1", "Update", None)
            put_hints(connection, [hint], now=database.now(connection))
        database.close()

    def take_up(self, *event_ids: str) -> None:
        """What a complete reading of QuickBooks' changes does."""
        database = open_database(str(self.company.store))
        with database.transaction() as connection:
            take_up_hints(connection, self.company.name, event_ids, now=database.now(connection))
        database.close()


@pytest.fixture
def sensor(tmp_path: Path, instance: dg.DagsterInstance) -> Sensor:
    """The sensor of a company whose first two days are reconciled, as Dagster knows it."""
    sensor = Sensor(make_company(tmp_path, days=1), instance)
    for offset in (0, 1):
        event = dg.AssetMaterialization(sensor.company.key("reconciliation"), partition=day(offset))
        instance.report_runless_asset_event(event)
    return sensor


def test_without_hints_nothing_is_asked_for(sensor: Sensor) -> None:
    assert sensor.tick() == []
    assert sensor.said == "no webhook has told of a change since QuickBooks' changes were read last"


def test_many_hints_are_one_run_for_the_last_reconciled_day(sensor: Sensor) -> None:
    for number in range(5):
        sensor.hint(f"e{number}")
    assert sensor.tick() == [day(1)]
    assert sensor.tick() == []
    assert "did not read QuickBooks' changes" in sensor.said


def test_a_hint_after_a_complete_reading_asks_again(sensor: Sensor) -> None:
    sensor.hint("e1")
    assert sensor.tick() == [day(1)]
    sensor.take_up("e1")
    assert sensor.tick() == []
    sensor.hint("e2")
    assert sensor.tick() == [day(1)]


def test_a_reading_that_does_not_succeed_is_asked_for_once_an_hour_whatever_comes(sensor: Sensor) -> None:
    sensor.hint("e1")
    assert sensor.tick() == [day(1)]
    sensor.hint("e2")
    assert sensor.tick() == []
    sensor.an_hour_later()
    assert sensor.tick() == [day(1)]
    sensor.hint("e3")
    assert sensor.tick() == []
    sensor.an_hour_later()
    assert sensor.tick() == [day(1)]
    sensor.an_hour_later()
    assert sensor.tick() == [day(1)]  # no newer hint has come: it is another key all the same
    sensor.take_up("e1", "e2", "e3")
    sensor.hint("e4")
    assert sensor.tick() == [day(1)]


def test_a_cursor_that_was_lost_asks_for_the_same_run_under_the_same_key(sensor: Sensor) -> None:
    sensor.hint("e1")
    assert sensor.tick() == [day(1)]
    sensor.cursor = None  # the daemon died between starting the run and keeping the cursor
    assert sensor.tick() == []
    assert sensor.cursor is not None


@pytest.mark.parametrize("job", ["nightly", "reconcile"])
def test_while_a_run_is_under_way_that_reads_the_changes_nothing_is_asked_for(sensor: Sensor, job: str) -> None:
    definition = sensor.company.definitions().resolve_job_def(f"shop_{job}")
    run = sensor.instance.create_run_for_job(definition, status=dg.DagsterRunStatus.STARTED)
    sensor.hint("e1")
    assert sensor.tick() == []
    assert sensor.said == f"waiting for runs that read QuickBooks' changes: {run.run_id}"
    sensor.instance.report_run_canceled(run)
    assert sensor.tick() == [day(1)]


def test_runs_of_another_connection_are_not_waited_for(sensor: Sensor, tmp_path: Path) -> None:
    other = make_company(tmp_path / "other", days=1, name="other").definitions().resolve_job_def("other_nightly")
    sensor.instance.create_run_for_job(other, status=dg.DagsterRunStatus.STARTED)
    sensor.hint("e1")
    assert sensor.tick() == [day(1)]


def test_before_the_first_reconciliation_hints_wait(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    sensor = Sensor(make_company(tmp_path, days=1), instance)
    sensor.hint("e1")
    assert sensor.tick() == []
    assert sensor.said == "nothing is reconciled yet: the first nightly run reads QuickBooks' changes"


def test_a_day_after_the_last_one_of_the_connection_is_not_asked_for(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """It was reconciled before the settings said that the history is closed."""
    sensor = Sensor(make_company(tmp_path, days=1, last_day=day(0)), instance)
    for offset in (0, 1):
        event = dg.AssetMaterialization(sensor.company.key("reconciliation"), partition=day(offset))
        instance.report_runless_asset_event(event)
    sensor.hint("e1")
    assert sensor.tick() == [day(0)]


def test_the_cursor_reads_as_it_was_written() -> None:
    asked = AskedFor("e1", 12.5, 2)
    assert AskedFor.read(asked.write()) == asked
    assert AskedFor.read(None) is None


@pytest.fixture
def told(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Sensor, Receiving]]:
    """A company of two days in QuickBooks, whose webhooks are received."""
    monkeypatch.setenv("QBO_SHOP_WEBHOOK_VERIFIER_TOKEN", TOKEN)
    company = make_company(tmp_path, emulator, days=2)
    assert failures(company.run(instance, day(0), day(1))) == {}
    with receiving(member(load_settings(company.settings))) as running:
        emulator.control("webhooks", {"url": running.url, "verifier_token": TOKEN})
        yield Sensor(company, instance), running
        emulator.control("webhooks", method="DELETE")


def test_what_a_person_edits_in_quickbooks_is_shown_without_waiting_for_the_night(
    told: tuple[Sensor, Receiving], emulator: RunningEmulator
) -> None:
    sensor, running = told
    company, instance = sensor.company, sensor.instance
    assert sensor.tick() == []
    key, journal_id = company.ask("SELECT key, qbo_id FROM posting_links WHERE entity = 'JournalEntry' ORDER BY key")[0]

    edit_journal(emulator, journal_id)
    assert running.answered.get(timeout=30) == 200
    assert sensor.tick() == [day(1)]
    assert company.ask("SELECT state FROM postings WHERE key = ?", key) == [("posted",)]  # a hint is not believed

    result = company.run(instance, day(1), job="reconcile")
    assert checks(result)["ledger_lines.none_changed_in_quickbooks"] is False
    assert company.ask("SELECT state, reason FROM postings WHERE key = ?", key) == [("drifted", "edited")]
    assert ("changed_in_qbo",) in company.ask("SELECT DISTINCT cause FROM differences WHERE posting_key = ?", key)
    assert sensor.tick() == []
    assert sensor.said.startswith("no webhook has told")


def edit_journal(emulator: RunningEmulator, journal_id: str) -> None:
    """A person adds 1.00 to the first debit and the first credit of a journal."""
    path = emulator.api("journalentry")
    with httpx.Client(headers=emulator.bearer(), timeout=30) as client:
        journal: dict[str, Any] = client.get(f"{path}/{journal_id}").json()["JournalEntry"]
        for side in ("Debit", "Credit"):
            line = next(line for line in journal["Line"] if line["JournalEntryLineDetail"]["PostingType"] == side)
            line["Amount"] = round(line["Amount"] + 1, 2)
        client.post(path, json=journal).raise_for_status()
