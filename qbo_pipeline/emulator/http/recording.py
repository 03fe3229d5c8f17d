"""Recording the API's traffic into a file: each request and what became of it, without headers and tokens."""

from __future__ import annotations

import os
from pathlib import Path

from qbo_pipeline.emulator.company.jsontext import loads
from qbo_pipeline.emulator.http.answers import JSON, Answer
from qbo_pipeline.emulator.http.requests import WRITE, ApiRequest, Operation
from qbo_pipeline.emulator.http.state import EmulatorState
from qbo_pipeline.emulator.traffic.exchanges import Exchange


class Recorder:
    """Appends to a file that only its owner reads; each line is written out before the answer leaves."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8")

    def record(
        self, state: EmulatorState, request: ApiRequest, query: bytes, operation: Operation | None, answer: Answer
    ) -> None:
        """Write down one request and its answer; the answer's content where it wrote or was refused."""
        path = "/".join(request.segments) + (f"?{query.decode('latin-1')}" if query else "")
        is_told = answer.media == JSON and (answer.status != 200 or (operation is not None and operation.kind == WRITE))
        found = Exchange(
            state.clock.now(),
            request.method,
            path,
            request.content_type,
            request.body,
            answer.status,
            loads(answer.body) if is_told else None,
        )
        self._file.write(found.as_line() + "\n")
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
