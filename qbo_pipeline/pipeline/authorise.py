"""Authorise: the browser's way to Intuit's consent page and back to a loopback address of this machine."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from qbo_pipeline.pipeline.connect import NotConnected, open_oauth, open_vault
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.keeper import TokenKeeper
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Transport


def authorise(run: Run, say: Callable[[str], None], timeout: int) -> str:
    """Open the consent page, wait for the browser to come back, keep the tokens; answers the company's name.

    Raises `NotConnected` where nobody consented in `timeout` seconds, or another company was chosen.
    """
    redirect = run.settings.quickbooks.redirect_uri
    transport = Transport()
    try:
        oauth = open_oauth(run.settings, run.secrets, transport)
        vault = open_vault(run.settings, run.secrets, run.tokens)
        keeper = TokenKeeper(vault, oauth, time_zone=run.settings.connection.time_zone)
        asked = oauth.authorisation(redirect)
        say(f"Open this page and choose the company: {asked.url}")
        webbrowser.open(asked.url)
        answer = _wait(redirect, timeout)
        realm = answer.get("realmId", "")
        if realm != run.settings.quickbooks.realm:
            raise NotConnected(
                f"the company chosen in the browser has the realm {realm or 'none'}, the settings say "
                f"{run.settings.quickbooks.realm}: choose that company, or correct [quickbooks] realm"
            )
        code = Secret(answer["code"])
        keeper.connect(
            oauth.exchange_code(code, realm, redirect, state=answer.get("state", ""), expected_state=asked.state)
        )
    finally:
        transport.close()
    return str(run.quickbooks().company_info().get("CompanyName", realm))


def _wait(redirect: str, timeout: int) -> dict[str, str]:
    """The parameters with which the browser comes back to the redirect address."""
    where = urlsplit(redirect)
    if where.hostname not in ("localhost", "127.0.0.1"):
        raise NotConnected(
            f"[quickbooks] redirect_uri must be on this machine, such as http://localhost:8914/callback, not {redirect}"
        )
    found: dict[str, str] = {}
    done = threading.Event()

    class Callback(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path != where.path:
                self.send_error(404)
                return
            found.update({name: values[0] for name, values in parse_qs(asked.query).items()})
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"QuickBooks is connected. You may close this window.")
            done.set()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the path holds the authorisation code."""

    with HTTPServer(("127.0.0.1", where.port or 80), Callback) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        came = done.wait(timeout)
        server.shutdown()
        thread.join()
    if not came or "code" not in found:
        raise NotConnected(
            f"nobody consented within {timeout} seconds"
            if not came
            else f"Intuit answered: {found.get('error', 'no code')}"
        )
    return found
