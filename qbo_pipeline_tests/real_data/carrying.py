"""Carrying a data set from beginning to end, in a process of its own: seconds, memory, calls, and what QuickBooks has.

What belongs here: the connection, the stages and their figures. What must be true of them stands in the tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import load, posted_by_entity
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.benchmarks.memory import peak_megabytes
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import rows, write_connection
from qbo_pipeline_tests.real_data.tables import Row, write_tables
from qbo_pipeline_tests.tampering.people import Bookkeeper

MOVEMENTS = ["receipt", "supplier_return", "write_off", "assembly"]
SALES = ["sales_invoice", "sales_credit"]


def carry_set(
    folder: Path, company: str, made: Iterable[Row], first: date, last: date, currency: str, summarise: list[str]
) -> dict[str, Any]:
    """Write the source, carry it into an emulator of its own, and answer the figures with the balances there."""
    folder.mkdir(parents=True)
    write_tables(folder / "inventory.sqlite", made)
    with running_emulator("--limits", "off", "--company", company) as emulator:
        before = _balances(emulator)
        file = write_connection(
            folder,
            "real",
            emulator,
            currency=currency,
            time_zone="Europe/London",
            first_day=first.isoformat(),
            last_day=last.isoformat(),
            source_url="sqlite:///inventory.sqlite",
            roles=DEFAULT_ROLES,
            hints={"charges": "Shipping Income", "freight": "Freight and Delivery"},
            summarise=summarise,
        )
        command = [sys.executable, "-m", __name__, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        after = _balances(emulator)
    balances = {name: after[name] - before.get(name, Decimal(0)) for name in after}
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"balances": balances}


def _balances(emulator: RunningEmulator) -> dict[str, Decimal]:
    people = Bookkeeper(emulator)
    found = {one["Name"]: Decimal(str(one.get("CurrentBalance", 0))) for one in people.all("Account")}
    people.close()
    return found


def measure(file: Path) -> dict[str, Any]:
    """Carry the connection's days; seconds by stage, calls, memory, what was posted and what waits."""
    seconds: dict[str, float] = {}
    settings = load_settings(file)
    first, last = settings.connection.first_day, settings.connection.last_day
    assert last is not None
    with open_run(settings) as run:
        before = run.api_calls()
        stages = [
            ("extract", lambda: [extract_master_data(run), extract_days(run, first, last)]),
            ("transform", lambda: [read_reference_data(run), transform(run, first, last)]),
            ("load", lambda: load(run, first, last)),
            ("reconcile", lambda: read_ledger(run, last)),
        ]
        for name, stage in stages:
            started = time.perf_counter()
            stage()
            seconds[name] = time.perf_counter() - started
        started = time.perf_counter()
        result = reconcile_as_at(run, last)
        seconds["reconcile"] += time.perf_counter() - started
        posted = posted_by_entity(run)
        waiting = rows(
            run,
            "SELECT reason, count(*) AS number FROM postings WHERE superseded_by IS NULL AND state NOT IN "
            "('posted', 'superseded') GROUP BY reason",
        )
        read = rows(run, "SELECT disposition, count(*) AS number FROM records GROUP BY disposition")
        calls = {name: count - before[name] for name, count in run.api_calls().items()}
        broken = broken_counts(run)
    return {
        "seconds": seconds,
        "megabytes": peak_megabytes(),
        "posted": {name: count for name, count in posted.items() if entity_named(name).transaction},
        "waiting": {row["reason"]: row["number"] for row in waiting},
        "records": {row["disposition"]: row["number"] for row in read},
        "stock_value": str(result.stock_value),
        "difference": str(result.difference),
        "unexplained": str(result.unexplained),
        "broken": len(broken),
        **calls,
    }


def shown(what: str, found: dict[str, Any]) -> str:
    """The figures as a table."""
    total, posted = sum(found["seconds"].values()), sum(found["posted"].values())
    lines = [
        *((f"{stage} (s)", f"{taken:.1f}") for stage, taken in found["seconds"].items()),
        ("all (s)", f"{total:.1f}"),
        ("records a second, all stages", f"{sum(found['records'].values()) / total:,.0f}"),
        ("objects posted", f"{posted:,}"),
        ("API calls", f"{found['api_calls']:,}"),
        ("peak memory (MB)", f"{found['megabytes']:.0f}"),
        ("waiting", str(found["waiting"])),
        ("difference, unexplained", f"{found['difference']}, {found['unexplained']}"),
    ]
    return "\n".join([what, *(f"  {name:32} {value:>14}" for name, value in lines)])


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
