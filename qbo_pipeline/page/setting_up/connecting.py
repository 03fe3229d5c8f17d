"""Connecting a company through the page: to Intuit's consent page and back, with the safety of the command `connect`.

What belongs here: what was asked of Intuit and by whom, until the browser comes back. It is kept in memory: whoever
comes back after the page was started anew begins again.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.pipeline.authorise import finish
from qbo_pipeline.pipeline.connect import open_oauth, open_vault
from qbo_pipeline.quickbooks.auth import Authorisation
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.store.setup_changes import CONNECTED, put_change

COME_BACK = "/connected"
LASTING = 900.0  # seconds for choosing the company at Intuit
_MOST = 100


class NotAsked(PermanentError):
    """The browser came back with what nobody here asked for; the text says what to do."""


@dataclass(frozen=True, slots=True)
class PendingConsent:
    """An authorisation that somebody began: only their own session ends it."""

    asked: Authorisation
    session: str
    company: str
    who: str
    why: str
    until: float


class Connecting:
    """What was begun and is not ended. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, PendingConsent] = {}

    def begin(self, company: PageCompany, session: str, who: str, why: str, redirect: str) -> str:
        """The address at Intuit where the person chooses the company; raises `NotConnected` where the app's credentials
        or the key of the tokens are missing."""
        transport = Transport()
        try:
            open_vault(company.settings, company.run.secrets, company.run.tokens)
            asked = open_oauth(company.settings, company.run.secrets, transport).authorisation(redirect)
        finally:
            transport.close()
        now = time.monotonic()
        with self._lock:
            self._pending = {state: one for state, one in self._pending.items() if one.until > now}
            if len(self._pending) >= _MOST:
                raise NotAsked("too many connections were begun and not ended: wait a quarter of an hour")
            self._pending[asked.state] = PendingConsent(asked, session, company.name, who, why, now + LASTING)
        return asked.url

    def take(self, state: str, session: str) -> PendingConsent:
        """What this session began with this state, which ends by it; raises `NotAsked` for anything else."""
        with self._lock:
            found = self._pending.get(state)
            if found is None or not hmac.compare_digest(found.session, session) or found.until < time.monotonic():
                raise NotAsked(
                    "This is not the answer to a connection that you began here: begin it anew on the set-up page."
                )
            return self._pending.pop(state)


def end(company: PageCompany, pending: PendingConsent, answer: Mapping[str, str], redirect: str) -> str:
    """Keep the tokens and that somebody connected the company; answers its name. Raises as `authorise.finish`."""
    transport = Transport()
    try:
        with company.own_run() as run:
            oauth = open_oauth(run.settings, run.secrets, transport)
            name = finish(run, oauth, pending.asked, answer, redirect)
            change = {"path": ["quickbooks", "realm"], "before": None, "after": run.settings.quickbooks.realm}
            with run.database.transaction() as connection:
                put_change(
                    connection, run.name, CONNECTED, [change], files=(None, None), who=pending.who, why=pending.why,
                    now=run.database.now(connection),
                )  # fmt: skip
    finally:
        transport.close()
    return name
