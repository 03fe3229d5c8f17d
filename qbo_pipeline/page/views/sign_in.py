"""Signing in and out."""

from __future__ import annotations

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, go, show
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


def sign_out(asked: Asked) -> Response:
    """End the session here and in the stores."""
    asked.page.door.sign_out(asked.who)
    answer = go("/sign-in")
    asked.page.give_cookie(answer, None)
    return answer
