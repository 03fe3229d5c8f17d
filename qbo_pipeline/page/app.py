"""The page as an ASGI application: its addresses, and the checks that each request passes before anything is looked at.

What belongs here: HTTP. In order: the host, the origin of what changes something, who asks, the form's token, the
company (one that a user may not see is not there for them), the action. What each view does is in `views/`.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qbo_pipeline.page import roles, shown
from qbo_pipeline.page.asked import Asked, NotAllowed, NotThere, NotUnderstood, go, show
from qbo_pipeline.page.companies import Companies
from qbo_pipeline.page.forms import Upload, read_form, read_form_with_file
from qbo_pipeline.page.openid.door import OpenIdDoor
from qbo_pipeline.page.setting_up.connecting import Connecting
from qbo_pipeline.page.signing_in import SignInDoor, User
from qbo_pipeline.page.ways import BY_PATH, WAYS, Way
from qbo_pipeline.pipeline.failures import plain_failure
from qbo_pipeline.store.page_access import PROXY

log = logging.getLogger(__name__)

THREADS, MOST_WAITING = 16, 64
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with none, browsers do not say where a form comes from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy in front of the page: the addresses from which it comes, and the header in which it names the user whom
    it has signed in, where it does."""

    addresses: frozenset[str] = frozenset()
    user_header: str | None = None

    def is_from(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return str(getattr(found, "ipv4_mapped", None) or found) in self.addresses


class PeoplePage:
    """The page of some companies, reached at `origin` (scheme, host and port, as browsers write it).

    With `openid` people sign in at a provider too. `explanations` says by `section.name` what a setting means; with
    `keeps_settings` no file is written.
    """

    def __init__(
        self,
        companies: Companies,
        origin: str,
        proxy: Proxy | None = None,
        door: SignInDoor | None = None,
        *,
        openid: OpenIdDoor | None = None,
        explanations: Mapping[str, str] | None = None,
        keeps_settings: bool = False,
    ) -> None:
        self.companies = companies
        self.openid = openid
        self.explanations = explanations or {}
        self.keeps_settings = keeps_settings
        self.connecting = Connecting()
        self.origin = origin
        self.proxy = proxy or Proxy()
        self.door = door or SignInDoor(companies)
        self.secure = origin.startswith("https://")
        self.cookie = "__Host-qbo_page" if self.secure else "qbo_page"
        self.begun_cookie = f"{self.cookie}_begun"
        self._host = urlsplit(origin).netloc
        self._threads = CapacityLimiter(THREADS)

    def app(self) -> Starlette:
        """The application."""
        routes = [Route(way.path, self._endpoint(way), methods=[way.method]) for way in WAYS]
        routes += [Route(path, self._file) for path in shown.FILES]
        routes.append(Route("/health", self._health))
        app = Starlette(routes=routes, exception_handlers={404: self._not_there, 405: self._not_there})
        app.router.redirect_slashes = False
        return app

    def _endpoint(self, way: Way) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            refused = self._stranger(request)
            if refused:
                return self._finished(refused)
            form: Mapping[str, list[str]] = {}
            file: Upload | None = None
            if way.method == "POST":
                found = await (read_form_with_file(request) if way.takes_file else read_form(request))
                if isinstance(found, Response):
                    return self._finished(found)
                form, file = found
            if _holds_nul(request, form):
                return self._finished(PlainTextResponse("a character in this cannot be looked for", 400))
            if self._threads.statistics().tasks_waiting >= MOST_WAITING:
                return self._finished(PlainTextResponse("too much is asked at once, try again", 503))
            answer = await to_thread.run_sync(self._answer, way, request, form, file, limiter=self._threads)
            return self._finished(answer)

        return endpoint

    def _stranger(self, request: Request) -> Response | None:
        """Who comes by another name than ours (another site's, bent to our address), or from another site's form."""
        if request.headers.getlist("host") != [self._host]:
            return PlainTextResponse("this page has another address", 421)
        if request.method != "GET" and request.headers.getlist("origin") != [self.origin]:
            return PlainTextResponse("this was not asked from the page itself", 403)
        if request.headers.get("sec-fetch-dest", "document") not in ("document", "empty"):
            return PlainTextResponse("the page is not shown within another", 403)
        return None

    def _answer(self, way: Way, request: Request, form: Mapping[str, list[str]], file: Upload | None) -> Response:
        query = parse_qs(request.url.query, max_num_fields=100)
        path = {name: str(value) for name, value in request.path_params.items()}
        token = request.cookies.get(self.cookie)
        begun = request.cookies.get(self.begun_cookie)
        asked = Asked(self, None, None, path, query, form, self._address(request), file, begun)
        new: str | None = None
        try:
            user = self.door.recognise(token)
            named = self._named_by_proxy(request)
            if named is not None and (user is None or user.name != named or user.way != PROXY):
                if request.method != "GET":
                    return show(asked, "refused.html", status=403, why="Open the page anew, then do it again.")
                new = self.door.sign_in_by_proxy(named, PROXY)
                user = self.door.recognise(new)
                if user is None:
                    return show(asked, "refused.html", status=403, why=f"Nothing is granted to {named} here.")
            elif named is None and user is not None and user.way == PROXY:
                user = None  # the proxy no longer vouches for it
            answer = self._for(way, asked, user, form)
        except NotThere:
            answer = show(asked, "refused.html", status=404, why="There is no such page.")
        except NotAllowed as error:
            answer = show(asked, "refused.html", status=403, why=str(error))
        except NotUnderstood as error:
            answer = show(asked, "refused.html", status=400, why=str(error))
        except Exception as error:
            failure = plain_failure(error)
            if failure is None:
                log.exception("the page: %s %s failed", way.method, way.path)
                answer = show(asked, "refused.html", status=500, why="A defect: the log of the page says more.")
            else:
                status = 503 if failure.transient else 409
                answer = show(asked, "refused.html", status=status, why=failure.text)
        if new is not None:
            self.give_cookie(answer, new)
        return answer

    def _for(self, way: Way, asked: Asked, user: User | None, form: Mapping[str, list[str]]) -> Response:
        """The answer for this user: without one the way to sign in, and nothing of a company that is not theirs."""
        if way.anybody:
            return way.view(_of(asked, user, None))
        if user is None:
            return (
                go("/sign-in")
                if way.method == "GET"
                else show(asked, "refused.html", status=401, why="You are not signed in any more.")
            )
        if way.method == "POST" and not hmac.compare_digest(
            (form.get("token") or [""])[0].encode(), user.form_token.encode()
        ):
            raise NotAllowed("This form is not of this sign-in. Open the page anew, then do it again.")
        name = asked.path.get("company")
        if name is None:
            return way.view(_of(asked, user, None))
        company = self.companies.by_name.get(name)
        if company is None or not user.actions.get(name):
            raise NotThere
        action = asked.path["decision"] if way.action == BY_PATH else way.action
        if action not in roles.ACTIONS:
            raise NotThere
        if not user.may(action, name):
            raise NotAllowed(f"Your roles for {name} ({', '.join(sorted(user.roles[name]))}) do not include this.")
        return way.view(_of(asked, user, name))

    def give_cookie(
        self, answer: Response, token: str | None, *, of: str | None = None, seconds: int | None = None
    ) -> None:
        """Keep a token in the browser (as the session's, or under another name) until the browser is closed or some
        seconds have passed; without one, forget it."""
        name = of or self.cookie
        if token is None:
            answer.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")
        else:
            answer.set_cookie(name, token, seconds, path="/", secure=self.secure, httponly=True, samesite="lax")

    def _named_by_proxy(self, request: Request) -> str | None:
        """The user whom the proxy names; the header counts from its addresses alone."""
        if self.proxy.user_header is None or not self.proxy.is_from(_peer(request)):
            return None
        given = request.headers.getlist(self.proxy.user_header)
        name = roles.user_name(given[0]) if len(given) == 1 else None
        if given and name is None:
            raise NotAllowed("The proxy names nobody who could be a user here.")
        return name

    def _address(self, request: Request) -> str:
        """Where the client is: what the proxy says of it, where the proxy is one of ours."""
        peer = _peer(request)
        forwarded = request.headers.get("x-forwarded-for", "")
        return forwarded.rpartition(",")[2].strip()[:64] or peer if self.proxy.is_from(peer) else peer

    def _finished(self, answer: Response) -> Response:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if self.secure:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        return answer

    async def _file(self, request: Request) -> Response:
        content, kind = shown.FILES[request.url.path]
        answer = Response(content, media_type=kind)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return self._finished(answer)

    async def _health(self, request: Request) -> Response:
        return self._finished(PlainTextResponse("ok"))

    async def _not_there(self, request: Request, error: Exception) -> Response:
        return self._finished(PlainTextResponse("there is no such page", getattr(error, "status_code", 404)))


def _of(asked: Asked, user: User | None, company: str | None) -> Asked:
    here = None if company is None else asked.page.companies.present(company)
    return replace(asked, user=user, company=here)


def _holds_nul(request: Request, form: Mapping[str, list[str]]) -> bool:
    """Whether there is U+0000 in it, which PostgreSQL has no text for."""
    given = (value for values in form.values() for value in values)
    return "\0" in request.url.path or "%00" in str(request.url) or any("\0" in value for value in given)


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
