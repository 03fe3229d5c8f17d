"""Our access to the QuickBooks company: kept alive, and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from qbo_pipeline.instants import in_zone, show_instant
from qbo_pipeline.pipeline.connect import NotConnected, open_keeper, open_oauth, open_vault
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.clock import SystemClock
from qbo_pipeline.quickbooks.errors import QuickBooksRefused
from qbo_pipeline.quickbooks.tokens import StoredTokens, expiries
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.store.roles import NOT_PERMITTED, reason
from qbo_pipeline.store.tokens import VaultError

REMEDY = "Connect the company again: qbo-pipeline connect"


@dataclass(frozen=True, slots=True)
class Access:
    """Whether QuickBooks lets us in, for people.

    `state`: `good`, `ends_soon` (a warning is due: 30, 7 or 1 days before an end), `ended` (refused or expired: a
    person must connect the company again), `none` (not connected yet) or `hidden` (this login may not see it).
    `idle_end` moves with every renewal, `hard_end` never does and may not be known.
    """

    state: str
    text: str
    idle_end: datetime | None = None
    hard_end: datetime | None = None

    @property
    def well(self) -> bool:
        """Nobody has to do anything about it."""
        return self.state in ("good", "none", "hidden")

    def as_dict(self) -> dict[str, str | datetime | None]:
        """For JSON."""
        return {
            "state": self.state,
            "finding": self.text,
            "idle_end": self.idle_end,
            "hard_end": self.hard_end,
            "remedy": None if self.well else REMEDY,
        }


def see_access(run: Run) -> Access:
    """How long the stored access lasts, without asking Intuit."""
    try:
        stored = open_vault(run.settings, run.secrets, run.tokens).load()
    except NotConnected as error:
        return Access("none", str(error))
    except VaultError as error:
        return Access("ended", str(error))
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != NOT_PERMITTED:
            raise
        return Access("hidden", f"this login cannot see the tokens: {reason(error)}")
    if stored is None:
        return Access("none", f"{run.name} is not connected to QuickBooks yet: run `qbo-pipeline connect`")
    return _lasting(stored, run.settings.connection.time_zone)


def keep_access_alive(run: Run) -> Access:
    """Renew the access where the last renewal is about an hour old, and see how long it lasts.

    Raises `QuickBooksAway` where Intuit cannot be reached: that is no end of the access.
    """
    seen = see_access(run)
    if seen.state == "hidden" or (seen.state == "none" and run.secrets.refresh_token is None):
        return seen
    transport = Transport()
    try:
        oauth = open_oauth(run.settings, run.secrets, transport)
        open_keeper(run.settings, run.secrets, run.tokens, oauth).keep_alive()
    except NotConnected as error:
        return Access("ended" if seen.idle_end else "none", str(error), seen.idle_end, seen.hard_end)
    except (QuickBooksRefused, VaultError) as error:
        return Access("ended", str(error), seen.idle_end, seen.hard_end)
    finally:
        transport.close()
    return see_access(run)


def _lasting(stored: StoredTokens, time_zone: str) -> Access:
    tokens, now = stored.tokens, SystemClock().now()
    ends = (tokens.refresh_expires_at, tokens.hard_expires_at)
    if stored.refused_at is not None:
        return Access(
            "ended", f"QuickBooks refused to renew our access at {show_instant(stored.refused_at, time_zone)}", *ends
        )
    due = expiries(tokens, now, time_zone)
    idle = _end(tokens.refresh_expires_at, now, time_zone)
    text = f"lasts until {idle} if nothing renews it; every run does"
    if tokens.hard_expires_at is not None:
        text += f"; for good until {_end(tokens.hard_expires_at, now, time_zone)}"
    if not due:
        return Access("good", text, *ends)
    state = "ended" if any(item.days == 0 for item in due) else "ends_soon"
    return Access(state, "; ".join(item.message for item in due), *ends)


def _end(instant: datetime, now: datetime, time_zone: str) -> str:
    return f"{in_zone(instant, time_zone).date()} ({(instant - now).days:,} days left)"
