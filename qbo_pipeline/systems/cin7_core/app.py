"""Cin7 Core's API (v2) in a box: its addresses, paging, limits and quirks over the company of the demo.

What belongs here: HTTP; what is answered is in `resources.py`. Quirks on purpose: over the limit it says 503; lists
write ids in capitals, papers do not; lists of credits do not say how long they are; lists without "modified since"
ignore one; an id that is not there is 404.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qbo_pipeline.systems.cin7_core import adjustments, lists, payments
from qbo_pipeline.systems.cin7_core.resources import RESOURCES, BadRequest
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.door import dated
from qbo_pipeline.systems.exact import to_json

PATH = "/ExternalApi/v2"
CALLS_A_MINUTE = 60
Take = Callable[[World, str, str, Mapping[str, str], bytes], Any]
WRITES: dict[str, dict[str, Take]] = {
    **{path: dict.fromkeys(("POST", "PUT", "DELETE"), payments.answer) for path in payments.PATHS},
    **{path: dict.fromkeys(("POST", "PUT"), lists.answer) for path in lists.PATHS},
    "stockadjustment": dict.fromkeys(("POST", "PUT", "DELETE"), adjustments.answer),
}
"""By path and method, what takes a request that writes."""


@dataclass(slots=True)
class Box:
    """One account: its credentials, its limit (`None`: none), and the faults that come next.

    `faults` are taken one a call: `500`, `503`, `garbage` (no JSON), `cut` (half of the answer). `calls` are the paths
    that were asked for. `between_pages` is called before each page but the first: a test lets the company work there.
    `write_faults` are taken one a write: `lost` is done, and its answer does not come; `503` and `500` are not done.
    """

    world: World
    account_id: str
    application_key: str
    calls_a_minute: int | None = CALLS_A_MINUTE
    faults: deque[str] = field(default_factory=deque)
    write_faults: deque[str] = field(default_factory=deque)
    calls: list[str] = field(default_factory=list)
    between_pages: Callable[[str], None] | None = None
    _times: deque[float] = field(default_factory=deque)

    def over_the_limit(self) -> bool:
        if self.calls_a_minute is None:
            return False
        now = time.monotonic()
        while self._times and self._times[0] <= now - 60:
            self._times.popleft()
        self._times.append(now)
        return len(self._times) > self.calls_a_minute

    def lets_in(self, headers: Mapping[str, str]) -> bool:
        given = f"{headers.get('api-auth-accountid')}/{headers.get('api-auth-applicationkey')}"
        return hmac.compare_digest(given.encode(), f"{self.account_id}/{self.application_key}".encode())


def build_app(box: Box) -> Starlette:
    """The application; it answers one request at a time, as the company's database is read by one."""
    lock = asyncio.Lock()

    async def answer(request: Request) -> Response:
        request.state.body = await request.body()
        async with lock:
            return dated(await asyncio.to_thread(_answer, box, request), box.world.clock())

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "DELETE"])])


def _answer(box: Box, request: Request) -> Response:
    path = request.url.path.removeprefix(PATH).strip("/")
    box.calls.append(path)
    if not box.lets_in(request.headers):
        return _error(403, "Incorrect credentials!")
    fault = box.faults.popleft() if box.faults else None
    if box.over_the_limit() or fault == "503":
        return _error(503, "You have reached 60 calls per 60 seconds API limit.")
    if fault == "500":
        return _error(500, "Unexpected error")
    if fault == "garbage":
        return Response(b"<html>We will be back soon</html>", media_type="text/html")
    taken = WRITES.get(path, {}).get(request.method)
    writes = taken is not None
    if request.method != "GET" and not writes:
        return _error(405, "Method not allowed")
    resource = RESOURCES.get(path) if taken is None else _writing(taken, request, path)
    if resource is None or not request.url.path.startswith(PATH):
        return _error(404, "Not found")
    params = dict(request.query_params)
    if box.between_pages is not None and params.get("Page", "1") != "1":
        box.between_pages(path)
    own = box.write_faults.popleft() if writes and box.write_faults else ""
    if own.isdigit():
        return _error(int(own), "You have reached 60 calls per 60 seconds API limit." if own == "503" else "Unexpected")
    box.world.refresh()
    try:
        found = resource(box.world, params)
    except BadRequest as error:
        return _error(400, str(error))
    if found is None:
        return _error(404, "Not found")
    if own == "lost":
        return _error(502, "Bad gateway")
    body = to_json(found)
    if fault == "cut":
        # The length is that of all of it: the client sees that half is missing.
        return Response(body[: len(body) // 2], media_type="application/json")
    return Response(body, media_type="application/json")


def _writing(take: Take, request: Request, path: str) -> Callable[[World, Mapping[str, str]], Any]:
    return lambda world, params: take(world, request.method, path, params, request.state.body)


def _error(status: int, text: str) -> Response:
    return Response(to_json([{"ErrorCode": status, "Exception": text}]), status, media_type="application/json")
