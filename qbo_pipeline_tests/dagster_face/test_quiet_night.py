"""A night on which nothing happened: what it costs Dagster, the settings and the store, in counts, never by a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine, event

from qbo_pipeline import resources
from qbo_pipeline_tests.dagster_face.company import Company, checks, day, make_company
from qbo_pipeline_tests.dagster_face.test_definitions import ASSETS, CHECKS
from qbo_pipeline_tests.emulator.server import RunningEmulator

DAYS = 3
STEPS = len(ASSETS) + 5  # the checks of each stage are one step
AROUND = 8  # events of a run itself: its beginning and end, its resources, where its output is kept
RECORDS = ("records", "postings", "attempts", "ledger_lines", "reconciliations")


@pytest.fixture(scope="module")
def company(emulator: RunningEmulator, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company whose days were carried already."""
    company = make_company(tmp_path_factory.mktemp("company"), emulator, days=DAYS)
    with dg.DagsterInstance.ephemeral() as instance:
        _night(company, instance)
    return company


def _night(company: Company, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    result = company.run(instance, day(0), day(DAYS - 1))
    assert result.success
    return result


def _events(instance: dg.DagsterInstance, run_id: str) -> Counter[str]:
    entries = instance.all_logs(run_id)
    return Counter(
        entry.dagster_event.event_type_value if entry.dagster_event else "a line of the log" for entry in entries
    )


@contextmanager
def _statements() -> Iterator[list[str]]:
    """What is sent to databases through SQLAlchemy by this project's own engines."""
    found: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if str(connection.engine.url).endswith(("store.sqlite", "inventory.sqlite")):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_quiet_night_costs_few_events_and_statements_and_loads_its_settings_once(
    company: Company, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: company.ask(f"SELECT COUNT(*) FROM {name}") for name in RECORDS}
    loads: list[str] = []
    load = resources.load_settings
    monkeypatch.setattr(resources, "load_settings", lambda file: loads.append(file) or load(file))
    monkeypatch.setattr(resources, "PROGRESS_SECONDS", float("inf"))  # on a slow machine progress is told as well
    with _statements() as statements:
        quiet = _night(company, instance)
    assert len(loads) == 1
    assert set(checks(quiet)) == set(CHECKS)
    assert {name: company.ask(f"SELECT COUNT(*) FROM {name}") for name in RECORDS} == before
    dated = sum(is_dated for *_, is_dated in ASSETS.values())
    materialised = dated * DAYS + len(ASSETS) - dated
    found = _events(instance, quiet.run_id)
    # Of each output one, of each step a beginning and an end, of each material and check that it is to come and came.
    bound = len(ASSETS) + len(CHECKS) + 2 * STEPS + 2 * (materialised + len(CHECKS)) + AROUND
    assert found.total() <= bound, found
    assert found["STEP_START"] == STEPS
    assert found["a line of the log"] == 1  # what the run did, all its lines in one
    assert len(statements) <= STATEMENTS, Counter(statements).most_common(12)


STATEMENTS = 500  # 481 were counted, of which a quarter are the store's clock and the beginnings of transactions


def test_the_numbers_of_a_range_are_kept_once(company: Company, instance: dg.DagsterInstance) -> None:
    result = _night(company, instance)
    for name, (*_, is_dated) in ASSETS.items():
        kept = [
            (item.partition, dict(item.metadata))
            for item in result.asset_materializations_for_node(f"{company.name}__{name}")
        ]
        days = [day(offset) for offset in range(DAYS)] if is_dated else [None]
        assert [partition for partition, _ in kept] == days
        assert kept[-1][1], name
        # What is plotted over the partitions is of each day; all else is of all days, and kept once.
        of_each = {"stock_value", "ledger_balance", "difference", "unexplained"} if name == "reconciliation" else set()
        assert [set(metadata) for _, metadata in kept[:-1]] == [of_each] * (len(days) - 1), name
    for entry in instance.all_logs(result.run_id):
        if entry.dagster_event and entry.dagster_event.is_successful_output:
            assert not entry.dagster_event.step_output_data.metadata or entry.dagster_event.step_key.endswith("_checks")


def test_one_check_can_be_asked_for_alone(company: Company, instance: dg.DagsterInstance) -> None:
    definitions = company.definitions()
    wanted = dg.AssetCheckKey(company.key("quickbooks_documents"), "none_parked")
    job = dg.Definitions(
        assets=definitions.assets,
        asset_checks=definitions.asset_checks,
        resources=definitions.resources,
        jobs=[dg.define_asset_job("look", selection=dg.AssetSelection.checks(wanted))],
    ).resolve_job_def("look")
    result = job.execute_in_process(instance=instance)
    assert checks(result) == {"quickbooks_documents.none_parked": True}


def test_after_a_failure_the_store_is_opened_anew(
    company: Company, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that failed may have left a connection broken: nothing of it is used again in the run."""
    from qbo_pipeline.pipeline import extract, run
    from qbo_pipeline.sources.errors import Problem, SourceUnavailable

    opened: list[str] = []
    really_open, really_extract = run.open_store, extract.extract_master_data
    monkeypatch.setattr(run, "open_store", lambda url: opened.append(url) or really_open(url))
    tries = iter([SourceUnavailable(Problem("the source went away", "master data", "nobody answers", "Wait")), None])

    def away_once(of: Any) -> Any:
        if error := next(tries):
            raise error
        return really_extract(of)

    monkeypatch.setattr(extract, "extract_master_data", away_once)
    assert _night(company, instance).success
    assert len(opened) == 2
