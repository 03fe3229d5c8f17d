"""What goes wrong: outages fail the step in plain words and never a check; blocking checks stop, warnings do not."""

from __future__ import annotations

import json
import sqlite3
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import stamina

from qbo_pipeline import resources
from qbo_pipeline.pipeline import extract as extract_stage
from qbo_pipeline.pipeline import latest as latest_stage
from qbo_pipeline.sources.errors import Problem, SourceUnavailable
from qbo_pipeline_tests.dagster_face.company import (
    NOWHERE,
    Company,
    checks,
    day,
    failures,
    make_company,
    materialized,
)
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator


def tries(result: dg.ExecuteInProcessResult, step: str) -> int:
    """How often a step was started."""
    return 1 + sum(event.is_step_restarted for event in result.all_events if event.step_key == step)


def failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    return {name for name, passed in checks(result).items() if not passed}


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Reads that are tried again by the client are, but at once."""
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    """Books that nobody else posts to: a name that is taken there is looked up, which takes its time."""
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def away(tmp_path: Path) -> Company:
    """A company whose QuickBooks does not answer."""
    return make_company(tmp_path, days=2)


def test_a_source_that_is_away_is_tried_again_and_fails_in_plain_words(
    away: Company, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract_stage, "extract_master_data", _goes_away)
    result = away.run(instance, day(0), assets=["master_data", "movements"])
    assert set(failures(result)) == {"shop__master_data"}
    assert failures(result)["shop__master_data"].startswith("the source went away")
    assert tries(result, "shop__master_data") == 3
    assert checks(result) == {}


@pytest.mark.parametrize("what", ["the file is gone", "a view is gone"])
def test_a_source_that_a_person_must_mend_is_not_tried_again(
    away: Company, instance: dg.DagsterInstance, what: str
) -> None:
    if what == "the file is gone":
        away.inventory.rename(away.inventory.with_suffix(".moved"))
    else:
        away.change("DROP VIEW movements")
    result = away.run(instance, day(0), assets=["master_data", "movements"])
    assert set(failures(result)) == {"shop__master_data"}
    named = "shop_inventory.sqlite" if what == "the file is gone" else "movements"
    assert named in failures(result)["shop__master_data"]
    assert "Traceback" not in failures(result)["shop__master_data"]
    assert tries(result, "shop__master_data") == 1
    assert checks(result) == {}


def _goes_away(*_arguments: object) -> Any:
    raise SourceUnavailable(Problem("the source went away", "movements", "nobody answers", "Wait"))


def test_quickbooks_that_is_away_fails_and_is_tried_again(away: Company, instance: dg.DagsterInstance) -> None:
    result = away.run(instance, day(0), assets=["reference_data"])
    assert set(failures(result)) == {"shop__reference_data"}
    assert tries(result, "shop__reference_data") == 3
    assert checks(result) == {}


def test_a_store_that_cannot_be_opened_is_no_failed_check(away: Company, instance: dg.DagsterInstance) -> None:
    away.store.unlink()
    away.store.mkdir()  # SQLite cannot open a folder
    job = dg.Definitions(
        assets=away.definitions().assets,
        asset_checks=away.definitions().asset_checks,
        resources=away.definitions().resources,
        jobs=[dg.define_asset_job("look", selection=dg.AssetSelection.checks_for_assets(away.key("movements")))],
    ).resolve_job_def("look")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    (text,) = failures(result).values()
    assert "is no file" in text
    assert checks(result) == {}


def test_a_defect_keeps_its_traceback_and_is_not_tried_again(
    away: Company, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_run: object) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr(extract_stage, "extract_master_data", broken)
    result = away.run(instance, day(0), assets=["master_data"])
    assert failures(result) == {
        "shop__master_data": "a defect of the pipeline, please report it: ZeroDivisionError: nobody foresaw this"
    }
    (event,) = [event for event in result.all_events if event.is_step_failure]
    trace = event.step_failure_data.user_failure_data.metadata["traceback"].value
    assert 'raise ZeroDivisionError("nobody foresaw this")' in trace
    assert tries(result, "shop__master_data") == 1


def test_a_secret_is_in_no_event(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    company = make_company(tmp_path, days=1)
    (tmp_path / ".env").write_text(
        (tmp_path / ".env").read_text(encoding="utf-8").replace("=none", "=canary-7f3a"), encoding="utf-8"
    )
    result = company.run(instance, day(0))
    assert not result.success
    text = "\n".join(str(event) for event in instance.all_logs(result.run_id))
    assert "shop__reference_data" in text
    assert "canary-7f3a" not in text


def test_days_that_were_read_before_the_source_went_away_are_marked(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make_company(tmp_path, days=5)
    really = extract_stage.extract_days

    def goes_away(run: Any, first: date, last: date, record_types: tuple[str, ...]) -> Any:
        if first.isoformat() >= day(4):
            _goes_away()
        return really(run, first, last, record_types)

    monkeypatch.setattr(extract_stage, "extract_days", goes_away)
    monkeypatch.setattr("qbo_pipeline.assets.extraction.LONGEST_WINDOW", 2)
    result = company.run(instance, day(0), day(4), assets=["movements"])
    assert "the source went away" in failures(result)["shop__movements"]
    assert materialized(instance, company, "movements") == {day(offset) for offset in range(4)}
    ((stored,),) = company.ask("SELECT count(DISTINCT business_date) FROM reads WHERE record_type = 'movement'")
    assert stored >= 4


def test_days_of_which_all_is_posted_are_marked_when_quickbooks_goes_away(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "RETRIES", 0)
    company = make_company(tmp_path, emulator, name="cut_off", days=3)
    assert failures(company.run(instance, day(0))) == {}
    assert failures(company.run(instance, day(1), day(2), job="prepare")) == {}
    text = company.settings.read_text(encoding="utf-8")
    company.settings.write_text(text.replace(emulator.base_url, NOWHERE), encoding="utf-8")
    with dg.DagsterInstance.ephemeral() as another:  # it has marked no day yet
        result = company.run(another, day(0), day(2), assets=["quickbooks_documents"])
        marked = materialized(another, company, "quickbooks_documents")
    assert "the next run goes on with it" in failures(result)["cut_off__quickbooks_documents"]
    assert company.ask("SELECT DISTINCT state FROM postings WHERE business_date = ?", day(2)) == [("ready",)]
    assert marked == {day(0)}


def test_warnings_never_stop_a_night_and_blocking_checks_do(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator
) -> None:
    company = make_company(tmp_path, emulator, days=2)
    _an_entry_by_somebody_else(emulator)
    result = company.run(instance, day(0))
    assert failures(result) == {}
    assert "reconciliation.qbo_only_entries" in failed_checks(result)
    assert {item.severity for item in result.get_asset_check_evaluations() if not item.passed} == {
        dg.AssetCheckSeverity.WARN
    }

    _alter_the_journal(company)
    result = company.run(instance, day(1))
    assert not result.success
    assert "quickbooks_documents.attempts_unaltered" in failed_checks(result)
    assert materialized(instance, company, "quickbooks_documents") == {day(0), day(1)}
    assert materialized(instance, company, "ledger_lines") == {day(0)}  # it is downstream of the check


def test_an_unexplained_cent_fails_the_run(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make_company(tmp_path, emulator, name="cent", days=1)
    really = latest_stage.latest_reconciliation
    monkeypatch.setattr(latest_stage, "latest_reconciliation", lambda run: replace(really(run), status="unexplained"))
    result = company.run(instance, day(0))
    assert not result.success
    assert "reconciliation.tie_out_zero_unexplained" in failed_checks(result)
    assert materialized(instance, company, "reconciliation") == {day(0)}


def test_counts_that_do_not_add_up_stop_the_night(
    tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator
) -> None:
    company = make_company(tmp_path, emulator, name="lossy", days=1)
    assert failures(company.run(instance, day(0))) == {}
    with sqlite3.connect(company.store) as db:
        db.execute("UPDATE reads SET rows_read = rows_read + 1 WHERE record_type = 'document'")
    db.close()
    result = company.run(instance, day(0), assets=["quickbooks_documents", "ledger_lines"])
    assert "quickbooks_documents.counts_add_up" in failed_checks(result)
    assert result.asset_materializations_for_node("lossy__ledger_lines") == []


def _an_entry_by_somebody_else(emulator: RunningEmulator) -> None:
    """A manual journal entry on the Inventory account, as an accountant makes it in QuickBooks."""

    def account(name: str) -> dict[str, str]:
        query = urllib.parse.quote(f"select * from Account where Name = '{name}'")
        request = urllib.request.Request(emulator.api(f"query?query={query}"), headers=emulator.bearer())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return {"value": json.load(answer)["QueryResponse"]["Account"][0]["Id"]}

    def line(kind: str, name: str) -> dict[str, Any]:
        detail = {"PostingType": kind, "AccountRef": account(name)}
        return {"Amount": 25, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}

    body = {"TxnDate": day(0), "Line": [line("Debit", "Inventory Asset"), line("Credit", "Inventory Shrinkage")]}
    request = urllib.request.Request(
        emulator.api("journalentry"),
        json.dumps(body).encode(),
        {**emulator.bearer(), "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["JournalEntry"]["Id"]


def _alter_the_journal(company: Company) -> None:
    """What the database's trigger refuses, by somebody who removed the trigger."""
    with sqlite3.connect(company.store) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'attempts'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        changed = db.execute("UPDATE attempts SET message = 'all was well' WHERE seq = (SELECT min(seq) FROM attempts)")
        assert changed.rowcount == 1
    db.close()
