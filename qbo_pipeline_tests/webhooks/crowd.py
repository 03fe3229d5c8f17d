"""`python -m qbo_pipeline_tests.webhooks.crowd HOST PORT NUMBER`: connections that mean harm, until it is killed.

What belongs here: the five kinds of them, bounded in number, and in what each sends.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress

from qbo_pipeline_tests.webhooks.under_load import HEAD

FORGED = b"intuit-signature: " + b"A" * 43 + b"=\r\n"
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
    writer.write(HEAD + b"X: ")
    await _drip(writer, enough)


async def _slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    writer.write(HEAD + FORGED + b"Content-Length: 1000\r\n\r\n")
    await _drip(writer, enough)


async def _large(writer: asyncio.StreamWriter, enough: asyncio.Event, megabytes: int) -> None:
    for _ in range(16 * megabytes):
        if enough.is_set() or writer.is_closing():
            return
        writer.write(b"x" * 65_536)
        await writer.drain()


async def _large_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    writer.write(HEAD + b"X: ")
    await _large(writer, enough, 4)


async def _large_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, enough: asyncio.Event) -> None:
    writer.write(HEAD + FORGED + b"Content-Length: 1000000\r\n\r\n")
    await _large(writer, enough, 1)
    await _until_closed(reader, enough)


async def main(host: str, port: int, number: int) -> None:
    """`number` clients, a fifth of each kind; says `there` once each has had the time to connect."""
    kinds = (_silent, _slow_head, _slow_body, _large_head, _large_body)
    enough = asyncio.Event()  # never: whoever started it kills it
    crowd = [asyncio.create_task(_again(kinds[one % len(kinds)], host, port, enough)) for one in range(number)]
    await asyncio.sleep(2)
    print("there", flush=True)
    await asyncio.gather(*crowd)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
