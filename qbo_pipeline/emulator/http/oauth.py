"""The OAuth 2.0 endpoints: discovery, consent page, token, revoke, user info."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from qbo_pipeline.emulator.http import answers, wire
from qbo_pipeline.emulator.http.answers import Answer
from qbo_pipeline.emulator.http.failing import DISTORTED, HTML_PAGE, Failing
from qbo_pipeline.emulator.http.fault_rules import FaultRule
from qbo_pipeline.emulator.http.loopback import check_loopback
from qbo_pipeline.emulator.http.meter import LoggedRequest
from qbo_pipeline.emulator.http.pages import render
from qbo_pipeline.emulator.http.state import EmulatorState
from qbo_pipeline.emulator.http.tokens import TokenError

AUTHORIZE, TOKEN = "/connect/oauth2", "/oauth2/v1/tokens/bearer"
REVOKE, USERINFO = "/v2/oauth2/tokens/revoke", "/v1/openid_connect/userinfo"
_ASKED = ("redirect_uri", "state", "scope", "code_challenge")
HARD_EXPIRY_HEADER = "x-include-refresh-token-hard-expires-in"
BODY_LIMIT = 65_536


class OAuth:
    """Intuit's identity service for the one app that the emulator knows."""

    def __init__(self, state: EmulatorState, failing: Failing, allowed_hosts: frozenset[str]) -> None:
        self.state = state
        self.failing = failing
        self.allowed_hosts = allowed_hosts
        self._consents: dict[str, dict[str, str]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid_configuration", self.discovery),
            Route("/.well-known/openid_sandbox_configuration", self.discovery),
            Route("/op/v1/jwks", self.keys),
            Route(AUTHORIZE, self.ask, methods=["GET"]),
            Route(AUTHORIZE, self.decide, methods=["POST"]),
            Route(REVOKE, self.revoke, methods=["POST"]),
            Route(USERINFO, self.user_info, methods=["GET"]),
        ]

    async def discovery(self, request: Request) -> Response:
        """The endpoints; for an emulator on the network, under the name by which the client reached it."""
        base = self.state.base_url
        if self.state.open_to_network and "host" in request.headers:
            base = f"http://{request.headers['host']}"
        pkce = {"code_challenge_methods_supported": ["S256"]} if self.state.settings.pkce else {}
        return JSONResponse(
            {
                **pkce,
                "issuer": f"{base}/op/v1",
                "authorization_endpoint": base + AUTHORIZE,
                "token_endpoint": base + TOKEN,
                "userinfo_endpoint": base + USERINFO,
                "revocation_endpoint": base + REVOKE,
                "jwks_uri": f"{base}/op/v1/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile", "address", "phone"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
            }
        )

    async def keys(self, request: Request) -> Response:
        """No identity tokens are issued, so there are no keys to check them with."""
        return JSONResponse({"keys": []})

    async def ask(self, request: Request) -> Response:
        """The page on which a person connects the app to the company."""
        params = {name: request.query_params.get(name, "") for name in _ASKED}
        problem = self._problem(request, params)
        if problem:
            return HTMLResponse(render("consent.html", problem=problem), 400, headers=_PAGE_HEADERS)
        ticket = secrets.token_urlsafe(24)
        self._consents = dict(list(self._consents.items())[-99:]) | {ticket: params}
        company = self.state.company.read("CompanyInfo", self.state.realm)
        page = render(
            "consent.html",
            company=company.get("CompanyName", ""),
            realm=self.state.realm,
            scopes=params["scope"].split(),
            target=urlsplit(params["redirect_uri"]).netloc,
            ticket=ticket,
        )
        return HTMLResponse(page, headers=_PAGE_HEADERS)

    def _problem(self, request: Request, params: dict[str, str]) -> str:
        if request.query_params.get("client_id") != self.state.client_id:
            return "The client_id is not the one that the emulator printed when it started."
        if request.query_params.get("response_type") != "code":
            return "response_type must be code."
        if not params["scope"].strip():
            return "The scope parameter is missing."
        try:
            check_loopback(params["redirect_uri"], "redirect_uri", self.allowed_hosts)
        except ValueError as error:
            return str(error)
        if params["code_challenge"] and request.query_params.get("code_challenge_method") != "S256":
            return "code_challenge_method must be S256."
        return ""

    async def decide(self, request: Request) -> Response:
        """The consent button: back to the app with code, state and realmId, or with access_denied."""
        form = dict(parse_qsl((await _limited_body(request)).decode("utf-8", "replace")))
        params = self._consents.pop(form.get("ticket", ""), None)
        if params is None:
            page = render("consent.html", problem="This page was used already or is too old: start again in your app.")
            return HTMLResponse(page, 400, headers=_PAGE_HEADERS)
        if form.get("decision") == "connect":
            code = self.state.tokens.issue_code(
                self.state.realm,
                params["scope"],
                params["redirect_uri"],
                self.state.clock.seconds(),
                challenge=params["code_challenge"],
            )
            answer = {"code": code, "state": params["state"], "realmId": self.state.realm}
        else:
            answer = {"error": "access_denied", "state": params["state"]}
        joint = "&" if urlsplit(params["redirect_uri"]).query else "?"
        return RedirectResponse(params["redirect_uri"] + joint + urlencode(answer), 302)

    async def token(self, scope: wire.Scope, receive: wire.Receive, send: wire.Send) -> None:
        """POST /oauth2/v1/tokens/bearer, as an ASGI application so that its answer can be lost on order."""
        try:
            body = await wire.read_body(receive, BODY_LIMIT) or b""
        except ConnectionResetError:
            return
        self.state.schedule.run_due()
        rule = self.state.faults.choose("token", "", scope["path"], body)
        if rule is not None:
            self.state.meter.faults_injected[rule.kind] += 1
        answer = self._spoiled(rule, scope, body)
        tid = answers.new_tid()
        now = self.state.clock.now()
        line = LoggedRequest(
            time=now.isoformat(timespec="milliseconds"),
            method=scope["method"],
            path=scope["path"],
            status=answer.status,
            operation="token",
            intuit_tid=tid,
            note=f"on order: {rule.kind}" if rule else "",
        )
        self.state.meter.record_free(line)
        headers = [(b"intuit_tid", tid.encode()), (b"cache-control", b"no-cache, no-store")]
        if rule is not None and rule.kind in DISTORTED:
            await self.failing.deliver(rule, answer, headers, scope, receive)
        else:
            await wire.send_answer(send, answer, headers)

    def _spoiled(self, rule: FaultRule | None, scope: wire.Scope, body: bytes) -> Answer:
        if rule is None:
            return self._mint(scope, body)
        if rule.kind == "refusal":
            error = {"error": rule.message or "invalid_grant"}
            if rule.detail:
                error["error_description"] = rule.detail
            return Answer(rule.status or 400, json.dumps(error).encode())
        if rule.kind == "throttle":
            return Answer(429, json.dumps({"error": "too_many_requests"}).encode())
        true = self._mint(scope, body) if rule.commit else Answer(500, HTML_PAGE)
        if rule.kind in ("html", "server_error"):
            return Answer(rule.status or (200 if rule.kind == "html" else 503), HTML_PAGE, b"text/html;charset=UTF-8")
        return true

    def _mint(self, scope: wire.Scope, body: bytes) -> Answer:
        if scope["method"] != "POST":
            return Answer(405, json.dumps({"error": "invalid_request"}).encode(), headers=[(b"allow", b"POST")])
        headers = dict(scope["headers"])
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        try:
            self.state.tokens.check_client(*_client_of(headers.get(b"authorization", b""), form))
            minted = self._granted(form)
        except TokenError as error:
            return Answer(error.status, json.dumps(error.as_dict()).encode())
        self.state.save_tokens()
        if headers.get(HARD_EXPIRY_HEADER.encode(), b"").lower() != b"true":
            del minted["x_refresh_token_hard_expires_in"]
        return Answer(200, json.dumps(minted).encode())

    def _granted(self, form: dict[str, str]) -> dict[str, Any]:
        now = self.state.clock.seconds()
        match form.get("grant_type"):
            case "authorization_code":
                return self.state.tokens.exchange(
                    form.get("code", ""), form.get("redirect_uri", ""), now, form.get("code_verifier", "")
                )
            case "refresh_token":
                return self.state.tokens.refresh(form.get("refresh_token", ""), now)
        raise TokenError(400, "unsupported_grant_type")

    async def revoke(self, request: Request) -> Response:
        """Revoke a grant by its access or refresh token; JSON or form body, Basic auth."""
        body = await _limited_body(request)
        form = _json_or_form(body)
        try:
            self.state.tokens.check_client(*_client_of(request.headers.get("authorization", "").encode(), form))
        except TokenError as error:
            return JSONResponse(error.as_dict(), error.status)
        if not self.state.tokens.revoke(form.get("token", "")):
            return JSONResponse({"error": "invalid_request"}, 400)
        self.state.save_tokens()
        return Response(status_code=200)

    async def user_info(self, request: Request) -> Response:
        """The claims of the person who consented; needs the openid scope."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self.state.tokens.check_access(token.strip(), self.state.clock.seconds())
        if scheme.lower() != "bearer" or isinstance(grant, str):
            return JSONResponse({"error": "invalid_token"}, 401, {"WWW-Authenticate": "Bearer"})
        scopes = grant.scope.split()
        if "openid" not in scopes:
            return JSONResponse({"error": "insufficient_scope"}, 403)
        claims: dict[str, Any] = {"sub": "3c11a9ed-emulator"}
        if "email" in scopes:
            claims |= {"email": "bookkeeper@example.com", "emailVerified": True}
        if "profile" in scopes:
            claims |= {"givenName": "Sandbox", "familyName": "User"}
        return JSONResponse(claims)


_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


async def _limited_body(request: Request) -> bytes:
    return await wire.read_body(request.receive, BODY_LIMIT) or b""


def _json_or_form(body: bytes) -> dict[str, str]:
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        value = dict(parse_qsl(text))
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _client_of(header: bytes, form: dict[str, str]) -> tuple[str, str]:
    """The client's id and secret, from Basic auth or from the form."""
    scheme, _, value = header.decode("latin-1").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, client_secret = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return client_id, client_secret
    return form.get("client_id", ""), form.get("client_secret", "")
