"""The receiver as a running server: the socket, uvicorn with its limits, and how it ends."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from types import FrameType

import uvicorn

from qbo_pipeline.webhooks.app import PATH, Receiver, build_app

BACKLOG = 128
MOST_AT_ONCE = 100  # more connections than these are answered 503, which Intuit tries again
STOP_SECONDS = 5


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `OSError` where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches a server that listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address(listener: socket.socket) -> str:
    """The URL to which webhooks are posted, as seen from this machine."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}{PATH}" if ":" in host else f"http://{host}:{port}{PATH}"


class _Announcing(uvicorn.Server):
    """Says that it receives once it does, and once a signal ends it in good order."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def server(receiver: Receiver, announce: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """uvicorn around a receiver: no access log, no word about the software, bounded connections."""
    config = uvicorn.Config(
        build_app(receiver),
        ws="none",
        lifespan="off",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return _Announcing(config, announce)


def serve(receiver: Receiver, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; what is being taken then is finished. `started` is called once it receives."""
    signal.signal(signal.SIGTERM, _interrupt)  # uvicorn raises the signal again after it has ended in good order
    with suppress(KeyboardInterrupt):
        server(receiver, started).run(sockets=[listener])


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
