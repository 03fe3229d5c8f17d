"""From a command's options to a running system in a box."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from qbo_pipeline.serving.server import listen
from qbo_pipeline.systems.cin7_core.app import CALLS_A_MINUTE, Box
from qbo_pipeline.systems.cin7_core.server import serve as serve_cin7_core
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.company import CompanyDatabase
from qbo_pipeline.systems.http_contract.app import Box as ContractBox
from qbo_pipeline.systems.http_contract.app import Served
from qbo_pipeline.systems.http_contract.server import serve as serve_http_contract

SYSTEMS = ("cin7_core", "http_contract")


def launch(system: str, inventory: Path, *, host: str, port: int, limits: str, warn: Callable[[str], None]) -> None:
    """Serve the demo's company as this system does, until the process is told to stop.

    `limits` is `qbo` or `own` for the system's own (the HTTP contract has none), `off`, or `xN` for N times that.
    Raises `ValueError` for options that make no server, `OSError` where the port is taken.
    """
    if system not in SYSTEMS:
        raise ValueError(f"--system is {system!r}; write one of {', '.join(SYSTEMS)}.")
    if not inventory.is_file():
        raise ValueError(f"{inventory} is not there: `make demo` makes a company, or name its file with --inventory.")
    calls = _calls(limits)
    if system == "http_contract" and limits not in ("qbo", "own", "off"):
        raise ValueError(f"--limits is {limits!r}; the HTTP contract has no limit of its own to multiply.")
    if host not in ("127.0.0.1", "localhost", "::1"):
        warn(f"WARNING: everybody on the network can read this company: it listens on {host}.")
    company = CompanyDatabase(inventory)
    try:
        with listen(host, port) as listener:
            if system == "http_contract":
                serve_http_contract(ContractBox(Served(company), secrets.token_hex(16)), listener)
            else:
                account, key = secrets.token_hex(16), secrets.token_hex(16)
                serve_cin7_core(Box(World(company), account, key, calls), listener)
    finally:
        company.close()


def _calls(limits: str) -> int | None:
    if limits == "off":
        return None
    factor = limits.removeprefix("x")
    if limits in ("qbo", "own"):
        return CALLS_A_MINUTE
    if limits.startswith("x") and factor.isascii() and factor.isdigit() and int(factor) > 0:
        return CALLS_A_MINUTE * int(factor)
    raise ValueError(f"--limits is {limits!r}; write own, off, or xN for N times the system's own.")
