"""The reference server as a running one, and the first line that says where it is and how it is entered."""

from __future__ import annotations

import json
import sys
from functools import partial
from socket import socket
from typing import TextIO

from qbo_pipeline.serving.bounds import Bounds
from qbo_pipeline.serving.server import Server, base_url, configured, open_door
from qbo_pipeline.systems.http_contract.app import Box, build_app

BOUNDS = Bounds()
LEFT = "Nothing was changed by it; the same command serves the company's database again, with another token."


def serve(box: Box, listener: socket, out: TextIO = sys.stdout) -> None:
    """Serve until told to stop; the greeting is written as soon as requests are accepted."""
    server(box, listener, out).run(sockets=[listener])


def server(box: Box, listener: socket, out: TextIO = sys.stdout) -> Server:
    """The server, not yet running."""
    greeting = json.dumps({"base_url": base_url(listener), "token": box.token})
    config = configured(build_app(box), open_door(BOUNDS), date_header=False)
    return Server(config, partial(print, greeting, file=out, flush=True), LEFT)
