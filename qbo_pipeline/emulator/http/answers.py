"""The shapes of an answer: QBO's JSON, its faults, the gateway's lower-case faults, and their bytes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.jsontext import dumps
from qbo_pipeline.emulator.http.fault_texts import throttle_fault

JSON = b"application/json;charset=UTF-8"
QBO_VERSION = b"1990.150"

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Answer:
    """One HTTP answer before anything distorts it.

    `writes` and `reads` say how many calls it meters; `touched` names the objects it changed as
    (entity, id, operation), for webhooks; `items` are the encoded items of a batch answer.
    """

    status: int
    body: bytes
    media: bytes = JSON
    headers: Headers = field(default_factory=list)
    writes: int = 0
    reads: int = 0
    replayed: int = 0
    touched: list[tuple[str, str, str]] = field(default_factory=list)
    items: list[bytes] | None = None
    note: str = ""


def fault_answer(fault: QboFault, time: str) -> Answer:
    """QBO's `Fault` envelope with the fault's own HTTP status."""
    return Answer(fault.status, dumps({"Fault": fault.as_json(), "time": time}))


def gateway_body(name: str, status: int, code: str, detail: str, fault_type: str, now: datetime) -> dict[str, Any]:
    """The API gateway's own envelope with lower-case keys, as captured for 401 and 403."""
    message = f"message={name}; errorCode={code.zfill(6)}; statusCode={status}"
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {
            "error": [{"message": message, "detail": detail, "code": code, "element": None}],
            "type": fault_type,
        },
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(now.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }


def unauthorised(detail: str, now: datetime) -> Answer:
    """401 with code 3200: the bearer token is missing, malformed, expired or revoked."""
    body = gateway_body("AuthenticationFailed", 401, "3200", detail, "AUTHENTICATION", now)
    return Answer(401, dumps(body), headers=[(b"www-authenticate", b'Bearer realm="Intuit"')])


def forbidden(now: datetime) -> Answer:
    """403 with code 3100: the token belongs to another company, or lacks the accounting scope."""
    return Answer(403, dumps(gateway_body("ApplicationAuthorizationFailed", 403, "3100", "", "SERVICE", now)))


def throttled(keys: str, now: datetime, time: str) -> Answer:
    """429 with code 3001, in upper or lower key case."""
    if keys == "lower":
        detail = "The request limit was reached."
        return Answer(429, dumps(gateway_body("ThrottleExceeded", 429, "3001", detail, "SERVICE", now)))
    return fault_answer(throttle_fault(), time)


def new_tid() -> str:
    """An `intuit_tid` as QBO writes them: 1-<8 hex>-<24 hex>."""
    digits = secrets.token_hex(16)
    return f"1-{digits[:8]}-{digits[8:]}"
