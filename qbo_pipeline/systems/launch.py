"""From a command's options to a running system in a box."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from qbo_pipeline.serving.server import listen
from qbo_pipeline.systems.cin7_core.app import CALLS_A_MINUTE, Box
from qbo_pipeline.systems.cin7_core.server import serve
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.company import CompanyDatabase

SYSTEMS = ("cin7_core",)


def launch(system: str, inventory: Path, *, host: str, port: int, limits: str, warn: Callable[[str], None]) -> None:
    """Serve the demo's company as this system does, until the process is told to stop.

    `limits` is `qbo` or `own` for the system's own, `off`, or `xN` for N times that. Raises `ValueError` for options
    that make no server, `OSError` where the port is taken.
    """
    if system not in SYSTEMS:
        raise ValueError(f"--system is {system!r}; write one of {', '.join(SYSTEMS)}.")
    if not inventory.is_file():
        raise ValueError(f"{inventory} is not there: `make demo` makes a company, or name its file with --inventory.")
    calls = _calls(limits)
    if host not in ("127.0.0.1", "localhost", "::1"):
        warn(f"WARNING: everybody on the network can read this company: it listens on {host}.")
    company = CompanyDatabase(inventory)
    try:
        box = Box(World(company), secrets.token_hex(16), secrets.token_hex(16), calls)
        with listen(host, port) as listener:
            serve(box, listener)
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
