"""The one way to serve HTTP from this project: socket, uvicorn with bounds, how it begins and how it ends.

What belongs here: nothing of what is served. The webhook receiver, the emulator and the page all stand on it.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from types import FrameType
from typing import Any, Literal

import uvicorn

from qbo_pipeline.serving.bounds import Bounds, Door
from qbo_pipeline.serving.protocol import BoundedProtocol

BACKLOG = 512
STOP_SECONDS = 3  # for what is being answered when the server is told to stop
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
OTHER_FILES = 200  # what a process has open besides its connections: store, libraries, logs
SILENT_SECONDS = 5  # for which the system itself keeps a connection that says nothing


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `OSError` where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    if (defer := getattr(socket, "TCP_DEFER_ACCEPT", None)) is not None:  # Linux: the silent ones never reach us
        listener.setsockopt(socket.IPPROTO_TCP, defer, SILENT_SECONDS)
    return listener


def open_door(bounds: Bounds) -> Door:
    """The door of a server, with no more connections than this process may have files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = bounds.connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        bounds = replace(bounds, connections=max(1, min(bounds.connections, soft - OTHER_FILES)))
    return Door(bounds)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches a server that listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def base_url(listener: socket.socket) -> str:
    """The URL of a listening socket, as seen from this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn's server that calls `started` once it accepts requests, and ends in good order when told to stop.

    `left` is what it leaves and how it goes on, for the line on standard error that says that a signal stopped it.
    """

    def __init__(self, config: uvicorn.Config, started: Callable[[], None], left: str = "") -> None:
        super().__init__(config)
        self._started = started
        self._left = left
        self._stopped_by: signal.Signals | None = None
        self._failure: BaseException | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        try:
            self._started()
        except BaseException as failure:  # nobody takes the line that says where it is: uvicorn would log that
            self._failure = failure
            self.should_exit = True

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop; raises what `started` raised."""
        super().run(sockets=sockets)
        if self._failure is not None:
            raise self._failure

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on TERM, INT and HUP, and leave it at that: uvicorn itself would raise the signal once more."""
        try:
            before = {number: signal.signal(number, self.handle_exit) for number in STOPS}
        except ValueError:  # not in the main thread: whoever started the thread stops the server
            before = {}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._stopped_by is not None and self._left:
                with contextlib.suppress(OSError):  # the terminal may be what was closed
                    sys.stderr.write(f"stopped by {self._stopped_by.name}. {self._left}\n")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in good order; told so by Ctrl-C a second time, without waiting for what is being answered."""
        self._stopped_by = self._stopped_by or signal.Signals(sig)
        super().handle_exit(sig, frame)


def configured(
    app: Any,
    door: Door,
    *,
    protocol: type[BoundedProtocol] = BoundedProtocol,
    lifespan: Literal["on", "off"] = "off",
    date_header: bool = True,
) -> uvicorn.Config:
    """uvicorn around an application, bounded by `door`: no access log, no word about the software.

    Without `date_header` the application says itself what time it is.
    """
    return uvicorn.Config(
        app,
        # With uvloop, where it is installed, a crowd stayed in the queue for seconds while the loop itself was quick
        # (docs/security.md has the measurement).
        loop="asyncio",
        http=partial(protocol, door),  # type: ignore[arg-type]  # uvicorn only calls it
        ws="none",
        interface="asgi3",
        lifespan=lifespan,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=date_header,
        timeout_keep_alive=door.bounds.idle_seconds,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
