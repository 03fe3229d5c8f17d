"""`qbo-pipeline rotate-key`: the stored tokens encrypted anew with the current key."""

from __future__ import annotations

from typing import Annotated

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, print_json, say


def rotate_key(
    settings: SettingsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Encrypt the stored tokens anew with the current encryption key. For the operator, when a key is to be replaced.

    First put the new key before the old one, each with its id, where the key is kept (the variable
    QBO_<CONNECTION>_ENCRYPTION_KEY or its file): "2:NEW,1:OLD". Then run this. Then take the old key out, and keep it
    with the backups that were made under it. The pipeline may run meanwhile, once it has both keys. With PostgreSQL's
    roles it needs the login that may read the tokens.
    """
    from qbo_pipeline.pipeline.connect import open_vault

    with command_run(settings, quiet=True) as run:
        vault = open_vault(run.settings, run.secrets, run.tokens)
        before, current = vault.key_id(), vault.current_key_id
        rotated = False if dry_run else vault.rotate()
        name = run.name
    stale = before is not None and before != current
    if as_json:
        print_json({"connection": name, "key_before": before, "current_key": current, "rotated": rotated})
    elif before is None:
        say(f"{name}: no tokens are stored; what is stored next is encrypted with the key {current!r}")
    elif not stale:
        say(f"{name}: the tokens are encrypted with the current key {current!r}: nothing to do")
    elif dry_run:
        say(f"{name}: the tokens are encrypted with the key {before!r} and would be with {current!r}")
    else:
        say(
            f"{name}: the tokens were encrypted with the key {before!r} and are now with {current!r}. "
            f"The key {before!r} may be taken out"
        )
