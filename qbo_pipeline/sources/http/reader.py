"""Reading an inventory system by its API: one GET at a time, within its limits, tried again where that may help.

What belongs here: what holds for every system. What is peculiar to one is data (`Api`); bytes on the wire and the
limits that all processes share come from outside (`Wire`, `Pace`), so that one module of the project knows HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from qbo_pipeline.errors import Signal
from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable
from qbo_pipeline.sources.http.exact import read_exact

Params = Mapping[str, str]
_SHOWN = 300  # characters of an answer in an error


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. `dated` is its `Date` header: what time it is by the system's own clock."""

    status: int
    body: bytes = field(repr=False)
    dated: datetime | None = None


class NoReply(Signal):
    """No whole answer came; the text says why, in plain words and without a secret. `too_large`: there was too much
    of it. `sent` is False only where no byte of the request can have left."""

    def __init__(self, reason: str, *, too_large: bool = False, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.too_large = too_large
        self.sent = sent


class Wire(Protocol):
    """Sends a GET and reads the answer, with a deadline and a bound on its size."""

    def get(self, url: str, headers: Mapping[str, str], *, seconds: float, max_bytes: int) -> Reply:
        """The answer, whatever its status; raises `NoReply`."""
        ...


class Pace(Protocol):
    """An account's limit, shared by all processes."""

    def wait(self) -> None:
        """Wait for the next call's turn."""
        ...

    def quiet(self, seconds: float) -> None:
        """The limit was reached all the same: nobody calls for so long."""
        ...


@dataclass(frozen=True, slots=True)
class Api:
    """What the reader has to know of one system.

    `limited` are the statuses by which it says that its limit is reached, `rest` the seconds to leave it alone then,
    `waits` the seconds before each attempt, `credentials` what a person has to look at where it refuses us.
    """

    system: str
    limited: frozenset[int]
    rest: float
    calls_per_minute: float
    credentials: str
    waits: tuple[float, ...] = (0.0, 1.0, 5.0, 20.0, 60.0)
    seconds: float = 60.0
    max_bytes: int = 64 * 1024 * 1024


class HttpReader:
    """Reads one account. `headers` makes the headers of a call from its query string, which is sent as it stands:
    a system may want it signed. `calls` counts what was sent, `attempts` that failed included. `heard` is the latest
    instant that an answer gave as its own, to the second; `None` where none did."""

    def __init__(
        self,
        api: Api,
        base_url: str,
        wire: Wire,
        pace: Pace,
        headers: Callable[[str], Mapping[str, str]],
        sleep: Callable[[float], None],
    ) -> None:
        self.api = api
        self.calls = 0
        self.heard: datetime | None = None
        self.base_url = base_url.rstrip("/")
        self._wire = wire
        self.pace = pace
        self.headers = headers
        self._sleep = sleep

    def get(self, path: str, params: Params | None = None) -> Any:
        """The JSON of a resource; `None` where the system says that there is nothing (204, 404).

        Raises `SourceError` where a person must act, `SourceUnavailable` where the attempts were used up.
        """
        query = urlencode(params or {})
        url = f"{self.base_url}/{path}" + (f"?{query}" if query else "")
        reason = ""
        for wait in self.api.waits:
            self._sleep(wait)
            self.pace.wait()
            self.calls += 1
            try:
                reply = self._wire.get(url, self.headers(query), seconds=self.api.seconds, max_bytes=self.api.max_bytes)
            except NoReply as error:
                if error.too_large:
                    raise self._refused(
                        path, error.reason, "Report it: the pages that are asked for are too large"
                    ) from None
                reason = error.reason
                continue
            if reply.dated is not None and (self.heard is None or reply.dated > self.heard):
                self.heard = reply.dated
            if reply.status in self.api.limited:
                self.pace.quiet(self.api.rest)
                reason = f"its limit of {self.api.calls_per_minute:g} calls a minute is reached"
            elif reply.status >= 500 or reply.status == 429:
                reason = f"it answered {reply.status}: {shown(reply.body)}"
            else:
                try:
                    return self._read(path, reply)
                except ValueError as error:
                    reason = f"its answer is no JSON: {error}"
        raise SourceUnavailable(
            Problem(
                f"{self.api.system} cannot be read now",
                path,
                f"{reason} ({len(self.api.waits)} attempts)",
                "Nothing that was read is lost: run it again later",
            )
        )

    def _read(self, path: str, reply: Reply) -> Any:
        if reply.status in (204, 404):
            return None
        if reply.status in (401, 403):
            raise self._refused(path, f"it refused our key ({reply.status})", self.api.credentials)
        if not 200 <= reply.status < 300:
            reason = f"it answered {reply.status}: {shown(reply.body)}"
            raise self._refused(path, reason, "Report it: this request should be one that the system takes")
        return read_exact(reply.body)

    def _refused(self, path: str, why: str, remedy: str) -> SourceError:
        return SourceError(Problem(f"{self.api.system} cannot be read", path, why, remedy))


def shown(body: bytes) -> str:
    """The beginning of an answer as one line of text; an answer never holds our credentials."""
    return " ".join(body.decode("utf-8", errors="replace").split())[:_SHOWN] or "nothing"
