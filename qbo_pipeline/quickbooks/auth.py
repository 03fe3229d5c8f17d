"""OAuth 2 with Intuit: discovery, the page that asks for consent, and the calls that give, renew and revoke tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.errors import AccessDenied, QuickBooksRefused, ReconnectNeeded, Throttled, Unavailable
from qbo_pipeline.quickbooks.hosts import Environment, check_realm
from qbo_pipeline.quickbooks.meter import MemoryMeter, Meter
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.tokens import PREVIOUS_LIVES, Tokens
from qbo_pipeline.quickbooks.transport import Answer, Call, Transport, TransportFailure
from qbo_pipeline.quickbooks.wire import from_wire

SCOPE = "com.intuit.quickbooks.accounting"
LATER = "Nothing is lost: see that this machine reaches it, and run the same again"
RECONNECT = "reconnect the company (qbo-pipeline connect)"
_MAX_BYTES = 1_000_000
_HARD_EXPIRY = {"x-include-refresh-token-hard-expires-in": "true"}

log = logging.getLogger(__name__)


class InvalidGrant(ReconnectNeeded):
    """Intuit no longer accepts this code or refresh token."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    authorisation: str
    token: str
    revocation: str
    pkce: bool
    """Whether a code can be tied to the one who asked for it (RFC 7636, S256)."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Where to send the person's browser, the state that must come back, and what proves that we asked for the code."""

    url: str
    state: str
    verifier: Secret | None = None


class OAuth:
    """The app's side of OAuth 2 for one environment. Safe to use from several threads."""

    def __init__(
        self,
        environment: Environment,
        client_id: str,
        client_secret: Secret,
        transport: Transport,
        *,
        clock: Clock | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._environment = environment
        self._client = (client_id, client_secret)
        self._transport = transport
        self._clock = clock or SystemClock()
        self._meter = meter or MemoryMeter()
        self._lock = threading.Lock()
        self._endpoints: Endpoints | None = None

    def endpoints(self) -> Endpoints:
        """The endpoints from the discovery document, read once; each on a host that the environment allows."""
        with self._lock:
            if self._endpoints is None:
                answer = self._call(Call("GET", self._environment.discovery_url), 20.0)
                document = _json(answer)
                if answer.status != 200:
                    raise Unavailable(
                        f"the discovery document answered HTTP {answer.status}", http_status=answer.status
                    )
                names = ("authorization_endpoint", "token_endpoint", "revocation_endpoint")
                missing = [name for name in names if not isinstance(document.get(name), str)]
                if missing:
                    raise Unavailable(f"the discovery document lacks {', '.join(missing)}")
                methods = document.get("code_challenge_methods_supported")
                checked = (self._environment.check_endpoint(document[name], name) for name in names)
                pkce = isinstance(methods, list) and "S256" in methods
                authorisation, token, revocation = checked
                self._endpoints = Endpoints(authorisation, token, revocation, pkce)
            return self._endpoints

    def authorisation(self, redirect_uri: str) -> Authorisation:
        """A new authorisation with a fresh state; `redirect_uri` must be exactly the one registered with Intuit."""
        state, verifier = secrets.token_urlsafe(32), None
        query = {
            "client_id": self._client[0],
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        if self.endpoints().pkce:
            verifier = Secret(secrets.token_urlsafe(48))
            query |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
        return Authorisation(f"{self.endpoints().authorisation}?{urlencode(query)}", state, verifier)

    def exchange_code(self, code: Secret, realm: str, redirect_uri: str, *, state: str, asked: Authorisation) -> Tokens:
        """Tokens for the code that came back with the browser for what we `asked`.

        Raises `AccessDenied` where the state is not the one that was sent out, `InvalidGrant` for a code that is
        used up or older than a few minutes, `Unavailable` where Intuit cannot be reached.
        """
        check_realm(realm)
        if not hmac.compare_digest(state.encode(), asked.state.encode()):
            raise AccessDenied("the state that came back is not the one that was sent out: begin the connection again")
        form = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": redirect_uri}
        if asked.verifier is not None:
            form["code_verifier"] = asked.verifier.reveal()
        return self._mint(realm, Secret(urlencode(form)), None, deadline=30.0)

    def refresh(self, tokens: Tokens, refresh_token: Secret | None = None, *, deadline: float = 20.0) -> Tokens:
        """New tokens for the current refresh token, or for `refresh_token` (the previous one).

        Raises `InvalidGrant`, `AccessDenied` (wrong client id or secret), `Throttled` or `Unavailable`.
        """
        used = refresh_token or tokens.refresh_token
        form = Secret(urlencode({"grant_type": "refresh_token", "refresh_token": used.reveal()}))
        return self._mint(tokens.realm, form, tokens, deadline=deadline)

    def revoke(self, tokens: Tokens) -> None:
        """End the connection at Intuit; both tokens die."""
        body = Secret('{"token":"' + tokens.refresh_token.reveal() + '"}')
        headers = {"Content-Type": "application/json"}
        url = self.endpoints().revocation
        answer = self._call(Call("POST", url, headers=headers, body=body, basic=self._client), 30.0)
        if answer.status != 200:
            raise _refusal(answer)

    def _mint(self, realm: str, form: Secret, before: Tokens | None, *, deadline: float) -> Tokens:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **_HARD_EXPIRY}
        url = self.endpoints().token
        answer = self._call(Call("POST", url, headers=headers, body=form, basic=self._client), deadline)
        if answer.status != 200:
            raise _refusal(answer)
        minted = _tokens(realm, _json(answer), before, self._clock.now())
        if minted is None:
            raise Unavailable("the token endpoint answered 200 without usable tokens", intuit_tid=answer.intuit_tid)
        return minted

    def _call(self, call: Call, deadline: float) -> Answer:
        self._meter.count("free")
        try:
            answer = self._transport.send(call, deadline=deadline, max_bytes=_MAX_BYTES)
        except TransportFailure as failure:
            log.warning("OAuth %s failed: %s", call.method, failure.reason)
            raise Unavailable(f"Intuit's OAuth service could not be reached: {failure.reason}. {LATER}") from None
        log.info(
            "OAuth %s HTTP %d in %.3f s, intuit_tid %s", call.method, answer.status, answer.seconds, answer.intuit_tid
        )
        return answer


def _tokens(realm: str, body: dict[str, Any], before: Tokens | None, now: datetime) -> Tokens | None:
    """The tokens in an answer, `None` where it lacks them: raising here would show the answer in a traceback."""
    access_text, refresh_text = _text(body.get("access_token")), _text(body.get("refresh_token"))
    access_lives, refresh_lives = _seconds(body.get("expires_in")), _seconds(body.get("x_refresh_token_expires_in"))
    if not (access_text and refresh_text and access_lives and refresh_lives):
        return None
    access, refresh = Secret(access_text), Secret(refresh_text)
    previous, until = (before.previous_refresh_token, before.previous_until) if before else (None, None)
    if before is not None and before.refresh_token != refresh:
        previous, until = before.refresh_token, now + PREVIOUS_LIVES
    hard = body.get("x_refresh_token_hard_expires_in")
    hard_at = now + timedelta(seconds=int(hard)) if isinstance(hard, int) else None
    return Tokens(
        realm=realm,
        access_token=access,
        access_expires_at=now + timedelta(seconds=access_lives),
        refresh_token=refresh,
        refresh_expires_at=now + timedelta(seconds=refresh_lives),
        minted_at=now.astimezone(UTC),
        hard_expires_at=hard_at or (before.hard_expires_at if before else None),
        previous_refresh_token=previous,
        previous_until=until,
    )


def _challenge(verifier: Secret) -> str:
    """The S256 challenge of RFC 7636, 4.2: without padding."""
    digest = hashlib.sha256(verifier.reveal().encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: Any) -> int | None:
    """A number of seconds, given as a number or as its text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _refusal(answer: Answer) -> QuickBooksRefused | Throttled | Unavailable:
    """The exception for an answer of the token or revocation endpoint that is not 200."""
    tid, status = answer.intuit_tid, answer.status
    try:
        body = _json(answer)
    except Unavailable:
        body = {}
    error = str(body.get("error", ""))[:60]
    said = f"{error}: {str(body.get('error_description', ''))[:200]}".strip(": ") or f"HTTP {status}"
    if error == "invalid_grant":
        return InvalidGrant(
            f"QuickBooks no longer accepts our refresh token ({said}): {RECONNECT}", http_status=status, intuit_tid=tid
        )
    if error == "invalid_client" or status == 401:
        text = (
            f"Intuit does not take our app's credentials ({said}): correct client id and client secret, which are "
            "others for sandbox than for production (Intuit's developer site shows them on the keys page of your app)"
        )
        return AccessDenied(text, http_status=status, intuit_tid=tid)
    if status == 429:
        return Throttled("Intuit's OAuth service asks to slow down", retry_after=60.0, http_status=429, intuit_tid=tid)
    if status >= 500 or not error:
        return Unavailable(f"Intuit's OAuth service answered HTTP {status}", http_status=status, intuit_tid=tid)
    return QuickBooksRefused(f"Intuit refused the authorisation ({said})", http_status=status, intuit_tid=tid)


def _json(answer: Answer) -> dict[str, Any]:
    try:
        body = from_wire(answer.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Unavailable(f"Intuit's OAuth service answered HTTP {answer.status} without readable JSON") from None
    return body
