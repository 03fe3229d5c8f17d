"""The access token for the next call: always fresh, refreshed by one process at a time, or a clear word why not."""

from __future__ import annotations

import logging
import math
import threading
from datetime import timedelta
from typing import Protocol

from qbo_pipeline.instants import show_instant
from qbo_pipeline.quickbooks.auth import RECONNECT, InvalidGrant, OAuth
from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.errors import AccessDenied, QuickBooksAway, QuickBooksRefused, ReconnectNeeded, Unavailable
from qbo_pipeline.quickbooks.retrying import retried
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.tokens import Expiry, MintClaim, StoredTokens, Tokens, TokenStore, expiries

LEEWAY = timedelta(minutes=3)  # refresh this long before the access token ends
MINT_SECONDS = 20.0  # all attempts of one refresh together
LEASE_SECONDS = 30.0  # longer than a refresh can take, so that two are never in flight
PAUSE_SECONDS = 300.0  # after a refused refresh
KEEP_ALIVE = timedelta(minutes=50)
_LOOK_AGAIN_SECONDS = 0.2
_WAITS = (0.0, 1.0, 2.0)

log = logging.getLogger(__name__)


class AccessTokens(Protocol):
    """Where calls get their access token."""

    def access_token(self) -> Secret: ...

    def renew(self, rejected: Secret) -> Secret:
        """Another token than the one that was just answered with 401."""
        ...


class TokenKeeper:
    """Keeps one company's tokens fresh. Safe to use from several threads; processes meet in the store."""

    def __init__(self, store: TokenStore, oauth: OAuth, *, clock: Clock | None = None, time_zone: str = "UTC") -> None:
        self._store = store
        self._oauth = oauth
        self._clock = clock or SystemClock()
        self._time_zone = time_zone  # in which messages show instants
        self._lock = threading.Lock()
        self._cached: Tokens | None = None
        self._denied = (
            "",
            -math.inf,
        )  # what Intuit said of our app's credentials, and until when it is not asked again

    def access_token(self) -> Secret:
        """A token that lives for some minutes yet.

        Raises `ReconnectNeeded` where a person must authorise again, `AccessDenied` for wrong app credentials,
        `QuickBooksAway` where Intuit cannot be reached.
        """
        cached = self._cached
        if cached is not None and cached.access_expires_at - self._clock.now() > LEEWAY:
            return cached.access_token
        return self._fresh(None)

    def renew(self, rejected: Secret) -> Secret:
        """A token other than the rejected one; raises as `access_token` does."""
        return self._fresh(rejected)

    def keep_alive(self) -> list[Expiry]:
        """Refresh where the last refresh is about an hour old; answers the expiry warnings that are due."""
        stored = self._load()
        if self._clock.now() - stored.tokens.minted_at >= KEEP_ALIVE:
            self._fresh(stored.tokens.access_token)
        return expiries(self._load().tokens, self._clock.now(), self._time_zone)

    def connect(self, tokens: Tokens) -> None:
        """Take over what a new authorisation brought."""
        self._store.save(tokens)
        self._cached = tokens

    def revoke(self) -> None:
        """End the connection at Intuit and delete the tokens."""
        self._oauth.revoke(self._load().tokens)
        self._store.forget()
        self._cached = None

    def _load(self) -> StoredTokens:
        stored = self._store.load()
        if stored is None:
            raise ReconnectNeeded(f"the company is not connected to QuickBooks: {RECONNECT}")
        return stored

    def _fresh(self, rejected: Secret | None) -> Secret:
        denied, until = self._denied
        if self._clock.monotonic() < until:
            raise AccessDenied(denied)
        give_up = self._clock.monotonic() + LEASE_SECONDS + MINT_SECONDS
        while True:
            with self._lock:
                stored = self._load()
                token = stored.tokens.access_token
                left = stored.tokens.access_expires_at - self._clock.now()
                if token != rejected and left > LEEWAY:
                    self._cached = stored.tokens
                    return token
                self._oauth.endpoints()  # read before the claim, whose lease covers nothing but the refresh itself
                claim = self._store.begin_mint(stored.version, lease=LEASE_SECONDS, pause=PAUSE_SECONDS)
                if claim.state == "granted":
                    return self._mint(stored, claim)
            if claim.state == "paused":
                raise ReconnectNeeded(_paused(stored, self._time_zone))
            if claim.state == "busy":
                if token != rejected and left > timedelta(0):
                    return token
                if self._clock.monotonic() > give_up:
                    raise Unavailable("another process is refreshing the access token and does not come to an end")
                self._clock.sleep(_LOOK_AGAIN_SECONDS)

    def _mint(self, stored: StoredTokens, claim: MintClaim) -> Secret:
        try:
            minted = self._refresh(stored.tokens)
        except AccessDenied as error:
            # Our access is as it was: what is wrong are the credentials that this process was given.
            self._store.fail_mint(claim, refused=False)
            self._denied = (str(error), self._clock.monotonic() + PAUSE_SECONDS)
            log.error("refreshing the access token was refused: %s", error)
            raise
        except QuickBooksRefused as error:
            self._store.fail_mint(claim, refused=True)
            log.error("refreshing the access token was refused: %s", error)
            raise
        except QuickBooksAway as error:
            self._store.fail_mint(claim, refused=False)
            log.warning("refreshing the access token failed: %s", error)
            raise
        self._cached = minted  # before it is stored: where the store fails, this process still has what it was given
        if not self._store.finish_mint(claim, minted):
            # Our claim ran out; what another process stored is newer than ours.
            minted = self._cached = self._load().tokens
        for expiry in expiries(minted, self._clock.now(), self._time_zone):
            log.warning("%s", expiry.message)
        return minted.access_token

    def _refresh(self, tokens: Tokens) -> Tokens:
        """Refresh with the stored token; where Intuit refuses it, with the one before it, which lives a day longer.

        The second try helps where an older copy of the store was restored, or a refresh by somebody else was lost.
        """
        end = self._clock.monotonic() + MINT_SECONDS
        try:
            return self._attempts(tokens, None, end)
        except InvalidGrant:
            previous, until = tokens.previous_refresh_token, tokens.previous_until
            if previous is None or until is None or until <= self._clock.now():
                raise
            log.warning("the refresh token was refused; trying the one before it")
            return self._attempts(tokens, previous, end)

    def _attempts(self, tokens: Tokens, refresh_token: Secret | None, end: float) -> Tokens:
        """Up to three attempts before `end`: a lost answer is asked for again with the same refresh token."""

        def once() -> Tokens:
            left = end - self._clock.monotonic()
            if left <= 0:
                raise Unavailable(f"no answer from Intuit's OAuth service within {MINT_SECONDS:g} s")
            return self._oauth.refresh(tokens, refresh_token, deadline=left)

        return retried(once, self._clock, _WAITS)


def _paused(stored: StoredTokens, time_zone: str) -> str:
    since = f" at {show_instant(stored.refused_at, time_zone)}" if stored.refused_at else ""
    return (
        f"QuickBooks refused to renew our access{since}: {RECONNECT}. "
        f"It is asked again at most every {PAUSE_SECONDS / 60:.0f} minutes"
    )
