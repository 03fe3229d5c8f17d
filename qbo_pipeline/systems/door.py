"""What every system in a box has in common at its door: a limit, the faults that are ordered, what was asked for.

What belongs here: HTTP before and after a system's own answer. It shares no line with what reads it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qbo_pipeline.systems.exact import to_json

Params = Mapping[str, str]


class BadRequest(ValueError):
    """The request makes no sense; the text is the answer."""


@dataclass(slots=True)
class Door:
    """The limit (`None`: none) and the faults that come next.

    `faults` are taken one a call: a status such as `500`, `garbage` (no JSON), `cut` (half of the answer), or nothing.
    `calls` are the paths that were asked for, `asked` the same with their query strings. `between_pages` is called
    before each page but the first: a test lets the company work there. `write_faults` are taken one a write: `lost` is
    done, and its answer does not come; `limit` and a status such as `500` are not done.
    """

    calls_a_minute: int | None = None
    faults: deque[str] = field(default_factory=deque)
    write_faults: deque[str] = field(default_factory=deque)
    calls: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
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


Answer = tuple[int, Any]
"""A status and what becomes JSON."""


@dataclass(frozen=True, slots=True)
class House:
    """What stands behind a door: `lets_in` looks at a request's credentials, `answer` answers it. `refused` and `full`
    are what is said to strangers and over the limit; `open_paths` are answered to strangers too. `answer` finds the
    request's body as `request.state.body`. `clock` is what each answer says of the time, as every server does."""

    door: Door
    lets_in: Callable[[Request], bool]
    answer: Callable[[Request, str], Answer]
    refused: Answer
    full: Answer
    clock: Callable[[], datetime]
    open_paths: frozenset[str] = frozenset()


def build_app(house: House) -> Starlette:
    """The application; it answers one request at a time, as the company's database is read by one."""
    lock = asyncio.Lock()

    async def answer(request: Request) -> Response:
        request.state.body = await request.body()
        async with lock:
            return dated(await asyncio.to_thread(_answer, house, request), house.clock())

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "DELETE"])])


def dated(answer: Response, now: datetime) -> Response:
    """An answer that says what time it is, as every server's does: here by the box's own clock."""
    answer.headers["date"] = format_datetime(now, usegmt=True)
    return answer


def _answer(house: House, request: Request) -> Response:
    door = house.door
    path = request.url.path.strip("/")
    door.calls.append(path)
    door.asked.append(f"{path}?{request.scope['query_string'].decode()}")
    if path not in house.open_paths and not house.lets_in(request):
        return _json(house.refused)
    fault = door.faults.popleft() if door.faults else ""
    if door.over_the_limit() or fault == "limit":
        return _json(house.full)
    if fault.isdigit():
        return _json((int(fault), {"error": "Something went wrong"}))
    own = door.write_faults.popleft() if request.method != "GET" and door.write_faults else ""
    if own == "limit":
        return _json(house.full)
    if own.isdigit():
        return _json((int(own), {"error": "Something went wrong"}))
    if fault == "garbage":
        return Response(b"<html>We will be back soon</html>", media_type="text/html")
    try:
        found = house.answer(request, path)
    except BadRequest as error:
        found = (400, {"error": str(error)})
    if own == "lost":
        return _json((502, {"error": "Bad gateway"}))
    if fault == "cut":
        body = to_json(found[1])
        # The length is that of all of it: the client sees that half is missing.
        return Response(
            body[: len(body) // 2], media_type="application/json", headers={"content-length": str(len(body))}
        )
    return _json(found)


def _json(answer: Answer) -> Response:
    status, value = answer
    return Response(b"" if value is None else to_json(value), status, media_type="application/json")
