"""The long run: through Dagster's own queue, daemon and code server, as a deployment has them.

What is killed here is noticed by Dagster itself: it marks the run, gives its place in the pool back and starts it once
more. Settings are those of production, but that the daemon looks every few seconds.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from qbo_pipeline_tests.dagster_face.company import QUIET, day
from qbo_pipeline_tests.dagster_face.deployment import LIMIT, ROOT, Deployment, make_home, until
from qbo_pipeline_tests.dagster_face.worker import FOLDER, POINT, SETTINGS, WAITS, days
from qbo_pipeline_tests.emulator.server import running_emulator

pytestmark = pytest.mark.torture
SOON: dict[str, Any] = {"run_monitoring": {"poll_interval_seconds": 2, "free_slots_after_run_end_seconds": 1}}


class Dagster:
    """A code server and a daemon, each in a process group of its own, and the queue between them."""

    def __init__(self, deployment: Deployment, folder: Path, **environment: str) -> None:
        self._home = deployment.home
        self._job = f"{deployment.company.name}_nightly"
        self._environment = {
            **os.environ,
            "DAGSTER_HOME": str(self._home),
            SETTINGS: str(deployment.company.settings),
            FOLDER: str(folder),
            **environment,
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = str(free.getsockname()[1])
        server = {"host": "127.0.0.1", "port": int(self._port), "location_name": deployment.company.name}
        self._workspace = folder / "workspace.yaml"
        self._workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}), encoding="utf-8")
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  lives as long as the processes
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        module = ["-m", "qbo_pipeline_tests.dagster_face.location", "-h", "127.0.0.1", "-p", self._port]
        self._start("dagster", "code-server", "start", *module)
        until(self._listens, "the code server's start")
        self._start("dagster-daemon", "run", "-w", str(self._workspace))

    def _start(self, program: str, *arguments: str) -> None:
        process = subprocess.Popen(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._processes.append(process)

    def _listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", int(self._port))) == 0

    def kill(self) -> None:
        """The machine loses power: code server, run workers and daemon at once."""
        for process in self._processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            finally:
                process.wait(LIMIT)
        self._processes = []

    def close(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                continue
        self.kill()
        self._log.close()

    def launch(self, first: int, last: int) -> str:
        """Put a run over a range of days into the queue; answers its id."""
        run_id = str(uuid.uuid4())
        tags = json.dumps(days(day(first), day(last)))
        what = ["-w", self._workspace, "-j", self._job, "--config-json", json.dumps(QUIET)]
        found = subprocess.run(
            [Path(sys.executable).with_name("dagster"), "job", "launch", *what, "--run-id", run_id, "--tags", tags],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert found.returncode == 0, found.stderr
        return run_id

    def text(self) -> str:
        self._log.seek(0)
        return self._log.read()[-6000:]


@contextmanager
def dagster(folder: Path, **environment: str) -> Iterator[tuple[Dagster, Deployment, dg.DagsterInstance]]:
    """A deployment of four days behind a running code server and daemon."""
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        deployment = Deployment(folder, emulator, days=4, home=make_home(folder / "dagster", **SOON))
        orchestra = Dagster(deployment, folder, **environment)
        try:
            orchestra.start()
            with deployment.instance() as instance:
                yield orchestra, deployment, instance
        finally:
            orchestra.close()
            deployment.close()


def ended(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    """The run, when it has ended."""

    def run() -> dg.DagsterRun | None:
        found = instance.get_run_by_id(run_id)
        return found if found is not None and found.is_finished else None

    found: dg.DagsterRun = until(run, f"the end of run {run_id}")
    return found


# The assets; their checks read the store alone, and need no place in the pool.
POOLED = {
    f"shop__{asset}"
    for asset in (
        "master_data", "reference_data", "documents", "movements", "payments", "postings", "quickbooks_documents",
        "ledger_lines", "reconciliation",
    )
}  # fmt: skip


def steps_at_once(instance: dg.DagsterInstance, run_ids: list[str]) -> list[tuple[str, str]]:
    """Steps of the company's pool, of different runs, that were under way at the same time."""
    spans = []
    for run_id in run_ids:
        started: dict[str, float] = {}
        for entry in instance.all_logs(run_id):
            event = entry.dagster_event
            if event is None or event.step_key not in POOLED:
                continue
            if event.event_type == dg.DagsterEventType.STEP_START:
                started[event.step_key] = entry.timestamp
            elif event.event_type == dg.DagsterEventType.STEP_SUCCESS:
                spans.append((started[event.step_key], entry.timestamp, run_id, event.step_key))
    return [
        (one[3], other[3])
        for one in spans
        for other in spans
        if one[2] < other[2] and one[0] < other[1] and other[0] < one[1]
    ]


def test_of_two_runs_in_the_queue_one_dies_and_is_started_once_more(tmp_path: Path) -> None:
    with dagster(tmp_path, **{POINT: "a batch is answered, not stored"}) as (orchestra, deployment, instance):
        launched = [orchestra.launch(0, 3), orchestra.launch(0, 3)]
        statuses = {run_id: ended(instance, run_id).status for run_id in launched}
        (dead,) = [run_id for run_id, status in statuses.items() if status == dg.DagsterRunStatus.FAILURE]
        (other,) = [run_id for run_id, status in statuses.items() if status == dg.DagsterRunStatus.SUCCESS]
        again = until(
            lambda: [run for run in instance.get_runs() if run.parent_run_id == dead],
            "the second start of the dead run",
        )
        assert ended(instance, again[0].run_id).status == dg.DagsterRunStatus.SUCCESS
        assert len(instance.get_runs()) == 3
        assert steps_at_once(instance, [dead, other, again[0].run_id]) == []
        deployment.assert_each_exactly_once()


def test_a_run_that_a_person_ends_ends_in_order_and_the_next_one_goes_on(tmp_path: Path) -> None:
    point = {POINT: "a second request is claimed", WAITS: "yes"}
    with dagster(tmp_path, **point) as (orchestra, deployment, instance):
        run_id = orchestra.launch(0, 3)
        until((tmp_path / "reached").exists, "the second request")
        assert instance.run_launcher.terminate(run_id)
        (tmp_path / "go_on").touch()
        assert ended(instance, run_id).status == dg.DagsterRunStatus.CANCELED
        deployment.assert_nothing_is_claimed_that_is_not_so()
        assert deployment.in_state("ready") > 0
        deployment.an_hour_passes()
        next_one = orchestra.launch(0, 3)
        assert ended(instance, next_one).status == dg.DagsterRunStatus.SUCCESS
        assert len(instance.get_runs()) == 2  # what a person ended is not started again
        deployment.assert_each_exactly_once()
