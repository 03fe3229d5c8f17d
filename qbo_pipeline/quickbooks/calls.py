"""One call to the company's API: token, slot, request, one replay after 401; counted and logged.

Common to writes and reads; what the answer means is decided in `answers.py` and `reads.py`.
"""

from __future__ import annotations

import logging
import math
import re
import threading
from dataclasses import dataclass, field

from qbo_pipeline.quickbooks.clock import Clock
from qbo_pipeline.quickbooks.errors import AccessDenied, QuickBooksError, ReconnectNeeded
from qbo_pipeline.quickbooks.faults import decisive, read_faults
from qbo_pipeline.quickbooks.hosts import Environment, check_realm
from qbo_pipeline.quickbooks.keeper import AccessTokens
from qbo_pipeline.quickbooks.meter import Meter
from qbo_pipeline.quickbooks.pacing import BATCH, CALL, QUIET_SECONDS, Pacer
from qbo_pipeline.quickbooks.requests import Request
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Answer, Call, Transport, TransportFailure
from qbo_pipeline.quickbooks.wire import from_wire

MINOR_VERSION = "75"  # all others are ignored since August 2025
_HELD_SECONDS = 0.1  # longer than a slot takes that is free
_MIN_SECONDS = 1.0  # a request with less than this left is not worth sending
_PASSWORD = re.compile(r"://\S*@")
_QUOTA_REFUSALS = 3  # 429 to a read this often in a row, each after a quiet minute: the month's reads are used up

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallFailure:
    """No answer. `kind`: `network`, `deadline`, `too_large`, `paced`, `reconnect`, `denied`, `token` or `store`.

    `cause` is what our own store raised, where the kind is `store`.
    """

    reason: str
    kind: str
    sent: bool
    retry_after: float = 0.0
    intuit_tid: str | None = None
    cause: Exception | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a request is sent.

    `read`: it is metered; `deadline`: seconds for everything, token and wait for a slot included; `until`: a moment of
    the clock's monotonic time that ends it too; `answer_seconds`: the part of it that the exchange itself may take;
    `items`: the operations that a batch carries.
    """

    read: bool
    deadline: float
    max_bytes: int
    content_type: str = "application/json"
    answer_seconds: float = math.inf
    items: int = 0
    until: float = math.inf


class Caller:
    """Calls to one realm. Safe to use from several threads."""

    def __init__(
        self,
        realm: str,
        environment: Environment,
        tokens: AccessTokens,
        transport: Transport,
        pacer: Pacer,
        meter: Meter,
        clock: Clock,
    ) -> None:
        self._company = f"{environment.api_url}/v3/company/{check_realm(realm)}/"
        self._tokens = tokens
        self._transport = transport
        self._pacer = pacer
        self._meter = meter
        self._clock = clock
        self._read_refusals = 0
        self._batches_since: dict[int, float] = {}  # by thread: since when it waits for the slot of a batch

    @property
    def batches_held(self) -> bool:
        """Whether a batch has been waiting for its slot under QBO's limits for a moment already."""
        now = self._clock.monotonic()
        return any(now - since >= _HELD_SECONDS for since in list(self._batches_since.values()))

    @property
    def quota_exhausted(self) -> bool:
        """Whether reads look used up for this month: refused again and again although the limits were kept."""
        return self._read_refusals >= _QUOTA_REFUSALS

    def call(self, request: Request, manner: Manner) -> Answer | CallFailure:
        """Send a request and read its whole answer.

        Never raises for what the network, QBO, the token endpoint or our own store did, and never sends after the
        deadline.
        """
        end = min(self._clock.monotonic() + manner.deadline, manner.until)
        token = self._token(None)
        if isinstance(token, CallFailure):
            return token
        answer = self._once(request, manner, token, end)
        if isinstance(answer, Answer) and answer.status == 401:
            # The first request was refused before QBO did anything: replaying it cannot double it.
            token = self._token(token)
            return token if isinstance(token, CallFailure) else self._once(request, manner, token, end)
        return answer

    def _token(self, rejected: Secret | None) -> Secret | CallFailure:
        try:
            return self._tokens.access_token() if rejected is None else self._tokens.renew(rejected)
        except QuickBooksError as error:
            kind = "reconnect" if isinstance(error, ReconnectNeeded) else "token"
            if isinstance(error, AccessDenied):
                kind = "denied"
            return CallFailure(str(error), kind, sent=False, intuit_tid=error.intuit_tid)
        except Exception as error:  # the vault or its database, whose errors this room does not know
            return _store_failure("the access token could not be had", error)

    def _once(self, request: Request, manner: Manner, token: Secret, end: float) -> Answer | CallFailure:
        patience = end - self._clock.monotonic() - _MIN_SECONDS
        if patience < 0:
            return CallFailure("the deadline passed before the request could be sent", "deadline", sent=False)
        try:
            wait = self._slot(BATCH if request.path == "batch" else CALL, patience)
        except Exception as error:  # the limits that are shared through the store
            return _store_failure("the next slot under QuickBooks' limits could not be had", error)
        if wait > 0:
            reason = f"the next slot under QuickBooks' limits is {wait:.1f} s away"
            return CallFailure(reason, "paced", sent=False, retry_after=wait)
        body = request.upload or request.body or None
        call = Call(
            request.method,
            self._company + request.path,
            (*request.params, ("minorversion", MINOR_VERSION)),
            {"Content-Type": manner.content_type} if body else {},
            body,
            bearer=token,
        )
        try:
            answer = self._transport.send(call, deadline=manner.answer_seconds, max_bytes=manner.max_bytes, until=end)
        except TransportFailure as failure:
            self._failed(request, failure, manner)
            return CallFailure(failure.reason, failure.kind, failure.sent, intuit_tid=failure.intuit_tid)
        self._answered(request, answer, manner)
        return answer

    def _slot(self, kind: str, patience: float) -> float:
        if kind != BATCH:
            return self._pacer.acquire(kind, patience)
        thread = threading.get_ident()
        self._batches_since[thread] = self._clock.monotonic()
        try:
            return self._pacer.acquire(kind, patience)
        finally:
            del self._batches_since[thread]

    def _failed(self, request: Request, failure: TransportFailure, manner: Manner) -> None:
        if failure.sent:
            self._meter.count("free" if manner.read else "write", items=manner.items)
        log.warning(
            "%s %s failed (%s, %s): %s, intuit_tid %s",
            request.method, request.path, failure.kind, "sent" if failure.sent else "not sent", failure.reason,
            failure.intuit_tid,
        )  # fmt: skip

    def _answered(self, request: Request, answer: Answer, manner: Manner) -> None:
        good = 200 <= answer.status < 300
        self._meter.count(("metered_read" if good else "free") if manner.read else "write", items=manner.items)
        log.log(
            logging.INFO if good else logging.WARNING,
            "%s %s HTTP %d in %.3f s, intuit_tid %s",
            request.method, request.path, answer.status, answer.seconds, answer.intuit_tid,
        )  # fmt: skip
        if good and manner.read:
            self._read_refusals = 0
        if answer.status in (403, 429, 503):
            self._rest(answer, manner.read)

    def _rest(self, answer: Answer, read: bool) -> None:
        """After a refusal because of the limits the whole realm is quiet; but not where only reads are used up."""
        try:
            body = from_wire(answer.body)
        except ValueError:
            body = None
        kind = decisive(read_faults(body, answer.text[:20_000], answer.status))
        if read and kind in ("throttled", "quota"):
            self._read_refusals = _QUOTA_REFUSALS if kind == "quota" else self._read_refusals + 1
        if kind in ("throttled", "quota") and not (read and self.quota_exhausted):
            try:
                self._pacer.quiet(QUIET_SECONDS)
            except Exception as error:  # the answer that is at hand counts more
                log.error("that the realm is to be quiet could not be stored: %s", in_plain_words(error))


def in_plain_words(error: Exception) -> str:
    """The kind of an error and the first line of its text: what follows in a database's error are statements with their
    parameters. A password in an address is left out."""
    said = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {_PASSWORD.sub('://…@', said)[:300]}".rstrip(": ")


def _store_failure(what: str, error: Exception) -> CallFailure:
    reason = f"{what}: {in_plain_words(error)}"
    log.error("%s", reason)
    return CallFailure(reason, "store", sent=False, cause=error)
