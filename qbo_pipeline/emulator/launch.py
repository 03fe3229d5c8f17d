"""From the command's options to a running emulator; apart from the command, so that `--help` loads none of this."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import typer

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline.emulator.http.app import Emulator
from qbo_pipeline.emulator.http.clock import VirtualClock
from qbo_pipeline.emulator.http.fault_rules import FaultScript, read_script
from qbo_pipeline.emulator.http.recording import Recorder
from qbo_pipeline.emulator.http.server import serve, warn_if_open
from qbo_pipeline.emulator.http.settings import Settings
from qbo_pipeline.emulator.http.state import EmulatorState, save_value
from qbo_pipeline.emulator.http.state_file import StateFileInUse, locked, saved
from qbo_pipeline.emulator.traffic.exchanges import Exchange, read_traffic
from qbo_pipeline.emulator.traffic.replaying import replay
from qbo_pipeline.serving.server import base_url, is_loopback, listen

DEFAULT_REALM = "9130350000000001"
SEEDS = ("us", "uk", "eu", "empty")


class NotLaunched(ValueError):
    """The options do not make an emulator; the message says which and what to write instead."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Where traffic is recorded, and what recorded traffic is played again from the start, how many times as fast."""

    record: Path | None
    exchanges: list[Exchange]
    speed: float

    def prepare(self, emulator: Emulator) -> None:
        """Set an emulator up for it. Raises OSError for a file that cannot be written."""
        if self.record is not None:
            emulator.gateway.recorder = Recorder(self.record)
        if self.exchanges:
            emulator.at_start = partial(self._play, emulator)

    async def _play(self, emulator: Emulator) -> None:
        outcome = await replay(emulator.gateway, self.exchanges, self.speed)
        typer.echo(f"replayed: {json.dumps(outcome.as_dict())}", err=True)


def launch(
    *,
    port: int,
    state: Path | None,
    realm: str | None,
    company: str | None,
    copy: Path | None,
    limits: str,
    latency: int,
    faults: Path | None,
    host: str,
    allowed_hosts: frozenset[str],
    record: Path | None = None,
    replayed: Path | None = None,
    speed: float = 0.0,
) -> None:
    """Serve a company until the process is told to stop; raises `NotLaunched`."""
    try:
        settings = Settings(limits=limits, latency_ms=latency)
        script = read_script(faults) if faults is not None else FaultScript()
        if company not in (None, *SEEDS):
            raise ValueError(f"--company is {company!r}; write one of {', '.join(SEEDS)}.")
        if copy is not None and (company is not None or state is not None):
            raise ValueError("--copy is a company of its own and kept in memory: leave out --company and --state.")
        copied = None if copy is None else _read_copy(copy)
        if realm is not None and not (realm.isascii() and realm.isdigit() and len(realm) <= 20):
            raise ValueError(f"--realm is {realm!r}; a realm id is 1 to 20 digits.")
        traffic = Traffic(record, read_traffic(replayed) if replayed is not None else [], speed)
        with locked(state):
            _run(settings, script, state, realm, company, copied, host, port, allowed_hosts, traffic)
    except (ValueError, OSError, StateFileInUse) as error:
        raise NotLaunched(str(error).removeprefix("1 validation error for Settings\n")) from error


def _run(
    settings: Settings,
    script: FaultScript,
    path: Path | None,
    realm: str | None,
    company: str | None,
    copied: Mapping[str, Any] | None,
    host: str,
    port: int,
    allowed_hosts: frozenset[str],
    traffic: Traffic,
) -> None:
    """Open the company, and serve it until the process is told to stop."""
    begun_with = saved(path, "seed")
    if company is not None and begun_with not in (None, company):
        raise ValueError(f"{path} was begun with --company {begun_with} and keeps it; name another --state.")
    seed = begun_with or company or SEEDS[0]
    warn_if_open(host, lambda text: typer.secho(text, err=True, fg="red", bold=True))
    with listen(host, port) as listener:
        url = base_url(listener)
        clock = VirtualClock()
        try:
            opened = Company.open(
                path,
                seed=seed,
                realm=realm or saved(path, "realm") or DEFAULT_REALM,
                clock=clock,
                settings=_settings(url, copied),
                copy=copied,
            )
        except QboFault as refused:
            raise ValueError(f"--copy: the company cannot be made: {refused}") from None
        try:
            state = EmulatorState(opened, clock, settings, base_url=url)
            save_value(state.store, "seed", seed)
            named = f"company {seed}" if copied is None else "a copy of another company"
            state.label = named if path is None else f"{named} in {path.name}"
            state.open_to_network = not is_loopback(host)
            state.faults.add(script)
            emulator = Emulator(state, allowed_hosts=allowed_hosts)
            traffic.prepare(emulator)
            serve(emulator, listener)
        finally:
            opened.close()


def _read_copy(path: Path) -> Mapping[str, Any]:
    """A file of `seeds.copying`; raises `ValueError` for what is none."""
    try:
        copied = jsontext.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"--copy {path}: not JSON: {error}") from None
    missing = [name for name in ("CompanyInfo", "Preferences", "lists") if not isinstance(copied.get(name), dict)]
    if missing:
        raise ValueError(f"--copy {path}: has no {', '.join(missing)}")
    return dict(copied)


def _settings(url: str, copied: Mapping[str, Any] | None) -> CompanySettings:
    """Those of the plan and zone that a copied company says it has; one that names no plan has all that there is."""
    plain = CompanySettings(download_base_url=url)
    if copied is None:
        return plain
    said = {pair.get("Name"): str(pair.get("Value")) for pair in copied["CompanyInfo"].get("NameValue", ())}
    plan = said.get("OfferingSku", "").removeprefix("QuickBooks Online ").replace(" ", "")
    known = get_args(get_type_hints(CompanySettings)["plan"])
    zone = str(copied.get("time_zone") or plain.time_zone)
    return replace(plain, plan=cast(Any, plan if plan in known else "Advanced"), time_zone=zone)
