"""What the client itself costs for a call: the time it adds, without network and without waiting for limits.

pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_quickbooks_client.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.pacing import BATCH, CALL, Limits
from qbo_pipeline.quickbooks.requests import BatchItem, batch_request
from qbo_pipeline.quickbooks.wire import from_wire, to_wire
from qbo_pipeline.store.database import open_database
from qbo_pipeline.store.pacing import StoredPacer
from qbo_pipeline_tests.quickbooks.fakes import quickbooks

pytestmark = pytest.mark.benchmark
ROUNDS = 200


def _milliseconds(action: Callable[[], object]) -> float:
    """The median of `ROUNDS` runs, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return sorted(times)[ROUNDS // 2] * 1000


def _items() -> list[BatchItem]:
    line = {
        "DetailType": "JournalEntryLineDetail",
        "Amount": Decimal("1234.56"),
        "Description": "Cost of goods shipped, order 4711",
        "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "81"}, "ClassRef": {"value": "7"}},
    }
    payload = {"DocNumber": "SHP-000001", "TxnDate": "2026-03-01", "PrivateNote": "marker", "Line": [line] * 4}
    return [BatchItem(str(n), "create", "JournalEntry", payload) for n in range(30)]


def test_client_overhead() -> None:
    items = _items()
    request = batch_request(items, request_id="r")
    answers = [
        {"bId": item.bid, "JournalEntry": {**item.payload, "Id": item.bid, "SyncToken": "0"}} for item in items
    ]  # fmt: skip
    body = to_wire({"BatchItemResponse": answers})
    one = to_wire({"JournalEntry": answers[0]["JournalEntry"]})

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body if request.url.path.endswith("batch") else one)

    with quickbooks(handler) as qbo:
        outcome = qbo.send_batch(request.params, request.body)
        assert all(isinstance(item, Done) for item in outcome.items.values())
        rows = {
            "freeze a batch of 30 journals of 4 lines": _milliseconds(lambda: batch_request(items, request_id="r")),
            "read its answer": _milliseconds(lambda: from_wire(body)),
            "send a batch, all but the network": _milliseconds(lambda: qbo.send_batch(request.params, request.body)),
            "create a journal, all but the network": _milliseconds(
                lambda: qbo.create("JournalEntry", items[0].payload, request_id="r")
            ),
        }
    print()
    for what, milliseconds in rows.items():
        print(f"{what:45} {milliseconds:8.3f} ms")


def test_shared_pacing_overhead(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'store.sqlite'}")
    pacer = StoredPacer(database, "1", Limits().scaled(1_000_000))
    print()
    for kind in (CALL, BATCH):
        milliseconds = _milliseconds(lambda kind=kind: pacer.acquire(kind, 60))
        print(f"{'a slot for one ' + kind + ', SQLite in a file':45} {milliseconds:8.3f} ms")
    database.close()
