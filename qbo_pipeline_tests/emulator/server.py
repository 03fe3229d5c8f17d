"""The emulator as a process, for every test that needs QuickBooks Online behind HTTP.

with running_emulator("--limits", "off") as emulator:
    httpx.get(emulator.api("companyinfo/" + emulator.realm), headers=emulator.bearer())
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from qbo_pipeline_tests.emulator import forked

FORKS = sys.platform == "linux"
START_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass
class RunningEmulator:
    """A started emulator: the fields of its first line, its process, and short ways to its endpoints."""

    base_url: str
    discovery_url: str
    realm: str
    client_id: str
    client_secret: str
    refresh_token: str
    process: subprocess.Popen[str] | forked.Forked
    log: IO[str] = field(repr=False)
    _access_token: str = field(default="", repr=False)

    def api(self, path: str) -> str:
        """The URL of an API path below the company, for example `invoice/12`."""
        return f"{self.base_url}/v3/company/{self.realm}/{path}"

    def access_token(self) -> str:
        """An access token, fetched once with the refresh token; `fresh_token` forgets it."""
        if not self._access_token:
            basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
            form = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": self.refresh_token})
            request = urllib.request.Request(
                f"{self.base_url}/oauth2/v1/tokens/bearer", form.encode(), {"Authorization": f"Basic {basic}"}
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                self._access_token = json.load(answer)["access_token"]
        return self._access_token

    def fresh_token(self) -> str:
        """A new access token."""
        self._access_token = ""
        return self.access_token()

    def bearer(self) -> dict[str, str]:
        """Headers for API calls with a valid access token."""
        return {"Authorization": f"Bearer {self.access_token()}", "Accept": "application/json"}

    def control(self, name: str, body: dict[str, Any] | None = None, method: str | None = None) -> dict[str, Any]:
        """GET /emulator/{name}, or POST (or `method`) with a JSON body; raises AssertionError on refusal."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.base_url}/emulator/{name}", data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise AssertionError(f"/emulator/{name} answered {error.code}: {error.read().decode()}") from None

    def advance(self, seconds: float) -> None:
        """Let virtual time pass; what falls due meanwhile is done."""
        self.control("clock", {"advance_seconds": seconds})

    def order(self, *rules: dict[str, Any], seed: int = 1) -> None:
        """Order failures in the place of those ordered before; none clears them."""
        self.control("faults", {"seed": seed, "fault": list(rules)}, method="PUT")

    def meter(self) -> dict[str, Any]:
        return self.control("meter")

    def kill(self) -> None:
        """SIGKILL: no goodbye, no flush."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def stderr(self) -> str:
        """What the emulator has written to stderr so far."""
        self.log.flush()
        self.log.seek(0)
        return self.log.read()


def start_emulator(*options: str, cwd: Path | None = None, forks: bool = False) -> RunningEmulator:
    """Start `python -m qbo_pipeline.emulator` on a free port and wait for its first line.

    The caller stops it. Raises AssertionError with its stderr where it does not start. `forks`: by a process that has
    imported it already.
    """
    log = tempfile.TemporaryFile("w+")  # noqa: SIM115  lives as long as the process
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process: subprocess.Popen[str] | forked.Forked
    if forks and FORKS:
        process = forked.start(["--port", "0", *options], log, cwd, environment)
    else:
        process = subprocess.Popen(
            [sys.executable, "-m", "qbo_pipeline.emulator", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=cwd,
            env=environment,
        )
    too_late = threading.Timer(START_SECONDS, process.kill)
    too_late.start()
    assert process.stdout is not None
    line = process.stdout.readline()
    too_late.cancel()
    if not line:
        process.wait(STOP_SECONDS)
        process.stdout.close()
        with log:
            log.seek(0)
            raise AssertionError(f"the emulator ended with {process.returncode}: {log.read()}")
    return RunningEmulator(**json.loads(line), process=process, log=log)


@contextmanager
def running_emulator(*options: str, cwd: Path | None = None) -> Iterator[RunningEmulator]:
    """An emulator for the length of a `with` block."""
    emulator = start_emulator(*options, cwd=cwd, forks=True)
    try:
        yield emulator
    finally:
        if emulator.process.poll() is None:
            if {"--state", "--record"}.intersection(options):
                emulator.process.terminate()
            else:  # nothing of it is to be kept
                emulator.process.kill()
            try:
                emulator.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                emulator.process.kill()
                emulator.process.wait(STOP_SECONDS)
        if emulator.process.stdout is not None:
            emulator.process.stdout.close()
        emulator.log.close()
