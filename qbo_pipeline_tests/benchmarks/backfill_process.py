"""One back-fill in a process of its own, measured: it holds what a run of the pipeline holds, and no tool of tests.

    python -m qbo_pipeline_tests.benchmarks.backfill_process SETTINGS

What belongs here: the measuring. `bench_backfill.py` starts it and shows what it prints.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import text

from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import load, posted_by_entity
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.benchmarks.memory import peak_megabytes

_RECORDS = (
    "SELECT count(DISTINCT r.record_key) AS number FROM posting_records AS r JOIN postings AS p ON p.connection = "
    "r.connection AND p.key = r.key AND p.revision = r.revision WHERE p.state = 'posted' AND p.superseded_by IS NULL "
    "AND (r.record_key LIKE 'document/%' OR r.record_key LIKE 'movement/%' OR r.record_key LIKE 'payment/%')"
)


def measure(file: Path) -> dict[str, Any]:
    """Carry the connection's days from beginning to end; seconds by stage, and what it cost."""
    seconds: dict[str, float] = {}
    began = _worked()
    settings = load_settings(file)
    first, last = settings.connection.first_day, settings.connection.last_day
    assert last is not None
    with open_run(settings) as run:
        open_books(run)
        before = run.api_calls()
        for name, stage in stages(run, first, last):
            started = time.perf_counter()
            stage()
            seconds[name] = time.perf_counter() - started
        result = reconcile_as_at(run, last)
        documents = sum(count for name, count in posted_by_entity(run).items() if entity_named(name).transaction)
        records = _records(run)
        calls = {name: count - before[name] for name, count in run.api_calls().items()}
    return {
        "seconds": seconds,
        "documents": documents,
        "records": records,
        "unexplained": str(result.unexplained),
        "stock_value": str(result.stock_value),
        "difference": str(result.difference),
        "worked": _worked() - began,
        "megabytes": peak_megabytes(),
        **calls,
    }


def _records(run: Run) -> int:
    with run.database.reading() as reading:
        return int(reading.execute(text(_RECORDS)).scalar_one())


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def stages(run: Run, first: date, last: date) -> list[tuple[str, Callable[[], object]]]:
    return [
        ("extract", lambda: [extract_master_data(run), extract_days(run, first, last)]),
        ("transform", lambda: [read_reference_data(run), transform(run, first, last)]),
        ("load", lambda: load(run, first, last)),
        ("reconcile", lambda: [read_ledger(run, last), reconcile_as_at(run, last)]),
        ("report", lambda: write_reports(run, reconcile_as_at(run, last))),
    ]


def open_books(run: Run) -> None:
    """The stock accounts that the demo's settings name, where they are the demo's."""
    if run.name != "demo":
        return
    from qbo_pipeline.commands.demonstrate import STOCK_ACCOUNTS  # the demo's own, which no other run has in memory

    for name in STOCK_ACCOUNTS.values():
        payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
        run.quickbooks().create("Account", payload)


if __name__ == "__main__":
    sys.modules["hypothesis"] = None  # type: ignore[assignment]  # pandera takes it along where tests have installed it
    print(json.dumps(measure(Path(sys.argv[1]))))
