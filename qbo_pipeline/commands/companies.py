"""`qbo-pipeline init`, `connect` and `preflight`: from nothing to a connection that may go live."""

from __future__ import annotations

import math
import os
import secrets as random
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, parse_day, print_json, say
from qbo_pipeline.commands.whole_files import whole_file

if TYPE_CHECKING:
    from qbo_pipeline.commands.profiles import Profile


def init(
    name: Annotated[str, typer.Argument(help="The connection's name: lower-case letters, digits and underscores.")],
    realm: Annotated[str, typer.Option(help="The realm id (company id) of the QuickBooks company.")],
    first_day: Annotated[
        date, typer.Option(parser=parse_day, metavar="YYYY-MM-DD", help="First business date to read and post.")
    ],
    currency: Annotated[str, typer.Option(help="Home currency of the company.")] = "USD",
    time_zone: Annotated[str, typer.Option(help="The company's time zone.")] = "America/New_York",
    environment: Annotated[str, typer.Option(help="sandbox, production, or emulator (with --base-url).")] = "sandbox",
    base_url: Annotated[
        str | None, typer.Option(help="The emulator's address, as its first line says, such as http://127.0.0.1:8000.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="A folder of sql/source, such as openbravo.")] = None,
    csv: Annotated[str | None, typer.Option(help="A folder of CSV files instead of a database.")] = None,
    system: Annotated[
        str | None,
        typer.Option(
            help="An inventory system that is read by its API: cin7_core, http_contract, syncro, unleashed, zuper.",
            metavar="NAME",
        ),
    ] = None,
    system_url: Annotated[
        str | None, typer.Option(help="With --system: the address, where it is not the vendor's own.")
    ] = None,
    system_login: Annotated[
        str | None,
        typer.Option(
            help="With --system zuper: the company's login name, by which the vendor tells the address of its region;"
            " --system-url is then who tells it, where that is not the vendor."
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Begin as a vendor's own integration does: cin7_core (dear), re_leased, syncro, unleashed, zuper.",
            metavar="NAME",
        ),
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where to write <name>.toml.")] = Path("connections"),
) -> None:
    """Write a settings file to start from, with every setting explained, and beside it an encryption key and an empty
    store."""
    from qbo_pipeline.commands.profiles import decided, with_choices
    from qbo_pipeline.commands.template import settings_text
    from qbo_pipeline.environment import env_file, trouble_with
    from qbo_pipeline.settings import SettingsError

    _mind_company(name, environment, base_url)
    chosen = _profile(profile)
    file, secrets_file = folder / f"{name}.toml", env_file(folder)
    if file.exists():
        if system is None:
            raise SettingsError(f"{file} is there already; it is not touched")
        say(f"{file} is there already; it is not touched.")
        raise typer.Exit(0 if look_at_system(file) else 2)
    if trouble := trouble_with(secrets_file):
        raise SettingsError(f"{secrets_file}, where the encryption key belongs, {trouble}: nothing was written")
    _mind_source(csv, mapping, system, system_url, system_login)
    values = {
        "name": name,
        "currency": currency,
        "time_zone": time_zone,
        "first_day": first_day.isoformat(),
        "environment": environment,
        "realm": realm,
        "mapping": _from(folder, mapping) if mapping and len(Path(mapping).parts) > 1 else mapping,
        "base_url": base_url,
        "store_url": f"sqlite:///{name}.sqlite",
    }
    if csv is not None:
        values |= {"source_kind": "csv", "source_path": _from(folder, csv)}
    if system is not None:
        values |= {"source_kind": system, "source_url": _address(system, system_login, system_url)}
    choices = {} if chosen is None else decided(chosen, str(values.get("source_kind")), values["first_day"] or "")
    _write(name, file, secrets_file, with_choices(settings_text(values), choices))
    if system is not None and not look_at_system(file):
        say("Once that is mended, the same command again looks at the account, and touches nothing.")
    what = "the source and the accounts" if system is None else "the accounts and the system's codes"
    say(f"Wrote {file}. Next: set {what} in it, then")
    if environment == "emulator":
        names = ", ".join(f"QBO_{name.upper()}_{part}" for part in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"))
        say(f"  write {names}, as the emulator's first line says them, into {secrets_file}")
    else:
        say(f"  qbo-pipeline connect --settings {file}")
    say(f"  qbo-pipeline preflight --settings {file}")


def _mind_company(name: str, environment: str, base_url: str | None) -> None:
    from qbo_pipeline.settings_sections import is_connection_name

    if not is_connection_name(name):  # before it becomes the name of a file
        raise typer.BadParameter(
            f"{name!r} cannot be the name of a connection: write lower-case letters, digits and underscores, "
            "beginning with a letter, at most 40",
            param_hint="NAME",
        )
    if (environment == "emulator") != (base_url is not None):
        raise typer.BadParameter(
            "--environment emulator and --base-url http://127.0.0.1:PORT go together: Intuit's own addresses are known",
            param_hint="--base-url",
        )


def _profile(name: str | None) -> Profile | None:
    from qbo_pipeline.commands.profiles import profile_named

    try:
        return None if name is None else profile_named(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--profile") from None


def _mind_source(
    csv: str | None, mapping: str | None, system: str | None, system_url: str | None, system_login: str | None
) -> None:
    if system is not None and (csv is not None or mapping is not None):
        raise typer.BadParameter("a system that is read by API has no mapping and no CSV files", param_hint="--system")
    if system_url is not None and system is None:
        raise typer.BadParameter("--system-url goes with --system", param_hint="--system-url")
    if system_login is not None and system is None:
        raise typer.BadParameter("--system-login goes with --system", param_hint="--system-login")


def _write(name: str, file: Path, secrets_file: Path, text: str) -> None:
    """Make the store, then write the encryption key, then the settings; nothing where the text is no good settings."""
    import base64

    from qbo_pipeline.settings import SettingsError, settings_of
    from qbo_pipeline.store.opening import make_store

    try:
        settings = settings_of(text, file)
    except SettingsError as error:  # the lines of a file that is not there would help nobody
        told = "\n".join(line.partition(": ")[2] for line in str(error).splitlines())
        raise SettingsError(f"{file} was not written:\n{told}") from None
    file.parent.mkdir(parents=True, exist_ok=True)
    make_store(settings.store_url()).close()
    variable = f"QBO_{name.upper()}_ENCRYPTION_KEY"
    secrets = secrets_file.read_text(encoding="utf-8") if secrets_file.exists() else ""
    if variable not in secrets:
        key = base64.b64encode(random.token_bytes(32)).decode()
        secrets_file.touch(mode=0o600)
        with whole_file(secrets_file) as out:
            out.write(f"{secrets}{variable}={key}\n")
    with whole_file(file) as out:  # the last of all: where it is there, everything is
        out.write(text)


def _address(system: str, login: str | None, url: str | None) -> str | None:
    """Where the system is: as it was given, or as the vendor tells it by a login name."""
    if login is None:
        return url
    from qbo_pipeline.pipeline.landed import find_address

    found = find_address(system, login, url)
    say(f"The address of {login} is {found}")
    return found


def look_at_system(file: Path) -> bool:
    """Show what an account says of itself, the beginning of each list, and how long a first load takes.

    Where it cannot be looked at, says what is missing, as where its key is not in the environment yet; answers whether
    it could.
    """
    from qbo_pipeline.errors import PipelineError
    from qbo_pipeline.pipeline.landed import calls_per_minute, look_at_account
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.settings import load_settings

    settings = load_settings(file)
    if not settings.source.is_read_by_api:
        say(f"The source of {file} is no system that is read by its API.")
        return False
    try:
        with open_run(settings, only_look=True) as run:
            look = look_at_account(run)
    except PipelineError as error:
        say(f"The account was not looked at: {error}")
        return False
    if settings.source.kind != "http_contract":
        page = f"docs/systems/{settings.source.kind}.md"
        say(f"This source was never compared with the vendor's own server ({page}): look closely.")
    say("The account says of itself:", *(f"  {name}: {value or 'not set'}" for name, value in look.company.items()))
    for shown in look.lists:
        total = "" if shown.total is None else f" ({shown.total:,} in all)"
        say(f"{shown.path}{total}: {'; '.join(shown.entries) or 'nothing'}")
    if not look.calls:
        return True
    pace = calls_per_minute(settings)
    minutes = look.calls / pace
    spent = f"{minutes / 60:.1f} hours" if minutes > 90 else f"{math.ceil(minutes)} minute" + "s" * (minutes > 1)
    say(f"A first load takes about {look.calls:,} calls, {spent} at {pace} a minute.")
    return True


def _from(folder: Path, path: str) -> str:
    """A path that was typed where the command was started, as the settings in a folder name it."""
    return path if Path(path).is_absolute() else os.path.relpath(path, folder)


def connect(
    settings: SettingsOption = None,
    timeout: Annotated[int, typer.Option(help="Seconds to wait for the browser to come back.")] = 300,
) -> None:
    """Authorise the connection with Intuit in the browser, and keep its tokens encrypted in the store."""
    from qbo_pipeline.pipeline.authorise import authorise

    with command_run(settings, quiet=True) as run:
        company = authorise(run, say, timeout)
    say(f"Connected to {company}. Next: qbo-pipeline preflight")


def preflight(
    settings: SettingsOption = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Go live all the same; with --who and --why, which are kept.")
    ] = False,
    who: Annotated[str | None, typer.Option("--who", help="Who decides that.")] = None,
    why: Annotated[str | None, typer.Option("--why", help="Why.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The checks before going live, each with its remedy. Exit status 1 where one fails.

    A run sends nothing for the first time while one of them fails, unless somebody has accepted that.
    """
    from qbo_pipeline.pipeline.going_live import accept_preflight
    from qbo_pipeline.pipeline.preflight import preflight as checks
    from qbo_pipeline.posting.persons import Person

    if accept != (who is not None and why is not None) or (who is None) != (why is None):
        raise typer.BadParameter("--accept, --who and --why go together")
    with command_run(settings, quiet=as_json, in_lines=True) as run:
        found = checks(run)
        if who is not None and why is not None:
            accept_preflight(run, found, Person(who, why))
    if as_json:
        print_json(
            [{"check": item.name, "ok": item.ok, "finding": item.finding, "remedy": item.remedy} for item in found]
        )
    else:
        for item in found:
            say(f"{'ok  ' if item.ok else 'FAIL'}  {item.name}: {item.finding}")
            if not item.ok:
                say(f"      {item.remedy}")
        if accept:
            say(f"Accepted by {who}: the next run goes live.")
    raise typer.Exit(0 if accept or all(item.ok for item in found) else 1)
