"""`qbo-pipeline webhooks`: receives QuickBooks' webhooks, so that its changes are read when there are some."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qbo_pipeline.commands.common import say

if TYPE_CHECKING:
    from qbo_pipeline.webhooks.intake import Member

log = logging.getLogger(__name__)


def webhooks(
    settings: Annotated[
        list[Path] | None,
        typer.Option(
            "--settings",
            "-s",
            help="A connection's settings file; repeatable. Without it: the one that QBO_PIPELINE_SETTINGS names.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; a proxy in front of it brings TLS.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8915,
) -> None:
    """Receive QuickBooks' webhooks for one or more connections. Optional: the nightly run reads all changes anyway.

    Each connection's verifier token is its secret QBO_<CONNECTION>_WEBHOOK_VERIFIER_TOKEN. Those of an inventory system
    that is read by API show QBO_<CONNECTION>_SOURCE_WEBHOOK_TOKEN. Stop it with Ctrl-C.
    """
    from qbo_pipeline.serving.server import is_loopback, listen
    from qbo_pipeline.webhooks.app import Receiver
    from qbo_pipeline.webhooks.intake import HintIntake
    from qbo_pipeline.webhooks.server import address, serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    members = _members(settings)
    intake = HintIntake(members)
    try:
        for remark in intake.look():
            log.warning(remark)
        if not is_loopback(host):
            log.warning(
                "%s is open to the network, and this is not TLS: let nobody but a proxy with TLS reach it", host
            )
        try:
            listener = listen(host, port)
        except OSError as error:
            say(f"webhooks: cannot listen on {host}:{port}: {error.strerror}", err=True)
            raise typer.Exit(2) from None
        names = ", ".join(item.name for item in members)
        line = f"Receiving QuickBooks' webhooks at {address(listener)} for {names}"
        with listener:
            serve(Receiver(intake), listener, started=lambda: say(line))
    finally:
        intake.close()


def _members(files: list[Path] | None) -> list[Member]:
    """The connections of these settings files; raises `SettingsError` with the mistakes of all of them."""
    from qbo_pipeline.settings import SettingsError, load_settings
    from qbo_pipeline.webhooks.intake import member

    found: list[Member] = []
    mistakes: list[str] = []
    for file in files or (None,):
        try:
            found.append(member(load_settings(file)))
        except SettingsError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return found
