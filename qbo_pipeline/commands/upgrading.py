"""`qbo-pipeline upgrade`: the store's tables, report views and roles, by the owner of the tables."""

from __future__ import annotations

from typing import Annotated

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, print_json, say


def upgrade(
    settings: SettingsOption = None,
    roles: Annotated[
        bool,
        typer.Option(
            "--roles",
            help="PostgreSQL: also give the group roles their rights (sql/store/roles). Once; afterwards they get them "
            "again with every upgrade.",
        ),
    ] = False,
    set_aside: Annotated[
        list[str] | None,
        typer.Option(
            "--set-aside",
            metavar="NAME",
            help="Of two connections of one company, the one that is used no more; with --who and --why.",
        ),
    ] = None,
    who: Annotated[str | None, typer.Option("--who", help="Who decides that.")] = None,
    why: Annotated[str | None, typer.Option("--why", help="Why.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the store where there is none, and bring it to this version: tables, views for finance's own tools, rights.
    Safe to repeat.

    Other commands do the same by themselves where their login owns the tables; where it does not, run this with the
    owner's URL in the variable that the store's setting `url_variable` names.
    """
    from qbo_pipeline.settings import load_settings
    from qbo_pipeline.store.database import Database
    from qbo_pipeline.store.opening import make_private
    from qbo_pipeline.store.shared_companies import ConnectionSetAside

    if len({bool(set_aside), bool(who and who.strip()), bool(why and why.strip())}) > 1:
        raise typer.BadParameter("--set-aside, --who and --why go together")
    database = Database(load_settings(settings).store_url())
    if database.file is not None and not database.file.exists():
        make_private(database.file)
    try:
        order = ConnectionSetAside(tuple(set_aside), who, why) if set_aside and who and why else None
        applied = database.upgrade(grant_roles=roles, setting_aside=order)
    finally:
        database.close()
    if as_json:
        print_json({"applied": applied})
        return
    for name in applied:
        say(name if name.startswith("set aside") else f"applied {name}")
    if not applied:
        say("nothing to do: the store is of this version")
