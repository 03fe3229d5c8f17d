"""Signing in, by password or at the provider, and out."""

from __future__ import annotations

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, NotAllowed, NotThere, go, show
from qbo_pipeline.page.openid.door import LASTING, OpenIdDoor
from qbo_pipeline.page.signing_in import NotSignedIn


def ask(asked: Asked) -> Response:
    """The form; whoever is signed in goes on to the overview."""
    if asked.user is not None:
        return go("/")
    return show(asked, "sign_in.html", wrong=False, wait=0)


def sign_in(asked: Asked) -> Response:
    """A new session for a right password; which of name and password is wrong is not said."""
    password = (asked.form.get("password") or [""])[0]
    found = asked.page.door.sign_in(asked.text("name", form=True), password, asked.address)
    if isinstance(found, NotSignedIn):
        status = 429 if found.wait else 401
        answer = show(asked, "sign_in.html", status=status, wrong=True, wait=-int(-found.wait // 60))
        if found.wait:
            answer.headers["Retry-After"] = str(int(found.wait) + 1)
        return answer
    if asked.user is not None:
        asked.page.door.sign_out(asked.user)
    answer = go("/")
    asked.page.give_cookie(answer, found)
    return answer


def go_to_provider(asked: Asked) -> Response:
    """Off to the provider's page; what came of it comes back to `come_back`."""
    address, kept = _provider(asked).begin(asked.page.origin)
    answer = go(address)
    asked.page.give_cookie(answer, kept, of=asked.page.begun_cookie, seconds=int(LASTING))
    return answer


def come_back(asked: Asked) -> Response:
    """A new session for whom the provider names; what the browser kept of the beginning is worth nothing any more."""
    provider = _provider(asked)
    said = {name: asked.text(name) for name in ("state", "code", "error")}
    vouched = provider.finish(asked.page.origin, asked.begun, issuer=asked.text("iss"), **said)
    door, client = asked.page.door, provider.provider.client
    token = door.sign_in_by_provider(vouched, client.issuer, gives_roles=provider.gives_roles)
    if token is None:
        raise NotAllowed(f"Nothing is granted to {vouched.name} here.")
    if asked.user is not None:
        door.sign_out(asked.user)
    answer = go("/")
    asked.page.give_cookie(answer, token)
    asked.page.give_cookie(answer, None, of=asked.page.begun_cookie)
    return answer


def _provider(asked: Asked) -> OpenIdDoor:
    if asked.page.openid is None:
        raise NotThere
    return asked.page.openid


def sign_out(asked: Asked) -> Response:
    """End the session here and in the stores."""
    asked.page.door.sign_out(asked.who)
    answer = go("/sign-in")
    asked.page.give_cookie(answer, None)
    return answer
