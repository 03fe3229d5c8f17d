"""The emulator as a running server: its bounds, and the first line that says where and how to connect."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from functools import partial
from socket import socket
from typing import TextIO

import uvicorn

from qbo_pipeline.emulator.http.app import Emulator
from qbo_pipeline.emulator.http.wire import EmulatorProtocol
from qbo_pipeline.serving.bounds import Bounds, Door
from qbo_pipeline.serving.server import Server, configured, is_loopback, listen, open_door

log = logging.getLogger(__name__)

BOUNDS = Bounds(head_bytes=64 * 1024)
"""Everybody who uses an emulator comes from this machine, and a query may be as long as Intuit takes it."""


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


def serve(emulator: Emulator, listener: socket, out: TextIO = sys.stdout) -> None:
    """Serve until told to stop; the greeting is written as soon as requests are accepted."""
    door = open_door(BOUNDS)
    config = configured(emulator, door, protocol=EmulatorProtocol, lifespan="on")
    server = EmulatorServer(config, partial(print, greeting(emulator), file=out, flush=True), door, _left(emulator))
    emulator.state.refuse_connections = server.refuse_connections
    server.run(sockets=[listener])


def _left(emulator: Emulator) -> str:
    path = emulator.state.store.path
    if path is None:
        return "Its company was in memory alone and is gone: the same command begins another one."
    return f"Its company is in {path}, as far as it answered: the same command goes on with it."


class EmulatorServer(Server):
    """The server of an emulator, which can be told to refuse connections for a while."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None], door: Door, left: str = "") -> None:
        super().__init__(config, started, left)
        self._door = door

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
            return EmulatorProtocol(self._door, self.config, self.server_state, self.lifespan.state)

        self.servers[0] = await asyncio.get_running_loop().create_server(protocol, sock=listen(host, port))
