"""The box as a running server, and the first line that says where it is and how it is entered."""

from __future__ import annotations

import json
import sys
from functools import partial
from socket import socket
from typing import TextIO

from qbo_pipeline.serving.bounds import Bounds
from qbo_pipeline.serving.server import Server, base_url, configured, open_door
from qbo_pipeline.systems.cin7_core.app import PATH, Box, build_app

BOUNDS = Bounds()
LEFT = "The company's database is all there is of it: the same command serves that again, with another key."


def greeting(box: Box, listener: socket) -> str:
    """One JSON object with all that a client needs."""
    return json.dumps(
        {"base_url": base_url(listener) + PATH, "account_id": box.account_id, "application_key": box.application_key}
    )


def serve(box: Box, listener: socket, out: TextIO = sys.stdout) -> None:
    """Serve until told to stop; the greeting is written as soon as requests are accepted."""
    server(box, listener, out).run(sockets=[listener])


def server(box: Box, listener: socket, out: TextIO = sys.stdout) -> Server:
    """The server, not yet running."""
    config = configured(build_app(box), open_door(BOUNDS), date_header=False)
    return Server(config, partial(print, greeting(box, listener), file=out, flush=True), LEFT)
