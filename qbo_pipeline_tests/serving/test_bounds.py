"""What a client can hold of a server of ours: each bound over a real socket, with bytes that no client would send."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qbo_pipeline.serving.bounds import Bounds, Door
from qbo_pipeline.serving.server import Server, configured, listen

QUICK = Bounds(head_seconds=0.3, body_seconds=0.3, idle_seconds=1, unread_seconds=0.3, linger_seconds=0.3)
PATIENT = Bounds(head_seconds=60, body_seconds=60, unread_seconds=60)
GET = b"GET / HTTP/1.1\r\nHost: here\r\n"
POST = b"POST / HTTP/1.1\r\nHost: here\r\n"
MEGABYTE = 1 << 20


async def _answer(request: Request) -> Response:
    if request.url.path == "/large":
        return PlainTextResponse("x" * 64 * MEGABYTE)
    if request.url.path == "/refuse":
        return PlainTextResponse("no", 413, {"Connection": "close"})
    return PlainTextResponse(f"{len(await request.body())} bytes")


@contextmanager
def serving(bounds: Bounds) -> Iterator[tuple[Door, int]]:
    """A server that answers how long a body was; the door, and its port."""
    app = Starlette(routes=[Route("/{rest:path}", _answer, methods=["GET", "POST"])])
    door, ready = Door(bounds), threading.Event()
    with listen("127.0.0.1", 0) as listener:
        server = Server(configured(app, door), ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(30)
            yield door, listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive(), "the server did not stop"


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def told(port: int, *parts: bytes) -> bytes:
    """All that is answered to these bytes, until the server closes."""
    found = b""
    with connect(port) as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            for part in parts:
                connection.sendall(part)
        while part := connection.recv(65_536):
            found += part
    return found


TOO_MUCH = {
    "a value without end": ((GET + b"X: ", *(b"x" * 65_536 for _ in range(64))), b"431", "large_head"),
    "an address without end": ((b"GET /", *(b"x" * 65_536 for _ in range(64))), b"431", "large_head"),
    "a name without end": ((GET, *(b"x" * 65_536 for _ in range(64))), b"431", "large_head"),
    "many fields": ((GET, *(b"X: y\r\n" for _ in range(200)), b"\r\n"), b"431", "large_head"),
    "one field over the size": ((GET + b"X: " + b"x" * 40_000 + b"\r\n\r\n",), b"431", "large_head"),
    "a trailer without end": (
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", *(b"x" * 65_536 for _ in range(64))),
        b"400",
        "large_framing",
    ),
    "a chunk's extension without end": (
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5;", *(b"x" * 65_536 for _ in range(64))),
        b"400",
        "large_framing",
    ),
    "not HTTP": ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",), b"400", "not_http"),
}


@pytest.mark.parametrize(("parts", "status", "reason"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_too_much_is_answered_and_counted(parts: tuple[bytes, ...], status: bytes, reason: str) -> None:
    with serving(PATIENT) as (door, port):
        assert told(port, *parts).split(b" ")[:2] == [b"HTTP/1.1", status]
        assert door.turned_away == {reason: 1}
        assert b"\r\n\r\n4 bytes" in told(port, POST + b"Content-Length: 4\r\nConnection: close\r\n\r\nbody")


TOO_SLOW = {
    "a first byte": ((b"G",), b"408", "slow_head"),
    "half a head": ((GET,), b"408", "slow_head"),
    "half a body": ((POST + b"Content-Length: 10\r\n\r\nhalf",), b"408", "slow_body"),
}


@pytest.mark.parametrize(("parts", "status", "reason"), TOO_SLOW.values(), ids=TOO_SLOW)
def test_what_is_too_slow_is_answered_and_counted(parts: tuple[bytes, ...], status: bytes, reason: str) -> None:
    with serving(QUICK) as (door, port):
        assert told(port, *parts).split(b" ")[:2] == [b"HTTP/1.1", status]
        assert door.turned_away == {reason: 1}


def test_dripping_does_not_move_the_deadline() -> None:
    with serving(QUICK) as (door, port), connect(port) as connection:
        connection.settimeout(0.05)
        answer = b""
        for byte in GET * 20:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(bytes([byte]))
            with suppress(TimeoutError):
                answer = connection.recv(65_536)
                break
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert door.turned_away == {"slow_head": 1}


@pytest.mark.parametrize("length", [10_000, 10 * MEGABYTE])
def test_who_still_sends_sees_why_it_was_refused(length: int) -> None:
    head = b"POST /refuse HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % length
    with serving(replace(PATIENT, linger_bytes=16 * MEGABYTE)) as (_, port):
        assert told(port, head, b"x" * length).startswith(b"HTTP/1.1 413 ")


def test_who_never_stops_sending_is_cut_off() -> None:
    head = b"POST /refuse HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0
    with serving(replace(PATIENT, linger_bytes=MEGABYTE, linger_seconds=60)) as (_, port), connect(port) as connection:
        connection.sendall(head)
        with suppress(ConnectionResetError, BrokenPipeError):
            while sent < 256 * MEGABYTE:
                connection.sendall(chunk)
                sent += len(chunk)
    assert sent < 256 * MEGABYTE


def test_who_does_not_take_the_answer_is_cut_off() -> None:
    with serving(QUICK) as (door, port), connect(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        gone = threading.Event()
        for _ in range(600):
            if door.inside == 0:
                gone.set()
                break
            gone.wait(0.05)
        assert gone.is_set()


def test_two_requests_on_one_connection_one_after_the_other() -> None:
    with serving(PATIENT) as (_, port), connect(port) as connection:
        for body in (b"one", b"fourteen bytes"):
            connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            answer = b""
            while not answer.endswith(b" bytes"):
                answer += connection.recv(65_536)
            assert answer.endswith(b"\r\n\r\n%d bytes" % len(body))


def test_a_second_request_before_the_first_is_answered_is_not_taken() -> None:
    whole = POST + b"Content-Length: 3\r\n\r\none"
    with serving(PATIENT) as (_, port):
        answer = told(port, whole + whole)
    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert b"connection: close" in answer


def test_the_silent_make_room_for_one_who_speaks() -> None:
    with serving(replace(PATIENT, connections=10, connections_by_address=10)) as (door, port):
        silent = [connect(port) for _ in range(30)]
        try:
            for connection in silent:
                connection.sendall(b"G")  # where the system keeps those back that say nothing at all
            answer = told(port, POST + b"Content-Length: 2\r\nConnection: close\r\n\r\nhi")
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert door.turned_away["made_room"] >= 21
        finally:
            for connection in silent:
                connection.close()


def test_an_answer_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Head and body are two writes, and no client is to wait for its own acknowledgement of the first."""
    from qbo_pipeline.serving import protocol

    at_once: list[int] = []
    made = protocol.BoundedProtocol.connection_made

    def looked_at(self: protocol.BoundedProtocol, transport: asyncio.Transport) -> None:
        made(self, transport)
        at_once.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(protocol.BoundedProtocol, "connection_made", looked_at)
    with serving(PATIENT) as (_, port):
        assert b"0 bytes" in told(port, GET + b"Connection: close\r\n\r\n")
    assert at_once == [1]
