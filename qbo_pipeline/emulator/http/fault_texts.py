"""The faults that the gateway itself answers, and the wording of a fault that is injected by its code alone."""

from __future__ import annotations

from qbo_pipeline.emulator.company import faults
from qbo_pipeline.emulator.company.faults import QboError, QboFault

# code -> (Message, Detail, HTTP status): what is decided before, or around, an operation of the company.
GATEWAY_FAULTS: dict[str, tuple[str, str, int]] = {
    "120": (
        "Authorization Failure",
        "AuthorizationFailure: -11014-You do not have access to use QuickBooks Online Plus.",
        403,
    ),
    "500": ("Unsupported Operation", "Operation {what} is not supported.", 400),
    "600": ("Duplicate Request ID", "The request ID you're trying to use already exists: {what}", 400),
    "1040": ("Batch size exceeds allowed limit", "The batch limit size is stated by the {what} value", 400),
    "1050": ("Unsupported content type", "The content type is either not supported or not given: {what}", 400),
    "2020": (
        "Required param missing, need to supply the required value for the API",
        "Required parameter {what} is missing in the request",
        400,
    ),
    "2130": ("Invalid Request Id Format", "The request id does not have a supported format: {what}", 400),
    "6020": ("Content length not supported", "The body of a request must not be longer than {what} bytes.", 413),
    "6200": ("Account Period Closed", "The account period has closed and the transaction cannot be changed.", 400),
    "6420": ("E-mail address required", "An e-mail address is required to send this transaction.", 400),
}

PARSE_FAILED = "failed to parse json object"
UNEXPECTED = (
    "An unexpected error occurred while accessing or saving your data. Please wait a few minutes and try again."
)
REPEATED = "This request was already processed."

# What the places of a recorded text are filled with when a fault is injected and no object is behind it.
_SAMPLE_VALUES: dict[str, object] = {
    "what": UNEXPECTED,
    "user": "Another user",
    "number": "1001",
    "kind": "Journal Entry",
    "id": "1",
    "low": 0,
    "high": 21,
    "length": 45,
    "expected": "String",
    "debits": "1.00",
    "credits": "2.00",
    "levels": 5,
}


def gateway_fault(code: str, what: object = "", element: str = "") -> QboFault:
    """A fault of the gateway with its detail filled in."""
    message, detail, status = GATEWAY_FAULTS[code]
    return QboFault(status, faults.VALIDATION, [QboError(message, detail.format(what=what), code, element)])


def throttle_fault() -> QboFault:
    """429 with code 3001, with upper-case keys."""
    message = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    return QboFault(429, "SERVICE", [QboError(message, "The request limit was reached.", "3001")])


def unknown_path(path: str) -> QboFault:
    """404 for an address that the API does not have."""
    message, detail, _ = GATEWAY_FAULTS["500"]
    return QboFault(404, faults.VALIDATION, [QboError(message, detail.format(what=path[:200]), "500")])


def injected_fault(code: str, message: str | None, detail: str | None, status: int | None) -> QboFault:
    """The fault of a rule: recorded words for its code unless the rule brings its own."""
    if code in GATEWAY_FAULTS:
        known = gateway_fault(code, "injected")
    else:
        try:
            known = faults.fault(code, **_SAMPLE_VALUES)
        except KeyError:
            known = QboFault(400, faults.VALIDATION, [QboError(f"Error {code}", f"Error code {code}", code)])
    first = known.errors[0]
    words = QboError(message or first.message, detail or first.detail, code, first.element)
    return QboFault(status or known.status, faults.SYSTEM if int(code) >= 10_000 else known.type, [words])


def system_fault() -> QboFault:
    """500: the emulator itself failed; the details are in its own log, never in the answer."""
    return QboFault(500, faults.SYSTEM, [faults.error("10000", what=UNEXPECTED)])
