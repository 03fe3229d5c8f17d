"""The receiver of webhooks beside 2,000 hostile connections: how long a signed delivery takes, and the memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from qbo_pipeline_tests.webhooks import under_load
from qbo_pipeline_tests.webhooks.receiving import hints, made

pytestmark = pytest.mark.benchmark
HOSTILE, DELIVERIES, A_SECOND = 2_000, 400, 20


def test_signed_deliveries_beside_a_crowd(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    made(url)
    with under_load.receiver_process(url) as (address, process):
        load = asyncio.run(under_load.run(address, process, hostile=HOSTILE, deliveries=DELIVERIES, a_second=A_SECOND))
    seconds = sorted(load.seconds)
    memory = [size >> 20 for size in load.memory]
    print(
        f"\n{HOSTILE:,} silent, slow and oversized connections beside {A_SECOND} signed deliveries a second: "
        f"{load.statuses[200]} of {DELIVERIES} taken, median {seconds[len(seconds) // 2]:.3f} s, "
        f"longest {seconds[-1]:.3f} s; {load.cpu:.1f} s of a processor; "
        f"memory {memory[0]} MiB at the start, {max(memory)} at most"
    )
    assert load.statuses == {200: DELIVERIES}
    assert len(hints(url)) == DELIVERIES
    assert seconds[-1] < 1
