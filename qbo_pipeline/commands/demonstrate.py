"""`qbo-pipeline demo`: a month of a made-up company, embedded; and `qbo-pipeline ui` on what it left.

The emulator runs in a process of its own and is stopped at the end; the company's books, the store and Dagster's
instance stay in the demo's folder.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from qbo_pipeline.commands.common import say
from qbo_pipeline.commands.demo_boatyard import ROLES as BOATYARD_ROLES
from qbo_pipeline.commands.demo_boatyard import hints, with_boatyard
from qbo_pipeline.commands.demo_books import open_books
from qbo_pipeline.commands.demo_choices import STOCK_ACCOUNTS, DemoCountry, DemoMode, country_of
from qbo_pipeline.commands.demo_month import DemoNights, month_both_ways
from qbo_pipeline.commands.demo_servers import NAME, DemoFolder, RunningSystem, emulator, let_into, system_box
from qbo_pipeline.commands.demo_systems import HINTS, WAREHOUSES, DemoSystem, demo_system
from qbo_pipeline.commands.demo_ways import (
    bookkeeper_works,
    both_sides_told,
    both_ways,
    kinds_of,
    laid_file,
    make_inbox,
    warehouse_takes,
)
from qbo_pipeline.commands.ends import EndedEarly
from qbo_pipeline.commands.last_resort import ends_with_us
from qbo_pipeline.commands.template import DEFAULT_ROLES, settings_text
from qbo_pipeline.verdicts import Verdict

FIRST_DAY = date(2026, 10, 1)
LEAST_BOTH_WAYS = 12  # days: the bookkeeper needs invoices that are not paid


class DemoWays(StrEnum):
    """Which way things go: out to QuickBooks, or both ways."""

    OUT = "out"
    BOTH = "both"


Folder = Annotated[Path, typer.Option(help="Where everything of the demo lies.")]


def demo(
    folder: Folder = Path(".demo"),
    days: Annotated[
        int, typer.Option(min=1, max=365, help="How many days; the last three are nights of their own.")
    ] = 31,
    seed: Annotated[int, typer.Option(help="Another seed makes another company.")] = 7,
    system: Annotated[
        str | None,
        typer.Option(
            help="Behind a system in a box (cin7_core, http_contract, syncro, unleashed, zuper); else its own database."
        ),
    ] = None,
    mode: Annotated[DemoMode, typer.Option(help="How it posts.")] = DemoMode.EXTERNAL,
    company: Annotated[DemoCountry, typer.Option(help="Where the company is; elsewhere than us: its database.")] = (
        DemoCountry.US
    ),
    ways: Annotated[DemoWays, typer.Option(help="Who works: the warehouse alone, or people in QuickBooks too.")] = (
        DemoWays.OUT
    ),
    nights: Annotated[
        DemoNights | None,
        typer.Option(help="Both ways: a run every night (day), or one at the end of the month for all of it (one)."),
    ] = None,
) -> None:
    """A month of a made-up company in one run and three nights, reconciled: no account, no server, no question."""
    try:
        known = None if system is None else demo_system(system)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--system") from None
    if known is not None and company is not DemoCountry.US:
        raise typer.BadParameter("the systems in a box are of a company in the US", param_hint="--company")
    if ways is DemoWays.BOTH and days < LEAST_BOTH_WAYS:
        raise typer.BadParameter(f"both ways it takes {LEAST_BOTH_WAYS} days or more", param_hint="--days")
    # A summary is no invoice that is paid; systems in a box are shown in external mode.
    if ways is DemoWays.BOTH and (mode is DemoMode.SUMMARISED or (known is not None and mode is not DemoMode.EXTERNAL)):
        what = "external and tracked" if known is None else "external alone"
        raise typer.BadParameter(f"the demo goes both ways in mode {what}", param_hint="--ways")
    if ways is DemoWays.BOTH and company is not DemoCountry.US:
        raise typer.BadParameter("it is shown with a company in the US", param_hint="--ways")
    if nights is not None and (ways is not DemoWays.BOTH or known is not None):
        raise typer.BadParameter("it counts where the demo goes both ways with its own database", param_hint="--nights")
    if ways is DemoWays.BOTH and known is None:
        raise typer.Exit(run_both_ways(folder, days, seed=seed, mode=mode, nights=nights or DemoNights.DAY))
    raise typer.Exit(run_demo(folder, days, seed=seed, system=known, mode=mode, country=company, ways=ways))


def ui(
    folder: Folder = Path(".demo"),
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
) -> None:
    """The Dagster UI on the demo's instance, with the emulator running beside it."""
    raise typer.Exit(run_ui(folder, port))


def demo_settings(
    start: Mapping[str, str],
    days: int,
    box: RunningSystem | None = None,
    mode: DemoMode = DemoMode.EXTERNAL,
    country: DemoCountry = DemoCountry.US,
    ways: DemoWays = DemoWays.OUT,
    *,
    boatyard: bool = False,
) -> str:
    """The text of the demo's settings; of `start`, the emulator's first line, realm and base_url are in it."""
    places = dict(zip(WAREHOUSES, box.system.locations if box else WAREHOUSES, strict=True))
    values: dict[str, Any] = {
        "name": NAME,
        **country.settings(),
        "first_day": FIRST_DAY.isoformat(),
        "last_day": (FIRST_DAY + timedelta(days=days - 1)).isoformat(),
        "environment": "emulator",
        "realm": start["realm"],
        "base_url": start["base_url"],
        "store_url": "sqlite:///../store.sqlite",
        "roles": {**DEFAULT_ROLES, "inventory": STOCK_ACCOUNTS["location", "1"]},
        "quotes": "true",
        "purchase_orders": "true",
    }
    values |= mode.settings(places)
    values |= box.settings() if box else {"source_url": "sqlite:///../inventory.sqlite", "hints": HINTS}
    if boatyard:
        values |= {"roles": values["roles"] | BOATYARD_ROLES, "hints": {**values["hints"], **hints(country)}}
    text = settings_text(values)
    if boatyard:
        text = with_boatyard(text, FIRST_DAY, mode, country)
    if ways is DemoWays.BOTH:
        text = both_ways(text, min(FIRST_DAY, datetime.now(UTC).date()), box.system if box else None)
        text = text if box else month_both_ways(text, tracked=mode is DemoMode.TRACKED)
    return text


def prepare(
    folder: DemoFolder,
    start: dict[str, str],
    days: int,
    box: RunningSystem | None = None,
    mode: DemoMode = DemoMode.EXTERNAL,
    country: DemoCountry = DemoCountry.US,
    ways: DemoWays = DemoWays.OUT,
    boatyard: bool = False,
) -> None:
    """Write the demo's settings, its secrets (of an emulator, worth nothing elsewhere) and Dagster's settings, and make
    its store."""
    from qbo_pipeline.settings import load_settings
    from qbo_pipeline.store.opening import make_store

    for path in (folder.connections, folder.dagster_home):
        path.mkdir(parents=True, exist_ok=True)
    text = demo_settings(start, days, box, mode, country, ways, boatyard=boatyard)
    folder.settings.write_text(text, encoding="utf-8")
    prefix = f"QBO_{NAME.upper()}"
    lines = [f"{prefix}_{key.upper()}={start[key]}" for key in ("client_id", "client_secret", "refresh_token")]
    lines.append(f"{prefix}_ENCRYPTION_KEY={base64.b64encode(secrets.token_bytes(32)).decode()}")
    folder.secrets.touch(mode=0o600)
    folder.secrets.write_text("\n".join(lines) + "\n", encoding="utf-8")
    let_into(folder, box)
    make_store(load_settings(folder.settings).store_url()).close()
    (folder.dagster_home / "dagster.yaml").write_text(_dagster_yaml(), encoding="utf-8")


def _dagster_yaml() -> str:
    file = Path(__file__).parent.parent.parent / "dagster.yaml"
    return file.read_text(encoding="utf-8") if file.is_file() else "telemetry:\n  enabled: false\n"


def run_demo(
    folder_path: Path,
    days: int,
    *,
    seed: int = 7,
    system: DemoSystem | None = None,
    mode: DemoMode = DemoMode.EXTERNAL,
    country: DemoCountry = DemoCountry.US,
    ways: DemoWays = DemoWays.OUT,
) -> int:
    """Carry `days` days and print what came out; answers the exit status, that of the verdict."""
    from qbo_pipeline.commands.demo_both import clear_samples
    from qbo_pipeline.commands.demo_nights import Stopwatch, run_days, windows

    folder = _new_folder(folder_path)
    clock = Stopwatch()
    behind = f" behind {system.name} in a box" if system else ""
    say(f"A made-up company{behind}, {days} days from {FIRST_DAY}, into an emulated QuickBooks company.")
    runs = windows(FIRST_DAY, days)
    every_evening = system is not None and system.tells_no_past
    both = ways is DemoWays.BOTH
    boatyard = system is None and not both  # the boxes serve the warehouse's own papers
    founded = FIRST_DAY - timedelta(days=1) if every_evening else runs[0][1]
    _company_works(folder, founded, seed, country, boatyard=boatyard)
    with emulator(folder, company=country) as start, system_box(folder, system) as box:
        prepare(folder, start, days, box, mode, country, ways, boatyard=boatyard)
        open_books(folder, country, boatyard=boatyard)
        if both:
            clear_samples(folder, FIRST_DAY)
        if both and system is None:
            make_inbox(folder)
        if both and "attachments" in kinds_of(system):
            laid_file(folder)
        if every_evening:
            say("This system tells stock as it is now and no day before: it is read every evening.")
            _is_read(folder)
        os.environ.update(folder.environment())
        for first, last in runs:
            clock.say(f"the night after {last}" if first == last else f"{first} to {last}, in one run")
            if every_evening:
                _evenings(folder, first, last, seed)
            elif first != runs[0][0]:
                _company_works(folder, last, seed)
            clock.say("  the company has worked; Dagster begins")
            if both and first == last:
                turn = (last - runs[-1][1]).days + len(runs) - 2
                for text in bookkeeper_works(folder, last, turn, system) if turn < 2 else ():
                    clock.say(f"  {text}")
            if failure := run_days(str(folder.settings), NAME, (first, last), clock.say):
                say(f"The run of {last} failed; `make ui` shows all of it.", *failure.splitlines())
                return 1
            if both and system is None:
                clock.say(f"  {warehouse_takes(folder)}")
        for _ in range(2 if both else 0):  # what was taken is read, and said back
            run_days(str(folder.settings), NAME, runs[-1], clock.say)
            if system is None:
                clock.say(f"  {warehouse_takes(folder)}")
        clock.say(f"{days} days done")
        compared, equal = both_sides_told(folder) if both else ([], True)
    if compared:
        say("", *compared)
    status = _tell(folder, FIRST_DAY + timedelta(days=days - 1))
    return status if equal else max(status, Verdict.WAITING)


def run_both_ways(folder_path: Path, days: int, *, seed: int, mode: DemoMode, nights: DemoNights) -> int:
    """Carry `days` days with work on both sides and print what came out; answers the exit status: that of the verdict,
    4 where the two sides are not equal at the end."""
    from qbo_pipeline.commands.demo_both import BothWays, DemoFailed
    from qbo_pipeline.commands.demo_month import live_days
    from qbo_pipeline.commands.demo_nights import Stopwatch

    folder = _new_folder(folder_path)
    clock = Stopwatch()
    how = "a run every night" if nights is DemoNights.DAY else "one night for all of it"
    say(f"A made-up company and an emulated QuickBooks company, {days} days, work on both sides, {how}.")
    _company_works(folder, FIRST_DAY + timedelta(days=live_days(days) - 1), seed)
    with emulator(folder) as start:
        prepare(folder, start, days, None, mode, DemoCountry.US, DemoWays.BOTH)
        open_books(folder)
        os.environ.update(folder.environment())
        both = BothWays(folder, FIRST_DAY, days, lambda day: _company_works(folder, day, seed), clock)
        try:
            both.go_live()
            both.month(nights)
        except DemoFailed as failed:
            say(f"{failed}; `make ui` shows all of it.")
            return 1
        lines, equal = both.told(tracked=mode is DemoMode.TRACKED)
    say("", *lines)
    status = _tell(folder, FIRST_DAY + timedelta(days=days - 1))
    return status if equal else 4


def _new_folder(folder_path: Path) -> DemoFolder:
    folder = DemoFolder(folder_path.resolve())
    if folder.path.exists():
        shutil.rmtree(folder.path)
    folder.path.mkdir(parents=True)
    return folder


def _company_works(
    folder: DemoFolder, last: date, seed: int, country: DemoCountry = DemoCountry.US, *, boatyard: bool = False
) -> None:
    from qbo_pipeline.demo.company import advance, generate

    if folder.company.exists():
        advance(folder.company, last)
    else:
        days = (last - FIRST_DAY).days + 1
        generate(folder.company, seed=seed, first_day=FIRST_DAY, days=days, country=country, boatyard=boatyard)


def _evenings(folder: DemoFolder, first: date, last: date, seed: int) -> None:
    """Work the days one by one; in the evening of each the account is read, as the sensor `changed_days` does."""
    for offset in range((last - first).days + 1):
        _company_works(folder, first + timedelta(days=offset), seed)
        _is_read(folder)


def _is_read(folder: DemoFolder) -> None:
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run, run.source() as source:
        source.changed_days(None)


def _tell(folder: DemoFolder, last: date) -> int:
    from qbo_pipeline.commands.summary import print_summary
    from qbo_pipeline.settings import load_settings

    return print_summary(load_settings(folder.settings), as_at=last)


def run_ui(folder_path: Path, port: int) -> int:
    """Start the emulator and the Dagster UI on the demo's instance; ends with Ctrl-C."""
    folder = DemoFolder(folder_path.resolve())
    if not folder.settings.is_file():
        say("There is no demo yet: run `make demo` first (it takes about a minute).", err=True)
        return 1
    from urllib.parse import urlsplit

    from qbo_pipeline.settings import load_settings

    settings = load_settings(folder.settings)
    emulator_port = urlsplit(settings.quickbooks.base_url or "").port or 0
    system = demo_system(settings.source.kind) if settings.source.is_read_by_api else None
    box_port = urlsplit(settings.source.url or "").port or 0 if system else 0
    workspace = Path(__file__).parent.parent.parent / "workspace.yaml"
    country = country_of(settings.connection.currency)
    with emulator(folder, emulator_port, country) as start, system_box(folder, system, box_port) as box:
        let_into(folder, box)
        say(f"Dagster UI: http://127.0.0.1:{port}   QuickBooks emulator: {start['base_url']}")
        sys.stdout.flush()
        command = [sys.executable, "-m", "dagster", "dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)]
        # A group of its own: Dagster starts a web server and a daemon, and all of them end with this command.
        # Dagster's advice that `dagster dev` has a successor is nothing that a reader of the demo could act on.
        quiet = {"PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore::FutureWarning")}
        process = subprocess.Popen(command, env={**os.environ, **folder.environment(), **quiet}, start_new_session=True)
        with ends_with_us(-process.pid):
            try:
                return process.wait()
            except EndedEarly as end:  # stopping it is how it ends
                say(end.text, err=True)
                return 0
            finally:
                _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask all of Dagster's processes to end, and end what has not after some seconds: fewer than `PATIENCE`."""
    for number, seconds in ((signal.SIGINT, 7), (signal.SIGKILL, 2)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
