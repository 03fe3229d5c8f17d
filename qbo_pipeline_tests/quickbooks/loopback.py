"""Small servers on 127.0.0.1 that misbehave below HTTP: cut lines, drip, stay silent, present bad certificates."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket, threading.Event], None]


def read_request(line: socket.socket) -> bytes:
    """A whole request, the headers and as much body as they announce; nothing where it is cut before its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for header in head.split(b"\r\n"):
        if header.lower().startswith(b"content-length:"):
            length = int(header.split(b":")[1])
    while len(body) < length:
        piece = line.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body


def reset(line: socket.socket) -> None:
    """Close with RST instead of FIN."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


class Server:
    """`requests` are the whole requests that came in; `done` is set when the test is over."""

    def __init__(self, scheme: str) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"{scheme}://127.0.0.1:{self.socket.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.done = threading.Event()


@contextmanager
def serving(behave: Callable[[socket.socket, Server], None], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that treats each connection in a thread of its own with `behave`."""
    server = Server("https" if tls else "http")
    threads: list[threading.Thread] = []

    def one(line: socket.socket) -> None:
        # The client hanging up in the middle is what many of these tests are about.
        with suppress(OSError), line:
            behave(tls.wrap_socket(line, server_side=True) if tls else line, server)

    def accept() -> None:
        while True:
            try:
                line, _ = server.socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=one, args=(line,), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.done.set()
        server.socket.shutdown(socket.SHUT_RDWR)
        server.socket.close()
        for thread in [accepting, *threads]:
            thread.join(10)
            assert not thread.is_alive()
