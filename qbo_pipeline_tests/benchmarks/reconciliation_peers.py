"""Reconciliation beside DuckDB and pandas on the same frames, each in a process of its own, in turns.

The others do the join and the sums alone: what each document comes to on each account and day in source, postings and
ledger, and which of them differ. They name no cause, hash nothing, and make none of the other frames.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.inputs import ReconciliationInput
from qbo_pipeline_tests.benchmarks.memory import peak_megabytes

FRAMES = ("stock", "postings", "effects", "ledger", "ledger_balances")
_SUMS = """
    WITH cells AS (
        SELECT record_key, account_id, business_date, value AS source, 0 AS posted, 0 AS ledger FROM stock
        UNION ALL
        SELECT p.record_key, e.account_id, p.business_date, 0, e.amount, 0
        FROM effects e JOIN postings p ON p.posting_key = e.posting_key AND p.revision = e.revision
        WHERE p.qbo_id IS NOT NULL
        UNION ALL
        SELECT p.record_key, l.account_id, l.business_date, 0, 0, l.amount
        FROM ledger l LEFT JOIN postings p ON p.qbo_id = l.qbo_id
    )
    SELECT record_key, account_id, business_date, sum(source) AS s, sum(posted) AS p, sum(ledger) AS l
    FROM cells GROUP BY ALL HAVING s <> p OR p <> l
"""


def keep(given: ReconciliationInput, folder: Path) -> None:
    """Write the input to files, from which each process reads it without what it took to make it."""
    folder.mkdir()
    for name in FRAMES:
        table = getattr(given, name).combine_chunks()
        with pa.OSFile(str(folder / name), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    (folder / "rest").write_bytes(pickle.dumps(replace(given, **dict.fromkeys(FRAMES))))


def kept(folder: Path) -> ReconciliationInput:
    """The input that was written there."""
    tables = {}
    for name in FRAMES:
        with pa.OSFile(str(folder / name), "rb") as file:
            tables[name] = pa.ipc.open_file(file).read_all()
    given: ReconciliationInput = pickle.loads((folder / "rest").read_bytes())
    return replace(given, **tables)


def ours(given: ReconciliationInput) -> int:
    """All of a reconciliation."""
    return len(reconcile(given).differences)


def duckdb(given: ReconciliationInput) -> int:
    """Join and sums in DuckDB, one thread, exact decimals."""
    import duckdb as engine

    connection = engine.connect(config={"threads": 1})
    for name in ("stock", "postings", "effects", "ledger"):
        connection.register(name, getattr(given, name))
    return len(connection.execute(_SUMS).fetchall())


def pandas(given: ReconciliationInput) -> int:
    """Join and sums in pandas on Arrow columns, exact decimals."""
    import pandas as pd

    stock, postings, effects, ledger = (
        getattr(given, name).to_pandas(types_mapper=pd.ArrowDtype)
        for name in ("stock", "postings", "effects", "ledger")
    )
    cell = ["record_key", "account_id", "business_date"]
    sent = postings[postings["qbo_id"].notna()]
    source = stock.groupby(cell, sort=False)["value"].sum()
    keys = ["posting_key", "revision"]
    effects = effects.merge(sent[[*keys, "record_key", "business_date"]], on=keys)
    posted = effects.groupby(cell, sort=False)["amount"].sum()
    ledger = ledger.merge(sent[["qbo_id", "record_key"]], on="qbo_id", how="left")
    shown = ledger.groupby(cell, sort=False, dropna=False)["amount"].sum()
    sides = pd.concat([source, posted, shown], axis=1, keys=["s", "p", "l"]).fillna(0)
    return len(sides[(sides["s"] != sides["p"]) | (sides["p"] != sides["l"])])


def floor(given: ReconciliationInput) -> int:
    """The least that certifying the input takes: each byte of it hashed once, in the order in which it lies there."""
    digest = sha256()
    for name in FRAMES:
        for column in getattr(given, name).columns:
            for chunk in column.chunks:
                for buffer in chunk.buffers():
                    if buffer is not None:
                        digest.update(buffer)
    return digest.digest_size


PEERS: dict[str, Callable[[ReconciliationInput], int]] = {
    "reconcile, all of it": ours,
    "DuckDB, join and sums": duckdb,
    "pandas, join and sums": pandas,
    "floor: SHA-256 of the input": floor,
}


def measured(name: str, folder: Path) -> dict[str, Any]:
    """One of the peers in a process of its own: CPU seconds, and the peak of memory with its input in MB."""
    one_core = {"OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", __name__, name, str(folder)]
    done = subprocess.run(command, env=os.environ | one_core, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure(name: str, folder: Path) -> dict[str, Any]:
    given = kept(folder)
    read = peak_megabytes()
    began = time.process_time()
    rows = PEERS[name](given)
    return {
        "cpu": time.process_time() - began,
        "peak": peak_megabytes(),
        "input": read,
        "rows": rows,
    }


if __name__ == "__main__":
    pa.set_cpu_count(1)
    print(json.dumps(_measure(sys.argv[1], Path(sys.argv[2]))))
