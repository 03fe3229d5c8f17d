"""A company, its own QuickBooks and Dagster's instance in a folder, for tests that start real workers and kill them.

What belongs here: launching workers, what happens after a death, and what must be true in the end.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import IO, Any

import dagster as dg
import sqlalchemy
import yaml

from qbo_pipeline.assets.loading import UNDER_WAY
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import normalise_url
from qbo_pipeline_tests.dagster_face.company import day, make_company, materialized
from qbo_pipeline_tests.dagster_face.worker import LABEL
from qbo_pipeline_tests.emulator.server import RunningEmulator

ROOT = Path(__file__).parent.parent.parent
LIMIT = 240  # seconds for one process
DOCUMENTS = {"Invoice", "JournalEntry", "Bill", "CreditMemo", "VendorCredit", "Payment", "BillPayment"}
LONG_AGO = "2026-01-01T00:00:00.000000+00:00"


def until(true: Callable[[], Any], what: str, limit: float = LIMIT) -> Any:
    """The answer of `true` as soon as it is one; fails where it does not come within `limit` seconds."""
    end = time.monotonic() + limit
    while not (answer := true()):
        assert time.monotonic() < end, f"{what} did not happen within {limit} s"
        time.sleep(0.1)
    return answer


@dataclass
class Worker:
    """A run worker: its process, what it has said, the label of its run, and its instance."""

    process: subprocess.Popen[bytes]
    said: IO[str]
    label: str
    home: Path

    def ended(self) -> int:
        """Its exit status, when it has ended."""
        return self.process.wait(LIMIT)

    def succeeded(self) -> None:
        assert self.ended() == 0, self.text()

    def was_killed(self) -> None:
        assert self.ended() == -signal.SIGKILL, self.text()

    def text(self) -> str:
        self.said.seek(0)
        return self.said.read()[-4000:]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT)
        self.said.close()


class Deployment:
    """One connection with the settings of production, but for what a test says otherwise."""

    def __init__(
        self,
        folder: Path,
        emulator: RunningEmulator,
        *,
        name: str = "shop",
        days: int = 1,
        seed: int = 7,
        home: Path | None = None,
        **values: Any,
    ) -> None:
        self.emulator = emulator
        self.folder = folder
        self.company = make_company(folder, emulator, name=name, days=days, seed=seed, **values)
        self.home = home or make_home(folder / "dagster")
        self.last_day = days - 1
        self.refused = 0  # writes that QuickBooks refused, by a test's order
        self.written_before = 0  # by an emulator that was here before
        self._workers: list[Worker] = []
        self._numbers = count(1)
        url = load_settings(self.company.settings).store_url()
        self._engine = sqlalchemy.create_engine(normalise_url(url), poolclass=sqlalchemy.NullPool)
        self._there_before = {entity: self.in_quickbooks(entity) for entity in DOCUMENTS}

    def close(self) -> None:
        """End every worker that a failed test has left."""
        for worker in self._workers:
            worker.stop()
        self._engine.dispose()

    # --- workers --------------------------------------------------------------------------------------------------
    def launch(
        self,
        first: int | None = 0,
        last: int | None = None,
        *,
        job: str = "nightly",
        home: Path | None = None,
        options: Sequence[str] = (),
        **named: Any,
    ) -> Worker:
        """Start a worker for a day or a range; `options` and `named` are those of `worker.py`."""
        label = f"{self.company.name}-{next(self._numbers)}"
        days = [day(offset) for offset in (first, last) if offset is not None]
        more = [part for key, value in named.items() for part in (f"--{key.replace('_', '-')}", str(value))]
        command = [sys.executable, "-m", "qbo_pipeline_tests.dagster_face.worker", str(self.company.settings), job]
        said = tempfile.TemporaryFile("w+")  # noqa: SIM115  lives as long as the worker
        process = subprocess.Popen(
            [*command, *days, "--label", label, *options, *more],
            cwd=ROOT,
            env={**os.environ, "DAGSTER_HOME": str(home or self.home)},
            stdout=said,
            stderr=said,
        )
        worker = Worker(process, said, label, home or self.home)
        self._workers.append(worker)
        return worker

    def runs_through(self, first: int | None = 0, last: int | None = None, **named: Any) -> Worker:
        """Launch a worker that succeeds."""
        worker = self.launch(first, last, **named)
        worker.succeeded()
        assert self.run_of(worker).status == dg.DagsterRunStatus.SUCCESS
        return worker

    def dies(self, at: str, first: int = 0, last: int | None = None, **named: Any) -> Worker:
        """Launch a worker that kills itself there; nothing retries it, and Dagster does not call it done."""
        worker = self.launch(first, last, at=at, **named)
        worker.was_killed()
        assert self.run_of(worker).status == dg.DagsterRunStatus.STARTED
        with self.instance(worker.home) as instance:
            retried = instance.all_logs(self.run_of(worker).run_id, of_type=dg.DagsterEventType.STEP_RESTARTED)
        assert retried == []
        self.assert_nothing_is_claimed_that_is_not_so()
        return worker

    @contextmanager
    def instance(self, home: Path | None = None) -> Iterator[dg.DagsterInstance]:
        with dg.DagsterInstance.from_config(str(home or self.home)) as instance:
            yield instance

    def run_of(self, worker: Worker) -> dg.DagsterRun:
        with self.instance(worker.home) as instance:
            (run,) = instance.get_runs(dg.RunsFilter(tags={LABEL: worker.label}))
            return run

    def has_started(self, worker: Worker) -> bool:
        """Whether a step of the worker's run has started, or waits for its place in the pool."""
        with self.instance(worker.home) as instance:
            runs = instance.get_runs(dg.RunsFilter(tags={LABEL: worker.label}))
            return bool(runs) and runs[0].status == dg.DagsterRunStatus.STARTED

    def steps_of(self, worker: Worker) -> set[str]:
        """The assets and checks that a run has started."""
        with self.instance(worker.home) as instance:
            events = instance.all_logs(self.run_of(worker).run_id, of_type=dg.DagsterEventType.STEP_START)
            return {str(event.step_key).split("__", 1)[1] for event in events}

    # --- what happens after a death -------------------------------------------------------------------------------
    def the_death_is_noticed(self, worker: Worker) -> str:
        """What code server and daemon do when a worker has died; answers the id of the run that failed so."""
        run = self.run_of(worker)
        with self.instance(worker.home) as instance:
            instance.report_run_failed(run, "the worker is gone")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        return run.run_id

    def an_hour_passes(self) -> None:
        """Leases end and QuickBooks has settled: what is under way may be looked up."""
        with self._engine.begin() as store:
            for table, *columns in (("postings", "sent_at", "lease_until", "not_before"), ("tokens", "minting_until")):
                for column in columns:
                    text = f"UPDATE {table} SET {column} = '{LONG_AGO}' WHERE {column} IS NOT NULL"
                    store.execute(sqlalchemy.text(text))

    def after_the_death_of(self, worker: Worker) -> str:
        run_id = self.the_death_is_noticed(worker)
        self.an_hour_passes()
        return run_id

    # --- what is so -----------------------------------------------------------------------------------------------
    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What a SELECT on the store answers."""
        with self._engine.connect() as store:
            return [tuple(row) for row in store.execute(sqlalchemy.text(query))]

    def number(self, query: str) -> int:
        ((found,),) = self.ask(query)
        return int(found)

    def in_state(self, state: str) -> int:
        return self.number(f"SELECT count(*) FROM postings WHERE state = '{state}'")

    def in_quickbooks(self, entity: str) -> int:
        query = urllib.parse.quote(f"select count(*) from {entity}")
        request = urllib.request.Request(self.emulator.api(f"query?query={query}"), headers=self.emulator.bearer())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(json.load(answer)["QueryResponse"]["totalCount"])

    def writes(self) -> int:
        """How many objects QuickBooks was asked to make or change."""
        return self.written_before + int(self.emulator.meter()["core"])

    def reports(self) -> set[str]:
        """The kinds of report files that are there and not empty."""
        return {file.suffix for file in self.folder.rglob("*") if file.parent != self.folder and file.stat().st_size}

    def failure_of(self, worker: Worker) -> str:
        """What a person reads of the steps that failed."""
        with self.instance(worker.home) as instance:
            failed = instance.all_logs(self.run_of(worker).run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        return "\n".join(str(entry.dagster_event.event_specific_data) for entry in failed if entry.dagster_event)

    def reconciled(self) -> tuple[str, Decimal, Decimal]:
        """The newest reconciliation of the latest day: the day, its difference, and what of it is unexplained."""
        ((as_at, difference, unexplained),) = self.ask(
            "SELECT as_at, difference, unexplained FROM reconciliations ORDER BY as_at DESC, number DESC LIMIT 1"
        )
        return str(as_at), Decimal(difference), Decimal(unexplained)

    def assert_nothing_is_claimed_that_is_not_so(self) -> None:
        """A day that Dagster shows as posted has nothing that is ready, under way or in doubt."""
        with self.instance() as instance:
            claimed = materialized(instance, self.company, "quickbooks_documents")
        states = ", ".join(f"'{state}'" for state in UNDER_WAY)
        open_days = {
            str(row[0]) for row in self._if_there(f"SELECT business_date FROM postings WHERE state IN ({states})")
        }
        assert claimed & open_days == set()

    def _if_there(self, query: str) -> list[tuple[Any, ...]]:
        return self.ask(query) if sqlalchemy.inspect(self._engine).has_table("postings") else []

    def assert_each_exactly_once(self, *, skipped: int = 0) -> None:
        """All is in QuickBooks once: as many objects as links, the counts add up, the ledger agrees to the cent."""
        states = dict(self.ask("SELECT state, count(*) FROM postings WHERE superseded_by IS NULL GROUP BY state"))
        assert states.pop("skipped", 0) == skipped
        assert states.keys() == {"posted"}
        links = self.ask("SELECT entity, count(*), count(DISTINCT qbo_id) FROM posting_links GROUP BY entity")
        assert sum(postings for _, postings, _ in links) == states["posted"]
        assert self.writes() == states["posted"] + self.refused  # nothing was ever asked for twice
        for entity, postings, objects in links:
            assert postings == objects, entity
            if entity in DOCUMENTS:
                assert self.in_quickbooks(entity) - self._there_before[entity] == postings, entity
        assert {entity for entity, *_ in links} >= {"Invoice", "JournalEntry"}
        self._assert_counts()
        assert self.reconciled() == (day(self.last_day), 0, 0)
        self.assert_nothing_is_claimed_that_is_not_so()

    def _assert_counts(self) -> None:
        """As many were read as the source has, each became something, and the journal is unaltered."""
        for record_type in ("document", "movement", "payment"):
            read = self.number(f"SELECT sum(rows_read) FROM reads WHERE record_type = '{record_type}'")
            with closing(sqlite3.connect(self.company.inventory)) as source:
                ((there,),) = source.execute(f"SELECT count(*) FROM {record_type}s")
            assert read == there, record_type
        with open_run(load_settings(self.company.settings)) as run:
            assert broken_counts(run) == []
            assert verify_attempts(run).intact


def make_home(home: Path, **changed: dict[str, Any]) -> Path:
    """An instance's folder with the dagster.yaml of production; `changed` overrides keys of its sections."""
    home.mkdir()
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    # A test looks at several instances: none of them is the one that the environment names.
    settings["event_log_storage"]["config"] = {"base_dir": str(home / "history" / "runs")}
    for section, values in changed.items():
        settings[section] = {**settings.get(section, {}), **values}
    (home / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with dg.DagsterInstance.from_config(str(home)):
        pass  # its tables are there before two processes ask for them at once
    return home
