"""The emulator as a running server: the socket, uvicorn, and the first line that says where and how to connect."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

import uvicorn

from qbo_pipeline.emulator.http.app import Emulator
from qbo_pipeline.emulator.http.loopback import is_loopback
from qbo_pipeline.emulator.http.wire import EmulatorProtocol

log = logging.getLogger(__name__)

STOP_SECONDS = 3
BACKLOG = 512


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def base_url_of(listener: socket.socket, host: str) -> str:
    """The address under which the emulator is reached from this machine."""
    port = listener.getsockname()[1]
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def warn_if_open(host: str, say: Callable[[str], None]) -> None:
    """A loud warning where others than this machine can reach the emulator."""
    if not is_loopback(host):
        say(
            f"WARNING: the emulator listens on {host}: everybody on the network can read and change its company, "
            "its credentials are not secret, and /emulator/ is open to all. Use 127.0.0.1 unless you mean this."
        )


def greeting(emulator: Emulator) -> str:
    """The first line on stdout: one JSON object with all that a client needs."""
    state = emulator.state
    return json.dumps(
        {
            "base_url": state.base_url,
            "discovery_url": f"{state.base_url}/.well-known/openid_sandbox_configuration",
            "realm": state.realm,
            "client_id": state.client_id,
            "client_secret": state.client_secret,
            "refresh_token": state.refresh_token,
        }
    )


def serve(emulator: Emulator, listener: socket.socket, out: TextIO = sys.stdout) -> None:
    """Serve until SIGTERM or SIGINT; the greeting is written as soon as requests are accepted."""
    config = uvicorn.Config(
        emulator,
        http=EmulatorProtocol,
        ws="none",
        interface="asgi3",
        lifespan="on",
        proxy_headers=False,
        loop="auto",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = _GreetingServer(config, greeting(emulator), out)
    emulator.state.refuse_connections = server.refuse_connections
    server.run(sockets=[listener])


class _GreetingServer(uvicorn.Server):
    """uvicorn's server, that says when it is ready, and ends with status 0 when it is asked to stop."""

    def __init__(self, config: uvicorn.Config, line: str, out: TextIO) -> None:
        super().__init__(config)
        self._line = line
        self._out = out

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        print(self._line, file=self._out, flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT, and leave it at that: uvicorn itself would raise the signal once more."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def refuse_connections(self, seconds: float) -> None:
        """Close the listening socket for so many real seconds: whoever connects meanwhile is refused by the system.

        Raises ValueError while it is closed already.
        """
        if not self.servers[0].sockets:
            raise ValueError("the listener is closed already")
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        self.servers[0].close()
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, lambda: loop.create_task(self._listen_again(host, port)))

    async def _listen_again(self, host: str, port: int) -> None:
        def protocol() -> asyncio.Protocol:
            return EmulatorProtocol(self.config, self.server_state, self.lifespan.state)

        self.servers[0] = await asyncio.get_running_loop().create_server(protocol, sock=listen(host, port))
