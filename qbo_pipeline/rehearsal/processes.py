"""The processes of a rehearsal: the emulated company and the nights, each of which ends with the rehearsal.

What belongs here: starting them, hearing what they say, and ending them however the rehearsal ends. They have a session
of their own, so that a Ctrl-C reaches the rehearsal alone, which then ends them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qbo_pipeline.errors import Signal
from qbo_pipeline.rehearsal.night import NightOrder
from qbo_pipeline.verdicts import Verdict

_LEAVE_SECONDS = 10.0
_SECRETS_OF = ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "ENCRYPTION_KEY", "ENCRYPTION_KEY_FILE",
               "WEBHOOK_VERIFIER_TOKEN", "SOURCE_WEBHOOK_TOKEN")  # fmt: skip

Heard = Callable[[str, int], None]


class NightFailed(Signal):
    """A rehearsed night could not be carried out; `verdict` says why, as a command's exit status does."""

    def __init__(self, text: str, verdict: Verdict) -> None:
        super().__init__(text)
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class Emulated:
    """An emulated company that runs: its address and its credentials, which are worth nothing elsewhere."""

    base_url: str
    client_id: str
    client_secret: str
    refresh_token: str

    def control(self, name: str, body: dict[str, Any] | None = None, method: str | None = None) -> dict[str, Any]:
        """GET /emulator/NAME, or POST (or `method`) with a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  the emulator's own address, on this machine
            f"{self.base_url}/emulator/{name}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found


@contextmanager
def emulated(copy: Path, realm: str) -> Iterator[Emulated]:
    """A company made after a copy, for the length of the block; it listens on this machine alone and is in memory."""
    command = [sys.executable, "-m", "qbo_pipeline.emulator", "--copy", str(copy), "--realm", realm, "--limits", "off"]
    with (copy.parent / "emulator.log").open("w+", encoding="utf-8") as log:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QBO_")}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, start_new_session=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                process.wait(_LEAVE_SECONDS)
                log.seek(0)
                said = " ".join(log.read().split())
                raise NightFailed(f"the copy of the company could not be made: {said}", Verdict.SETTINGS)
            found = json.loads(line)
            yield Emulated(**{name: found[name] for name in Emulated.__dataclass_fields__})
        finally:
            _end(process)


def night(order: NightOrder, name: str, heard: Heard, log: Path) -> dict[str, Any] | None:
    """Carry out a night in a process of its own; answers what came of it, or `None` where it killed itself.

    Raises `NightFailed` with what a person must know where it ended otherwise.
    """
    own = {f"QBO_{name.upper()}_{secret}" for secret in _SECRETS_OF}
    environment = {name: value for name, value in os.environ.items() if name not in own}
    command = [sys.executable, "-m", "qbo_pipeline.rehearsal.night"]
    with log.open("a+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment,
            start_new_session=True,
        )  # fmt: skip
        try:
            return _listen(process, order, heard, log)
        finally:
            _end(process)


def _listen(process: subprocess.Popen[str], order: NightOrder, heard: Heard, log: Path) -> dict[str, Any] | None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(order.to_json())
    process.stdin.close()
    outcome: dict[str, Any] = {}
    for line in process.stdout:
        said = json.loads(line)
        if "progress" in said:
            heard(said["progress"], said["count"])
        else:
            outcome = said
    status = process.wait()
    if status == -signal.SIGKILL and order.kill is not None:
        return None
    if "failed" in outcome:
        raise NightFailed(outcome["failed"], Verdict(outcome["exit"]))
    if "done" not in outcome:
        raise RuntimeError(f"a rehearsed night ended with {status}:\n{log.read_text(encoding='utf-8')[-4000:]}")
    found: dict[str, Any] = outcome["done"]
    return found


def _end(process: subprocess.Popen[str]) -> None:
    """The process is over when this returns, and its pipes are closed."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
