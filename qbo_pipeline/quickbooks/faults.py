"""What QBO and its gateway say when they refuse: reading it in every shape it comes in, and classing it.

Shapes: `Fault.Error[]` with capital or small keys, one error or several, XML from the gateway, and the gateway's
`message=ThrottleExceeded; errorCode=003001; statusCode=429` inside a message. Codes alone are not enough: Intuit's
own tables print 6210 for two different things, so the class comes from code and message.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.quickbooks.fault_codes import FAULT_CODES, FaultMeaning

# The classes, the one that decides about a refusal with several faults first.
KINDS = (
    "throttled",  # the limits: the whole realm rests
    "quota",  # the metered reads of the month are used up
    "auth",  # the token was not accepted
    "forbidden",  # the company does not let this app or user in
    "not_permitted",  # the plan or the user's role does not allow this operation; others may be
    "system",  # QBO failed inside: a write's outcome is unknown
    "busy",  # QBO says: later
    "duplicate_request",  # the request id was used before
    "stale",  # somebody else changed the object
    "closed_period",
    "duplicate_number",
    "duplicate_name",
    "not_found",
    "invalid_reference",
    "inventory_start",  # dated before an inventory item's start
    "deposited",  # settled, deposited or matched: not ours to change
    "in_use",  # others depend on it
    "batch_size",
    "too_big",
    "query",
    "unsupported",
    "validation",
)

_GATEWAY = re.compile(r"message=(?P<name>\w+);\s*errorCode=(?P<code>\d+);\s*statusCode=(?P<status>\d+)")
_OTHER_ID = re.compile(r"\b(?:TxnId|Id)=(\d+)")
_QUOTA = re.compile(r"coreplus|monthly|quota|\bplan limit", re.IGNORECASE)
# Where the text decides against the code, or says more than it: (pattern, kind), the first match wins.
_TEXTS = (
    (re.compile(r"duplicate (document|doc) ?number", re.IGNORECASE), "duplicate_number"),
    (re.compile(r"duplicate name exists|already using this name", re.IGNORECASE), "duplicate_name"),
    (re.compile(r"period (has )?closed|books (are|have been) closed|closing date", re.IGNORECASE), "closed_period"),
    (re.compile(r"stale object|working on this at the same time", re.IGNORECASE), "stale"),
    (re.compile(r"has been made inactive", re.IGNORECASE), "invalid_reference"),
    (re.compile(r"please wait a few minutes", re.IGNORECASE), "busy"),
    (re.compile(r"throttleexceeded", re.IGNORECASE), "throttled"),
    (re.compile(r"authenticationfailed|SRV-110", re.IGNORECASE), "auth"),
    (re.compile(r"applicationauthorizationfailed", re.IGNORECASE), "forbidden"),
)
_TYPES = {"AUTHENTICATIONFAULT": "auth", "AUTHENTICATION": "auth", "SYSTEMFAULT": "system",
          "AUTHORIZATIONFAULT": "forbidden", "AUTHORIZATONFAULT": "forbidden"}  # fmt: skip
_STATUS = {401: "auth", 403: "forbidden", 429: "throttled"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One error as QBO gave it: `code` without leading zeros, `element` the field it names, `type` the fault's."""

    code: str
    message: str
    detail: str
    element: str
    type: str
    kind: str

    @property
    def explanation(self) -> str:
        """What it means in plain words."""
        return _meaning(self.code, self.kind).explanation

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _meaning(self.code, self.kind).remedy

    @property
    def other_id(self) -> str | None:
        """The Id of the object that is in the way, where the text names it (6140, 6240)."""
        found = _OTHER_ID.search(f"{self.message} {self.detail}")
        return found.group(1) if found else None

    @property
    def text(self) -> str:
        """Explanation, QBO's own words and the remedy, in one line."""
        said = self.detail or self.message
        where = f" in {self.element}" if self.element else ""
        code = f" {self.code}" if self.code else ""
        return f"{self.explanation} QuickBooks said{code}{where}: {' '.join(said.split())!r}. {self.remedy}"


def read_faults(body: Any, text: str, http_status: int) -> tuple[Fault, ...]:
    """All faults in an answer.

    `body` is the parsed JSON (anything that is not an object is passed over), `text` the raw answer, looked at for
    XML. A 401, 403 or 429 without a readable fault answers one made from its status; a 404 does not, which may be that
    of a gateway and says nothing about the object.
    """
    found = _from_json(body) or _from_xml(text)
    if not found and http_status in _STATUS:
        found = [("", f"HTTP {http_status}", "", "", "")]
    faults = []
    for code, message, detail, element, fault_type in found:
        kind = classify(code, message, detail, fault_type, http_status)
        # The gateway repeats the token ("Token expired: AB01…"), which must not reach a log.
        shown = detail.split(":")[0] if kind == "auth" else detail
        faults.append(Fault(code, message, shown, element, fault_type, kind))
    return tuple(faults)


def decisive(faults: tuple[Fault, ...]) -> str:
    """The kind of a refusal with several faults: the one that stands first in `KINDS`."""
    return min((fault.kind for fault in faults), key=KINDS.index, default="validation")


def classify(code: str, message: str, detail: str, fault_type: str, http_status: int) -> str:
    """The class of a fault: limits and text first, then the code, then its type, range and the HTTP status."""
    said = f"{message} {detail}"
    if http_status == 429 or code == "3001" or "ThrottleExceeded" in said:
        return "quota" if _QUOTA.search(said) else "throttled"
    for pattern, kind in _TEXTS:
        if pattern.search(said):
            return kind
    if code in FAULT_CODES:
        return FAULT_CODES[code].kind
    if fault_type.upper() in _TYPES:
        return _TYPES[fault_type.upper()]
    if code.isdigit():
        number = int(code)
        for limit, kind in ((500, "auth"), (600, "unsupported"), (10_000, "validation")):
            if number < limit:
                return kind
        return "system"
    return _STATUS.get(http_status, "validation")


_GENERIC = {
    "throttled": FAULT_CODES["3001"],
    "quota": FaultMeaning(
        "quota",
        "The app's metered reads of this month are used up.",
        "Posting goes on; reads resume next month, or move the app to a larger plan.",
    ),
    "duplicate_number": FAULT_CODES["6140"],
    "duplicate_name": FAULT_CODES["6240"],
    "closed_period": FAULT_CODES["6200"],
    "stale": FAULT_CODES["5010"],
    "invalid_reference": FAULT_CODES["2500"],
    "auth": FAULT_CODES["3200"],
    "forbidden": FAULT_CODES["3100"],
    "not_permitted": FAULT_CODES["5020"],
    "not_found": FAULT_CODES["610"],
    "busy": FaultMeaning("busy", "QuickBooks asks to try later.", "Nothing to do: it is tried again."),
    "system": FAULT_CODES["10000"],
    "unsupported": FAULT_CODES["500"],
}
_UNKNOWN = FaultMeaning("validation", "QuickBooks refused it.", "Do what the text says, then retry.")


def _meaning(code: str, kind: str) -> FaultMeaning:
    listed = FAULT_CODES.get(code)
    if listed is not None and listed.kind == kind:
        return listed
    return _GENERIC.get(kind, _UNKNOWN)


_Found = tuple[str, str, str, str, str]  # code, message, detail, element, type of fault


def _from_json(body: Any) -> list[_Found]:
    fault = _get(body, "Fault")
    if not isinstance(fault, dict):
        return []
    errors = _get(fault, "Error")
    if isinstance(errors, dict):
        errors = [errors]
    if not isinstance(errors, list):
        errors = []
    kind = str(_get(fault, "type") or "")
    found = []
    for error in errors:
        message, detail = str(_get(error, "Message") or ""), str(_get(error, "Detail") or "")
        found.append((_code(_get(error, "code"), message), message, detail, str(_get(error, "element") or ""), kind))
    return found or [("", "a fault without errors", "", "", kind)]


def _from_xml(text: str) -> list[_Found]:
    """The gateway answers XML when it does not come to read the Accept header; too irregular for a parser."""
    if "<" not in text[:200] or not re.search(r"<(\w+:)?Fault\b|errorCode=", text):
        return []
    kind = re.search(r"<(?:\w+:)?Fault\b[^>]*\btype=\"([^\"]*)\"", text)
    found = []
    for match in re.finditer(r"<(?:\w+:)?Error\b([^>]*)>(.*?)</(?:\w+:)?Error>", text, re.DOTALL):
        attributes, inside = match.groups()
        message, detail = _element(inside, "Message"), _element(inside, "Detail")
        code = re.search(r"\bcode=\"(\d+)\"", attributes)
        element = re.search(r"\belement=\"([^\"]*)\"", attributes)
        found.append(
            (
                _code(code.group(1) if code else "", message),
                message,
                detail,
                element.group(1) if element else "",
                kind.group(1) if kind else "",
            )
        )
    if not found and (gateway := _GATEWAY.search(text)):
        found = [(gateway.group("code").lstrip("0"), gateway.group(0), "", "", kind.group(1) if kind else "")]
    return found


def _element(inside: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}\b[^>]*>(.*?)</(?:\w+:)?{name}>", inside, re.DOTALL)
    return html.unescape(found.group(1)).strip() if found else ""


def _code(value: Any, message: str) -> str:
    code = str(value if value is not None else "").strip().lstrip("0")
    if not code and (gateway := _GATEWAY.search(message)):
        code = gateway.group("code").lstrip("0")
    return code


def _get(holder: Any, key: str) -> Any:
    """The value under a key in either case: QBO writes `Fault`, its gateway `fault`."""
    if not isinstance(holder, dict):
        return None
    for candidate in (key, key.lower(), key[:1].upper() + key[1:], key[:1].lower() + key[1:]):
        if candidate in holder:
            return holder[candidate]
    return None
