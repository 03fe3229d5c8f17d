"""Which of Zuper's regions an account is in: its API has another address in each.

What belongs here: the question to the vendor's account service, and its answer. The account's key is no part of it.
"""

from __future__ import annotations

import json

from qbo_pipeline.sources.http.exact import read_exact
from qbo_pipeline.sources.landed.values import part, text

ACCOUNTS = "https://accounts.zuperpro.com/api"


def question(login: str) -> bytes:
    """The body of `POST /config`: the login name of a company."""
    return json.dumps({"company_name": login}).encode()


def address(body: bytes) -> str | None:
    """The address of the account's API; `None` where the answer names none, or is no JSON."""
    try:
        found = read_exact(body)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    url = (text(part(found, "config"), "dc_api_url") or text(found, "dc_api_url") or "").rstrip("/")
    return (url if url.endswith("/api") else f"{url}/api") if url else None
