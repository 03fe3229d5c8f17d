"""The receiver as a running server: which bounds it has, and how it is told to the one who started it."""

from __future__ import annotations

from collections.abc import Callable
from socket import socket

from qbo_pipeline.serving.bounds import Bounds
from qbo_pipeline.serving.server import Server, base_url, configured, open_door
from qbo_pipeline.webhooks.app import PATH, Receiver, build_app

BOUNDS = Bounds(head_bytes=16 * 1024, body_seconds=10.0, idle_seconds=30, linger_bytes=2 * 1024 * 1024)
"""Intuit itself gives up after 3 seconds; who drips holds no connection for longer than this."""

LEFT = (
    "What was answered with 200 is in the store; QuickBooks sends the rest again, and the nightly run reads all "
    "changes anyway: the same command goes on."
)


def address(listener: socket) -> str:
    """The URL to which webhooks are posted, as seen from this machine."""
    return base_url(listener) + PATH


def server(receiver: Receiver, started: Callable[[], None] = lambda: None, bounds: Bounds = BOUNDS) -> Server:
    """The server around a receiver, whose counts also say who was turned away before the application saw it."""
    door = open_door(bounds)
    receiver.turned_away = door.turned_away
    return Server(configured(build_app(receiver), door), started, LEFT)


def serve(receiver: Receiver, listener: socket, started: Callable[[], None]) -> None:
    """Serve until told to stop; what is being taken then is finished. `started` is called once it receives."""
    server(receiver, started).run(sockets=[listener])
