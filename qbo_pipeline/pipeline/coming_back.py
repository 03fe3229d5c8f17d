"""Coming back: the loopback address to which Intuit sends the person's browser, served until the right answer is there.

What belongs here: HTTP, and which request counts. What an answer means is `authorise`'s. Any page that is open in a
browser can make it ask this address for something: only a request that carries our state is an answer.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import os
import queue
import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from qbo_pipeline.pipeline.connect import NotConnected
from qbo_pipeline.serving.bounds import Bounds
from qbo_pipeline.serving.server import Server, configured, listen, open_door

BOUNDS = Bounds(head_bytes=16 * 1024, connections=64, connections_by_address=64)
NOT_OURS = (
    "This is not the answer that qbo-pipeline waits for, and nothing was connected by it. "
    "Open the page that `qbo-pipeline connect` shows, and choose the company there."
)
_ADDRESSES = {"localhost": ("127.0.0.1", "::1"), "127.0.0.1": ("127.0.0.1",), "::1": ("::1",)}
# The address is not this machine's: no IPv6 (or no IPv4) here, so that no browser can come that way either.
_NOT_THERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # the address holds the code
    (b"cache-control", b"no-store"),
]


class ComingBack:
    """Serves the redirect address in a thread of its own while it is entered. The state is never logged nor shown.

    A browser takes `localhost` for 127.0.0.1 or ::1 as it likes: both are served, and where a stranger has one of them
    the other is not enough, since the code would go there. Raises `NotConnected` on entering where the port cannot be
    had.
    """

    def __init__(self, redirect: str, state: str) -> None:
        self._where = loopback(redirect)
        self._state = state
        self._answers: queue.Queue[_Answered] = queue.Queue()
        self._taken = False

    def __enter__(self) -> ComingBack:
        port = self._where.port or 80
        try:
            self._listeners = _listen_on_all(_ADDRESSES[self._where.hostname or ""], port)
        except OSError as error:
            raise NotConnected(
                f"the browser cannot come back to port {port} of this machine ({os.strerror(error.errno or 0)}): end "
                "the program that uses it (another `qbo-pipeline connect`?), or set another port in [quickbooks] "
                "redirect_uri and among the redirect URIs of your app at Intuit, and run `qbo-pipeline connect` again"
            ) from None
        self._server = Server(configured(self._app, open_door(BOUNDS)), started=lambda: None)
        self._thread = threading.Thread(target=self._server.run, args=(self._listeners,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()
        for listener in self._listeners:
            listener.close()

    def wait(self, seconds: float) -> _Answered | None:
        """The answer with our state; `None` where none came in time. The browser waits until it is told something."""
        with suppress(queue.Empty):
            return self._answers.get(timeout=seconds)
        return None

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status, text = await self._answered(scope)
        length = str(len(text.encode())).encode()
        head = [*_HEADERS, (b"content-length", length), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": text.encode()})

    async def _answered(self, scope: Any) -> tuple[int, str]:
        if scope["method"] != "GET" or scope["path"] != (self._where.path or "/"):
            return 404, "Nothing is here."
        try:
            given = parse_qs(scope["query_string"].decode("ascii"), max_num_fields=50)
        except ValueError:
            return 400, NOT_OURS
        states = given.get("state", [])
        if len(states) != 1 or not hmac.compare_digest(states[0].encode("utf-8", "replace"), self._state.encode()):
            return 400, NOT_OURS
        if self._taken:
            return 404, "This answer was taken already: look at the other window, or at the terminal."
        self._taken = True
        answered = _Answered({name: values[0] for name, values in given.items()})
        self._answers.put(answered)
        return await answered.told()


class _Answered:
    """What the browser brought, and the way to tell it what became of that."""

    def __init__(self, answer: Mapping[str, str]) -> None:
        self.answer = answer
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Future[tuple[int, str]] = self._loop.create_future()

    def tell(self, status: int, text: str) -> None:
        """End the browser's waiting. Called from the thread that waited."""
        self._loop.call_soon_threadsafe(self._say, status, text)

    async def told(self) -> tuple[int, str]:
        return await self._said

    def _say(self, status: int, text: str) -> None:
        if not self._said.done():  # the browser may be gone
            self._said.set_result((status, text))


def loopback(redirect: str) -> SplitResult:
    """The parts of a redirect address on this machine; raises `NotConnected` for any other."""
    where = urlsplit(redirect)
    if where.scheme != "http" or where.hostname not in _ADDRESSES:
        raise NotConnected(
            f"[quickbooks] redirect_uri must be on this machine, such as http://localhost:8914/callback, not {redirect}"
        )
    return where


def _listen_on_all(addresses: Iterable[str], port: int) -> list[socket.socket]:
    """A listener on each of the addresses that this machine has; raises `OSError` where it has none or one is taken."""
    listeners: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for address in addresses:
            try:
                listeners.append(listen(address, port))
            except OSError as error:
                if error.errno not in _NOT_THERE:
                    raise
                missing = error
        if not listeners and missing is not None:
            raise missing
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners
