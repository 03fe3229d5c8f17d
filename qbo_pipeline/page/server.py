"""The page as a running server: which bounds it has, and how it is told to the one who started it."""

from __future__ import annotations

from collections.abc import Callable
from socket import socket

from qbo_pipeline.page.app import PeoplePage
from qbo_pipeline.serving.bounds import Bounds
from qbo_pipeline.serving.server import Server, configured, open_door

BOUNDS = Bounds(head_bytes=16 * 1024, body_seconds=15.0, idle_seconds=30, linger_bytes=1024 * 1024, connections=512)
"""For people: a form comes at once, and nobody needs hundreds of connections."""

LEFT = (
    "Every order is carried out whole or not at all, and the journal says which; who is signed in stays so: the same "
    "command serves the page again."
)


def server(page: PeoplePage, started: Callable[[], None] = lambda: None) -> Server:
    """The server around the page."""
    return Server(configured(page.app(), open_door(BOUNDS)), started, LEFT)


def serve(page: PeoplePage, listener: socket, started: Callable[[], None]) -> None:
    """Serve until told to stop; `started` is called once requests are taken."""
    server(page, started).run(sockets=[listener])
