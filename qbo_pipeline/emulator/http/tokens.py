"""OAuth 2.0 grants: codes, access tokens, refresh tokens with rotation and grace, revocation.

Intuit's rules: an access token lives an hour; a refresh token 100 days from its last use and 5 years from consent;
its value changes about every 24 hours, and the value before works for another 24 hours.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from qbo_pipeline.emulator.http.settings import Settings

CODE_SECONDS = 300.0
ACCOUNTING = "com.intuit.quickbooks.accounting"
EVERYTHING = f"{ACCOUNTING} openid profile email phone address"


class TokenError(Exception):
    """A refusal of the token endpoint: HTTP status, `error`, and `error_description` where QBO sends one."""

    def __init__(self, status: int, error: str, description: str | None = None) -> None:
        super().__init__(f"{status} {error}: {description or 'no description'}")
        self.status = status
        self.error = error
        self.description = description

    def as_dict(self) -> dict[str, str]:
        body = {"error": self.error}
        if self.description is not None:
            body["error_description"] = self.description
        return body


@dataclass(slots=True)
class Grant:
    """One consent of one company to one app; instants are seconds since 1970."""

    grant_id: str
    client_id: str
    realm: str
    scope: str
    consented: float
    refresh_token: str
    issued: float
    used: float
    previous_token: str = ""
    previous_until: float = 0.0
    revoked: bool = False

    def __repr__(self) -> str:
        return f"Grant({self.grant_id}, realm={self.realm}, revoked={self.revoked})"


@dataclass(slots=True)
class AccessToken:
    """What an access token stands for."""

    grant_id: str
    expires: float


@dataclass(slots=True)
class Code:
    """An authorisation code that waits to be exchanged, once."""

    client_id: str
    realm: str
    scope: str
    redirect_uri: str
    expires: float
    challenge: str = ""


class Tokens:
    """All grants of the emulator and what is valid now."""

    def __init__(self, settings: Settings, client_id: str, client_secret: str) -> None:
        self.settings = settings
        self.client_id = client_id
        self._client_secret = client_secret
        self.grants: dict[str, Grant] = {}
        self.access: dict[str, AccessToken] = {}
        self._codes: dict[str, Code] = {}

    def check_client(self, client_id: str, client_secret: str) -> None:
        """Raises TokenError (401 invalid_client) unless this is the app."""
        right = secrets.compare_digest(client_id.encode(), self.client_id.encode())
        if not (secrets.compare_digest(client_secret.encode(), self._client_secret.encode()) and right):
            raise TokenError(401, "invalid_client")

    def consent(self, realm: str, scope: str, now: float) -> Grant:
        """A new grant, with its first refresh token."""
        token = _refresh_value()
        grant = Grant(secrets.token_hex(8), self.client_id, realm, scope, now, token, issued=now, used=now)
        self.grants[grant.grant_id] = grant
        return grant

    def issue_code(self, realm: str, scope: str, redirect_uri: str, now: float, challenge: str = "") -> str:
        """An authorisation code, good for five minutes and one exchange."""
        code = "AB11" + secrets.token_urlsafe(30)
        self._codes[code] = Code(self.client_id, realm, scope, redirect_uri, now + CODE_SECONDS, challenge)
        return code

    def exchange(self, code: str, redirect_uri: str, now: float, verifier: str = "") -> dict[str, Any]:
        """The token answer for an authorisation code; raises TokenError (400 invalid_grant)."""
        waiting = self._codes.pop(code, None)
        if waiting is None:
            raise TokenError(400, "invalid_grant")
        if waiting.expires <= now:
            raise TokenError(400, "invalid_grant", "Authorization code expired")
        if waiting.redirect_uri != redirect_uri:
            raise TokenError(400, "invalid_grant", "Invalid redirect_uri")
        if waiting.challenge and not secrets.compare_digest(_challenge(verifier), waiting.challenge.encode()):
            raise TokenError(400, "invalid_grant", "Invalid code_verifier")
        return self._answer(self.consent(waiting.realm, waiting.scope, now), now)

    def refresh(self, token: str, now: float) -> dict[str, Any]:
        """The token answer for a refresh token, rotated when due; raises TokenError (400 invalid_grant)."""
        grant = next((g for g in self.grants.values() if token and token in (g.refresh_token, g.previous_token)), None)
        if grant is None or (token == grant.previous_token and now >= grant.previous_until):
            raise TokenError(400, "invalid_grant", "Incorrect or invalid refresh token")
        if grant.revoked:
            raise TokenError(400, "invalid_grant", "Token revoked")
        if now >= grant.used + self.settings.refresh_idle_seconds:
            raise TokenError(400, "invalid_grant", "Token expired")
        if now >= grant.consented + self.settings.refresh_hard_seconds:
            raise TokenError(400, "invalid_grant", "Token expired, reconnect the company")
        if token == grant.refresh_token and now - grant.issued >= self.settings.rotation_seconds:
            grant.previous_token, grant.previous_until = token, now + self.settings.rotation_seconds
            grant.refresh_token, grant.issued = _refresh_value(), now
        grant.used = now
        return self._answer(grant, now)

    def _answer(self, grant: Grant, now: float) -> dict[str, Any]:
        value = "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0.." + secrets.token_urlsafe(48)
        self.access[value] = AccessToken(grant.grant_id, now + self.settings.access_token_seconds)
        if len(self.access) > 1_000:
            self.access = {key: token for key, token in self.access.items() if token.expires > now - 86_400}
        hard = grant.consented + self.settings.refresh_hard_seconds - now
        return {
            "token_type": "bearer",
            "access_token": value,
            "refresh_token": grant.refresh_token,
            "expires_in": self.settings.access_token_seconds,
            "x_refresh_token_expires_in": min(self.settings.refresh_idle_seconds, int(hard)),
            "x_refresh_token_hard_expires_in": int(hard),
        }

    def check_access(self, token: str, now: float) -> Grant | str:
        """The grant behind a bearer token, or why the gateway refuses it (the `detail` of the 401)."""
        access = self.access.get(token)
        if access is None:
            return f"Malformed bearer token: {token[:4]}…" if not token.startswith("eyJ") else "Token invalid"
        if self.grants[access.grant_id].revoked:
            return "Token revoked"
        if now >= access.expires:
            return f"Token expired: {token[:4]}…"
        return self.grants[access.grant_id]

    def expire(self, token: str, now: float) -> None:
        """Let an access token end now."""
        if token in self.access:
            self.access[token].expires = now

    def revoke(self, token: str) -> bool:
        """Revoke the grant that an access or refresh token belongs to; False where nobody knows the token."""
        if not token:
            return False
        access = self.access.get(token)
        for grant in self.grants.values():
            if token in (grant.refresh_token, grant.previous_token) or (access and access.grant_id == grant.grant_id):
                grant.revoked = True
                return True
        return False

    def as_dict(self) -> dict[str, Any]:
        """What has to outlive a restart."""
        return {
            "grants": [asdict(grant) for grant in self.grants.values()],
            "access": {value: asdict(token) for value, token in self.access.items()},
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up what `as_dict` wrote."""
        self.grants = {grant["grant_id"]: Grant(**grant) for grant in saved["grants"]}
        self.access = {value: AccessToken(**token) for value, token in saved["access"].items()}


def _challenge(verifier: str) -> bytes:
    """What a verifier's S256 challenge is (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")


def _refresh_value() -> str:
    return "AB11" + "".join(secrets.choice("0123456789") for _ in range(14)) + secrets.token_urlsafe(24)
