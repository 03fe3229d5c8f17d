"""How many rows a second come out of a SQL source as checked records, and how much memory that takes.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_sources.py

A SQLite database with movements of three lines, two years of them, read in one range of days in batches of 2,000
headers. Each size runs in a process of its own, so that the peak of memory is its own.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.sources.csv_folder import CsvFolderSource
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.benchmarks.memory import peak_megabytes
from qbo_pipeline_tests.sources.openbravo import completed

pytestmark = pytest.mark.benchmark

SIZES = (10_000, 50_000, 200_000)  # headers; three lines each
LINES = 3
FIRST_DAY, DAYS = date(2023, 1, 1), 730
BATCH = 2_000
ROWS_A_SECOND, MEGABYTES = 4_000, 600


def fill(path: Path, headers: int) -> None:
    """The contract's tables with this many movements, and an index on what pages go by."""
    database = sqlite3.connect(path)
    for kind, columns in COLUMNS.items():
        database.execute(f"CREATE TABLE {kind} ({', '.join(column.name + ' TEXT' for column in columns)})")
    database.executemany("INSERT INTO products (product_id, kind, name) VALUES (?, 'stocked', 'x')", _ids("p", 500))
    database.executemany("INSERT INTO locations (location_id, name) VALUES (?, 'x')", _ids("w", 4))
    database.executemany(
        "INSERT INTO movements (movement_id, kind, number, business_date, currency) "
        "VALUES (?, 'adjustment', ?, ?, 'USD')",
        ((f"m{n:07}", str(n), str(FIRST_DAY + timedelta(days=n % DAYS))) for n in range(headers)),
    )
    database.executemany(
        "INSERT INTO movement_lines (movement_id, line_id, product_id, location_id, quantity, value) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            (f"m{n:07}", f"l{n:07}-{line}", f"p{(n + line) % 500}", f"w{n % 4}", f"{n % 90 + 1}.5", f"{n % 1000}.25")
            for n in range(headers)
            for line in range(LINES)
        ),
    )
    database.execute("CREATE INDEX by_day ON movements (business_date, movement_id)")
    database.execute("CREATE INDEX by_header ON movement_lines (movement_id)")
    database.commit()
    database.close()


def _ids(prefix: str, count: int) -> list[tuple[str]]:
    return [(f"{prefix}{number}",) for number in range(count)]


def measure(path: Path) -> dict[str, float]:
    """Seconds to read everything, headers read, peak of memory in megabytes."""
    started = time.perf_counter()
    batches = SqlSource(f"sqlite:///{path}").read_days(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS), batch_size=BATCH)
    records = sum(len(batch.records) for batch in batches)
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "records": records,
        "megabytes": peak_megabytes(),
    }


@pytest.mark.parametrize("size", SIZES)
def test_reading_movements(tmp_path: Path, size: int, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "source.sqlite"
    fill(path, size)
    done = subprocess.run([sys.executable, "-m", __name__, str(path)], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)

    rows = size * (1 + LINES)
    with capsys.disabled():
        print(
            f"\n{size:>9,} movements, {rows:>9,} rows: {found['seconds']:6.1f} s, "
            f"{rows / found['seconds']:>8,.0f} rows/s, peak {found['megabytes']:.0f} MB"
        )
    assert found["records"] == size
    assert rows / found["seconds"] > ROWS_A_SECOND
    assert found["megabytes"] < MEGABYTES


def test_the_openbravo_company(shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = CsvFolderSource(
        completed(shared_data / "openbravo_fb", tmp_path / "fb"),
        "openbravo",
        {"legal_entity": "F&B US, Inc."},
        tmp_path / "cache",
    )
    times = []
    for _ in range(2):
        started = time.perf_counter()
        read = sum(b.rows_read for b in source.read_days(date(2011, 1, 1), date(2013, 12, 31), batch_size=BATCH))
        times.append(time.perf_counter() - started)
    with capsys.disabled():
        print(f"\nF&B US from CSV: {read} headers in {times[0]:.2f} s with loading, {times[1]:.2f} s without")
    assert read == 863
    assert times[0] < 60


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
