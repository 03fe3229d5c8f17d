"""`qbo-pipeline init`, `connect` and `preflight`: from nothing to a connection that may go live."""

from __future__ import annotations

import secrets as random
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, parse_day, print_json


def init(
    name: Annotated[str, typer.Argument(help="The connection's name: lower-case letters, digits and underscores.")],
    realm: Annotated[str, typer.Option(help="The realm id (company id) of the QuickBooks company.")],
    first_day: Annotated[
        date, typer.Option(parser=parse_day, metavar="YYYY-MM-DD", help="First business date to read and post.")
    ],
    currency: Annotated[str, typer.Option(help="Home currency of the company.")] = "USD",
    time_zone: Annotated[str, typer.Option(help="The company's time zone.")] = "America/New_York",
    environment: Annotated[str, typer.Option(help="sandbox or production.")] = "sandbox",
    mapping: Annotated[str | None, typer.Option(help="A folder of sql/source, such as openbravo.")] = None,
    csv: Annotated[str | None, typer.Option(help="A folder of CSV files instead of a database.")] = None,
    folder: Annotated[Path, typer.Option(help="Where to write <name>.toml.")] = Path("connections"),
) -> None:
    """Write a settings file to start from, with every setting explained, and an encryption key beside it."""
    import base64

    from qbo_pipeline.commands.template import settings_text
    from qbo_pipeline.settings import load_settings

    file = folder / f"{name}.toml"
    if file.exists():
        typer.echo(f"{file} is there already; it is not touched.", err=True)
        raise typer.Exit(1)
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "name": name,
        "currency": currency,
        "time_zone": time_zone,
        "first_day": first_day.isoformat(),
        "environment": environment,
        "realm": realm,
        "mapping": mapping,
        "store_url": f"sqlite:///{name}.sqlite",
    }
    if csv is not None:
        values |= {"source_kind": "csv", "source_path": csv}
    file.write_text(settings_text(values), encoding="utf-8")
    load_settings(file)
    variable = f"QBO_{name.upper()}_ENCRYPTION_KEY"
    env_file = folder / ".env"
    if variable not in (env_file.read_text(encoding="utf-8") if env_file.exists() else ""):
        env_file.touch(mode=0o600)
        with env_file.open("a", encoding="utf-8") as out:
            out.write(f"{variable}={base64.b64encode(random.token_bytes(32)).decode()}\n")
    typer.echo(f"Wrote {file}. Next: set the source and the accounts in it, then")
    typer.echo(f"  qbo-pipeline connect --settings {file}")
    typer.echo(f"  qbo-pipeline preflight --settings {file}")


def connect(
    settings: SettingsOption = None,
    timeout: Annotated[int, typer.Option(help="Seconds to wait for the browser to come back.")] = 300,
) -> None:
    """Authorise the connection with Intuit in the browser, and keep its tokens encrypted in the store."""
    from qbo_pipeline.pipeline.authorise import authorise

    with command_run(settings, quiet=True) as run:
        company = authorise(run, typer.echo, timeout)
    typer.echo(f"Connected to {company}. Next: qbo-pipeline preflight")


def preflight(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """The checks before going live, each with its remedy. Exit status 1 where one fails."""
    from qbo_pipeline.pipeline.preflight import preflight as checks

    with command_run(settings, quiet=True) as run:
        found = checks(run)
    if as_json:
        print_json(
            [{"check": item.name, "ok": item.ok, "finding": item.finding, "remedy": item.remedy} for item in found]
        )
    else:
        for item in found:
            typer.echo(f"{'ok  ' if item.ok else 'FAIL'}  {item.name}: {item.finding}")
            if not item.ok:
                typer.echo(f"      {item.remedy}")
    raise typer.Exit(0 if all(item.ok for item in found) else 1)
