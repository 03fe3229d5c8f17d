"""The emulator beside an earlier commit of itself, in one run: creates, and a general ledger.

    QBO_PIPELINE_BEFORE=COMMIT pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_emulator_against.py

Each measurement is made in a process of its own, now and before by turns, and the best of each counts: seconds of
processor time, so that a busy machine does not change them much.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline_tests.benchmarks.goals import Goals

pytestmark = pytest.mark.benchmark
ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("QBO_PIPELINE_BENCH_ROUNDS", "5"))
SLACK = 1.1
"""Two runs of the same code differ by so much on a machine that does other work too."""
_WORK = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.settings import CompanySettings
settings = CompanySettings(report_cell_limit=10**9)
company = Company.open(Path(sys.argv[1]), seed="us", realm="1", clock=lambda: datetime(2026, 3, 15, tzinfo=UTC),
                       settings=settings)
def id_of(entity, name):
    field = "DisplayName" if entity == "Customer" else "Name"
    return company.query(f"select * from {entity} where {field} = '{name}'")[entity][0]["Id"]
def line(item, quantity, price):
    detail = {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": price, "TaxCodeRef": {"value": "TAX"}}
    return {"DetailType": "SalesItemLineDetail", "Amount": quantity * price, "SalesItemLineDetail": detail}
customer, service, stock = id_of("Customer", "Cool Cars"), id_of("Item", "Design"), id_of("Item", "Rock Fountain")
def body(item, n):
    return jsontext.dumps({"CustomerRef": {"value": customer}, "TxnDate": "2026-02-01", "PrivateNote": f"document/{n}",
                           "Line": [line(item, k, 20) for k in (1, 2, 3)]})
out = {}
begun = time.process_time()
for batch in range(200):
    with company.batch():
        for n in range(30):
            company.create("Invoice", jsontext.loads(body(service, n)))
out["6,000 invoices in batches of 30"] = time.process_time() - begun
begun = time.process_time()
for n in range(1000):
    company.create("Invoice", jsontext.loads(body(stock, n)))
out["1,000 invoices of tracked items, one by one"] = time.process_time() - begun
begun = time.process_time()
for _ in range(3):
    company.report("GeneralLedger", {"start_date": "2026-02-01", "end_date": "2026-02-28"})
out["general ledger of 40,000 lines, three times"] = time.process_time() - begun
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    commit = os.environ.get("QBO_PIPELINE_BEFORE")
    if not commit:
        pytest.skip("QBO_PIPELINE_BEFORE names no commit to compare with")
    tree = tmp_path_factory.mktemp("before") / "tree"
    subprocess.run(["git", "worktree", "add", "--detach", str(tree), commit], cwd=ROOT, check=True, capture_output=True)
    yield tree
    subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True, capture_output=True)


def _measured(tree: Path, state: Path) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-P", "-c", _WORK, str(state)]
    done = subprocess.run(command, env=environment, cwd=tree, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_now_and_before(before: Path, tmp_path: Path, goals: Goals) -> None:
    best: dict[str, dict[str, float]] = {}
    for n in range(ROUNDS):
        for name, tree in (("before", before), ("now", ROOT)):
            for what, seconds in _measured(tree, tmp_path / f"{name}{n}.sqlite").items():
                row = best.setdefault(what, {})
                row[name] = min(seconds, row.get(name, seconds))
    print()
    for what, row in best.items():
        print(f"{what}: {row['before']:.2f} s before, {row['now']:.2f} s now ({row['now'] / row['before']:.2f})")
        goals.at_most(f"emulator, {what}, of that commit", row["now"] / row["before"], 1 / 1.5, "x")
    assert all(row["now"] <= row["before"] * SLACK for row in best.values()), best
