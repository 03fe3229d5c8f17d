"""Authorise: the browser's way to Intuit's consent page and back to a loopback address of this machine."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Mapping

from qbo_pipeline.errors import PipelineError
from qbo_pipeline.pipeline.coming_back import ComingBack
from qbo_pipeline.pipeline.connect import NotConnected, open_oauth, open_vault
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.auth import Authorisation, OAuth
from qbo_pipeline.quickbooks.keeper import TokenKeeper
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Transport

AGAIN = "run `qbo-pipeline connect` again"
REFUSED = {
    "access_denied": (
        "access was refused in the browser: nothing was connected. To connect the company, run "
        "`qbo-pipeline connect` again, and choose Connect on Intuit's page"
    ),
    "invalid_scope": f"Intuit does not give this app access to accounting: allow that scope in the app, then {AGAIN}",
    "unauthorized_client": f"Intuit does not let this app ask for access: look at the app at Intuit, then {AGAIN}",
    "invalid_request": f"Intuit did not understand the request: correct client id or redirect URI, then {AGAIN}",
    "server_error": f"Intuit answered 'server_error' instead of giving access: {AGAIN}",
    "temporarily_unavailable": f"Intuit answered 'temporarily_unavailable' instead of giving access: {AGAIN} later",
}
"""What the errors of RFC 6749, 4.1.2.1 mean here. What else comes back is not repeated: anybody may have written it."""


def authorise(run: Run, say: Callable[[str], None], timeout: int) -> str:
    """Open the consent page, wait for the browser to come back, keep the tokens; answers the company's name.

    The browser is told that all is well once the tokens are stored and the company has answered to them, and what went
    wrong otherwise. Raises `NotConnected` where nobody consented in `timeout` seconds, or another company was chosen.
    """
    redirect = run.settings.quickbooks.redirect_uri
    transport = Transport()
    try:
        open_vault(run.settings, run.secrets, run.tokens)  # what is missing is said before anybody consents
        oauth = open_oauth(run.settings, run.secrets, transport)
        asked = oauth.authorisation(redirect)

        with ComingBack(redirect, asked.state) as coming:
            say(f"Open this page and choose the company: {asked.url}")
            webbrowser.open(asked.url)
            answered = coming.wait(timeout)
            if answered is None:
                raise NotConnected(f"nobody consented within {timeout} s: {AGAIN}")
            try:
                company = finish(run, oauth, asked, answered.answer, redirect)
            except PipelineError as failure:
                answered.tell(400, f"QuickBooks is not connected: {failure}")
                raise
            except BaseException:
                answered.tell(500, "QuickBooks is not connected: the terminal says more.")
                raise
            answered.tell(200, f"QuickBooks is connected: {company}. You may close this window.")
            return company
    finally:
        transport.close()


def finish(run: Run, oauth: OAuth, asked: Authorisation, answer: Mapping[str, str], redirect: str) -> str:
    """Make tokens of what the browser brought back to `redirect`, keep them, and answer the name of the company, which
    has answered to them.

    Raises `NotConnected` where nobody consented, another company was chosen, or the company does not answer.
    """
    vault = open_vault(run.settings, run.secrets, run.tokens)
    keeper = TokenKeeper(vault, oauth, time_zone=run.settings.connection.time_zone)
    _keep_tokens(run, keeper, oauth, asked, answer, redirect)
    try:
        return str(run.quickbooks().company_info().get("CompanyName") or run.settings.quickbooks.realm)
    except PipelineError as error:
        raise NotConnected(
            f"Intuit gave access, and the tokens are stored, but the company does not answer to them: {error}"
        ) from None


def _keep_tokens(
    run: Run, keeper: TokenKeeper, oauth: OAuth, asked: Authorisation, answer: Mapping[str, str], redirect: str
) -> None:
    """What the browser brought becomes tokens of the company that the settings name."""
    if error := answer.get("error"):
        raise NotConnected(REFUSED.get(error, f"Intuit gave no access, for a reason that we do not know: {AGAIN}"))
    realm, wanted = answer.get("realmId", ""), run.settings.quickbooks.realm
    if realm != wanted:
        shown = realm if realm.isascii() and realm.isdigit() and len(realm) < 30 else ""
        raise NotConnected(
            f"the company chosen in the browser has the realm {shown!r}, the settings say {wanted}: choose that "
            "company, or correct [quickbooks] realm"
        )
    code, state = Secret(answer.get("code", "")), answer.get("state", "")
    keeper.connect(oauth.exchange_code(code, realm, redirect, state=state, asked=asked))
