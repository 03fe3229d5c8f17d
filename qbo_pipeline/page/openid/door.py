"""Signing in at the provider: what was begun by which browser, and what it comes back with, once.

What belongs here: the beginnings that wait for their end. They are kept in memory: whoever comes back after the page
was started anew begins again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from qbo_pipeline.page.openid.provider import Provider
from qbo_pipeline.page.openid.tokens import NotVouched, UnknownKey, Vouched, claims_of, whom
from qbo_pipeline.quickbooks.secret import Secret

COME_BACK = "/sign-in/answer"
LASTING = 600.0  # seconds for signing in at the provider
_MOST = 10_000  # beginnings; the oldest are forgotten
_ANEW = "This is not the answer to a sign-in that this browser began: sign in anew."


@dataclass(frozen=True, slots=True)
class _Begun:
    browser: str
    nonce: str
    verifier: Secret
    until: float


class OpenIdDoor:
    """Who signs in at one provider. Safe to use from several threads; `clock` answers seconds, `now` those of 1970."""

    def __init__(
        self,
        provider: Provider,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.provider = provider
        self._clock, self._now = clock, now
        self._lock = threading.Lock()
        self._begun: OrderedDict[str, _Begun] = OrderedDict()

    @property
    def place(self) -> str:
        """The provider's host, as people know it."""
        return urlsplit(self.provider.client.issuer).netloc

    @property
    def gives_roles(self) -> bool:
        """Whether the provider says who belongs to which groups."""
        return self.provider.client.roles_claim is not None

    def begin(self, origin: str) -> tuple[str, str]:
        """The address at the provider, and what this browser keeps until it comes back. Raises as
        `Provider.described`."""
        state, nonce, browser = (secrets.token_urlsafe(32) for _ in range(3))
        verifier = Secret(secrets.token_urlsafe(48))
        address = self.provider.address(origin + COME_BACK, state, nonce, verifier)
        with self._lock:
            self._begun[state] = _Begun(_digest(browser), nonce, verifier, self._clock() + LASTING)
            while len(self._begun) > _MOST:
                self._begun.popitem(last=False)
        return address, browser

    def finish(self, origin: str, browser: str | None, *, state: str, code: str, error: str, issuer: str) -> Vouched:
        """Whom the provider names to the browser that began with this state; a beginning has one end.

        Raises `NotVouched`, and as `Provider.exchange`.
        """
        begun = self._taken(state, browser)
        client, described = self.provider.client, self.provider.described()
        if (issuer or described.names_itself) and issuer != client.issuer:  # RFC 9207: another provider's answer
            raise NotVouched(_ANEW)
        if error or not code:
            raise NotVouched("The provider did not sign anybody in: sign in anew.")
        given = self.provider.exchange(Secret(code), begun.verifier, origin + COME_BACK)
        for anew in (False, True):
            keys = self.provider.keys(anew=anew)
            try:
                claims = claims_of(
                    given.get("id_token"), keys, described.algorithms, client, begun.nonce, given.get("access_token"),
                    int(self._now()),
                )  # fmt: skip
            except UnknownKey:
                continue
            return whom(claims, client)
        raise NotVouched("The provider's ID token is signed with none of its keys: sign in anew.")

    def _taken(self, state: str, browser: str | None) -> _Begun:
        with self._lock:
            begun = self._begun.get(state)
            if begun is None or browser is None or not hmac.compare_digest(begun.browser, _digest(browser)):
                raise NotVouched(_ANEW)
            del self._begun[state]
        if begun.until < self._clock():
            raise NotVouched("The sign-in took longer than ten minutes: sign in anew.")
        return begun


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
