"""An emulator in this process on a real socket: its state, clock and company are at hand beside its HTTP."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline.emulator.http.app import Emulator
from qbo_pipeline.emulator.http.clock import VirtualClock
from qbo_pipeline.emulator.http.fault_rules import parse_script
from qbo_pipeline.emulator.http.intent import Hook
from qbo_pipeline.emulator.http.server import BOUNDS
from qbo_pipeline.emulator.http.settings import Settings
from qbo_pipeline.emulator.http.state import EmulatorState
from qbo_pipeline.emulator.http.wire import EmulatorProtocol
from qbo_pipeline.serving.bounds import Door
from qbo_pipeline.serving.server import base_url, configured, listen

REALM = "9130350000000001"


@dataclass
class Served:
    """A serving emulator, with a client that carries a valid token."""

    emulator: Emulator
    client: httpx.Client

    @property
    def state(self) -> EmulatorState:
        return self.emulator.state

    @property
    def company(self) -> Company:
        return self.state.company

    def url(self, path: str) -> str:
        return f"{self.state.base_url}/v3/company/{REALM}/{path}"

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """POST JSON to an API path."""
        return self.client.post(self.url(path), json=body, **options)

    def get(self, path: str, **params: str) -> httpx.Response:
        return self.client.get(self.url(path), params=params)

    def customer(self, name: str, request_id: str = "") -> httpx.Response:
        """Create a customer: the smallest write there is."""
        path = f"customer?requestid={request_id}" if request_id else "customer"
        return self.post(path, {"DisplayName": name})

    def customers(self) -> list[str]:
        """The names of all customers, read past HTTP."""
        found = self.company.query("SELECT * FROM Customer MAXRESULTS 1000").get("Customer", [])
        return sorted(row["DisplayName"] for row in found)

    def order(self, *rules: dict[str, Any], seed: int = 1) -> None:
        self.state.faults.clear()
        self.state.faults.add(parse_script({"seed": seed, "fault": list(rules)}, "test"))

    def advance(self, seconds: float) -> None:
        answer = self.client.post(f"{self.state.base_url}/emulator/clock", json={"advance_seconds": seconds})
        answer.raise_for_status()


class SharedServer:
    """One uvicorn for all tests of a run; which emulator answers is set test by test."""

    def __init__(self) -> None:
        self.emulator: Emulator | None = None
        self._listener = listen("127.0.0.1", 0)
        self.base_url = base_url(self._listener)
        self._ready = threading.Event()
        config = configured(self, Door(BOUNDS), protocol=EmulatorProtocol)
        self._server = _ReadyServer(config, self._ready)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._thread.start()
        assert self._ready.wait(30), "the server did not start"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self.emulator is not None, "no test has set an emulator"
        await self.emulator(scope, receive, send)

    @contextmanager
    def answering(self, emulator: Emulator) -> Iterator[None]:
        """Let `emulator` answer, and its virtual time run, for the length of a `with` block."""
        self.emulator = emulator
        clockwork = asyncio.run_coroutine_threadsafe(emulator.state.schedule.keep_running(), self._server.loop)
        try:
            yield
        finally:
            clockwork.cancel()
            self.emulator = None

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(30)
        self._listener.close()
        assert not self._thread.is_alive(), "the server did not stop"


class _ReadyServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        self.loop = asyncio.get_running_loop()
        self._ready.set()


@functools.cache
def shared_server() -> SharedServer:
    """The server of this test run; `conftest` stops it."""
    return SharedServer()


@contextmanager
def serving(seed: str = "empty", *, intent: Hook | None = None, **settings: Any) -> Iterator[Served]:
    """Serve a company in memory, limits off; virtual time stands still unless a test moves it."""
    server = shared_server()
    clock = VirtualClock()
    clock.stop()
    company_settings = dataclasses.replace(CompanySettings(), download_base_url=server.base_url)
    company = Company.open(None, seed=seed, realm=REALM, clock=clock, settings=company_settings)
    chosen = Settings(**{"limits": "off", **settings})
    state = EmulatorState(company, clock, chosen, base_url=server.base_url)
    emulator = Emulator(state, intent=intent)
    token = state.tokens.refresh(state.refresh_token, clock.seconds())["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with server.answering(emulator), httpx.Client(headers=headers, timeout=30) as client:
        yield Served(emulator, client)
    company.close()
