"""Reconciliation measured: recall and precision by cause beside other rules, and time and memory at volume.

At volume each size runs in a process of its own, on one core, so that the peak of memory is its own; the time is that
of `reconcile` alone, the frames that it is given are part of the peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.amounts import exact
from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.inputs import ReconciliationInput
from qbo_pipeline_tests.benchmarks.goals import Goals
from qbo_pipeline_tests.benchmarks.memory import peak_megabytes
from qbo_pipeline_tests.benchmarks.reconciliation_baselines import BASELINES
from qbo_pipeline_tests.benchmarks.reconciliation_peers import PEERS, keep
from qbo_pipeline_tests.benchmarks.reconciliation_peers import measured as peer_measured
from qbo_pipeline_tests.reconciliation.tampering import make_world, reconciliation_input, tamper
from qbo_pipeline_tests.reconciliation.test_tampering import found_in

SIZES = (100_000, 300_000, 1_000_000)
AS_AT = date(2025, 12, 31)
SECONDS, GIGABYTES = 60, 2
ROUNDS = int(os.environ.get("QBO_PIPELINE_BENCH_ROUNDS", "3"))
LARGE = int(os.environ.get("QBO_PIPELINE_BENCH_MOVEMENTS", "3000000"))
BESIDE = 3  # times DuckDB's join and sums; 2 is the aim, the rest is for a machine that does other work too
KINDS = np.array(["receipt", "shipment", "shipment", "shipment", "adjustment", "customer_return", "write_off"])


def books(size: int, damaged: int, seed: int = 1) -> ReconciliationInput:
    """Books of `size` movement lines, each posted by a journal of its own with one ledger line.

    Two years, 5,000 products, 4 locations, 3 inventory accounts. Of the `damaged` rows a fifth each is deleted,
    changed in amount, changed in date, not posted, and entered by somebody else.
    """
    chance = np.random.default_rng(seed)
    number = np.arange(size)
    first = (date(2024, 1, 1) - date(1970, 1, 1)).days
    day = first + np.sort(chance.integers(0, 730, size))
    kind = KINDS[chance.integers(0, len(KINDS), size)]
    sign = np.where(np.isin(kind, ["shipment", "write_off"]), -1, 1)
    cents = sign * chance.integers(1, 500_000, size)
    account = pa.array(["130", "131", "132"]).take(pa.array(chance.integers(0, 3, size)))
    hit = chance.permutation(size)[:damaged]
    deleted, amount, redated, unsent, foreign = np.array_split(hit, 5)
    text = pc.cast(pa.array(number), pa.string())
    key = pc.binary_join_element_wise("movement", text, "/")
    seen = pa.array(np.full(size, np.datetime64("2024-01-01", "us")), pa.timestamp("us")).cast(
        pa.timestamp("us", tz="UTC")
    )
    days = pa.array(day.astype(np.int32)).cast(pa.date32())
    waiting = np.isin(number, unsent)
    product = pc.binary_join_element_wise("P", pc.cast(pa.array(chance.integers(0, 5000, size)), pa.string()), "")
    stock = pa.table(
        {
            "record_key": key,
            "kind": pa.array(kind),
            "number": pc.binary_join_element_wise("M", text, "-"),
            "business_date": days,
            "product_id": product,
            "location_id": pa.array(["L1", "L2", "L3", "L4"]).take(pa.array(chance.integers(0, 4, size))),
            "account_id": account,
            "quantity": exact(sign * chance.integers(1, 100, size) * 1_000_000),
            "value": exact(cents * 10_000),
            "disposition": pa.array(np.where(waiting, "waiting", "posted")),
            "first_seen": seen,
            "changed_seen": seen,
        }
    )
    postings = pa.table(
        {
            "posting_key": key,
            "record_key": key,
            "revision": np.ones(size, dtype=np.int64),
            "qbo_type": pa.array(["JournalEntry"]).take(pa.array(np.zeros(size, dtype=np.int64))),
            "qbo_id": pc.if_else(pa.array(waiting), pa.scalar(None, pa.string()), text),
            "qbo_number": pc.binary_join_element_wise("Q", text, "-"),
            "business_date": days,
            "state": pa.array(np.where(waiting, "ready", "posted")),
            "first_seen": seen,
            "sync_token": pa.array(["0"]).take(pa.array(np.zeros(size, dtype=np.int64))),
        }
    )
    effects = pa.table(
        {
            "posting_key": key,
            "revision": np.ones(size, dtype=np.int64),
            "account_id": account,
            "product_id": product,
            "location_id": stock["location_id"],
            "amount": exact(cents * 10_000),
        }
    )
    in_qbo = cents.copy()
    in_qbo[amount] += 1_00
    qbo_day = day.copy()
    qbo_day[redated] += 3
    shown = np.concatenate((np.flatnonzero(~waiting & ~np.isin(number, deleted)), foreign))
    others = np.arange(len(shown)) >= len(shown) - len(foreign)
    ids = pc.cast(pa.array(np.where(others, shown + 10 * size, shown)), pa.string())
    ledger = pa.table(
        {
            "account_id": account.take(pa.array(shown)),
            "business_date": pa.array(qbo_day[shown].astype(np.int32)).cast(pa.date32()),
            "qbo_type": pa.array(["Journal Entry"]).take(pa.array(np.zeros(len(shown), dtype=np.int64))),
            "qbo_id": ids,
            "qbo_number": pc.binary_join_element_wise(pa.array(np.where(others, "X", "Q")), ids, "-"),
            "memo": pc.binary_join_element_wise("Inventory system: movement", ids, " "),
            "split": pa.array(["-Split-"]).take(pa.array(np.zeros(len(shown), dtype=np.int64))),
            "amount": exact(in_qbo[shown] * 10_000),
            "created_at": seen.take(pa.array(shown)),
            "changed_at": seen.take(pa.array(shown)),
        }
    )
    up_to = ledger.filter(pc.less_equal(ledger["business_date"], pa.scalar(AS_AT)))
    balances = up_to.group_by("account_id").aggregate([("amount", "sum")])
    return ReconciliationInput(
        as_at=AS_AT,
        currency="USD",
        stock=stock,
        postings=postings,
        effects=effects,
        ledger=ledger,
        ledger_balances=pa.table(
            {
                "account_id": balances["account_id"],
                "account_name": balances["account_id"],
                "balance": balances["amount_sum"].cast(inputs.LEDGER_BALANCES[2].type),
            }
        ),
        source_read_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def measure(size: int, damaged: int) -> dict[str, Any]:
    """Seconds of `reconcile`, peak resident memory of the process, and what it found."""
    given = books(size, damaged)
    before = peak_megabytes()
    start, cpu = time.perf_counter(), time.process_time()
    result = reconcile(given)
    return {
        "movements": size,
        "ledger_lines": len(given.ledger),
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": peak_megabytes(),
        "input_mb": before,
        "differences": len(result.differences),
        "unexplained": str(result.unexplained),
    }


def recall_and_precision(seeds: range, documents: int, interventions: int) -> list[str]:
    """A table by cause: how many there are, what of them the engine names rightly (with document and amount) and how
    much of what it names is right; for each other rule, how many of them lie in the documents that it shows."""
    total: Counter[str] = Counter()
    named: Counter[str] = Counter()
    right: Counter[str] = Counter()
    shown = {name: Counter[str]() for name in BASELINES}
    listed: Counter[str] = Counter()
    really: Counter[str] = Counter()
    for seed in seeds:
        world = make_world(seed, documents)
        tamper(world, interventions)
        expected = _by_document(world.must_find())
        found = _by_document(found_in(reconcile(reconciliation_input(world))))
        total.update(cause for _, cause in expected)
        named.update(cause for _, cause in found)
        right.update(cause for (key, cause), amounts in found.items() if expected.get((key, cause)) == amounts)
        wrong = {key for key, _ in expected}
        for name, rule in BASELINES.items():
            documents_shown = rule(world)
            shown[name].update(cause for key, cause in expected if key in documents_shown)
            listed[name] += len(documents_shown)
            really[name] += len(documents_shown & wrong)
    head = f"{'cause':<20}{'number':>8}{'recall':>9}{'precision':>11}" + "".join(f"{name:>26}" for name in BASELINES)
    lines = [head]
    lines += [
        f"{cause:<20}{total[cause]:>8}{_share(right[cause], total[cause]):>9}"
        f"{_share(right[cause], named[cause]):>11}"
        + "".join(f"{_share(shown[name][cause], total[cause]):>26}" for name in BASELINES)
        for cause in sorted(total | named)
    ]
    everything, all_right = sum(total.values()), sum(right.values())
    lines.append(
        f"{'all':<20}{everything:>8}{_share(all_right, everything):>9}{_share(all_right, sum(named.values())):>11}"
        + "".join(f"{_share(sum(shown[name].values()), everything):>26}" for name in BASELINES)
    )
    lines.append(
        f"{'of the documents shown, really different':<48}"
        + "".join(f"{_share(really[name], listed[name]):>26}" for name in BASELINES)
    )
    return lines


def _by_document(places: dict[Any, int]) -> dict[tuple[str, str], dict[Any, int]]:
    found: dict[tuple[str, str], dict[Any, int]] = {}
    for (key, cause, account, day), cents in places.items():
        found.setdefault((key, cause), {})[account, day] = cents
    return found


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


@pytest.mark.benchmark
def test_recall_and_precision(capsys: pytest.CaptureFixture[str]) -> None:
    lines = recall_and_precision(range(100, 105), documents=3_000, interventions=1_000)
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert lines[-2].split()[2:6] == ["100.0", "%", "100.0", "%"]


def measured(size: int, damaged: int) -> dict[str, Any]:
    """`measure` in a process of its own, on one core."""
    one_core = {"OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", __name__, str(size), str(damaged)]
    done = subprocess.run(command, env=os.environ | one_core, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.benchmark
def test_volume(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [measured(size, 1_000) for size in SIZES] + [measured(SIZES[-1], SIZES[-1] // 2)]
    with capsys.disabled():
        print()
        for row in rows:
            print("  ".join(f"{name}={value}" for name, value in row.items()))
    assert all(row["unexplained"] == "0.00" for row in rows)
    assert rows[2]["seconds"] < SECONDS
    assert rows[2]["peak_mb"] < GIGABYTES * 1024
    per_movement = [row["cpu_seconds"] / row["movements"] for row in rows]
    assert per_movement[2] < 2 * per_movement[0], "not linear"


@pytest.mark.benchmark
def test_beside_others(tmp_path: Path, capsys: pytest.CaptureFixture[str], goals: Goals) -> None:
    """CPU and memory of a whole reconciliation beside the join and the sums alone, in turns."""
    pytest.importorskip("duckdb", reason="`make bench` installs it")
    lines = []
    for size in sorted({1_000_000, LARGE}):
        folder = tmp_path / str(size)
        keep(books(size, 1_000), folder)
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in PEERS}
        for _ in range(ROUNDS):
            for name, found in runs.items():
                found.append(peer_measured(name, folder))
        lines.append(f"{size:,} movements, {size:,} ledger lines; CPU seconds of {ROUNDS} runs in turns, peak memory")
        for name, found in runs.items():
            cpu = sorted(one["cpu"] for one in found)
            peak = max(one["peak"] for one in found)
            lines.append(
                f"  {name:<30}{cpu[len(cpu) // 2]:>8.2f}  ({cpu[0]:.2f} to {cpu[-1]:.2f}) {peak:>7,} MB,"
                f" of which the input {found[0]['input']:,}"
            )
        mine, theirs = (min(one["cpu"] for one in runs[name]) for name in list(PEERS)[:2])
        what, peak = f"reconciliation of {size:,} x {size:,}", max(one["peak"] for one in runs["reconcile, all of it"])
        goals.at_most(f"{what}, of DuckDB's join", mine / theirs, 2, "x", beside=f"DuckDB {theirs:.2f} s")
        if size == 1_000_000:
            goals.at_most(f"{what}, memory", peak, 800, "MB", beside=f"input {found[0]['input']} MB")
        assert mine < BESIDE * theirs
    with capsys.disabled():
        print("\n" + "\n".join(lines))


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
