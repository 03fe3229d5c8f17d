"""From a command's options to a running system in a box."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from socket import socket

from qbo_pipeline.serving.server import listen
from qbo_pipeline.systems.changes import Changes, company_clock, now_utc
from qbo_pipeline.systems.cin7_core.app import CALLS_A_MINUTE, Box
from qbo_pipeline.systems.cin7_core.server import serve as serve_cin7_core
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.company import CompanyDatabase
from qbo_pipeline.systems.door import Door
from qbo_pipeline.systems.http_contract.app import Box as ContractBox
from qbo_pipeline.systems.http_contract.app import Served
from qbo_pipeline.systems.http_contract.server import serve as serve_http_contract
from qbo_pipeline.systems.syncro.app import CALLS_A_MINUTE as SYNCRO_CALLS
from qbo_pipeline.systems.syncro.app import Box as SyncroBox
from qbo_pipeline.systems.syncro.server import serve as serve_syncro
from qbo_pipeline.systems.syncro.world import World as SyncroWorld
from qbo_pipeline.systems.unleashed.app import Box as UnleashedBox
from qbo_pipeline.systems.unleashed.server import serve as serve_unleashed
from qbo_pipeline.systems.unleashed.world import World as UnleashedWorld
from qbo_pipeline.systems.zuper.app import CALLS_A_MINUTE as ZUPER_CALLS
from qbo_pipeline.systems.zuper.app import Box as ZuperBox
from qbo_pipeline.systems.zuper.server import serve as serve_zuper
from qbo_pipeline.systems.zuper.world import World as ZuperWorld

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Boxed:
    """A system that can be run: its limit, calls a minute (`None`: it has none of its own), and how it is served, at
    which pace and by which clock."""

    calls_a_minute: int | None
    serve: Callable[[CompanyDatabase, socket, int | None, Clock], None]


def _cin7_core(company: CompanyDatabase, listener: socket, calls: int | None, clock: Clock) -> None:
    serve_cin7_core(Box(World(company, clock=clock), secrets.token_hex(16), secrets.token_hex(16), calls), listener)


def _http_contract(company: CompanyDatabase, listener: socket, calls: int | None, clock: Clock) -> None:
    serve_http_contract(ContractBox(Served(company, clock=clock), secrets.token_hex(16)), listener)


def _unleashed(company: CompanyDatabase, listener: socket, calls: int | None, clock: Clock) -> None:
    world = UnleashedWorld(company, Changes(clock))
    serve_unleashed(UnleashedBox(world, secrets.token_hex(16), secrets.token_hex(16), Door(calls)), listener)


def _syncro(company: CompanyDatabase, listener: socket, calls: int | None, clock: Clock) -> None:
    serve_syncro(SyncroBox(SyncroWorld(company, Changes(clock)), secrets.token_hex(16), Door(calls)), listener)


def _zuper(company: CompanyDatabase, listener: socket, calls: int | None, clock: Clock) -> None:
    serve_zuper(ZuperBox(ZuperWorld(company, Changes(clock)), secrets.token_hex(16), Door(calls)), listener)


SYSTEMS = {
    "cin7_core": Boxed(CALLS_A_MINUTE, _cin7_core),
    "http_contract": Boxed(None, _http_contract),
    "syncro": Boxed(SYNCRO_CALLS, _syncro),
    "unleashed": Boxed(None, _unleashed),
    "zuper": Boxed(ZUPER_CALLS, _zuper),
}


def launch(
    system: str,
    inventory: Path,
    *,
    host: str,
    port: int,
    limits: str,
    warn: Callable[[str], None],
    clock: str = "own",
) -> None:
    """Serve the demo's company as this system does, until the process is told to stop.

    `limits` is `qbo` or `own` for the system's own (some have none that is known), `off`, or `xN` for N times that.
    `clock` is `own`, or `company`: the evening of the last day that the company has worked.
    Raises `ValueError` for options that make no server, `OSError` where the port is taken.
    """
    if system not in SYSTEMS:
        raise ValueError(f"--system is {system!r}; write one of {', '.join(SYSTEMS)}.")
    if not inventory.is_file():
        raise ValueError(f"{inventory} is not there: `make demo` makes a company, or name its file with --inventory.")
    if clock not in ("own", "company"):
        raise ValueError(f"--clock is {clock!r}; write own, or company.")
    boxed = SYSTEMS[system]
    calls = _calls(limits, boxed.calls_a_minute)
    if host not in ("127.0.0.1", "localhost", "::1"):
        warn(f"WARNING: everybody on the network can read this company: it listens on {host}.")
    company = CompanyDatabase(inventory)
    try:
        with listen(host, port) as listener:
            boxed.serve(company, listener, calls, company_clock(company) if clock == "company" else now_utc)
    finally:
        company.close()


def _calls(limits: str, own: int | None) -> int | None:
    if limits == "off":
        return None
    factor = limits.removeprefix("x")
    if limits in ("qbo", "own"):
        return own
    if not (limits.startswith("x") and factor.isascii() and factor.isdigit() and int(factor) > 0):
        raise ValueError(f"--limits is {limits!r}; write own, off, or xN for N times the system's own.")
    if own is None:
        raise ValueError(f"--limits is {limits!r}; this system has no limit of its own to multiply.")
    return own * int(factor)
