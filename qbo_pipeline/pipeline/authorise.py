"""Authorise: the browser's way to Intuit's consent page and back to a loopback address of this machine."""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import SplitResult, parse_qs, urlsplit

from qbo_pipeline.errors import PipelineError
from qbo_pipeline.pipeline.connect import NotConnected, open_oauth, open_vault
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.auth import Authorisation, OAuth
from qbo_pipeline.quickbooks.keeper import TokenKeeper
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Transport

_REQUEST_SECONDS = 10  # a browser that connects beforehand and says nothing holds up the one that comes back no longer


def authorise(run: Run, say: Callable[[str], None], timeout: int) -> str:
    """Open the consent page, wait for the browser to come back, keep the tokens; answers the company's name.

    The browser is told that all is well once the tokens are stored and the company has answered to them, and what went
    wrong otherwise. Raises `NotConnected` where nobody consented in `timeout` seconds, or another company was chosen.
    """
    redirect = run.settings.quickbooks.redirect_uri
    where = _loopback(redirect)
    transport = Transport()
    try:
        oauth = open_oauth(run.settings, run.secrets, transport)
        vault = open_vault(run.settings, run.secrets, run.tokens)
        keeper = TokenKeeper(vault, oauth, time_zone=run.settings.connection.time_zone)
        asked = oauth.authorisation(redirect)

        def finish(answer: Mapping[str, str]) -> str:
            _keep_tokens(run, keeper, oauth, asked, answer)
            try:
                return str(run.quickbooks().company_info().get("CompanyName") or run.settings.quickbooks.realm)
            except PipelineError as error:
                raise NotConnected(
                    f"Intuit gave access, and the tokens are stored, but the company does not answer to them: {error}"
                ) from None

        with HTTPServer(("127.0.0.1", where.port or 80), _Callback) as server:
            say(f"Open this page and choose the company: {asked.url}")
            webbrowser.open(asked.url)
            return _come_back(server, where.path, timeout, finish)
    finally:
        transport.close()


def _keep_tokens(run: Run, keeper: TokenKeeper, oauth: OAuth, asked: Authorisation, answer: Mapping[str, str]) -> None:
    """What the browser brought becomes tokens of the company that the settings name."""
    if error := answer.get("error"):
        if error == "access_denied":
            raise NotConnected(
                "access was refused in the browser: nothing was connected. To connect the company, run "
                "`qbo-pipeline connect` again, and choose Connect on Intuit's page"
            )
        raise NotConnected(f"Intuit answered {error[:60]!r} instead of giving access: run `qbo-pipeline connect` again")
    realm, wanted = answer.get("realmId", ""), run.settings.quickbooks.realm
    if realm != wanted:
        raise NotConnected(
            f"the company chosen in the browser has the realm {realm[:30]!r}, the settings say {wanted}: choose that "
            "company, or correct [quickbooks] realm"
        )
    redirect = run.settings.quickbooks.redirect_uri
    code, state = Secret(answer.get("code", "")), answer.get("state", "")
    keeper.connect(oauth.exchange_code(code, realm, redirect, state=state, expected_state=asked.state))


@dataclass(slots=True)
class _Waiting:
    """What the browser is waited for with, and what became of it."""

    path: str
    finish: Callable[[Mapping[str, str]], str]
    company: str | None = None
    failure: PipelineError | None = None

    @property
    def over(self) -> bool:
        return self.company is not None or self.failure is not None

    def answered(self, query: str) -> tuple[int, str]:
        """Status and words for the browser that came back."""
        try:
            self.company = self.finish({name: values[0] for name, values in parse_qs(query).items()})
        except PipelineError as failure:
            self.failure = failure
            return 400, f"QuickBooks is not connected: {failure}"
        return 200, f"QuickBooks is connected: {self.company}. You may close this window."


class _Callback(BaseHTTPRequestHandler):
    timeout = _REQUEST_SECONDS

    def do_GET(self) -> None:
        waiting: _Waiting = self.server.waiting  # type: ignore[attr-defined]
        asked = urlsplit(self.path)
        if asked.path != waiting.path or waiting.over:
            self.send_error(404)
            return
        status, text = waiting.answered(asked.query)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the path holds the authorisation code."""


def _come_back(server: HTTPServer, path: str, timeout: int, finish: Callable[[Mapping[str, str]], str]) -> str:
    waiting = _Waiting(path, finish)
    server.waiting = waiting  # type: ignore[attr-defined]
    end = time.monotonic() + timeout
    while not waiting.over and (left := end - time.monotonic()) > 0:
        server.timeout = left
        server.handle_request()
    if waiting.failure is not None:
        raise waiting.failure
    if waiting.company is None:
        raise NotConnected(f"nobody consented within {timeout} s: run `qbo-pipeline connect` again")
    return waiting.company


def _loopback(redirect: str) -> SplitResult:
    where = urlsplit(redirect)
    if where.hostname not in ("localhost", "127.0.0.1"):
        raise NotConnected(
            f"[quickbooks] redirect_uri must be on this machine, such as http://localhost:8914/callback, not {redirect}"
        )
    return where
