"""The receiver of QuickBooks' webhooks as an ASGI application: one path to post to, one that says that it is alive.

What belongs here: HTTP. A delivery is acknowledged after its hints are committed; whatever is not, Intuit sends again.
Neither bodies nor signatures are ever logged.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from contextlib import AsyncExitStack

from anyio import CapacityLimiter, Semaphore, fail_after, to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from qbo_pipeline.quickbooks.webhooks import SIGNATURE_HEADER, NotJson
from qbo_pipeline.webhooks.intake import DeliveryOutcome, HintIntake

log = logging.getLogger(__name__)

PATH, HEALTH_PATH = "/webhooks/quickbooks", "/health"
# Of inventory systems: none of those that are known signs what it sends. Some send a header that one chooses; for those
# that send none the token is the end of the address.
SOURCE_PATH = "/webhooks/source/{connection}"
MOST_BYTES = 1 << 20
SMALL_BYTES = 64 * 1024  # a delivery of hundreds of events is smaller
LARGE_AT_ONCE = 2  # larger ones that are read at once, so that they keep the loop from no small one; the others wait
STORE_SECONDS = (
    2.5  # Intuit gives up after 3, and sends it again: what a store still does then is known by its event id
)
THREADS = 16  # deliveries that are written at once
MOST_WAITING = 64  # deliveries that wait for one of these threads; more are answered 503 at once

_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=\Z", re.ASCII)  # of 32 bytes: whatever else it says, no body is read for it
_CLOSE = {"Connection": "close"}  # what is left of the body is not read


class Receiver:
    """Answers deliveries; `counts` says what became of them and of their events since the start, `turned_away` who was
    turned away before."""

    def __init__(self, intake: HintIntake, store_seconds: float = STORE_SECONDS) -> None:
        self.intake = intake
        self.store_seconds = store_seconds
        self.counts: Counter[str] = Counter()
        self.turned_away: Counter[str] = Counter()
        self._threads = CapacityLimiter(THREADS)
        self._large = Semaphore(LARGE_AT_ONCE)

    async def deliver(self, request: Request) -> Response:
        """POST: 200 where every hint is committed, 401 unless signed, 503 where a store cannot take it in time."""
        given = request.headers.getlist(SIGNATURE_HEADER)
        if len(given) != 1 or not _SIGNATURE.match(given[0]):
            return self._refuse("not_signed", 401, "not signed by Intuit for a connection here")
        try:
            body = await self._body(request)
        except ClientDisconnect:
            return self._refuse("broken_off", 400, "the body is not complete")
        if body is None:
            return self._refuse("too_large", 413, f"the body is longer than {MOST_BYTES} bytes")
        signers = self.intake.signers(body, given[0])
        if not signers:
            return self._refuse("not_signed", 401, "not signed by Intuit for a connection here")
        if self._threads.statistics().tasks_waiting >= MOST_WAITING:
            return self._refuse("store_behind", 503, "the store is behind, send it again")
        try:
            with fail_after(self.store_seconds):
                taken = await to_thread.run_sync(
                    self.intake.take, body, signers, limiter=self._threads, abandon_on_cancel=True
                )
        except NotJson:
            return self._refuse("not_json", 400, "the body is not JSON")
        except TimeoutError:
            return self._refuse("store_behind", 503, "the store did not take it in time, send it again")
        return self._acknowledge(taken)

    async def deliver_source(self, request: Request) -> Response:
        """POST of an inventory system: 200 where it is kept that something changed there, 401 without the token."""
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        token = request.path_params.get("token") or (shown.strip() if scheme.lower() == "bearer" else "")
        name = request.path_params["connection"]
        if not token or not self.intake.knows_source(name, token):
            return self._refuse("not_signed", 401, "an inventory system's webhook without the token of a connection")
        try:
            if await self._body(request) is None:  # what it says is not used
                return self._refuse("too_large", 413, f"the body is longer than {MOST_BYTES} bytes")
        except ClientDisconnect:
            return self._refuse("broken_off", 400, "the body is not complete")
        if self._threads.statistics().tasks_waiting >= MOST_WAITING:
            return self._refuse("store_behind", 503, "the store is behind, send it again")
        try:
            with fail_after(self.store_seconds):
                kept = await to_thread.run_sync(
                    self.intake.take_source, name, limiter=self._threads, abandon_on_cancel=True
                )
        except TimeoutError:
            kept = False
        if not kept:
            return self._refuse("not_stored", 503, "not kept, send it again")
        self.counts["source_told"] += 1
        return Response(status_code=200)

    async def health(self, request: Request) -> Response:
        """GET: that it runs, and the counts; it needs no store and no thread."""
        return JSONResponse({"status": "ok", "counts": {**self.counts, **self.turned_away}})

    async def _body(self, request: Request) -> bytes | None:
        """The whole body; None, without reading further, as soon as it is longer than `MOST_BYTES`."""
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > MOST_BYTES:
            return None
        body = bytearray()
        async with AsyncExitStack() as stack:
            async for part in request.stream():
                if len(body) <= SMALL_BYTES < len(body) + len(part):
                    await stack.enter_async_context(self._large)
                body += part
                if len(body) > MOST_BYTES:
                    return None
        return bytes(body)

    def _refuse(self, what: str, status: int, text: str) -> Response:
        self.counts[what] += 1
        log.warning("webhook refused: %s (%d since the start)", text, self.counts[what])
        return PlainTextResponse(text if status != 401 else "", status, _CLOSE)

    def _acknowledge(self, taken: DeliveryOutcome) -> Response:
        events = {name: getattr(taken, name) for name in ("stored", "repeated", "unknown", "unreadable")}
        self.counts.update({name: count for name, count in events.items() if count})
        self.counts["taken" if taken.complete else "not_stored"] += 1
        level = logging.WARNING if taken.unreadable else logging.INFO
        log.log(
            level,
            "webhook: %d new hints, %d known already, %d of companies that are not here, %d not understood",
            *events.values(),
        )
        if not taken.complete:
            return PlainTextResponse("not kept, send it again", 503)
        return Response(status_code=200)


def build_app(receiver: Receiver) -> Starlette:
    """The application around a receiver."""
    routes = [
        Route(PATH, receiver.deliver, methods=["POST"]),
        Route(SOURCE_PATH, receiver.deliver_source, methods=["POST"]),
        Route(SOURCE_PATH + "/{token}", receiver.deliver_source, methods=["POST"]),
        Route(HEALTH_PATH, receiver.health, methods=["GET"]),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app
