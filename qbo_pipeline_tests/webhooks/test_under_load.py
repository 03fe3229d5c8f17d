"""Whoever signs is answered, however many others hold connections or send without end; and a store that hangs."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from qbo_pipeline.store.database import open_database
from qbo_pipeline_tests.webhooks import under_load
from qbo_pipeline_tests.webhooks.receiving import event, hints, made, receiving

MEGABYTES = 1 << 20


def test_a_crowd_keeps_no_signed_delivery_out(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    made(url)
    with under_load.receiver_process(url) as (address, process):
        load = asyncio.run(under_load.run(address, process, hostile=600, deliveries=30, a_second=10))
    assert load.statuses == {200: 30}
    assert hints(url) == sorted(("shop", event_id) for event_id in load.events)
    assert max(load.memory) - load.memory[0] < 100 * MEGABYTES


def test_a_store_that_hangs_keeps_neither_others_nor_health_waiting(tmp_path: Path) -> None:
    stuck, well = f"sqlite:///{tmp_path / 'stuck.sqlite'}", f"sqlite:///{tmp_path / 'well.sqlite'}"
    members = (made(stuck, "stuck"), made(well, "well", realm="9130350000000002", token="another"))
    database = open_database(stuck)
    statuses: list[int] = []
    with receiving(*members, store_seconds=1.0) as running, database.transaction():  # somebody holds its lock
        waiting = [threading.Thread(target=lambda: statuses.append(running.deliver([event()]))) for _ in range(20)]
        for thread in waiting:
            thread.start()
        assert running.counts() is not None
        for thread in waiting:
            thread.join(30)
        assert statuses == [503] * 20
        assert running.deliver([event("9130350000000002")], "another") == 200
    database.close()
    assert len(hints(well)) == 1
