"""Writing to an inventory system by its API: one request at a time, never tried again by itself.

What belongs here: what an answer, or none, says of whether something was written. Whether it is asked for again is the
protocol's affair (`posting/write_backs.py`), which first looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from qbo_pipeline.errors import Signal
from qbo_pipeline.sources.errors import Problem, SourceError
from qbo_pipeline.sources.http.exact import read_exact, write_exact
from qbo_pipeline.sources.http.reader import Api, NoReply, Pace, Params, Reply, shown


class Declined(Signal):
    """The system does not take it; the text says why."""


class NotNow(Signal):
    """It is certain that nothing was written; another time may be better."""


class InDoubt(Signal):
    """Nobody knows whether it was written."""


class WritingWire(Protocol):
    """Bytes on the wire; raises `NoReply`."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, seconds: float, max_bytes: int
    ) -> Reply: ...


WRITES_WITHIN = 100.0
"""Seconds from the beginning of a `put` within which its last request leaves: whoever claimed the entries holds them
for longer than that and `WRITE_SECONDS` together (`posting.write_backs.API_POLICY`): nobody else writes then."""
WRITE_SECONDS = 30.0


@dataclass(slots=True)
class HttpWriter:
    """Writes to one account. `headers` makes the headers of a call from its query string, as for reading; `now` are
    seconds of a clock that only goes forward."""

    api: Api
    base_url: str
    wire: WritingWire
    pace: Pace
    headers: Callable[[str], Mapping[str, str]]
    now: Callable[[], float]
    seconds: float = WRITE_SECONDS
    _until: float = math.inf

    def begin(self) -> None:
        """Begin a `put`: what is sent later than `WRITES_WITHIN` from here is not sent at all."""
        self._until = self.now() + WRITES_WITHIN

    def send(
        self, method: str, path: str, params: Params | None = None, content: Any = None, *, raw: bytes | None = None
    ) -> Any:
        """The JSON of the answer; `None` where there is none. `content` goes as JSON, `raw` as the bytes of a file.

        Raises `Declined`, `NotNow` or `InDoubt`, and `SourceError` where the key is refused.
        """
        query = urlencode(params or {})
        url = f"{self.base_url.rstrip('/')}/{path}" + (f"?{query}" if query else "")
        body = raw if content is None else write_exact(content).encode()
        form = "application/octet-stream" if content is None else "application/json"
        given = {**self.headers(query), **({"content-type": form} if body is not None else {})}
        self.pace.wait()
        if self.now() > self._until:
            raise NotNow(f"{self.api.system} is too slow now: nothing more is sent in this turn")
        try:
            reply = self.wire.send(method, url, given, body, seconds=self.seconds, max_bytes=self.api.max_bytes)
        except NoReply as error:
            raise (InDoubt if error.sent else NotNow)(f"{self.api.system} {error.reason}") from None
        return self._read(method, path, reply)

    def _read(self, method: str, path: str, reply: Reply) -> Any:
        said = f"{self.api.system} answered {reply.status} to {method} {path}: {shown(reply.body)}"
        if reply.status in self.api.limited or reply.status == 429:
            self.pace.quiet(self.api.rest)
            raise NotNow(f"its limit of {self.api.calls_per_minute:g} calls a minute is reached")
        if reply.status in (401, 403):
            why = f"it refused our key ({reply.status}); writing may need more rights than reading"
            raise SourceError(Problem(f"{self.api.system} cannot be written to", path, why, self.api.credentials))
        if reply.status >= 500 or reply.status == 408:
            raise InDoubt(said)
        if not 200 <= reply.status < 300:
            raise Declined(said)
        try:
            return read_exact(reply.body) if reply.body.strip() else None
        except ValueError:
            raise InDoubt(f"{said}: its answer is no JSON") from None
