"""The emulator in a thread of this process, on a real socket: for tests, notebooks, whoever wants one for a while.

with running(company="uk") as qbo:
    httpx.get(qbo.url("query?query=select * from Customer"), headers=qbo.headers())
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline.emulator.http.app import Emulator
from qbo_pipeline.emulator.http.clock import VirtualClock
from qbo_pipeline.emulator.http.fault_rules import parse_script
from qbo_pipeline.emulator.http.recording import Recorder
from qbo_pipeline.emulator.http.server import BOUNDS, EmulatorServer
from qbo_pipeline.emulator.http.settings import Settings
from qbo_pipeline.emulator.http.state import EmulatorState
from qbo_pipeline.emulator.http.wire import EmulatorProtocol
from qbo_pipeline.emulator.launch import DEFAULT_REALM
from qbo_pipeline.emulator.scenarios.playing import play
from qbo_pipeline.emulator.traffic.exchanges import read_traffic
from qbo_pipeline.emulator.traffic.replaying import replay
from qbo_pipeline.serving.server import base_url, configured, listen, open_door

_SECONDS_TO_START = 30.0


class RunningEmulator:
    """An emulator that answers at `base_url`, with its credentials, its company beside HTTP, and its controls."""

    def __init__(self, emulator: Emulator, loop: asyncio.AbstractEventLoop) -> None:
        state = emulator.state
        self._state = state
        self._gateway = emulator.gateway
        self._loop = loop
        self._access = ""
        self.base_url = state.base_url
        self.discovery_url = f"{state.base_url}/.well-known/openid_sandbox_configuration"
        self.realm = state.realm
        self.client_id = state.client_id
        self.client_secret = state.client_secret
        self.refresh_token = state.refresh_token
        self.company: Company = state.company
        """The company without HTTP: create, query, report, journal."""

    def url(self, path: str) -> str:
        """The address of an API path of the company, such as `invoice/12`."""
        return f"{self.base_url}/v3/company/{self.realm}/{path}"

    def access_token(self) -> str:
        """An access token, the same one until `expire_tokens`."""
        if not self._access:
            found = self._state.tokens.refresh(self.refresh_token, self._state.clock.seconds())
            self._access, self.refresh_token = str(found["access_token"]), str(found["refresh_token"])
        return self._access

    def expire_tokens(self) -> None:
        """Let `access_token` and everything signed with it be refused (401) from now on."""
        if self._access:
            self._state.tokens.expire(self._access, self._state.clock.seconds())
            self._access = ""

    def headers(self) -> dict[str, str]:
        """Headers with a valid token."""
        return {"Authorization": f"Bearer {self.access_token()}", "Accept": "application/json"}

    def advance(self, **delta: float) -> None:
        """Let virtual time pass, as `timedelta` takes it; what falls due on the way has been done when this returns."""
        later = self._state.clock.now() + timedelta(**delta)
        asyncio.run_coroutine_threadsafe(self._state.schedule.advance_to(later), self._loop).result()

    def play(self, scenario: str, *, seed: int = 1, steps: int = 10) -> list[str]:
        """Play a scenario at once; returns what was done, step by step."""
        return play(self.company, scenario, seed, steps)

    def record(self, path: Path) -> None:
        """Append the API's traffic to a file from now on."""
        self._gateway.recorder = Recorder(path)

    def replay(self, path: Path, *, speed: float = 0.0) -> dict[str, Any]:
        """Play recorded traffic again, `speed` times as fast as recorded (0: waiting for nothing); what came of it."""
        playing = replay(self._gateway, read_traffic(path), speed)
        return asyncio.run_coroutine_threadsafe(playing, self._loop).result().as_dict()

    def snapshot(self, name: str) -> None:
        """Keep the whole state under a name."""
        self._state.snapshot(name)

    def rewind(self, name: str) -> None:
        """Go back to a snapshot, in virtual time too."""

        async def go_back() -> None:
            self._state.rewind(name)

        asyncio.run_coroutine_threadsafe(go_back(), self._loop).result()

    def fail(self, *rules: dict[str, Any], seed: int = 1) -> None:
        """Order failures in the place of those ordered before; without rules nothing fails any more."""
        self._state.faults.clear()
        self._state.faults.add(parse_script({"seed": seed, "fault": list(rules)}, "rules"))

    def requests(self) -> list[dict[str, Any]]:
        """The latest requests with operation, entity, status and what was ordered for them, newest first."""
        return self._state.meter.log_as_list()

    def emails(self) -> list[dict[str, str]]:
        """The forms that were sent: to whom, which, when."""
        return list(self._state.emails)


@contextlib.contextmanager
def running(
    *,
    company: str = "us",
    realm: str = DEFAULT_REALM,
    state: Path | None = None,
    limits: str = "off",
    **company_settings: Any,
) -> Iterator[RunningEmulator]:
    """Serve a company of a seed (us, uk, eu, empty) for the length of a `with` block; `state` is a file to keep it in.

    `limits` is qbo, off or xN; `company_settings` are those of `CompanySettings`. The clock runs with real time and can
    be moved by `advance`. Raises `ValueError` for what cannot be chosen.
    """
    clock = VirtualClock()
    with listen("127.0.0.1", 0) as listener:
        url = base_url(listener)
        chosen = replace(CompanySettings(download_base_url=url), **company_settings)
        books = Company.open(state, seed=company, realm=realm, clock=clock, settings=chosen)
        try:
            emulator = Emulator(EmulatorState(books, clock, Settings(limits=limits), base_url=url))
            door = open_door(BOUNDS)
            started = threading.Event()
            config = configured(emulator, door, protocol=EmulatorProtocol, lifespan="on")
            server = _Server(config, started.set, door)
            emulator.state.refuse_connections = server.refuse_connections
            thread = threading.Thread(target=server.run, args=([listener],), name="qbo-emulator", daemon=True)
            thread.start()
            try:
                if not started.wait(_SECONDS_TO_START):
                    raise RuntimeError(f"the emulator did not start within {_SECONDS_TO_START:g} seconds")
                yield RunningEmulator(emulator, server.loop)
            finally:
                server.should_exit = True
                thread.join(_SECONDS_TO_START)
        finally:
            books.close()


class _Server(EmulatorServer):
    """A server that says in which loop it runs."""

    loop: asyncio.AbstractEventLoop

    async def startup(self, sockets: Any = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
