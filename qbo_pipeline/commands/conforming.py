"""`qbo-pipeline conformance`: whether a server speaks the HTTP contract."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from qbo_pipeline.commands.common import JsonOption, print_json, say

TOKEN_VARIABLE = "QBO_CONFORMANCE_TOKEN"  # noqa: S105  the variable's name


def conformance(
    url: Annotated[str, typer.Argument(help="The server's address, such as http://127.0.0.1:8000.")],
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Put into its inbox too: two voids of nothing, a small file, a change that it must refuse."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask a server all that the HTTP contract promises, and read it to the end. Exit status 1 where something fails.

    Its token is that of the environment variable QBO_CONFORMANCE_TOKEN. Nothing of it is kept here, nothing goes to
    QuickBooks, and nothing is written to the server without --write.
    """
    from qbo_pipeline.pipeline.conformance import conform
    from qbo_pipeline.settings import SettingsError
    from qbo_pipeline.settings_sections import is_safe_address

    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise SettingsError(f"{TOKEN_VARIABLE} is not set: it holds the token that the server knows")
    if not is_safe_address(url):
        raise typer.BadParameter("the token goes there: write https://..., or an address of this machine")
    found = conform(url, token, write=write)
    if as_json:
        print_json([{"check": item.name, "ok": item.ok, "finding": item.finding} for item in found])
    else:
        for item in found:
            say(f"{'ok  ' if item.ok else 'FAIL'}  {item.name}: {item.finding}")
            if not item.ok:
                say(f"      {item.remedy}")
    raise typer.Exit(0 if all(item.ok for item in found) else 1)
