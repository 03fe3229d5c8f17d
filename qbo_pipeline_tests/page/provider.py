"""An OpenID Connect provider for tests, on loopback: it signs in whoever `claims` says, and can be told to misbehave.

What belongs here: the provider's side, written by the specifications and without a line of the page's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET = "the+page", "a secret: of the page"

Twist = Callable[[dict[str, Any], dict[str, Any]], str | None]
"""Changes the header and the claims of an ID token, or answers another token."""


@dataclass
class TestProvider:
    """`description` is changed by the test; `asked` counts requests by path; `twist` spoils the next tokens."""

    __test__ = False

    issuer: str
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"}))
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)  # more in the browser's way back, or in another place
    twist: Twist | None = None
    broken: bool = False
    asked: dict[str, int] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    published: ECKey | None = None

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorise",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
            "code_challenge_methods_supported": ["plain", "S256"], "scopes_supported": ["openid", "email", "groups"],
            "authorization_response_iss_parameter_supported": True, **self.description,
        }  # fmt: skip

    def keys(self) -> dict[str, Any]:
        strange = {"kty": "OKP", "crv": "nobody's", "x": "AA", "kid": "strange"}
        return {"keys": [strange, (self.published or self.key).as_dict(private=False)]}

    def authorise(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code{len(self.codes)}"
        self.codes[code] = query
        answer = {"code": code, "state": query["state"], "iss": self.issuer, **self.answer}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str], head: str) -> tuple[int, dict[str, Any]]:
        user, _, password = base64.b64decode(head.removeprefix("Basic ")).decode().partition(":")
        begun = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        right = begun is not None and begun["code_challenge"] == challenge.rstrip("=")
        if (unquote_plus(user), unquote_plus(password)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if not right or begun is None or begun["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.signed(begun["nonce"])}

    def signed(self, nonce: str) -> str:
        now = int(time.time())
        header: dict[str, Any] = {"alg": "ES256", "kid": self.key.kid}
        claims = {
            "iss": self.issuer, "sub": "s-1", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce,
            "email_verified": True, **self.claims,
        }  # fmt: skip
        other = self.twist(header, claims) if self.twist else None
        return other or jwt.encode(header, claims, self.key, algorithms=["ES256"])


@contextmanager
def provider_at_work() -> Iterator[TestProvider]:
    """A provider that answers until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            match self._noted(parts.path):
                case "/.well-known/openid-configuration":
                    self._say(200, provider.document())
                case "/keys":
                    self._say(200, provider.keys())
                case "/authorise":
                    self._say(303, {}, Location=provider.authorise(query))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            assert self._noted(self.path) == "/token"
            self._say(*provider.token(form, self.headers.get("Authorization", "")))

        def _noted(self, path: str) -> str:
            provider.asked[path] = provider.asked.get(path, 0) + 1
            return path

        def _say(self, status: int, document: dict[str, Any], **headers: str) -> None:
            body = b"<p>sorry" if provider.broken else json.dumps(document).encode()
            self.send_response(500 if provider.broken else status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = TestProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
