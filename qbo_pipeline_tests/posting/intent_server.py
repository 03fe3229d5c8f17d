"""Answers the emulator's question before each write: is this requestid committed in the store?

What belongs here: a process of its own, with nothing of the product in it but the table's name.
"""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def intent_server(store: str) -> Iterator[str]:
    """The URL of a server that looks requestids up in a SQLite store, for the length of a `with` block."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(store, theirs), daemon=True)
    process.start()
    yield f"http://127.0.0.1:{ours.recv()}/"
    process.terminate()
    process.join()
    process.close()
    ours.close()
    theirs.close()


def _serve(store: str, pipe: Any) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
                found = database.execute(
                    "SELECT COUNT(*) FROM frozen_requests WHERE request_id = ?", (question["request_id"],)
                ).fetchone()
            body = json.dumps({"committed": found[0] > 0}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])
    server.serve_forever()
