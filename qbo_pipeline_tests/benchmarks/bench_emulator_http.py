"""How many documents a second the emulator takes over HTTP, limits off, its state in a file.

    pytest -n0 -m benchmark -s qbo_pipeline_tests/benchmarks/bench_emulator_http.py

The emulator is one process on one core; the client that drives it is another. Invoices have three lines.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

pytestmark = pytest.mark.benchmark

BATCHES, BATCH = 200, 30
SINGLES = 1_500
MOST_BATCHED, MOST_SINGLE = 1_500, 300


class Keeper:
    """A client with one connection that is kept alive, and as little of its own to do as can be."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc, timeout=120)
        self._headers = {**emulator.bearer(), "Content-Type": "application/json"}
        self._path = f"/v3/company/{emulator.realm}/"

    def post(self, path: str, body: bytes) -> bytes:
        self._connection.request("POST", self._path + path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return content

    def make(self, entity: str, body: dict[str, Any]) -> str:
        made = json.loads(self.post(entity.lower(), json.dumps(body).encode()))
        return str(made[entity]["Id"])

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off", "--state", str(tmp_path / "company.db")) as started:
        yield started


@pytest.fixture
def keeper(emulator: RunningEmulator) -> Iterator[Keeper]:
    client = Keeper(emulator)
    yield client
    client.close()


@pytest.fixture
def invoice(keeper: Keeper) -> Callable[[int], dict[str, Any]]:
    customer = keeper.make("Customer", {"DisplayName": "Benchmark"})
    query = json.loads(keeper.post("batch", _query("select * from Account where AccountType = 'Income'")))
    income = query["BatchItemResponse"][0]["QueryResponse"]["Account"][0]["Id"]
    item = keeper.make("Item", {"Name": "Benchmark", "Type": "Service", "IncomeAccountRef": {"value": income}})
    return lambda number: _invoice(customer, item, number)


def _query(text: str) -> bytes:
    return json.dumps({"BatchItemRequest": [{"bId": "1", "Query": text}]}).encode()


def _invoice(customer: str, item: str, number: int) -> dict[str, Any]:
    lines = [
        {
            "Amount": 12 * quantity,
            "Description": f"Line {quantity}",
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": 12},
        }
        for quantity in (1, 2, 3)
    ]
    return {"CustomerRef": {"value": customer}, "TxnDate": "2026-03-31", "DocNumber": f"B{number}", "Line": lines}


def test_invoices_of_three_lines_in_batches_of_thirty(
    emulator: RunningEmulator, keeper: Keeper, invoice: Callable[[int], dict[str, Any]]
) -> None:
    bodies = [
        json.dumps(
            {
                "BatchItemRequest": [
                    {"bId": str(n), "operation": "create", "Invoice": invoice(batch * BATCH + n)} for n in range(BATCH)
                ]
            }
        ).encode()
        for batch in range(BATCHES)
    ]
    rate = _measure(
        emulator, BATCHES * BATCH, lambda: [keeper.post(f"batch?requestid=b{n}", b) for n, b in enumerate(bodies)]
    )
    assert emulator.meter()["failed"] == 0
    assert rate >= MOST_BATCHED


def test_invoices_of_three_lines_one_by_one(
    emulator: RunningEmulator, keeper: Keeper, invoice: Callable[[int], dict[str, Any]]
) -> None:
    bodies = [json.dumps(invoice(number)).encode() for number in range(SINGLES)]
    rate = _measure(
        emulator, SINGLES, lambda: [keeper.post(f"invoice?requestid=s{n}", b) for n, b in enumerate(bodies)]
    )
    assert rate >= MOST_SINGLE


def _measure(emulator: RunningEmulator, documents: int, work: Callable[[], Any]) -> float:
    """Documents a second, printed with the emulator's own processor time and memory."""
    process = psutil.Process(emulator.process.pid)
    cpu, begun = process.cpu_times().user + process.cpu_times().system, time.perf_counter()
    work()
    wall = time.perf_counter() - begun
    used = process.cpu_times().user + process.cpu_times().system - cpu
    print(
        f"\n{documents} documents in {wall:.2f} s: {documents / wall:,.0f}/s; emulator's processor time {used:.2f} s "
        f"({documents / used:,.0f}/s of one core), memory {process.memory_info().rss / 2**20:,.0f} MiB"
    )
    return documents / used
