"""What a document costs the machine on its way into QuickBooks: CPU seconds of the process that posts, alone.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_posting_cost.py

The same journals through the pipeline (intake, exactly once, the workers that `load` has), through one worker, through
python-quickbooks' batch and through a bare loop of HTTP calls, which is the floor; then a whole company through `load`
itself. Each way has a process and an emulator of its own, limits off, and they take turns: the emulator's own seconds,
and what else the machine does, are in none of them. `QBO_PIPELINE_BENCHMARK_ROUNDS` says how often, 3 unless set.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from qbo_pipeline.garbage import collect_rarely
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import open_database
from qbo_pipeline_tests.benchmarks.backfill_process import open_books, stages
from qbo_pipeline_tests.benchmarks.bench_backfill import demo_connection
from qbo_pipeline_tests.benchmarks.bench_posting import _plain, accounts_of, four_lines
from qbo_pipeline_tests.benchmarks.goals import Goals
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.posting.harness import CONNECTION, client, connect, intent, take_in

pytestmark = pytest.mark.benchmark
DOCUMENTS = int(os.environ.get("QBO_PIPELINE_BENCHMARK_COSTS", "5000"))
ROUNDS = int(os.environ.get("QBO_PIPELINE_BENCHMARK_ROUNDS", "3"))
DEMO_DAYS = 180
BATCH = 30
PAGE = 1000  # records that `transform` writes at once
TOLERANCE = 1.15  # what two runs of one way differ by on a machine that does other things

Seconds = dict[str, float]


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def pipeline(emulator: Any, folder: Path, settings: PosterSettings) -> Seconds:
    database, company = open_database(f"sqlite:///{folder / 'store.sqlite'}"), client(emulator)
    identity, accounts = connect(database, emulator.realm), accounts_of(company)
    intents = [intent(four_lines(number, accounts)) for number in range(DOCUMENTS)]
    began = cpu()
    for first in range(0, DOCUMENTS, PAGE):
        take_in(database, identity, intents[first : first + PAGE])
    taken_in = cpu()
    summary = Poster(database, company, settings=settings).run(CONNECTION)
    posted = cpu()
    assert summary.states == {"posted": DOCUMENTS}
    return {"intake": taken_in - began, "posting": posted - taken_in, "all": posted - began, "calls": summary.calls}


def python_quickbooks(emulator: Any, accounts: list[str]) -> Seconds:
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    from intuitlib.client import AuthClient
    from quickbooks import QuickBooks
    from quickbooks.batch import batch_create
    from quickbooks.objects.journalentry import JournalEntry

    QuickBooks.api_url_v3 = f"{emulator.base_url}/v3"
    auth = AuthClient(emulator.client_id, emulator.client_secret, "http://127.0.0.1:9/callback", emulator.discovery_url)
    rival = QuickBooks(auth_client=auth, refresh_token=emulator.refresh_token, company_id=emulator.realm)
    payloads = [_plain(four_lines(number, accounts).payload) for number in range(DOCUMENTS)]
    began = cpu()
    entries = [JournalEntry.from_json(payload) for payload in payloads]  # its own intake
    result = batch_create(entries, qb=rival)
    assert len(result.successes) == DOCUMENTS
    return {"all": cpu() - began}


def bare_loop(emulator: Any, accounts: list[str]) -> Seconds:
    payloads = [_plain(four_lines(number, accounts).payload) for number in range(DOCUMENTS)]
    address, headers = urlsplit(emulator.api("batch")), emulator.bearer() | {"Content-Type": "application/json"}
    done = 0
    began = cpu()
    line = HTTPConnection(address.hostname or "", address.port)
    for first in range(0, DOCUMENTS, BATCH):
        items = [
            {"bId": str(number), "operation": "create", "JournalEntry": payload}
            for number, payload in enumerate(payloads[first : first + BATCH])
        ]
        line.request("POST", f"{address.path}?minorversion=75", orjson.dumps({"BatchItemRequest": items}), headers)
        answered = orjson.loads(line.getresponse().read())["BatchItemResponse"]
        done += sum("JournalEntry" in item for item in answered)
    assert done == DOCUMENTS
    return {"all": cpu() - began}


def a_whole_company(emulator: RunningEmulator, folder: Path) -> Seconds:
    """`load` of the demo's company: invoices, bills, payments, journals and what they name, in their order."""
    settings = load_settings(demo_connection(DEMO_DAYS)(folder, emulator))
    first, last = settings.connection.first_day, settings.connection.last_day
    assert last is not None
    with open_run(settings) as run:
        open_books(run)
        for _, stage in stages(run, first, last)[:2]:
            stage()
        began = cpu()
        states = load(run, first, last).summary.states
        seconds = cpu() - began
    assert set(states) == {"posted"}
    return {"all": seconds, "documents": states["posted"]}


WAYS: dict[str, Callable[[Any, Path], Seconds]] = {
    "pipeline, default workers": lambda emulator, folder: pipeline(emulator, folder, PosterSettings()),
    "pipeline, one worker": lambda emulator, folder: pipeline(
        emulator, folder, PosterSettings(batch_workers=1, single_workers=0)
    ),
    "python-quickbooks": lambda emulator, folder: python_quickbooks(emulator, _accounts(emulator)),
    "bare HTTP loop": lambda emulator, folder: bare_loop(emulator, _accounts(emulator)),
    "load() of a company": a_whole_company,
}
PEERS = ("python-quickbooks", "bare HTTP loop")


def _accounts(emulator: Any) -> list[str]:
    company = client(emulator)
    found = accounts_of(company)
    company.close()
    return found


def test_a_document_costs_no_more_than_through_a_client_that_promises_nothing(
    capsys: pytest.CaptureFixture[str], goals: Goals
) -> None:
    found: dict[str, list[Seconds]] = {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        for way, runs in found.items():
            command = [sys.executable, "-m", __name__, way]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            runs.append(json.loads(done.stdout))
    with capsys.disabled():
        _print(found)
    ours, alone, theirs = (_middle(found[way], part) for way, part in (
        ("pipeline, default workers", "posting"), ("pipeline, one worker", "posting"), ("python-quickbooks", "all"),
    ))  # fmt: skip
    whole, company = (_middle(found["pipeline, default workers"], "all"), _per_document(found["load() of a company"]))
    beside = f"python-quickbooks {theirs / DOCUMENTS * 1000:.2f} ms"
    goals.at_most("a journal, intake and posting, of python-quickbooks", whole / theirs, 1.0, "x", beside=beside)
    goals.at_most("posting by 4 + 4 workers, of one worker", ours / alone, 1.05, "x")
    goals.at_most("load() of a company, of the same number of journals", company / (whole / DOCUMENTS), 1.3, "x")
    assert ours <= TOLERANCE * theirs
    assert ours <= TOLERANCE * alone


def _middle(runs: list[Seconds], part: str) -> float:
    return median(run[part] for run in runs)


def _per_document(runs: list[Seconds]) -> float:
    return median(run["all"] / run["documents"] for run in runs)


def _print(found: dict[str, list[Seconds]]) -> None:
    print(f"\nCPU of the process that posts, ms a document, {ROUNDS} rounds: median (least to most)")
    for way, runs in found.items():
        for part in ("intake", "posting", "all"):
            if part not in runs[0]:
                continue
            each = sorted(run[part] / run.get("documents", DOCUMENTS) * 1000 for run in runs)
            print(f"  {way:28} {part:8} {median(each):7.3f}  ({each[0]:.3f} to {each[-1]:.3f})")


if __name__ == "__main__":
    if sys.argv[1] not in PEERS:
        collect_rarely()  # as each command of ours and each code location does
    with running_emulator("--limits", "off") as running, tempfile.TemporaryDirectory() as name:
        print(json.dumps(WAYS[sys.argv[1]](running, Path(name))))
