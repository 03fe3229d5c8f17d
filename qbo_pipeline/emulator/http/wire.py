"""The connection under a request: what HTTP frameworks do not let one do on purpose.

The one change to the protocol that all our servers share: each request's scope carries its transport, so that a
fault can reset the connection, cut a body short, or drip it. Everything here writes to the real socket.
"""

from __future__ import annotations

import asyncio
import http
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from qbo_pipeline.emulator.http.answers import Answer, Headers
from qbo_pipeline.serving.protocol import BoundedProtocol

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TRANSPORT = "qbo_pipeline.transport"
LINGER_ZERO = struct.pack("ii", 1, 0)


class EmulatorProtocol(BoundedProtocol):
    """The bounded protocol with the transport in the scope's extensions."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}


class Connection:
    """One request's connection, for faults; raises RuntimeError where the server gave no transport."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        extension = (scope.get("extensions") or {}).get(TRANSPORT)
        if extension is None:
            raise RuntimeError("faults on the wire need the emulator's own server (EmulatorProtocol)")
        self._transport: asyncio.Transport = extension["transport"]
        self._receive = receive

    async def reset(self) -> None:
        """Drop the connection with a TCP RST: the client sees 'connection reset by peer'."""
        raw: socket.socket | None = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self._transport.abort()
        await self._gone()

    async def close(self) -> None:
        """Send what is written, then close (FIN)."""
        self._transport.close()
        await self._gone()

    async def hang(self, over: Awaitable[Any]) -> None:
        """Say nothing until the client gives up or `over` completes, then close."""
        gone = asyncio.ensure_future(self._gone())
        end = asyncio.ensure_future(over)
        await asyncio.wait({gone, end}, return_when=asyncio.FIRST_COMPLETED)
        end.cancel()
        if not gone.done():
            self._transport.close()
            await gone

    def write_head(self, status: int, headers: Headers, length: int) -> None:
        """Write the status line and headers with a Content-Length of `length`, true or not."""
        lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}".encode()]
        lines += [name + b": " + value for name, value in headers]
        lines += [b"content-length: " + str(length).encode(), b"connection: close", b"", b""]
        self._transport.write(b"\r\n".join(lines))

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    async def drip(self, data: bytes, chunk: int, seconds: float) -> None:
        """Write `data` in chunks with real `seconds` between them, until done or the client is gone."""
        gone = asyncio.ensure_future(self._gone())
        for start in range(0, len(data), chunk):
            self._transport.write(data[start : start + chunk])
            done, _ = await asyncio.wait({gone}, timeout=seconds)
            if done:
                return
        self._transport.close()
        await gone

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def send_answer(send: Send, answer: Answer, headers: Headers) -> None:
    """Send an answer the ordinary way."""
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.media),
                (b"content-length", str(len(answer.body)).encode()),
                *headers,
                *answer.headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole request body, or None where it is longer than `limit` (the rest is read and thrown away).

    Raises ConnectionResetError where the client leaves before the body is complete.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body if len(body) <= limit else None
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the client left before its request was complete")
        part = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
        if not message.get("more_body"):
            return b"".join(parts) if size <= limit else None
        message = await receive()
