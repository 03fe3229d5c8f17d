"""`qbo-pipeline page` and `page-user`: the page for people, and who may do what there."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from qbo_pipeline.commands.common import say, say_json

if TYPE_CHECKING:
    from qbo_pipeline.page.app import Proxy
    from qbo_pipeline.page.companies import Companies
    from qbo_pipeline.page.openid.door import OpenIdDoor

PASSWORD_VARIABLE = "QBO_PIPELINE_PAGE_PASSWORD"  # noqa: S105  its name
OPENID_SECRET_VARIABLE = "QBO_PIPELINE_PAGE_OPENID_SECRET"  # noqa: S105  its name

SettingsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--settings",
        "-s",
        help="A connection's settings file; repeatable. Without it: the one that QBO_PIPELINE_SETTINGS names.",
    ),
]
Who = Annotated[str, typer.Option("--who", help="Who grants it; kept in the journal.")]
Why = Annotated[str, typer.Option("--why", help="Why; kept in the journal.")]
Name = Annotated[str, typer.Argument(help="The user's name; small and large letters are the same.")]

users = typer.Typer(no_args_is_help=True, help="Who may do what on the page: add, remove, list.")


def page(
    settings: SettingsFiles = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8916,
    host: Annotated[str, typer.Option(help="Address to listen on; a proxy in front of it brings TLS.")] = "127.0.0.1",
    public_url: Annotated[
        str | None,
        typer.Option(
            "--public-url",
            metavar="URL",
            help="The page's address as browsers see it, behind a proxy: https://books.example.com. Requests for "
            "another address are refused.",
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option("--proxy", metavar="ADDRESS", help="An IP address from which the proxy comes; repeatable."),
    ] = None,
    user_header: Annotated[
        str | None,
        typer.Option(
            "--user-header",
            metavar="NAME",
            help="The header in which that proxy names the user whom it has signed in. Believed from --proxy alone.",
        ),
    ] = None,
    openid_issuer: Annotated[
        str | None,
        typer.Option(
            "--openid-issuer",
            metavar="URL",
            help="Sign in by OpenID Connect too, at this issuer. The secret of our client is read from "
            "QBO_PIPELINE_PAGE_OPENID_SECRET; none is needed where the provider gave none.",
        ),
    ] = None,
    openid_client: Annotated[
        str | None, typer.Option("--openid-client", metavar="ID", help="What the provider calls this page.")
    ] = None,
    openid_name: Annotated[
        str, typer.Option("--openid-name", metavar="CLAIM", help="The claim that is the user's name here.")
    ] = "email",
    openid_roles: Annotated[
        str | None,
        typer.Option(
            "--openid-roles",
            metavar="CLAIM",
            help="The claim with the user's groups, to which the page's setting `roles` gives roles.",
        ),
    ] = None,
    read_only_settings: Annotated[
        bool, typer.Option("--read-only-settings", help="Show the settings, and never write their files.")
    ] = False,
) -> None:
    """Serve the page for bookkeepers, controllers and operators, for one or more connections.

    Its first line is JSON with its url. Nothing is seen without signing in: add users with `page-user add`. Stop it
    with Ctrl-C.
    """
    from qbo_pipeline.commands.settings_reference import all_explanations
    from qbo_pipeline.page.app import PeoplePage
    from qbo_pipeline.page.server import serve
    from qbo_pipeline.serving.server import base_url, is_loopback, listen

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    trusted = _proxy(proxy, user_header)
    if public_url is None and not is_loopback(host):
        raise typer.BadParameter(f"--host {host} is open to the network: say with --public-url how browsers reach it")
    origin = _origin(public_url) if public_url is not None else None
    provider = _provider(openid_issuer, openid_client, openid_name, openid_roles)
    with _open(settings) as companies:
        _groups_are_asked_for(companies, openid_roles)
        try:
            listener = listen(host, port)
        except OSError as error:
            say(f"page: cannot listen on {host}:{port}: {error.strerror}", err=True)
            raise typer.Exit(2) from None
        url = origin or base_url(listener)
        line = json.dumps({"url": url, "listens": base_url(listener), "companies": sorted(companies.by_name)})
        with listener:
            people = PeoplePage(
                companies,
                url,
                trusted,
                openid=provider,
                explanations=all_explanations(),
                keeps_settings=read_only_settings,
            )
            serve(people, listener, started=lambda: _tell(line))


def _tell(line: str) -> None:
    import sys

    say_json(line + "\n")
    sys.stdout.flush()


@users.command("add")
def add_user(
    name: Name,
    role: Annotated[list[str], typer.Option("--role", help="viewer, preparer, reviewer or operator; repeatable.")],
    who: Who,
    why: Why,
    settings: SettingsFiles = None,
    by_proxy: Annotated[
        bool,
        typer.Option(
            "--by-proxy",
            "--by-provider",
            help="No password: the user comes by the proxy, or the OpenID Connect provider, that names them.",
        ),
    ] = False,
) -> None:
    """Grant roles to a user for these connections, in the place of what was granted before.

    The password is asked for, or read from QBO_PIPELINE_PAGE_PASSWORD. Who is signed in under the name signs in anew.
    """
    from qbo_pipeline.page.users import add
    from qbo_pipeline.posting.persons import Person

    person = Person(who, why)
    password = None if by_proxy else os.environ.get(PASSWORD_VARIABLE) or _asked_for()
    with _open(settings) as companies:
        kept = add(companies, name, role, password, person)
        say(f"{kept} may be {', '.join(sorted(set(role)))} of {', '.join(sorted(companies.by_name))} now.")


@users.command("remove")
def remove_user(name: Name, who: Who, why: Why, settings: SettingsFiles = None) -> None:
    """Take everything away from a user for these connections; what was done under the name stays in the journal."""
    from qbo_pipeline.page.users import remove
    from qbo_pipeline.posting.persons import Person

    person = Person(who, why)
    with _open(settings) as companies:
        kept = remove(companies, name, person)
        say(f"{kept} may do nothing any more in {', '.join(sorted(companies.by_name))}.")


@users.command("list")
def list_users(settings: SettingsFiles = None) -> None:
    """Who may do what, by connection."""
    from qbo_pipeline.instants import show_instant
    from qbo_pipeline.page.users import listed

    with _open(settings) as companies:
        for one in listed(companies):
            zone = companies.by_name[one.connection].time_zone
            way = "with a password" if one.password_hash else "named by proxy or provider"
            may = f"{', '.join(sorted(one.roles))}, {way}" if one.roles else "nothing any more"
            since = show_instant(one.granted_at, zone)
            say(f"{one.connection:20} {one.name:24} {may}; since {since} by {one.granted_by}: {one.why}")


def _asked_for() -> str:
    found: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return found


@contextmanager
def _open(files: list[Path] | None) -> Iterator[Companies]:
    from qbo_pipeline.page.companies import open_companies
    from qbo_pipeline.settings import Settings, SettingsError, load_settings

    found: list[Settings] = []
    mistakes: list[str] = []
    for file in files or (None,):
        try:
            found.append(load_settings(file))
        except SettingsError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    companies = open_companies(found)
    try:
        yield companies
    finally:
        companies.close()


def _origin(url: str) -> str:
    """Scheme, host and port as browsers write them; ends the command for what is no such address."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        port = -1
    wrong = parts.scheme not in ("https", "http") or not parts.hostname or parts.username or port == -1
    if wrong or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise typer.BadParameter(f"--public-url {url!r} is no address such as https://books.example.com")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = port is None or port == {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


def _provider(issuer: str | None, client: str | None, name: str, roles: str | None) -> OpenIdDoor | None:
    """The way to sign in at a provider; ends the command where it is not said whole."""
    from qbo_pipeline.page.openid.door import OpenIdDoor
    from qbo_pipeline.page.openid.provider import OpenIdClient, Provider
    from qbo_pipeline.quickbooks.secret import Secret
    from qbo_pipeline.settings import is_safe_address

    if issuer is None or client is None:
        if issuer or client or roles:
            raise typer.BadParameter("--openid-issuer and --openid-client are given together, the others with them")
        return None
    if not is_safe_address(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
        raise typer.BadParameter(f"--openid-issuer {issuer!r} is no address such as https://login.example.com")
    secret = os.environ.get(OPENID_SECRET_VARIABLE)
    return OpenIdDoor(Provider(OpenIdClient(issuer, client, Secret(secret) if secret else None, name, roles)))


def _groups_are_asked_for(companies: Companies, claim: str | None) -> None:
    """Ends the command where settings give roles to groups of which nobody would be told."""
    unheard = sorted(name for name, one in companies.by_name.items() if one.settings.page.roles)
    if unheard and claim is None:
        raise typer.BadParameter(
            f"[page] roles of {', '.join(unheard)} give roles to groups: name the claim that holds them with "
            "--openid-roles"
        )


def _proxy(addresses: list[str] | None, header: str | None) -> Proxy:
    """The proxy that is believed; ends the command where it is not said whole."""
    from qbo_pipeline.page.app import Proxy

    if header is not None and not addresses:
        raise typer.BadParameter("--user-header needs --proxy: from which address may that header come?")
    try:
        return Proxy(frozenset(str(ip_address(one)) for one in addresses or ()), header)
    except ValueError as error:
        raise typer.BadParameter(f"--proxy: {error}") from None
