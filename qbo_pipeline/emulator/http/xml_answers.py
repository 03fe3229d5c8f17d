"""Answers as XML, for clients that ask for it: the JSON answer in the elements and attributes of Intuit's schemas.

A reference is an element with its id as text and the name as attribute, a list is an element repeated. Elements come
in the order of the JSON properties; the schemas' own order is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from qbo_pipeline.emulator.company.jsontext import loads
from qbo_pipeline.emulator.http.answers import JSON, Answer

XML: Final = b"application/xml;charset=UTF-8"
_NAMESPACE: Final = "http://schema.intuit.com/finance/v3"
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What the schemas have as attributes rather than elements.
_ATTRIBUTES: Final = ("domain", "sparse", "status", "bId", "type", "code", "element", "startPosition", "maxResults",
                      "totalCount", "group")  # fmt: skip
_CELL: Final = "ColData"
"""A report's cell is all attributes."""
_REFERENCE: Final = ({"value"}, {"value", "name"}, {"value", "type"}, {"value", "name", "type"})
_UNAUTHORISED: Final = {
    "Error": [
        {
            "Message": "General Authentication Error",
            "Detail": "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401",
            "code": "100",
        }
    ],
    "type": "AuthenticationFault",
}
"""A 401 as recorded in its XML flavour."""


def wants_xml(headers: list[tuple[bytes, bytes]], default: str) -> bool:
    """Whether a request's Accept header asks for XML; one that names neither kind gets the default."""
    accept = next((value.decode("latin-1").lower() for name, value in headers if name == b"accept"), "")
    is_json, is_xml = "json" in accept, "xml" in accept
    return default == "xml" if is_json == is_xml else is_xml


def as_xml(answer: Answer, time: str) -> Answer:
    """The same answer in XML; what is no JSON (a file, a page) is left as it is."""
    if answer.media != JSON or not answer.body:
        return answer
    payload: dict[str, Any] = loads(answer.body)
    if "fault" in payload:
        fault = payload["fault"]
        errors = [{"Message": e["message"], "Detail": e["detail"], "code": e["code"]} for e in fault["error"]]
        payload = {"Fault": _UNAUTHORISED if answer.status == 401 else {"Error": errors, "type": fault["type"]}}
    written_at = payload.pop("time", time)
    root = "Report" if "Header" in payload and "Columns" in payload else "IntuitResponse"
    inner = "".join(part for name, value in payload.items() for part in _element(name, value))
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}" time={quoteattr(str(written_at))}>'
    answer.body, answer.media = f"{head}{inner}</{root}>".encode(), XML
    return answer


def _element(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from _element(name, entry)
    elif name == _CELL:
        yield f"<{name}{''.join(f' {key}={_attribute(found)}' for key, found in value.items())}/>"
    elif isinstance(value, dict) and set(value) in _REFERENCE:
        attributes = "".join(f" {key}={_attribute(value[key])}" for key in ("name", "type") if key in value)
        yield f"<{name}{attributes}>{_text(value['value'])}</{name}>"
    elif isinstance(value, dict):
        plain = {key: value[key] for key in _ATTRIBUTES if isinstance(value.get(key), (str, bool, int))}
        attributes = "".join(f" {key}={_attribute(found)}" for key, found in plain.items())
        inner = "".join(part for key, found in value.items() if key not in plain for part in _element(key, found))
        yield f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"
    elif value is not None:
        yield f"<{name}>{_text(value)}</{name}>"


def _text(value: Any) -> str:
    return escape(_plain(value))


def _attribute(value: Any) -> str:
    return quoteattr(_plain(value))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _UNFIT.sub("", format(value, "f") if isinstance(value, Decimal) else str(value))
