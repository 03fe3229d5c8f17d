"""HTTP on a socket that anybody may open: uvicorn's protocol with bounds on all that a client can hold.

What belongs here: bytes, fields and seconds of a request before the application sees it. uvicorn itself has no bound on
a head's size and none on the time that a client takes for it.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from qbo_pipeline.serving.bounds import Door
from qbo_pipeline.serving.lingering import LingeringTransport

PIECE = 16 * 1024  # of a head: what is parsed before the bounds are looked at again
BODY_PIECE = 128 * 1024  # the same of a body, which is not parsed but counted
READ_AT_ONCE = 32 * 1024  # of one connection: what thousands send at once lies in memory until its turn comes
_FRAMING_BYTES = 8  # of a body's byte in chunks: one byte a chunk, with some room


def _send_at_once(transport: asyncio.Transport) -> None:
    """An answer's head and body are two writes: without this the second waits for the client's acknowledgement of the
    first, some 40 ms. asyncio sees to it only where a socket names its protocol, which an accepted one does not."""
    with suppress(OSError, AttributeError):  # the client is gone, or the transport is none of a socket
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Stop(Exception):
    """Raised inside the parser, so that it reads no further."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. It waits for its client until a request is whole, and works until the answer is given."""

    transport: LingeringTransport

    def __init__(
        self,
        door: Door,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.door = door
        self.bounds = door.bounds
        self.address = ""
        self._entered = False
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._deaf = False
        self._begin_head()

    def _begin_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._stated_bytes = 0
        self._head_too_large = False
        self._body_bytes = 0
        self._framing = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        _send_at_once(transport)
        transport.max_size = READ_AT_ONCE  # type: ignore[attr-defined]  # asyncio's own bound, 256 KiB otherwise
        super().connection_made(LingeringTransport(transport, self.bounds, self.door.drain, self._nothing_to_come))
        self.address = self.client[0] if self.client else ""
        self._entered = self.door.enter(self)
        if not self._entered:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "there are too many connections, try again")
            return
        self._wait(self.bounds.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport.gone()
        self._stop_waiting()
        self.resume_writing()
        if self._entered:
            self._entered = False
            self.door.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        start = 0
        while start < len(data):
            if self._deaf or self.transport.is_closing():
                self.transport.throw_away(len(data) - start)
                return
            size = PIECE if self._in_head else BODY_PIECE
            self._take(data[start : start + size])
            start += size

    def _take(self, piece: bytes) -> None:
        in_body, before = not self._in_head, self._body_bytes
        super().data_received(piece)
        if self._deaf or self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += 0 if in_body else len(piece)  # the rest of a body is none of the next head
            if self._head_bytes > self.bounds.head_bytes:
                self._turn_away("large_head", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the head is too large")
        elif in_body:
            self._framing += len(piece) - (self._body_bytes - before)
            if self._framing > self.bounds.head_bytes + _FRAMING_BYTES * self._body_bytes:
                self._turn_away("large_framing", HTTPStatus.BAD_REQUEST, "there is more around the body than in it")

    def on_message_begin(self) -> None:
        if self._at_work:
            # Asked before it was answered: no client of ours does so, and a queue would be one more thing to bound.
            self._deaf = True
            self.cycle.keep_alive = False
            raise _Stop
        self._begin_head()
        if self._deadline is None:  # the first head's time counts from the connection
            self._wait(self.bounds.head_seconds)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._state(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._state(len(name) + len(value))

    def _state(self, size: int) -> None:
        self._stated_bytes += size
        if self._stated_bytes > self.bounds.head_bytes or len(self.headers) > self.bounds.head_fields:
            self._head_too_large = True
            raise _Stop

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._wait(self.bounds.body_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._stop_waiting()
        if self._entered and not self.cycle.response_complete:
            self.door.work(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._entered and not self.transport.is_closing():
            self.door.wait(self)

    def send_400_response(self, msg: str) -> None:
        """What the parser refuses, a head over its bounds among it."""
        if self._deaf:
            return
        if self._head_too_large:
            self._turn_away("large_head", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the head is too large")
        else:
            self._turn_away("not_http", HTTPStatus.BAD_REQUEST, "this is not HTTP")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.bounds.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def make_room(self) -> None:
        """Another connection needs the place, and this one's client has not said yet what it wants."""
        self._entered = False
        self.door.leave(self)
        self._stop_waiting()
        self._tell_the_application()
        self.transport.abort()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._too_late)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        what = "head" if self._in_head else "body"
        self._turn_away(f"slow_{what}", HTTPStatus.REQUEST_TIMEOUT, f"the {what} took too long")

    def _turn_away(self, what: str, status: HTTPStatus, text: str) -> None:
        self.door.turned_away[what] += 1
        self._answer(status, text)

    def _answer(self, status: HTTPStatus, text: str) -> None:
        """Answer without the application, which is told that the client is gone, and close."""
        self._stop_waiting()
        begun = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        self._tell_the_application()
        if begun:
            self.transport.abort()  # a second answer inside the first would be worse than none
            return
        head = f"HTTP/1.1 {status} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
        head += f"content-length: {len(text)}\r\nconnection: close\r\n\r\n"
        with suppress(RuntimeError):
            self.transport.write((head + text).encode("ascii"))
        self.transport.close()

    def _tell_the_application(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    @property
    def _at_work(self) -> bool:
        """A request is whole and not answered yet."""
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    def _nothing_to_come(self) -> bool:
        """Whether the client has sent its request to the end."""
        return self._in_head and self._head_bytes == 0 and self.cycle is not None and not self._deaf
