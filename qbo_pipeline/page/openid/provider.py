"""An OpenID Connect provider as we ask it: its description, its keys, and a code for an ID token.

What belongs here: HTTP with the provider, within bounds of time and size. Whether a token holds is said in `tokens.py`.
Sources: OpenID Connect Discovery 1.0, OpenID Connect Core 1.0 section 3.1, RFC 6749, RFC 7636, RFC 9207.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import get_well_known_url

from qbo_pipeline.errors import PermanentError, TransientError
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Answer, Call, Transport, TransportFailure
from qbo_pipeline.settings import is_safe_address

DEADLINE, MAX_BYTES = 5.0, 512 * 1024  # seconds and bytes of each answer
KEPT = 3600.0  # seconds for which the description and the keys count
NOT_AGAIN = 5.0  # seconds in which a provider that did not answer is not asked again
ASYMMETRIC = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA",
)  # fmt: skip
"""How an ID token may be signed. What is signed with the client's secret, or with nothing, proves nothing here."""


class ProviderAway(TransientError):
    """The provider did not answer, or with nothing that can be used."""


class ProviderUnfit(PermanentError):
    """The provider cannot be used as it is described, or does not take us for its client; the text says why."""


@dataclass(frozen=True, slots=True)
class OpenIdClient:
    """What we are to the provider, and which of its claims count: `name_claim` is the user's name here, `roles_claim`
    holds the groups that a company's settings give roles to, where they do."""

    issuer: str
    client_id: str
    secret: Secret | None = field(default=None, repr=False)
    name_claim: str = "email"
    roles_claim: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What the provider says of itself, checked."""

    authorisation: str
    token: str
    keys: str
    algorithms: tuple[str, ...]
    in_body: bool
    """Whether the client's secret goes into the body of a request and not into its head."""
    scope: str
    names_itself: bool
    """Whether each answer of its page names the issuer (RFC 9207)."""


class Provider:
    """Safe to use from several threads; `clock` answers seconds."""

    def __init__(
        self, client: OpenIdClient, transport: Transport | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.client = client
        self._transport = transport or Transport()
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}
        self._failed = -NOT_AGAIN

    def close(self) -> None:
        self._transport.close()

    def described(self) -> Description:
        """The description, asked for once an hour. Raises `ProviderAway`, `ProviderUnfit`."""
        return _checked(self._document(get_well_known_url(self.client.issuer, external=True)), self.client)

    def keys(self, *, anew: bool = False) -> list[dict[str, Any]]:
        """The provider's public keys, asked for once an hour, or `anew` where a token names one that is not among them.
        Raises as `described`."""
        found = self._document(self.described().keys, anew=anew).get("keys")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def address(self, redirect: str, state: str, nonce: str, verifier: Secret) -> str:
        """Where the browser goes to sign in. Raises as `described`."""
        described = self.described()
        query = {
            "response_type": "code", "client_id": self.client.client_id, "redirect_uri": redirect,
            "scope": described.scope, "state": state, "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier.reveal()), "code_challenge_method": "S256",
        }  # fmt: skip
        return described.authorisation + ("&" if "?" in described.authorisation else "?") + urlencode(query)

    def exchange(self, code: Secret, verifier: Secret, redirect: str) -> Mapping[str, Any]:
        """What the provider gives for a code. Raises `ProviderAway`, `ProviderUnfit` (for a used code too)."""
        described, client = self.described(), self.client
        fields = {
            "grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": redirect,
            "code_verifier": verifier.reveal(),
        }  # fmt: skip
        basic = None
        if client.secret is not None and not described.in_body:  # RFC 6749, 2.3.1: both as a form writes them
            basic = (quote_plus(client.client_id), Secret(quote_plus(client.secret.reveal())))
        else:
            fields["client_id"] = client.client_id
            if client.secret is not None:
                fields["client_secret"] = client.secret.reveal()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._send(Call("POST", described.token, headers=headers, body=Secret(urlencode(fields)), basic=basic))
        said = _json(answer)
        if answer.status >= 500 or said is None:
            raise ProviderAway(_AWAY.format(self.client.issuer))
        if answer.status != 200:
            raise ProviderUnfit(f"The provider refused the sign-in ({_code(said.get('error'))}): sign in anew.")
        return said

    def _document(self, url: str, *, anew: bool = False) -> Mapping[str, Any]:
        """A document of the provider; one thread at a time asks, so that a slow provider does not hold them all."""
        at, document = self._kept.get(url, (0.0, None))
        if document is not None and not anew and self._clock() - at < KEPT:
            return _as_document(document)
        if not self._lock.acquire(timeout=DEADLINE / 5):
            raise ProviderAway(_AWAY.format(self.client.issuer))
        try:
            at, document = self._kept.get(url, (0.0, None))
            if document is not None and self._clock() - at < (NOT_AGAIN if anew else KEPT):
                return _as_document(document)
            if self._clock() - self._failed < NOT_AGAIN:
                raise ProviderAway(_AWAY.format(self.client.issuer))
            self._failed = self._clock()
            answer = self._send(Call("GET", url))
            said = _json(answer)
            if answer.status != 200 or said is None:
                raise ProviderAway(_AWAY.format(self.client.issuer))
            self._failed = -NOT_AGAIN
            self._kept[url] = (self._clock(), said)
            return said
        finally:
            self._lock.release()

    def _send(self, call: Call) -> Answer:
        try:
            return self._transport.send(call, deadline=DEADLINE, max_bytes=MAX_BYTES)
        except TransportFailure as error:
            reason = error.reason
        raise ProviderAway(f"{_AWAY.format(self.client.issuer)} ({reason})")


_AWAY = "{} gives no answer that can be used: try again in a minute, or sign in with a password"


def _checked(document: Mapping[str, Any], client: OpenIdClient) -> Description:
    """What we need of a description; one of another issuer, or without what makes signing in safe, is refused."""
    if document.get("issuer") != client.issuer:
        raise ProviderUnfit(f"What stands at {client.issuer} is the description of another issuer.")
    places = {name: document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    for name, place in places.items():
        if not isinstance(place, str) or not is_safe_address(place) or urlsplit(place).fragment:
            raise ProviderUnfit(f"The provider's {name} is no address of https.")
    if "S256" not in _texts(document, "code_challenge_methods_supported", ["S256"]):
        raise ProviderUnfit("The provider does not bind a code to who asked for it (PKCE, S256).")
    signed = _texts(document, "id_token_signing_alg_values_supported", ["RS256"])
    algorithms = tuple(one for one in ASYMMETRIC if one in signed)
    if not algorithms:
        raise ProviderUnfit("The provider signs its tokens in no way that its public keys prove.")
    methods = _texts(document, "token_endpoint_auth_methods_supported", ["client_secret_basic"])
    scopes = _texts(document, "scopes_supported", [])
    return Description(
        authorisation=str(places["authorization_endpoint"]),
        token=str(places["token_endpoint"]),
        keys=str(places["jwks_uri"]),
        algorithms=algorithms,
        in_body="client_secret_basic" not in methods and "client_secret_post" in methods,
        scope=" ".join(["openid", "profile", "email", *({client.roles_claim or ""} & set(scopes) - {""})]),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _texts(document: Mapping[str, Any], name: str, otherwise: list[str]) -> list[str]:
    found = document.get(name)
    return [str(one) for one in found] if isinstance(found, list) else otherwise


def _as_document(found: Any) -> Mapping[str, Any]:
    document: Mapping[str, Any] = found
    return document


def _json(answer: Answer) -> dict[str, Any] | None:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _code(said: object) -> str:
    """An error code of RFC 6749; what is none is not repeated."""
    text = str(said)
    return text if text.isascii() and text.replace("_", "").isalnum() and len(text) <= 40 else "without a reason"
