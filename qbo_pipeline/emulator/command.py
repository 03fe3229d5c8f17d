"""`qbo-pipeline emulator`: QuickBooks Online in a box, or with `--system` an inventory system, as a command."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer


def emulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
    state: Annotated[Path | None, typer.Option(help="SQLite file that keeps everything; left out: memory.")] = None,
    realm: Annotated[str | None, typer.Option(help="Realm id of the company, digits only.")] = None,
    company: Annotated[
        str | None, typer.Option(help="Company to begin with: us (the default), uk, eu or empty.")
    ] = None,
    copy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Company to begin with: a copy, as `rehearse` makes one.")
    ] = None,
    limits: Annotated[
        str, typer.Option(help="Intuit's limits, or the system's own: qbo, off, or xN for N times them.")
    ] = "qbo",
    latency: Annotated[int, typer.Option(min=0, max=120_000, help="Milliseconds before each answer.")] = 0,
    faults: Annotated[Path | None, typer.Option(help="TOML or JSON file of failures to order.")] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback are warned about.")
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Host besides this machine that webhooks and OAuth redirects may go to; repeatable."),
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="File to which the API's traffic is appended, to be played again.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Recorded traffic, of --record or a HAR file, to play from the start.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="With --replay: how many times as fast as recorded; 0 waits for nothing.")
    ] = 0,
    system: Annotated[
        str | None,
        typer.Option(
            help="An inventory system instead, with the demo's company: cin7_core, http_contract, syncro, unleashed,"
            " zuper."
        ),
    ] = None,
    inventory: Annotated[
        Path | None, typer.Option(help="With --system: the company's file; .demo/inventory.sqlite.")
    ] = None,
    clock: Annotated[
        str | None,
        typer.Option(help="With --system: own, or company for the evening of the last day that the company worked."),
    ] = None,
) -> None:
    """Run a QuickBooks Online company offline, behind the real v3 API.

    The first line on stdout is JSON: base_url, discovery_url, realm, client_id, client_secret, refresh_token.
    Its window is at base_url. With --system the line says base_url and what lets one in. Stop it with Ctrl-C.
    """
    if system is not None or inventory is not None or clock is not None:
        _launch_system(
            system,
            inventory,
            host,
            port,
            limits,
            clock,
            others={
                "--state": state,
                "--realm": realm,
                "--company": company,
                "--copy": copy,
                "--latency": latency or None,
                "--faults": faults,
                "--allow-host": allow_host,
                "--record": record,
                "--replay": replay,
            },
        )
        return
    from qbo_pipeline.emulator.launch import NotLaunched, launch

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        launch(
            port=port,
            state=state,
            realm=realm,
            company=company,
            copy=copy,
            limits=limits,
            latency=latency,
            faults=faults,
            host=host,
            allowed_hosts=frozenset(allow_host or ()),
            record=record,
            replayed=replay,
            speed=speed,
        )
    except NotLaunched as error:
        typer.secho(f"emulator: {error}", err=True, fg="red")
        raise typer.Exit(2) from None


def _launch_system(
    system: str | None,
    inventory: Path | None,
    host: str,
    port: int,
    limits: str,
    clock: str | None,
    *,
    others: dict[str, object],
) -> None:
    from qbo_pipeline.systems.launch import launch

    try:
        if system is None:
            raise ValueError("--inventory and --clock go with --system.")
        if given := [name for name, value in others.items() if value]:
            raise ValueError(f"{', '.join(given)}: of QuickBooks' emulator alone, not of --system.")
        launch(
            system,
            inventory or Path(".demo/inventory.sqlite"),
            host=host,
            port=port,
            limits=limits,
            warn=lambda text: typer.secho(text, err=True, fg="red", bold=True),
            clock=clock or "own",
        )
    except (ValueError, OSError) as error:
        typer.secho(f"emulator: {error}", err=True, fg="red")
        raise typer.Exit(2) from None


def main() -> None:
    """Entry of `python -m qbo_pipeline.emulator`."""
    typer.run(emulator)
