"""The long run: a run that died is taken up in each of the ways that Dagster offers, and after several deaths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from qbo_pipeline_tests.dagster_face.company import day, materialized
from qbo_pipeline_tests.dagster_face.deployment import Deployment, until
from qbo_pipeline_tests.emulator.server import running_emulator

pytestmark = pytest.mark.torture


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        deployment = Deployment(tmp_path, emulator, days=4)
        yield deployment
        deployment.close()


RANGE_DEATHS = ["a range is half read", "a batch is claimed, not sent", "a first request is stored"]


def test_executed_again_from_failure_only_what_did_not_succeed_runs(deployment: Deployment) -> None:
    dead = deployment.dies("a batch is answered, not stored", 0, 3)
    done = deployment.steps_of(dead)
    assert "postings" in done
    run_id = deployment.after_the_death_of(dead)
    again = deployment.runs_through(0, 3, failed_steps_of=run_id)
    assert deployment.run_of(again).parent_run_id == run_id
    steps = deployment.steps_of(again)
    assert {"quickbooks_documents", "ledger_lines", "reconciliation"} <= steps
    assert steps & {"documents", "movements", "payments", "postings", "master_data"} == set()
    deployment.assert_each_exactly_once()


def test_executed_again_as_a_whole(deployment: Deployment) -> None:
    dead = deployment.dies("a single is answered, not stored", 0, 3)
    run_id = deployment.after_the_death_of(dead)
    again = deployment.runs_through(0, 3, all_steps_of=run_id)
    assert deployment.run_of(again).parent_run_id == run_id
    assert deployment.steps_of(again) > deployment.steps_of(dead)
    deployment.assert_each_exactly_once()


@pytest.mark.parametrize("point", RANGE_DEATHS)
def test_a_back_fill_that_died_in_the_middle_is_launched_again(deployment: Deployment, point: str) -> None:
    dead = deployment.dies(point, 0, 3)
    deployment.after_the_death_of(dead)
    deployment.runs_through(0, 3)
    deployment.assert_each_exactly_once()
    with deployment.instance() as instance:
        for asset in ("documents", "quickbooks_documents", "reconciliation"):
            assert materialized(instance, deployment.company, asset) == {day(offset) for offset in range(4)}


def test_a_back_fill_that_died_is_finished_by_single_nights(deployment: Deployment) -> None:
    dead = deployment.dies("a first request is stored", 0, 3)
    deployment.after_the_death_of(dead)
    for offset in range(4):
        deployment.runs_through(offset)
    deployment.assert_each_exactly_once()


def test_killed_three_times_in_a_row_at_different_points(tmp_path: Path, postgresql_url: str) -> None:
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        deployment = Deployment(tmp_path, emulator, store_url=postgresql_url)
        try:
            for point in (
                "a batch is answered, not stored",
                "what is in doubt was looked up",
                "the ledger is half written",
            ):
                deployment.after_the_death_of(deployment.dies(point))
            deployment.runs_through()
            deployment.assert_each_exactly_once()
        finally:
            deployment.close()


def test_quickbooks_itself_is_killed_and_comes_back(tmp_path: Path) -> None:
    state = ("--limits", "off", "--state", str(tmp_path / "quickbooks.sqlite"))
    with running_emulator("--company", "us", *state) as emulator:
        deployment = Deployment(tmp_path, emulator)
        try:
            worker = deployment.launch(at="a second request is claimed", waits=tmp_path)
            until((tmp_path / "reached").exists, "the second request")
            deployment.written_before = deployment.writes()  # its meter begins anew
            emulator.kill()
            (tmp_path / "go_on").touch()
            assert worker.ended() == 1
            assert deployment.run_of(worker).status == dg.DagsterRunStatus.FAILURE
            assert "the next run goes on with it" in deployment.failure_of(worker)
            deployment.assert_nothing_is_claimed_that_is_not_so()
            assert deployment.in_state("ready") > 0
            deployment.an_hour_passes()
            port = emulator.base_url.rsplit(":", 1)[1]
            with running_emulator(*state, "--port", port) as deployment.emulator:
                deployment.runs_through()
                deployment.assert_each_exactly_once()
        finally:
            deployment.close()
