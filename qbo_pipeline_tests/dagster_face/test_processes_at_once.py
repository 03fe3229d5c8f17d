"""The long run: several workers at once on one company, or beside each other, and one of them killed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from qbo_pipeline_tests.dagster_face.deployment import Deployment, make_home, until
from qbo_pipeline_tests.emulator.server import running_emulator

pytestmark = pytest.mark.torture


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        deployment = Deployment(tmp_path, emulator, days=3)
        yield deployment
        deployment.close()


def test_the_same_range_twice_and_one_is_killed(deployment: Deployment, tmp_path: Path) -> None:
    dead = deployment.launch(0, 2, at="a second request is claimed", waits=tmp_path, options=["--hurried"])
    until((tmp_path / "reached").exists, "the second request")
    other = deployment.launch(0, 2, options=["--hurried"])
    until(lambda: deployment.has_started(other), "the start of the other run")
    dead.process.kill()
    dead.was_killed()
    assert other.process.poll() is None  # it waits for the place in the pool that the dead one holds
    deployment.the_death_is_noticed(dead)
    other.succeeded()
    deployment.assert_each_exactly_once()


def test_three_at_once_without_a_common_pool_and_one_is_killed(tmp_path: Path, postgresql_url: str) -> None:
    """Three instances of Dagster on one store: nothing but the store keeps them apart."""
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        deployment = Deployment(tmp_path, emulator, days=3, store_url=postgresql_url)
        try:
            dead = deployment.launch(0, 2, at="a second request is claimed", waits=tmp_path, options=["--hurried"])
            until((tmp_path / "reached").exists, "the second request")
            homes = [make_home(tmp_path / f"dagster_{number}") for number in (2, 3)]
            others = [deployment.launch(0, 2, home=home, options=["--hurried"]) for home in homes]
            for other in others:
                until(lambda other=other: deployment.has_started(other), "the start of another run")
            dead.process.kill()
            dead.was_killed()
            for other in others:
                other.succeeded()
            deployment.assert_each_exactly_once()
        finally:
            deployment.close()


def test_a_range_overlaps_with_the_night_of_one_of_its_days(deployment: Deployment, tmp_path: Path) -> None:
    another = make_home(tmp_path / "dagster_2")
    workers = [deployment.launch(0, 2), deployment.launch(1, home=another)]
    for worker in workers:
        worker.succeeded()
    deployment.assert_each_exactly_once()


# An invoice that is not claimed, and nothing refers to it.
READY_INVOICE = """
    SELECT key FROM postings AS invoice
    WHERE entity = 'Invoice' AND state = 'ready'
        AND NOT EXISTS (SELECT 1 FROM postings WHERE payload LIKE '%$' || invoice.key || '"%')
    ORDER BY business_date DESC, key DESC LIMIT 1"""


def nothing_more_is_claimed(deployment: Deployment) -> bool:
    """Whether all workers of the night stand still."""
    claimed = deployment.in_state("sending")
    time.sleep(1)
    return claimed > 0 and deployment.in_state("sending") == claimed


def decide(deployment: Deployment, decision: str, key: str, home: Path) -> None:
    """A person's decision, in another instance: in the same one it would wait for the night's place in the pool."""
    config = {"ops": {f"shop_{decision}_posting": {"config": {"key": key, "who": "the accountant", "why": "on paper"}}}}
    deployment.runs_through(None, job=decision, home=home, config=json.dumps(config))


def test_a_person_skips_a_posting_while_the_night_posts(deployment: Deployment, tmp_path: Path) -> None:
    night = deployment.launch(0, 2, at="a second request is claimed", waits=tmp_path)
    until((tmp_path / "reached").exists, "the second request")
    until(lambda: nothing_more_is_claimed(deployment), "a stand-still")
    ((key,),) = deployment.ask(READY_INVOICE)
    decide(deployment, "skip", key, make_home(tmp_path / "dagster_2"))
    (tmp_path / "go_on").touch()
    night.succeeded()
    assert deployment.ask(f"SELECT state FROM postings WHERE key = '{key}'") == [("skipped",)]
    deployment.assert_each_exactly_once(skipped=1)


def test_a_person_retries_a_posting_while_the_night_posts(deployment: Deployment, tmp_path: Path) -> None:
    refusal = {"kind": "refusal", "operation": "create", "entity": "JournalEntry", "code": "2020", "times": 1}
    deployment.emulator.order(refusal)
    deployment.runs_through(0)
    deployment.emulator.order()
    ((key,),) = deployment.ask("SELECT key FROM postings WHERE state = 'parked'")
    _, difference, unexplained = deployment.reconciled()
    assert difference != 0
    assert unexplained == 0
    night = deployment.launch(1, 2, at="a second request is claimed", waits=tmp_path)
    until((tmp_path / "reached").exists, "the second request")
    decide(deployment, "retry", key, make_home(tmp_path / "dagster_2"))
    (tmp_path / "go_on").touch()
    night.succeeded()
    deployment.assert_each_exactly_once()


def test_the_night_and_a_reconciliation_at_once(deployment: Deployment, tmp_path: Path) -> None:
    deployment.runs_through(0)
    night = deployment.launch(1, 2, at="a batch is claimed, not sent", waits=tmp_path)
    until((tmp_path / "reached").exists, "the first batch")
    other = deployment.launch(2, job="reconcile", home=make_home(tmp_path / "dagster_2"))
    other.succeeded()
    _, difference, unexplained = deployment.reconciled()
    assert difference != 0  # what is not posted yet is a difference with a cause
    assert unexplained == 0
    (tmp_path / "go_on").touch()
    night.succeeded()
    deployment.assert_each_exactly_once()


def test_of_two_companies_one_is_killed_and_the_other_takes_no_notice(tmp_path: Path) -> None:
    with ExitStack() as stack:
        home = make_home(tmp_path / "dagster")
        both = []
        for name, realm in (("north", "9130350000000011"), ("south", "9130350000000022")):
            emulator = stack.enter_context(running_emulator("--company", "us", "--limits", "off", "--realm", realm))
            both.append(Deployment(tmp_path / name, emulator, name=name, home=home))
            stack.callback(both[-1].close)
        north, south = both
        dead = north.launch(at="a batch is answered, not stored")
        alive = south.launch()
        dead.was_killed()
        alive.succeeded()
        south.assert_each_exactly_once()
        assert north.in_state("sending") > 0
        north.after_the_death_of(dead)
        north.runs_through()
        for deployment in both:
            deployment.assert_each_exactly_once()
