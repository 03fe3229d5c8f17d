"""Messages leave by Apprise: mail, chat, webhooks and a hundred more, each named by a URL.

What belongs here: the one module that knows Apprise. The URLs hold passwords: they come from the environment alone, and
nothing of them is logged or told; a service is named by its kind.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import apprise

from qbo_pipeline.alerts.telling import NobodyTookIt
from qbo_pipeline.environment import variable, where_to_set
from qbo_pipeline.settings import Settings, SettingsError

logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it logs addresses


class AppriseSender:
    """Sends each message to every URL of the settings' variable.

    Raises `SettingsError` where the variable is not named, not set, or holds what is no URL of a service.
    """

    def __init__(self, settings: Settings) -> None:
        name = settings.alerts.urls_variable
        if name is None:
            raise SettingsError(
                f"{settings.file}: [alerts] urls_variable is not given: name a variable of the environment that holds "
                "the addresses of who is to be told, one after another with spaces between them (mailto://…, slack://…)"
            )
        urls = (variable(name, settings.folder) or "").split()
        if not urls:
            raise SettingsError(
                f"{settings.file}: [alerts] urls_variable names {name}, which is not set: "
                f"{where_to_set([name], settings.folder)}"
            )
        self._services = []
        for number, url in enumerate(urls, start=1):
            service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
            if service is None:
                raise SettingsError(
                    f"{settings.file}: the address number {number} in {name} is none that Apprise knows: look the "
                    "service up in its list (it begins with mailto://, slack://, msteams://, json:// or the like)"
                )
            self._services.append(service)

    def send(self, title: str, body: str) -> Sequence[str]:
        failed = []
        for number, service in enumerate(self._services, start=1):
            to_one = apprise.Apprise()
            to_one.add(service)
            if not to_one.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
                failed.append(f"address number {number} ({service.service_name}) did not take the message")
        if len(failed) == len(self._services):
            raise NobodyTookIt("; ".join(failed))
        return failed
