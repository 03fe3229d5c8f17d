"""Stand-ins for tests of the client: a virtual clock, a fixed token, a QuickBooks whose network is a function."""

from __future__ import annotations

import heapq
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.hosts import Environment, environment
from qbo_pipeline.quickbooks.keeper import AccessTokens
from qbo_pipeline.quickbooks.meter import MemoryMeter
from qbo_pipeline.quickbooks.pacing import Pacer
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.tokens import Tokens
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline_tests.quickbooks.in_memory import Unpaced

REALM = "9130357"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Handler = Callable[[httpx.Request], httpx.Response]


class VirtualClock:
    """Time that passes only when somebody sleeps or says so."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._seconds = 1000.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds - 1000.0)

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0 or seconds > -1, f"a sleep of {seconds} s"
        with self._lock:
            self._seconds += max(seconds, 0.0)

    advance = sleep


class WorkersClock(VirtualClock):
    """Virtual time for several threads: it passes when all workers sleep, to the first one's waking."""

    def __init__(self, workers: int) -> None:
        super().__init__()
        self._awake = workers
        self._wakings: list[float] = []
        self._changed = threading.Condition()

    def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        with self._changed:
            waking = self._seconds + seconds
            heapq.heappush(self._wakings, waking)
            self._fall_asleep()
            self._changed.wait_for(lambda: self._seconds >= waking)

    def leave(self) -> None:
        """A worker is done."""
        with self._changed:
            self._fall_asleep()

    def _fall_asleep(self) -> None:
        self._awake -= 1
        if self._awake == 0 and self._wakings:
            self._seconds = self._wakings[0]
            while self._wakings and self._wakings[0] <= self._seconds:
                heapq.heappop(self._wakings)
                self._awake += 1
            self._changed.notify_all()


class FixedToken:
    """Hands out `first`, and `second` once the first was rejected."""

    def __init__(self, first: str = "token-one", second: str = "token-two") -> None:
        self._tokens = [Secret(first), Secret(second)]
        self.renewals = 0

    def access_token(self) -> Secret:
        return self._tokens[min(self.renewals, 1)]

    def renew(self, rejected: Secret) -> Secret:
        assert rejected == self._tokens[0]
        self.renewals += 1
        return self._tokens[1]


class RecordingPacer(Unpaced):
    """No limits, but it remembers what it was asked for."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.rests: list[float] = []

    def acquire(self, kind: str, patience: float) -> float:
        self.kinds.append(kind)
        return 0.0

    def quiet(self, seconds: float) -> None:
        self.rests.append(seconds)


def local_environment(url: str = "http://127.0.0.1:9") -> Environment:
    return environment("custom", base_url=url, discovery_url=f"{url}/.well-known/openid_configuration")


def tokens(clock: VirtualClock, *, access: str = "access-1", refresh: str = "refresh-1", lives: float = 3600) -> Tokens:
    now = clock.now()
    return Tokens(
        realm=REALM,
        access_token=Secret(access),
        access_expires_at=now + timedelta(seconds=lives),
        refresh_token=Secret(refresh),
        refresh_expires_at=now + timedelta(days=100),
        minted_at=now,
    )


@contextmanager
def quickbooks(
    handler: Handler,
    *,
    pacer: Pacer | None = None,
    clock: VirtualClock | None = None,
    meter: MemoryMeter | None = None,
    access: AccessTokens | None = None,
) -> Iterator[QuickBooks]:
    """A client whose answers come from a function."""
    clock = clock or VirtualClock()
    client = QuickBooks(
        REALM,
        local_environment(),
        access or FixedToken(),
        transport=Transport(clock=clock, http=httpx.MockTransport(handler)),
        pacer=pacer or RecordingPacer(),
        meter=meter or MemoryMeter(),
        clock=clock,
    )
    try:
        yield client
    finally:
        client.close()


def answer(status: int, body: Any, **headers: str) -> httpx.Response:
    """An HTTP answer; a body that is not text or bytes is written as JSON."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return httpx.Response(status, content=content, headers={"intuit_tid": "1-tid", **headers})


def always(status: int, body: Any, **headers: str) -> Handler:
    return lambda request: answer(status, body, **headers)


def in_turn(*answers: httpx.Response | Exception) -> Handler:
    """Each request gets the next answer; an exception is raised instead."""
    left = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    return handler


def fault(code: str, message: str = "", detail: str = "", kind: str = "ValidationFault", element: str = "") -> Any:
    return {
        "Fault": {"Error": [{"Message": message, "Detail": detail, "code": code, "element": element}], "type": kind}
    }
