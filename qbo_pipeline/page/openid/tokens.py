"""Whether an ID token holds, and who it is about: signature, issuer, audience, time, nonce, then the claims that count.

What belongs here: pure checks (Authlib and joserfc do them; which of them apply is said here).
Source: OpenID Connect Core 1.0, section 3.1.3.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from qbo_pipeline.errors import PermanentError, Signal
from qbo_pipeline.page.openid.provider import OpenIdClient
from qbo_pipeline.page.roles import user_name

LEEWAY = 60  # seconds by which the provider's clock may be another
_MOST_GROUPS, _LONGEST = 1_000, 256


class NotVouched(PermanentError):
    """What the browser brought back proves nobody's name; the text says why without repeating any of it."""


class UnknownKey(Signal):
    """The token names a key that is not among those at hand."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider names, and the groups that it counts them to."""

    name: str
    groups: frozenset[str]


def claims_of(
    token: object, keys: Sequence[Mapping[str, Any]], algorithms: Sequence[str], client: OpenIdClient, nonce: str,
    access_token: object, now: int,
) -> Mapping[str, Any]:  # fmt: skip
    """The claims of a token that holds. Raises `UnknownKey`, `NotVouched`."""
    if not isinstance(token, str) or not token:
        raise NotVouched("The provider gave no ID token.")
    try:
        registry = JWSRegistry(algorithms=list(algorithms), strict_check_header=False)
        found = jwt.decode(token, key=_key_set(keys), registry=registry)
        options = {
            "iss": {"essential": True, "value": client.issuer},
            "aud": {"essential": True, "value": client.client_id},
        }
        params: dict[str, Any] = {"nonce": nonce, "client_id": client.client_id}
        if isinstance(access_token, str):
            params["access_token"] = access_token
        claims = CodeIDToken(found.claims, found.header, options, params)
        claims.validate(now=now, leeway=LEEWAY)
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise NotVouched(f"The provider's ID token does not hold ({type(error).__name__}): sign in anew.") from None
    return dict(claims)


def whom(claims: Mapping[str, Any], client: OpenIdClient) -> Vouched:
    """Whom these claims name. Raises `NotVouched` for what could be somebody else's name here."""
    said = claims.get(client.name_claim)
    name = user_name(said) if isinstance(said, str) else None
    if name is None:
        raise NotVouched(f"The provider's claim {client.name_claim} is no name for a user here.")
    if client.name_claim == "email" and claims.get("email_verified") is not True:
        raise NotVouched("The provider does not say that it verified the address (email_verified).")
    if client.name_claim == "sub" and said != name:  # small and large letters are two people there
        raise NotVouched("The provider's claim sub holds large letters: name another claim with --openid-name.")
    groups = claims.get(client.roles_claim) if client.roles_claim else None
    several = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return Vouched(
        name, frozenset(one for one in several[:_MOST_GROUPS] if isinstance(one, str) and len(one) <= _LONGEST)
    )


def _key_set(keys: Sequence[Mapping[str, Any]]) -> KeySet:
    """The public keys for signatures; what this library cannot read is not ours to refuse the others for."""
    found = []
    for key in keys:
        if key.get("use", "sig") == "sig":
            try:
                found.append(JWKRegistry.import_key({**key}))
            except (JoseError, ValueError, TypeError, KeyError):
                continue
    return KeySet(found)
