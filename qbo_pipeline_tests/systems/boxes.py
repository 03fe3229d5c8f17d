"""The systems in a box in this process, for tests: on a free port of loopback, with limits off unless asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from socket import socket

from qbo_pipeline.serving.server import Server, base_url, listen
from qbo_pipeline.systems.cin7_core.app import PATH, Box
from qbo_pipeline.systems.cin7_core.server import server
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.company import CompanyDatabase
from qbo_pipeline.systems.http_contract.app import Box as ContractBox
from qbo_pipeline.systems.http_contract.app import Served
from qbo_pipeline.systems.http_contract.server import server as contract_server
from qbo_pipeline.systems.syncro.app import PATH as SYNCRO_PATH
from qbo_pipeline.systems.syncro.app import Box as SyncroBox
from qbo_pipeline.systems.syncro.server import server as syncro_server
from qbo_pipeline.systems.syncro.world import World as SyncroWorld
from qbo_pipeline.systems.unleashed.app import Box as UnleashedBox
from qbo_pipeline.systems.unleashed.server import server as unleashed_server
from qbo_pipeline.systems.unleashed.world import World as UnleashedWorld
from qbo_pipeline.systems.zuper.app import PATH as ZUPER_PATH
from qbo_pipeline.systems.zuper.app import Box as ZuperBox
from qbo_pipeline.systems.zuper.server import server as zuper_server
from qbo_pipeline.systems.zuper.world import World as ZuperWorld

TOKEN = "5a0c-token"
ACCOUNT_ID, APPLICATION_KEY = "3f0b7a52-account", "9c1e44d0-key"
API_ID, API_KEY = "c0ffee12-id", "k3y/+that=is==secret"


@dataclass(frozen=True, slots=True)
class RunningBox:
    """A box that answers at `url`."""

    box: Box
    url: str


@dataclass(frozen=True, slots=True)
class RunningContract:
    """The reference server of the HTTP contract, answering at `url`."""

    box: ContractBox
    url: str


@contextmanager
def running_cin7_core(company: Path, calls_a_minute: int | None = None) -> Iterator[RunningBox]:
    """Cin7 Core with this company, until the end of the block."""
    database = CompanyDatabase(company)
    box = Box(World(database), ACCOUNT_ID, APPLICATION_KEY, calls_a_minute)
    with listen("127.0.0.1", 0) as listener, _answering(server(box, listener, StringIO()), listener):
        yield RunningBox(box, base_url(listener) + PATH)
    database.close()


@contextmanager
def running_http_contract(company: Path) -> Iterator[RunningContract]:
    """The reference server with this company, until the end of the block."""
    database = CompanyDatabase(company)
    box = ContractBox(Served(database), TOKEN)
    with listen("127.0.0.1", 0) as listener, _answering(contract_server(box, listener, StringIO()), listener):
        yield RunningContract(box, base_url(listener))
    database.close()


@dataclass(frozen=True, slots=True)
class RunningUnleashed:
    """Unleashed in a box, answering at `url`."""

    box: UnleashedBox
    url: str


@contextmanager
def running_unleashed(company: Path) -> Iterator[RunningUnleashed]:
    """Unleashed with this company, until the end of the block."""
    database = CompanyDatabase(company)
    box = UnleashedBox(UnleashedWorld(database), API_ID, API_KEY)
    with listen("127.0.0.1", 0) as listener, _answering(unleashed_server(box, listener, StringIO()), listener):
        yield RunningUnleashed(box, base_url(listener))
    database.close()


@dataclass(frozen=True, slots=True)
class RunningSyncro:
    """Syncro in a box, answering at `url`."""

    box: SyncroBox
    url: str


@contextmanager
def running_syncro(company: Path) -> Iterator[RunningSyncro]:
    """Syncro with this company, until the end of the block."""
    database = CompanyDatabase(company)
    box = SyncroBox(SyncroWorld(database), TOKEN)
    with listen("127.0.0.1", 0) as listener, _answering(syncro_server(box, listener, StringIO()), listener):
        yield RunningSyncro(box, f"{base_url(listener)}/{SYNCRO_PATH}")
    database.close()


@dataclass(frozen=True, slots=True)
class RunningZuper:
    """Zuper in a box, answering at `url`."""

    box: ZuperBox
    url: str


@contextmanager
def running_zuper(company: Path) -> Iterator[RunningZuper]:
    """Zuper with this company, until the end of the block."""
    database = CompanyDatabase(company)
    box = ZuperBox(ZuperWorld(database), API_KEY)
    with listen("127.0.0.1", 0) as listener, _answering(zuper_server(box, listener, StringIO()), listener):
        yield RunningZuper(box, f"{base_url(listener)}/{ZUPER_PATH}")
    database.close()


@contextmanager
def _answering(running: Server, listener: socket) -> Iterator[None]:
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        running.should_exit = True
        thread.join(timeout=10)
