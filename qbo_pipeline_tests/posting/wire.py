"""A line between the poster and the emulator that can be cut anywhere, and a clock on which waiting takes no time.

What belongs here: a proxy on loopback that passes requests on whole, and does to the next ones what it was told.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit

from qbo_pipeline_tests.quickbooks.loopback import read_request, reset

HTML = b"<html><body>The service is being maintained</body></html>"
THROTTLED = b'{"Fault":{"Error":[{"Message":"message=ThrottleExceeded","code":"3001"}],"type":"SERVICE"}}'


class SkippingClock:
    """Real time, but for the time that somebody sleeps: that is skipped."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._skipped)

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._skipped += max(0.0, seconds)


@dataclass
class Wire:
    """`fates` holds what becomes of the next writes, by name; every other request passes."""

    base_url: str
    upstream: tuple[str, int]
    random: Random
    fates: deque[str] = field(default_factory=deque)
    suffered: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def serve(self, line: socket.socket) -> None:
        """One connection of the client, request by request."""
        with suppress(OSError), line:
            while request := read_request(line):
                write = request.startswith(b"POST")
                fate = self.fates.popleft() if write and self.fates else "pass"
                self.suffered += fate != "pass"
                if not FATES[fate](self, line, request):
                    return

    def ask(self, request: bytes) -> bytes:
        """The emulator's whole answer: whatever it does is done before the client hears anything."""
        with socket.create_connection(self.upstream) as server:
            server.sendall(request)
            return read_request(server)  # an answer has the same shape as a request: a head and a body of its length

    def ask_in_part(self, request: bytes) -> None:
        with socket.create_connection(self.upstream) as server:
            server.sendall(request[: self.random.randrange(1, len(request))])

    def drip(self, line: socket.socket, answer: bytes) -> None:
        """A byte now and then, until the client has had enough."""
        for byte in answer:
            line.sendall(bytes([byte]))
            if self.done.wait(0.1):
                return


def _answer(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _pass(wire: Wire, line: socket.socket, request: bytes) -> bool:
    line.sendall(wire.ask(request))
    return True


def _reset_at_once(wire: Wire, line: socket.socket, request: bytes) -> bool:
    reset(line)
    return False


def _reset_in_the_request(wire: Wire, line: socket.socket, request: bytes) -> bool:
    wire.ask_in_part(request)
    reset(line)
    return False


def _reset_after(wire: Wire, line: socket.socket, request: bytes) -> bool:
    wire.ask(request)
    reset(line)
    return False


def _part_of_the_answer(wire: Wire, line: socket.socket, request: bytes) -> bool:
    answer = wire.ask(request)
    line.sendall(answer[: wire.random.randrange(1, len(answer))])
    return False


def _part_and_reset(wire: Wire, line: socket.socket, request: bytes) -> bool:
    answer = wire.ask(request)
    line.sendall(answer[: wire.random.randrange(1, len(answer))])
    reset(line)
    return False


def _drip(wire: Wire, line: socket.socket, request: bytes) -> bool:
    wire.drip(line, wire.ask(request))
    return False


def _silence(wire: Wire, line: socket.socket, request: bytes) -> bool:
    wire.ask(request)
    wire.done.wait(30)
    return False


def _html_instead(wire: Wire, line: socket.socket, request: bytes) -> bool:
    line.sendall(_answer("200 OK", "text/html", HTML))
    return True


def _html_after(wire: Wire, line: socket.socket, request: bytes) -> bool:
    wire.ask(request)
    line.sendall(_answer("200 OK", "text/html", HTML))
    return True


def _not_found_after(wire: Wire, line: socket.socket, request: bytes) -> bool:
    wire.ask(request)
    line.sendall(_answer("404 Not Found", "text/html", HTML))
    return True


def _throttled(wire: Wire, line: socket.socket, request: bytes) -> bool:
    line.sendall(_answer("429 Too Many Requests", "application/json", THROTTLED))
    return True


# What becomes of a request; answers whether the connection may be used again.
FATES: dict[str, Callable[[Wire, socket.socket, bytes], bool]] = {
    "pass": _pass,
    "reset at once": _reset_at_once,
    "reset in the request": _reset_in_the_request,
    "reset after it was carried out": _reset_after,
    "a part of the answer": _part_of_the_answer,
    "a part of the answer and reset": _part_and_reset,
    "slow drip": _drip,
    "silence": _silence,
    "html with 200, not carried out": _html_instead,
    "html with 200, carried out": _html_after,
    "html with 404, carried out": _not_found_after,
    "429": _throttled,
}


@contextmanager
def wire_to(emulator: Any, seed: int) -> Iterator[Wire]:
    """A line to an emulator, on a free port."""
    there = urlsplit(emulator.base_url)
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    wire = Wire(base_url, (there.hostname or "", there.port or 0), Random(seed))
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=wire.serve, args=(line,), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield wire
    finally:
        wire.done.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [accepting, *threads]:
            thread.join(10)
            assert not thread.is_alive()
