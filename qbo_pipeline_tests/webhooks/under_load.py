"""Signed deliveries beside a crowd of connections that mean harm: silent, slow, oversized, without end.

What belongs here: the signed deliveries and what is measured, against a receiver on loopback. Receiver, crowd
(`crowd.py`) and deliveries are a process each: what is measured is the receiver, not who else is at work in a client.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil

from qbo_pipeline_tests.webhooks.receiving import event, signature

PATH = "/webhooks/quickbooks"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: here\r\n".encode()


@dataclass
class Load:
    """What came of it: `seconds` of each signed delivery, `memory` of the receiver in bytes, second by second, and the
    seconds of a processor that it took, `cpu`."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    cpu: float = 0.0


@contextmanager
def receiver_process(store_url: str) -> Iterator[tuple[str, psutil.Process]]:
    """The receiver as it is deployed: its URL and its process."""
    command = [sys.executable, "-m", "qbo_pipeline_tests.webhooks.process", store_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), psutil.Process(process.pid)
        finally:
            process.terminate()
            assert process.wait(30) == 0, "the receiver did not end in good order"


async def run(url: str, process: psutil.Process, *, hostile: int, deliveries: int, a_second: float) -> Load:
    """`deliveries` signed ones at an even pace beside `hostile` connections, which are kept up all the time."""
    where = urlsplit(url)
    assert where.hostname is not None
    assert where.port is not None
    load, enough = Load(memory=[process.memory_info().rss]), asyncio.Event()
    watch = asyncio.create_task(_watch(process, load, enough))
    with crowd_process(where.hostname, where.port, hostile):
        before = process.cpu_times()
        signed = []
        for _ in range(deliveries):
            signed.append(asyncio.create_task(_deliver(where.hostname, where.port, load)))
            await asyncio.sleep(1 / a_second)
        await asyncio.gather(*signed)
        after = process.cpu_times()
    load.cpu = after.user + after.system - before.user - before.system
    enough.set()
    await watch
    return load


@contextmanager
def crowd_process(host: str, port: int, hostile: int) -> Iterator[None]:
    """The crowd, in a process of its own, once all of it is there."""
    command = [sys.executable, "-m", "qbo_pipeline_tests.webhooks.crowd", host, str(port), str(hostile)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            yield
        finally:
            process.kill()


async def _deliver(host: str, port: int, load: Load) -> None:
    content = event()
    body = json.dumps([content]).encode()
    head = HEAD + f"intuit-signature: {signature(body)}\r\nContent-Length: {len(body)}\r\n".encode()
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(head + b"Connection: close\r\n\r\n" + body)
    status = (await reader.readline()).split(b" ")
    load.seconds.append(time.perf_counter() - begun)
    load.statuses[int(status[1]) if len(status) > 1 else 0] += 1
    load.events.append(content["id"])
    writer.close()


async def _watch(process: psutil.Process, load: Load, enough: asyncio.Event) -> None:
    while not enough.is_set():
        load.memory.append(process.memory_info().rss)
        with suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), 0.5)
