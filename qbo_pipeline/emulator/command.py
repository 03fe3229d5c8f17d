"""`qbo-pipeline emulator`: QuickBooks Online in a box, as a command."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline.emulator.http.app import Emulator
from qbo_pipeline.emulator.http.clock import VirtualClock
from qbo_pipeline.emulator.http.fault_rules import FaultScript, read_script
from qbo_pipeline.emulator.http.loopback import is_loopback
from qbo_pipeline.emulator.http.server import base_url_of, listen, serve, warn_if_open
from qbo_pipeline.emulator.http.settings import Settings
from qbo_pipeline.emulator.http.state import EmulatorState, save_value
from qbo_pipeline.emulator.http.state_file import StateFileInUse, locked, saved

DEFAULT_REALM = "9130350000000001"
SEEDS = ("us", "uk", "eu", "empty")


def emulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
    state: Annotated[Path | None, typer.Option(help="SQLite file that keeps everything; left out: memory.")] = None,
    realm: Annotated[str | None, typer.Option(help="Realm id of the company, digits only.")] = None,
    company: Annotated[
        str | None, typer.Option(help="Company to begin with: us (the default), uk, eu or empty.")
    ] = None,
    limits: Annotated[str, typer.Option(help="Intuit's limits: qbo, off, or xN for N times them.")] = "qbo",
    latency: Annotated[int, typer.Option(min=0, max=120_000, help="Milliseconds before each answer.")] = 0,
    faults: Annotated[Path | None, typer.Option(help="TOML or JSON file of failures to order.")] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback are warned about.")
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Host besides this machine that webhooks and OAuth redirects may go to; repeatable."),
    ] = None,
) -> None:
    """Run a QuickBooks Online company offline, behind the real v3 API.

    The first line on stdout is JSON: base_url, discovery_url, realm, client_id, client_secret, refresh_token.
    Its window is at base_url. Stop it with Ctrl-C.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings(limits=limits, latency_ms=latency)
        script = read_script(faults) if faults is not None else FaultScript()
        if company not in (None, *SEEDS):
            raise ValueError(f"--company is {company!r}; write one of {', '.join(SEEDS)}.")
        if realm is not None and not (realm.isascii() and realm.isdigit() and len(realm) <= 20):
            raise ValueError(f"--realm is {realm!r}; a realm id is 1 to 20 digits.")
        with locked(state):
            run(settings, script, state, realm, company, host, port, frozenset(allow_host or ()))
    except (ValueError, OSError, StateFileInUse) as error:
        typer.secho(f"emulator: {_plain(error)}", err=True, fg="red")
        raise typer.Exit(2) from None


def run(
    settings: Settings,
    script: FaultScript,
    path: Path | None,
    realm: str | None,
    company: str | None,
    host: str,
    port: int,
    allowed_hosts: frozenset[str],
) -> None:
    """Open the company, and serve it until the process is told to stop."""
    begun_with = saved(path, "seed")
    if company is not None and begun_with not in (None, company):
        raise ValueError(f"{path} was begun with --company {begun_with} and keeps it; name another --state.")
    seed = begun_with or company or SEEDS[0]
    warn_if_open(host, lambda text: typer.secho(text, err=True, fg="red", bold=True))
    with listen(host, port) as listener:
        base_url = base_url_of(listener, host)
        clock = VirtualClock()
        opened = Company.open(
            path,
            seed=seed,
            realm=realm or saved(path, "realm") or DEFAULT_REALM,
            clock=clock,
            settings=CompanySettings(download_base_url=base_url),
        )
        try:
            state = EmulatorState(opened, clock, settings, base_url=base_url)
            save_value(state.store, "seed", seed)
            state.label = f"company {seed}" if path is None else f"company {seed} in {path.name}"
            state.open_to_network = not is_loopback(host)
            state.faults.add(script)
            serve(Emulator(state, allowed_hosts=allowed_hosts), listener)
        finally:
            opened.close()


def _plain(error: Exception) -> str:
    return str(error).removeprefix("1 validation error for Settings\n")


def main() -> None:
    """Entry of `python -m qbo_pipeline.emulator`."""
    typer.run(emulator)
