"""A year of 1,000 documents a night in bounded time: bytes a document and a night, and what a look costs at its end.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_growth_year.py

Real are the last three nights: the demo's company carried by the pipeline into an emulator over HTTP. The nights before
them are copies of these three, made in the store by SQL: the same rows with other keys and earlier days, through all
indexes, so that sizes and queries are those of a store that grew. QuickBooks knows nothing of the copies, and their
lines of the journal are not chained: what would ask it about them (ledger, drift) and `verify` are not measured here.
Every other copy takes back what the one before it moved, so that stock and ledger are in balance at the end;
`bench_growth.py` carries all days really. `QBO_PIPELINE_GROWTH_NIGHTS` says how many nights there are in all.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.demonstrate import FIRST_DAY, STOCK_ACCOUNTS
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.tables.records import UNDATED
from qbo_pipeline_tests.benchmarks.bench_growth import _query_seconds, _seconds, _sizes
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import write_connection

pytestmark = pytest.mark.benchmark

DOCUMENTS_A_NIGHT = 1000
REAL = 3
NIGHTS = int(os.environ.get("QBO_PIPELINE_GROWTH_NIGHTS", "365"))
LAST_DAY = FIRST_DAY + timedelta(days=REAL - 1)
DAYS = ("--from", FIRST_DAY.isoformat(), "--to", LAST_DAY.isoformat())
_DATED = "('document', 'movement', 'payment')"
_OF_DATED = "substr({0}, 1, instr({0}, '/') - 1) IN " + _DATED
# Which rows of a table are of a dated record; the others, such as parties and products, stand there once.
_COPIED = {
    "reads": f"record_type IN {_DATED} AND business_date BETWEEN '{FIRST_DAY}' AND '{LAST_DAY}'",
    "records": f"record_type IN {_DATED}",
    "record_revisions": f"record_type IN {_DATED}",
    "record_references": _OF_DATED.format("record_key"),
    "stock_lines": "1",
    "bill_matches": "1",
    "postings": _OF_DATED.format('"key"'),
    "posting_effects": _OF_DATED.format('"key"'),
    "posting_records": _OF_DATED.format('"key"'),
    "posting_links": _OF_DATED.format('"key"'),
    "attempts": _OF_DATED.format('"key"'),
    "frozen_requests": "1",
    "ledger_lines": "1",
}
_NAMED = frozenset(
    {"key", "record_key", "record_id", "document_id", "movement_id", "request_id", "qbo_id", "marker", "number"}
)
_NUMBERED = frozenset({"seq", "last_attempt"})
# What every other copy takes back from stock and ledger, so that both sides end as the real nights left them.
_SIGNED = {"stock_lines": ("quantity", "value"), "posting_effects": ("amount",), "ledger_lines": ("amount",)}


def grow(store: Path, turns: int) -> None:
    """Put `turns` copies of the store's dated rows before them, each as many days earlier as the real ones are."""
    with closing(sqlite3.connect(store)) as db:
        lines = db.execute("SELECT MAX(seq) FROM attempts").fetchone()[0]
        kept = {name: db.execute(f'SELECT * FROM "{name}" WHERE {where}') for name, where in _COPIED.items()}
        rows = {
            name: (tuple(column[0] for column in found.description), found.fetchall()) for name, found in kept.items()
        }
        for turn in range(1, turns + 1):
            for name, (columns, of_table) in rows.items():
                moved = [_moved(columns, row, turn, lines) for row in of_table]
                if turn % 2:
                    moved = [_taken_back(columns, row, _SIGNED.get(name, ())) for row in moved]
                asked = ", ".join("?" for _ in columns)
                db.executemany(f'INSERT INTO "{name}" VALUES ({asked})', moved)
            db.commit()
        db.execute("UPDATE attempt_heads SET seq = (SELECT MAX(seq) FROM attempts)")
        db.commit()


def _moved(columns: tuple[str, ...], row: tuple[object, ...], turn: int, lines: int) -> list[object]:
    return [
        value
        if value is None
        else f"{value}~{turn}"
        if name in _NAMED
        else int(str(value)) + turn * lines
        if name in _NUMBERED
        else (date.fromisoformat(str(value)) - timedelta(days=turn * REAL)).isoformat()
        if name == "business_date" and str(value) > UNDATED.isoformat()
        else value
        for name, value in zip(columns, row, strict=True)
    ]


def _taken_back(columns: tuple[str, ...], row: list[object], signed: tuple[str, ...]) -> list[object]:
    return [
        str(-Decimal(str(value))) if name in signed and value is not None else value
        for name, value in zip(columns, row, strict=True)
    ]


def test_a_year_of_nights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(tmp_path / "inventory.sqlite", seed=7, first_day=FIRST_DAY, days=REAL, size=DOCUMENTS_A_NIGHT)
    turns = max(0, NIGHTS // REAL - 1) // 2 * 2
    with running_emulator("--limits", "off") as emulator:
        file = write_connection(
            tmp_path,
            "demo",
            emulator,
            currency="USD",
            first_day=(FIRST_DAY - timedelta(days=turns * REAL)).isoformat(),
            last_day=LAST_DAY.isoformat(),
            source_url="sqlite:///inventory.sqlite",
            roles={**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
            hints=HINTS,
            particular=[(level, value, {"inventory": name}) for (level, value), name in STOCK_ACCOUNTS.items()],
            tax_codes={"": "NON", "NON": "NON", "TAX": "TAX"},
            store_url="sqlite:///demo_store.sqlite",
        )
        with open_run(load_settings(file)) as run:
            for name in STOCK_ACCOUNTS.values():
                payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
                run.quickbooks().create("Account", payload)
        rows = [(f"{REAL} nights, really", _seconds(file, "run", *DAYS))]
        store = tmp_path / "demo_store.sqlite"
        young = [(f"  {name}", seconds) for name, seconds in _of_a_night(file).items()]
        grow(store, turns)
        old = [(f"  {name}", seconds) for name, seconds in _of_a_night(file).items()]
        rows += [("a quiet night, the store young", sum(s for _, s in young)), *young]
        rows += [("a quiet night at the end", sum(s for _, s in old)), *old]
    with closing(sqlite3.connect(store)) as db:
        (key,) = db.execute("SELECT record_key FROM postings WHERE record_key LIKE 'document/%' LIMIT 1").fetchone()
        documents = db.execute(f"SELECT COUNT(*) FROM records WHERE record_type IN {_DATED}").fetchone()[0]
        views = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name")]
        sizes = _sizes(db)
    rows += [("status", _seconds(file, "status")), (f"show {key}", _seconds(file, "show", key))]
    rows += [(name, _query_seconds(store, name)) for name in views]
    nights = (turns + 1) * REAL
    size = store.stat().st_size
    with capsys.disabled():
        print(
            f"\n{nights} nights, {documents:,} documents, movements and payments; store of {size / 1e6:,.0f} MB: "
            f"{size / documents:,.0f} bytes a record, {size / nights / 1e6:,.2f} MB a night"
        )
        for name, seconds in rows:
            print(f"  {name:34} {seconds:>10.2f} s of CPU")
        for name, of_table in sizes:
            print(f"  {name:34} {of_table / 1e6:>10,.1f} MB {of_table / documents:>8,.0f} bytes a record")


def _of_a_night(file: Path) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-m", __name__, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _night(file: Path) -> dict[str, float]:
    """CPU seconds of the stages of a night on which nothing happened, without the ledger's reading."""
    seconds: dict[str, float] = {}
    with open_run(load_settings(file)) as run:
        for name, stage in (
            ("extract", lambda: [extract_master_data(run), extract_days(run, FIRST_DAY, LAST_DAY)]),
            ("transform", lambda: [read_reference_data(run), transform(run, FIRST_DAY, LAST_DAY)]),
            ("load", lambda: load(run, FIRST_DAY, LAST_DAY)),
            ("reconcile", lambda: reconcile_as_at(run, LAST_DAY)),
        ):
            before = _used()
            stage()
            seconds[name] = _used() - before
    return seconds


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(_night(Path(sys.argv[1]))))
