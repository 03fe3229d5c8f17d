"""Signed deliveries beside a crowd of connections that mean harm: silent, slow, oversized, without end.

What belongs here: the load itself, bounded in number and time, against a receiver on loopback in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil

from qbo_pipeline_tests.webhooks.receiving import event, signature

PATH = "/webhooks/quickbooks"
_HEAD = f"POST {PATH} HTTP/1.1\r\nHost: here\r\n".encode()


@dataclass
class Load:
    """What came of it; `seconds` of each signed delivery, `memory` of the receiver in bytes, second by second."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


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
    load, enough = Load(), asyncio.Event()
    kinds = (_silent, _slow_head, _slow_body, _large_head, _large_body)
    crowd = [
        asyncio.create_task(_again(kinds[number % len(kinds)], where.hostname, where.port, enough))
        for number in range(hostile)
    ]
    watch = asyncio.create_task(_watch(process, load, enough))
    await asyncio.sleep(1)  # the crowd is there first
    signed = []
    for _ in range(deliveries):
        signed.append(asyncio.create_task(_deliver(where.hostname, where.port, load)))
        await asyncio.sleep(1 / a_second)
    await asyncio.gather(*signed)
    enough.set()
    await asyncio.gather(watch, *crowd)
    return load


async def _deliver(host: str, port: int, load: Load) -> None:
    content = event()
    body = json.dumps([content]).encode()
    head = _HEAD + f"intuit-signature: {signature(body)}\r\nContent-Length: {len(body)}\r\n".encode()
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


Kind = Callable[[asyncio.StreamReader, asyncio.StreamWriter, asyncio.Event], "asyncio.Future[None]"]


async def _again(kind: Kind, host: str, port: int, enough: asyncio.Event) -> None:
    """One hostile client: whenever it is turned away it comes back, at most twice a second."""
    while not enough.is_set():
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                with suppress(OSError):
                    await kind(reader, writer, enough)
            finally:
                writer.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), 0.5)


async def _until_closed(reader: asyncio.StreamReader, enough: asyncio.Event) -> None:
    closed, ended = asyncio.ensure_future(reader.read()), asyncio.ensure_future(enough.wait())
    await asyncio.wait({closed, ended}, return_when=asyncio.FIRST_COMPLETED)
    for task in (closed, ended):
        task.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await task


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    await _until_closed(reader, enough)


async def _drip(writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    for _ in range(200):
        if enough.is_set() or writer.is_closing():
            return
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.2)


async def _slow_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    writer.write(_HEAD + b"X: ")
    await _drip(writer, enough)


async def _slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    writer.write(_HEAD + b"intuit-signature: x\r\nContent-Length: 1000\r\n\r\n")
    await _drip(writer, enough)


async def _large(writer: asyncio.StreamWriter, enough: asyncio.Event, megabytes: int) -> None:
    for _ in range(16 * megabytes):
        if enough.is_set() or writer.is_closing():
            return
        writer.write(b"x" * 65_536)
        await writer.drain()


async def _large_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    writer.write(_HEAD + b"X: ")
    await _large(writer, enough, 4)


async def _large_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    writer.write(_HEAD + b"intuit-signature: x\r\nContent-Length: 1000000\r\n\r\n")
    await _large(writer, enough, 1)
    await _until_closed(reader, enough)
