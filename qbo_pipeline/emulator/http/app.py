"""The emulator as one ASGI application: the API by a short way of its own, everything else through Starlette."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from qbo_pipeline.emulator.http import wire
from qbo_pipeline.emulator.http.answers import JSON, fault_answer
from qbo_pipeline.emulator.http.control import Control
from qbo_pipeline.emulator.http.entitlements import Entitlements
from qbo_pipeline.emulator.http.failing import Failing
from qbo_pipeline.emulator.http.fault_texts import unknown_path
from qbo_pipeline.emulator.http.gateway import Gateway
from qbo_pipeline.emulator.http.intent import Hook, Intent
from qbo_pipeline.emulator.http.oauth import TOKEN, OAuth
from qbo_pipeline.emulator.http.state import EmulatorState
from qbo_pipeline.emulator.http.webhooks import Webhooks
from qbo_pipeline.emulator.http.window import Window
from qbo_pipeline.serving.server import is_loopback

log = logging.getLogger(__name__)

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


class Emulator:
    """One emulated company behind HTTP. `intent` is asked before each write, where given (see intent.Question)."""

    def __init__(
        self, state: EmulatorState, *, allowed_hosts: frozenset[str] = frozenset(), intent: Hook | None = None
    ) -> None:
        self.state = state
        self._allowed_hosts = allowed_hosts
        if intent is not None:
            state.intent = Intent(intent, state.meter)
        self.gateway = Gateway(state)
        self.at_start: Callable[[], Coroutine[None, None, None]] | None = None
        failing = Failing(state, self.gateway.carrier)
        self.oauth = OAuth(state, failing, allowed_hosts)
        self.webhooks = Webhooks(state.realm, state.schedule, allowed_hosts)
        state.company.on_change(self.webhooks.changed)
        routes = [
            *self.oauth.routes(),
            *Window(state).routes(),
            *Control(self.gateway, self.webhooks).routes(),
            *Entitlements(state).routes(),
        ]
        self._pages = Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={HTTPException: self._unknown, Exception: self._failed},
        )

    async def __call__(self, scope: wire.Scope, receive: wire.Receive, send: wire.Send) -> None:
        path = scope.get("path", "")
        if path.startswith("/v3/"):
            await self.gateway(scope, receive, send)
        elif path == TOKEN:
            await self.oauth.token(scope, receive, send)
        elif scope["type"] == "http" and not self._serves(scope):
            await PlainTextResponse("This host name is not served here.", 421)(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    def _serves(self, scope: wire.Scope) -> bool:
        """Whether the Host header names this machine, so that no foreign page can reach the controls by a DNS trick.

        An emulator that was told to listen on the network serves every name.
        """
        if self.state.open_to_network:
            return True
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        name = urlsplit(f"//{host}").hostname if _HOST.fullmatch(host) else None
        return name is not None and (is_loopback(name) or name in self._allowed_hosts)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        clockwork = asyncio.create_task(self.state.schedule.keep_running())
        tasks = [clockwork, *([asyncio.create_task(self.at_start())] if self.at_start else [])]
        for task in tasks:
            task.add_done_callback(_report_failure)
        yield
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.gateway.recorder is not None:
            self.gateway.recorder.close()

    async def _unknown(self, request: Request, error: Exception) -> Response:
        """Unknown addresses and methods, in QBO's shape."""
        answer = fault_answer(unknown_path(request.url.path), self.state.time())
        status = error.status_code if isinstance(error, HTTPException) else answer.status
        return Response(answer.body, status, media_type=JSON.decode())

    async def _failed(self, request: Request, error: Exception) -> Response:
        log.error("the emulator failed at %s %r", request.method, request.url.path, exc_info=error)
        return JSONResponse({"error": "internal error; see the emulator's own log"}, 500)


def _report_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("what runs beside the requests failed", exc_info=task.exception())
