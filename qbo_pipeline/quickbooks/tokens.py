"""The tokens of one company, and the rules of keeping them: when to refresh, who may, and what expires when.

At most one refresh is in flight for a company, across all processes: the store hands out one claim at a time and
looks a second time whether somebody else has refreshed already. How the tokens are stored is `store/tokens.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from qbo_pipeline.instants import in_zone, parse_instant
from qbo_pipeline.quickbooks.secret import Secret

PREVIOUS_LIVES = timedelta(hours=24)  # how long Intuit accepts a refresh token after it gave out the next one
WARNING_DAYS = (30, 7, 1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Intuit gave for one realm. `refresh_expires_at` is the idle expiry (about 100 days, moved by each refresh),
    `hard_expires_at` the end that no refresh moves (5 years)."""

    realm: str
    access_token: Secret
    access_expires_at: datetime
    refresh_token: Secret
    refresh_expires_at: datetime
    minted_at: datetime
    hard_expires_at: datetime | None = None
    previous_refresh_token: Secret | None = None
    previous_until: datetime | None = None

    def to_text(self) -> str:
        """Everything, secrets included, as JSON: for a vault only."""
        content: dict[str, str] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None:
                content[name] = (
                    value.reveal() if isinstance(value, Secret) else
                    value.isoformat() if isinstance(value, datetime) else value
                )  # fmt: skip
        return json.dumps(content, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Tokens:
        """The tokens that `to_text` wrote; raises `ValueError` or `KeyError` for another text."""
        content: dict[str, str] = json.loads(text)

        def secret(name: str) -> Secret | None:
            return Secret(content[name]) if name in content else None

        def instant(name: str) -> datetime | None:
            return parse_instant(content[name]) if name in content else None

        return cls(
            realm=content["realm"],
            access_token=Secret(content["access_token"]),
            access_expires_at=parse_instant(content["access_expires_at"]),
            refresh_token=Secret(content["refresh_token"]),
            refresh_expires_at=parse_instant(content["refresh_expires_at"]),
            minted_at=parse_instant(content["minted_at"]),
            hard_expires_at=instant("hard_expires_at"),
            previous_refresh_token=secret("previous_refresh_token"),
            previous_until=instant("previous_until"),
        )


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """Tokens as the store holds them; `version` changes with each save, `refused_at` is the last refused refresh."""

    tokens: Tokens
    version: int
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MintClaim:
    """The answer to a wish to refresh.

    `state`: `granted` (with the `fence` to finish with), `busy` (somebody else is refreshing), `changed` (somebody
    has refreshed: look again), `paused` (a refresh was refused less than the pause ago).
    """

    state: str
    fence: int = 0


class TokenStore(Protocol):
    """Keeps the tokens of one realm, encrypted, for all processes; leases and pauses run by the store's own clock."""

    def load(self) -> StoredTokens | None: ...

    def save(self, tokens: Tokens) -> None:
        """Replace whatever is there: a person has connected the company."""
        ...

    def begin_mint(self, version: int, *, lease: float, pause: float) -> MintClaim:
        """Claim the right to refresh the tokens of this version for `lease` seconds."""
        ...

    def finish_mint(self, claim: MintClaim, tokens: Tokens) -> bool:
        """Store what the refresh brought and end the claim; False where the claim is no longer ours."""
        ...

    def fail_mint(self, claim: MintClaim, *, refused: bool) -> None:
        """End the claim without tokens; `refused`: Intuit said no, which starts the pause."""
        ...

    def forget(self) -> None:
        """Delete the tokens: the connection was revoked."""
        ...


@dataclass(frozen=True, slots=True)
class Expiry:
    """A warning: the connection ends at `expires_at`; `days` is the threshold that was crossed (0: it has ended)."""

    what: str  # idle | hard
    expires_at: datetime
    days: int
    message: str


def expiries(tokens: Tokens, now: datetime, time_zone: str = "UTC") -> list[Expiry]:
    """The warnings that are due 30, 7 and 1 days before the idle and the hard expiry, and after them; the days are
    those of the company's zone."""
    reasons = {
        "idle": (tokens.refresh_expires_at, "unless the pipeline runs before (each run renews it)"),
        "hard": (
            tokens.hard_expires_at,
            "and no run can renew it: connect the company again before (qbo-pipeline connect)",
        ),
    }
    found = []
    for what, (expires_at, rest) in reasons.items():
        if expires_at is None:
            continue
        left = expires_at - now
        day = in_zone(expires_at, time_zone).date()
        if left <= timedelta(0):
            message = f"the connection to QuickBooks expired on {day}: reconnect it (qbo-pipeline connect)"
            found.append(Expiry(what, expires_at, 0, message))
            continue
        crossed = [days for days in WARNING_DAYS if left <= timedelta(days=days)]
        if crossed:
            message = f"the connection to QuickBooks expires on {day}, in {left.days} days, {rest}"
            found.append(Expiry(what, expires_at, min(crossed), message))
    return found
