"""Run workers as real processes on one instance: killed while posting, resumed, and the same day launched twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from qbo_pipeline_tests.dagster_face.company import Company, day, make_company
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

ROOT = Path(__file__).parent.parent.parent
LIMIT = 240


class Deployment:
    """A company, its own QuickBooks, and Dagster's instance in a folder, with the settings of production."""

    def __init__(self, folder: Path, emulator: RunningEmulator) -> None:
        self.emulator = emulator
        self.company: Company = make_company(folder, emulator, days=1)
        self.home = folder / "dagster"
        self.home.mkdir()
        (self.home / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
        with dg.DagsterInstance.from_config(str(self.home)):
            pass  # its tables are there before two processes ask for them at once

        self.there_before = {entity: self.emulator_count(entity) for entity in DOCUMENTS}

    def launch(self, point: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "qbo_pipeline_tests.dagster_face.worker", str(self.company.settings), day(0)]
        return subprocess.Popen(
            [*command, point] if point else command,
            cwd=ROOT,
            env={**os.environ, "DAGSTER_HOME": str(self.home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def killed_at(self, point: str) -> None:
        worker = self.launch(point)
        _, said = worker.communicate(timeout=LIMIT)
        assert worker.returncode == -signal.SIGKILL, said

    def clean_up_after_the_dead(self) -> None:
        """What the daemon's run monitoring does `free_slots_after_run_end_seconds` after a worker has died."""
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            dead = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
            assert len(dead) == 1
            instance.report_run_failed(dead[0].dagster_run, "the worker is gone")
            instance.event_log_storage.free_concurrency_slots_for_run(dead[0].dagster_run.run_id)

    def an_hour_passes(self) -> None:
        """Leases end and QuickBooks has settled: what is under way may be looked up."""
        with closing(sqlite3.connect(self.company.store)) as db, db:
            for column in ("sent_at", "lease_until", "not_before"):
                db.execute(
                    f"UPDATE postings SET {column} = '2026-01-01T00:00:00.000000+00:00' WHERE {column} IS NOT NULL"
                )

    def posted(self) -> int:
        ((count,),) = self.company.ask("SELECT count(*) FROM postings WHERE state = 'posted'")
        return int(count)

    def assert_each_exactly_once(self) -> None:
        """Every posting is in QuickBooks once: as many objects as links, and the ledger agrees to the cent."""
        states = self.company.ask("SELECT state, count(*) FROM postings WHERE superseded_by IS NULL GROUP BY state")
        assert [state for state, _ in states] == ["posted"]
        links = self.company.ask("SELECT entity, count(*), count(DISTINCT qbo_id) FROM posting_links GROUP BY entity")
        for entity, postings, objects in links:
            assert postings == objects, entity
            if entity in DOCUMENTS:
                assert self.emulator_count(entity) - self.there_before[entity] == postings, entity
        assert {entity for entity, *_ in links} & DOCUMENTS
        rows = self.company.ask("SELECT difference, unexplained FROM reconciliations ORDER BY number DESC LIMIT 1")
        assert [(Decimal(difference), Decimal(unexplained)) for difference, unexplained in rows] == [(0, 0)]

    def emulator_count(self, entity: str) -> int:
        query = urllib.parse.quote(f"select count(*) from {entity}")
        request = urllib.request.Request(self.emulator.api(f"query?query={query}"), headers=self.emulator.bearer())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(json.load(answer)["QueryResponse"]["totalCount"])


DOCUMENTS = {"Invoice", "JournalEntry", "Bill", "CreditMemo", "VendorCredit", "Payment", "BillPayment"}


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        yield Deployment(tmp_path, emulator)


@pytest.mark.parametrize(
    ("point", "reached"),
    [("before_send", False), ("after_answer", True)],
)
def test_a_worker_killed_while_posting_is_resumed_by_the_next_run(
    deployment: Deployment, point: str, reached: bool
) -> None:
    before = deployment.emulator_count("JournalEntry") + deployment.emulator_count("Customer")
    deployment.killed_at(point)
    after = deployment.emulator_count("JournalEntry") + deployment.emulator_count("Customer")
    assert (after > before) == reached
    ((in_doubt,),) = deployment.company.ask("SELECT count(*) FROM postings WHERE state = 'sending'")
    assert in_doubt > 0
    deployment.clean_up_after_the_dead()
    deployment.an_hour_passes()
    worker = deployment.launch()
    _, said = worker.communicate(timeout=LIMIT)
    assert worker.returncode == 0, said
    deployment.assert_each_exactly_once()


def test_the_same_day_launched_twice_at_once_posts_each_document_once(deployment: Deployment) -> None:
    workers = [deployment.launch(), deployment.launch()]
    said = [worker.communicate(timeout=LIMIT)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    deployment.assert_each_exactly_once()
