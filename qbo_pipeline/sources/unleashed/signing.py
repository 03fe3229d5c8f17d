"""How a call to Unleashed is signed: with the query string exactly as it is sent, and without the path."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

CLIENT = "qbo_pipeline/qbo_pipeline"


def signed(secrets: Sequence[str]) -> Callable[[str], Mapping[str, str]]:
    """The headers of a call, made of its raw query string (empty: signed as that). `secrets` are API id and key."""
    api_id, api_key = secrets

    def headers(query: str) -> Mapping[str, str]:
        digest = hmac.digest(api_key.encode(), query.encode("ascii"), sha256)
        return {
            "api-auth-id": api_id,
            "api-auth-signature": base64.b64encode(digest).decode(),
            "client-type": CLIENT,
            "Content-Type": "application/json",
        }

    return headers
