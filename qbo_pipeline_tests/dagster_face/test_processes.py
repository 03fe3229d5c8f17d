"""Run workers as real processes on one instance: killed while posting, resumed, and the same day launched twice.

The long run has more of them: `test_processes_*.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline_tests.dagster_face.deployment import Deployment
from qbo_pipeline_tests.emulator.server import running_emulator


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        deployment = Deployment(tmp_path, emulator)
        yield deployment
        deployment.close()


@pytest.mark.parametrize(
    ("point", "reached"),
    [
        pytest.param("a batch is claimed, not sent", False, marks=pytest.mark.torture),
        ("a batch is answered, not stored", True),
    ],
)
def test_a_worker_killed_while_posting_is_resumed_by_the_next_run(
    deployment: Deployment, point: str, reached: bool
) -> None:
    before = deployment.in_quickbooks("JournalEntry") + deployment.in_quickbooks("Customer")
    dead = deployment.dies(point)
    after = deployment.in_quickbooks("JournalEntry") + deployment.in_quickbooks("Customer")
    assert (after > before) == reached
    assert deployment.in_state("sending") > 0
    deployment.after_the_death_of(dead)
    deployment.runs_through()
    deployment.assert_each_exactly_once()


def test_the_same_day_launched_twice_at_once_posts_each_document_once(deployment: Deployment) -> None:
    workers = [deployment.launch(), deployment.launch()]
    for worker in workers:
        worker.succeeded()
    deployment.assert_each_exactly_once()
