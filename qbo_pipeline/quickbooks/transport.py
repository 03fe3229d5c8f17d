"""One HTTP request and its answer: the only module that knows httpx.

It keeps a total deadline (httpx's own timeouts are for each phase: a body that drips outlives them all), bounds the
body while it expands, closes a connection on which the server speaks out of turn, says whether a failed request can
have left the machine, and lets no secret into an exception.
"""

from __future__ import annotations

import base64
import math
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

import httpcore
import httpx

from qbo_pipeline.errors import Signal
from qbo_pipeline.quickbooks.body import Body, TooLarge, Unreadable
from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.turns import Turns

CONNECT_SECONDS = 10.0
KEEPALIVE_SECONDS = 4.0  # shorter than servers keep idle connections, so that none is closed while we write to it
MAX_CONNECTIONS = 32
_PIECE = 16_384
_HEADERS = {"User-Agent": "qbo-pipeline", "Accept": "application/json", "Accept-Encoding": "gzip"}
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_FAILURES = (
    httpx.HTTPError,
    httpx.StreamError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
)
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.UnsupportedProtocol,
)


class Sized(Protocol):
    """A body that is made while it is sent, anew each time: pieces of bytes, and how many bytes they are together."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Call:
    """What to send: `bearer` or `basic` becomes the Authorization header, a body that is a `Secret` is revealed."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Sized | Secret | None = field(default=None, repr=False)
    bearer: Secret | None = None
    basic: tuple[str, Secret] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    seconds: float

    @property
    def intuit_tid(self) -> str | None:
        return self.headers.get("intuit_tid") or self.headers.get("intuit-tid")

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")


class TransportFailure(Signal):
    """No whole answer came. `sent` is False only where no byte of the request can have left; `kind` is `network`,
    `deadline` or `too_large`."""

    def __init__(self, reason: str, *, kind: str, sent: bool, intuit_tid: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.sent = sent
        self.intuit_tid = intuit_tid


class Transport:
    """HTTP with total deadlines. Redirects are off, the environment's proxies are not used, TLS is always verified.

    `http` replaces the network in tests; moments are by `clock`, which is the caller's own. Safe to use from several
    threads.
    """

    def __init__(self, *, clock: Clock | None = None, http: httpx.BaseTransport | None = None) -> None:
        self._clock = clock or SystemClock()
        # Not through httpx.Client: it keeps cookies, and logs whole URLs, which hold the realm and signatures.
        self._http = http or _PoolTransport()

    def close(self) -> None:
        self._http.close()

    def send(
        self, call: Call, *, deadline: float, max_bytes: int, until: float = math.inf, into: IO[bytes] | None = None
    ) -> Answer:
        """Send once and read the whole answer; with `into`, the body of a 200 is written into that file as it comes
        and is not in the answer.

        `deadline` is in seconds from now, for everything: connecting, sending, waiting, reading. `until` is a moment of
        the clock's monotonic time that ends it too, however late this was called: it is looked at again before each
        piece is written, so that nothing leaves after it. Raises `TransportFailure`, which carries neither the request
        nor the exception it came from.
        """
        started = self._clock.monotonic()
        end = min(started + deadline, until)
        exchange = _Exchange(self._clock, end, started=started, host=urlsplit(call.url).netloc.rpartition("@")[2])
        token = _current.set(exchange)
        failure: TransportFailure | None = None
        try:
            return self._exchange(call, exchange, max_bytes, into)
        except TransportFailure as error:
            failure = error
        except (TooLarge, Unreadable) as error:
            failure = exchange.unusable(error)
        except _FAILURES as error:
            failure = exchange.failure(error, max(end - started, 0.0))
        finally:
            _current.reset(token)
        # Raised here, outside of the handlers: its context would lead to frames that hold the headers.
        raise failure

    def _exchange(self, call: Call, exchange: _Exchange, max_bytes: int, into: IO[bytes] | None) -> Answer:
        if exchange.is_over:
            raise TransportFailure("the deadline passed before the request could be sent", kind="deadline", sent=False)
        response = self._http.handle_request(_request(call))
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            exchange.intuit_tid = headers.get("intuit_tid") or headers.get("intuit-tid")
            body = Body(headers.get("content-encoding", ""), max_bytes, into if response.status_code == 200 else None)
            assert isinstance(response.stream, httpx.SyncByteStream)
            for chunk in response.stream:  # as it came: httpx itself would expand it without a bound
                body.take(chunk)
                exchange.remaining()
            content = body.whole()
            seconds = self._clock.monotonic() - exchange.started
            return Answer(response.status_code, headers, content, seconds)
        finally:
            response.close()


def _request(call: Call) -> httpx.Request:
    body = call.body.reveal().encode() if isinstance(call.body, Secret) else call.body
    sized = {"Content-Length": str(len(body))} if body is not None else {}
    request = httpx.Request(
        call.method,
        call.url,
        params=call.params or None,
        headers={**_HEADERS, **call.headers, **sized},
        content=body,
    )
    if call.bearer is not None:
        request.headers["Authorization"] = f"Bearer {call.bearer.reveal()}"
    elif call.basic is not None:
        user, password = call.basic
        basic = base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()
        request.headers["Authorization"] = f"Basic {basic}"
    return request


class _Exchange:
    """One request in flight: its deadline, and whether writing it has begun."""

    def __init__(self, clock: Clock, deadline: float, started: float, host: str) -> None:
        self._clock = clock
        self._host = host
        self._deadline = deadline
        self.started = started
        self.writing = False
        self.guarded = False
        self.intuit_tid: str | None = None

    @property
    def is_over(self) -> bool:
        return self._clock.monotonic() >= self._deadline

    def remaining(self) -> float:
        """Seconds left; raises `httpcore.ReadTimeout` where none are."""
        left = self._deadline - self._clock.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return left

    def unusable(self, error: TooLarge | Unreadable) -> TransportFailure:
        """An answer came, and its body is none that can be used."""
        kind = "too_large" if isinstance(error, TooLarge) else "network"
        return TransportFailure(str(error), kind=kind, sent=True, intuit_tid=self.intuit_tid)

    def failure(self, error: BaseException, deadline: float) -> TransportFailure:
        passed = self.is_over
        sent = self.writing or not (self.guarded or isinstance(error, _BEFORE_SENDING))
        timeout = isinstance(error, httpx.TimeoutException | httpcore.TimeoutException)
        said = _ERRNO.sub("", " ".join(str(error).split()))[:200] or ("it took too long" if timeout else "it broke off")
        what = f"the connection to {self._host} failed" if sent else f"no connection to {self._host}"
        reason = f"no whole answer within {deadline:g} s" if passed else f"{what}: {said}"
        kind = "deadline" if passed or (timeout and sent) else "network"
        return TransportFailure(reason, kind=kind, sent=sent, intuit_tid=self.intuit_tid)


_current: ContextVar[_Exchange] = ContextVar("qbo_exchange")


class _PoolTransport(httpx.BaseTransport):
    """httpcore's connection pool with streams that know the deadline of the request they carry."""

    def __init__(self) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_SECONDS,
            retries=0,
            network_backend=_GuardedBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _current.get()
        exchange.guarded = True
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions={"timeout": {"connect": CONNECT_SECONDS, "pool": exchange.remaining()}},
            )
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_BodyStream(answer), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _BodyStream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _GuardedBackend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        limit = min(timeout or CONNECT_SECONDS, _current.get().remaining())
        return _GuardedStream(self._inner.connect_tcp(host, port, limit, local_address, socket_options))


class _GuardedStream(httpcore.NetworkStream):
    """A connection on which no operation outlives the deadline of the request that runs on it, and on which no request
    is sent any more once the server has said anything that nobody asked for."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._turns = Turns()
        self._exchange: _Exchange | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, _current.get().remaining())
        self._turns.heard(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        exchange = _current.get()
        if exchange is not self._exchange:
            if self._exchange is not None and self.get_extra_info("is_readable"):
                raise httpcore.WriteError("the server spoke before it was asked")
            self._exchange = exchange
            self._turns.asked()
        for start in range(0, len(buffer), _PIECE):
            limit = exchange.remaining()
            exchange.writing = True
            self._inner.write(buffer[start : start + _PIECE], limit)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = min(timeout or CONNECT_SECONDS, _current.get().remaining())
        return _GuardedStream(self._inner.start_tls(ssl_context, server_hostname, limit))

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        # The pool takes a connection that is readable while it is idle for one that the server has closed.
        if info == "is_readable" and self._turns.out_of_turn:
            return True
        return self._inner.get_extra_info(info)
