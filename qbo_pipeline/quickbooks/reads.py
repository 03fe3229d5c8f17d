"""What the answer to a read means: the body, or an exception named by recovery; and trying again what may be."""

from __future__ import annotations

import math
from typing import Any

from qbo_pipeline.quickbooks.answers import parsed
from qbo_pipeline.quickbooks.auth import LATER
from qbo_pipeline.quickbooks.calls import Caller, CallFailure, Manner
from qbo_pipeline.quickbooks.clock import Clock
from qbo_pipeline.quickbooks.errors import (
    AccessDenied,
    Incomplete,
    InvalidRequest,
    NotFound,
    QuickBooksError,
    QuickBooksRefused,
    QuotaExhausted,
    ReconnectNeeded,
    Throttled,
    Unavailable,
)
from qbo_pipeline.quickbooks.faults import decisive, read_faults
from qbo_pipeline.quickbooks.pacing import QUIET_SECONDS
from qbo_pipeline.quickbooks.requests import Request
from qbo_pipeline.quickbooks.retrying import retried
from qbo_pipeline.quickbooks.transport import Answer

WAITS = (0.0, 1.0, 4.0, 10.0)  # seconds before each attempt
MAX_BYTES = 256_000_000
READ_SECONDS = 110.0  # Intuit gives a request up after 120

_BY_KIND: dict[str, type[QuickBooksRefused]] = {
    "auth": ReconnectNeeded,
    "forbidden": AccessDenied,
    "not_permitted": AccessDenied,
    "not_found": NotFound,
    "quota": QuotaExhausted,
}
_TRANSIENT_KINDS = frozenset({"busy", "system"})

JsonObject = dict[str, Any]


def read_json(
    caller: Caller,
    request: Request,
    clock: Clock,
    *,
    content_type: str = "application/json",
    until: float = math.inf,
) -> JsonObject:
    """The answer's JSON object; transient failures are tried up to four times in all, and not beyond `until`, a moment
    of the clock's monotonic time.

    Raises `QuickBooksRefused` or, after the last attempt, `QuickBooksAway`; what our own store raised comes through.
    """
    manner = reading(MAX_BYTES, content_type, until)

    def once() -> JsonObject:
        answer = caller.call(request, manner)
        return json_of(answer, request, quota_exhausted=caller.quota_exhausted)

    return retried(once, clock, WAITS, until=until)


def reading(max_bytes: int, content_type: str = "application/json", until: float = math.inf) -> Manner:
    """How reads are sent: they wait for their slot, which may be a quiet minute away, beyond the answer's own time."""
    return Manner(
        read=True,
        deadline=READ_SECONDS + 2 * QUIET_SECONDS,
        max_bytes=max_bytes,
        content_type=content_type,
        answer_seconds=READ_SECONDS,
        until=until,
    )


def json_of(answer: Answer | CallFailure, request: Request, *, quota_exhausted: bool = False) -> JsonObject:
    """The JSON object of a good answer; raises the exception that says what to do about any other."""
    what = f"{request.method} {request.path}"
    if isinstance(answer, CallFailure):
        raise answer.cause or _failure(answer, what)
    body = parsed(answer)
    faults = read_faults(body, answer.text[:20_000] if body is None else "", answer.status)
    if not faults and answer.status == 200 and isinstance(body, dict):
        return body
    del body  # a refusal may repeat our token, and a traceback may show local variables
    kind = decisive(faults) if faults else ""
    said = (
        " ".join(fault.text for fault in faults)
        or f"HTTP {answer.status} with {len(answer.body)} bytes, no JSON object"
    )
    text = f"{what}: {said}"
    about: dict[str, Any] = {"faults": faults, "http_status": answer.status, "intuit_tid": answer.intuit_tid}
    if kind == "throttled":
        if quota_exhausted:
            raise QuotaExhausted(
                f"{text} Reads are refused although the limits are kept: the month's are used up.", **about
            )
        raise Throttled(text, retry_after=QUIET_SECONDS, **about)
    if kind in _BY_KIND:
        raise _BY_KIND[kind](text, **about)
    if not faults or kind in _TRANSIENT_KINDS or answer.status >= 500:
        raise Unavailable(text, **about)
    raise InvalidRequest(text, **about)


def _failure(failure: CallFailure, what: str) -> QuickBooksError:
    text = f"{what}: {failure.reason}"
    if failure.kind == "reconnect":
        return ReconnectNeeded(failure.reason, intuit_tid=failure.intuit_tid)
    if failure.kind == "denied":
        return AccessDenied(failure.reason, intuit_tid=failure.intuit_tid)
    if failure.kind == "token":
        return Unavailable(failure.reason, intuit_tid=failure.intuit_tid)
    if failure.kind == "too_large":
        return Incomplete(f"{text}: ask for less at a time", intuit_tid=failure.intuit_tid)
    return Unavailable(f"QuickBooks gave no answer to {text}. {LATER}", intuit_tid=failure.intuit_tid)
