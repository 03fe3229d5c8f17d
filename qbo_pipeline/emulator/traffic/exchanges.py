"""Recorded traffic of a company: one request with its answer a line, as the emulator writes it or from a HAR file.

A line is a JSON object: `at` (an instant with its zone), `method`, `path` (what follows the company's id, with its
parameters), `type` and `body` (or `body64`) of the request, `status`, and `answer`, the answer's JSON, of what wrote or
was refused. No headers are kept, so no token is. A HAR file (of a browser or an intercepting proxy) is taken as it is;
of it only calls of the company's API count.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

_COMPANY: Final = re.compile(r"^https?://[^/]+/v3/company/[^/]+/(.+)$")
_LARGEST: Final = 64 * 1024 * 1024
"""Characters in a line; more is no request that QBO takes."""


class UnreadableTraffic(ValueError):
    """A recording that cannot be read; the text says which line and why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what became of it. `at` is aware, `answer` a JSON object or None."""

    at: datetime
    method: str
    path: str
    type: str
    body: bytes
    status: int
    answer: dict[str, Any] | None

    def as_line(self) -> str:
        """The exchange as a line of a recording."""
        try:
            content = {"body": self.body.decode("utf-8")}
        except UnicodeDecodeError:
            content = {"body64": base64.b64encode(self.body).decode("ascii")}
        told = {"at": self.at.isoformat(), "method": self.method, "path": self.path, "type": self.type, **content}
        return json.dumps(told | {"status": self.status, "answer": self.answer}, ensure_ascii=False, default=str)


def read_traffic(path: Path) -> list[Exchange]:
    """The exchanges of a recording, in the order of their instants. Raises UnreadableTraffic, and OSError."""
    with path.open(encoding="utf-8") as file:
        try:
            found = list(_of_har(file) if _is_har(file) else _of_lines(file))
        except UnicodeDecodeError as error:
            raise UnreadableTraffic(f"{path} is not UTF-8 text: {error}.") from None
        except UnreadableTraffic as error:
            raise UnreadableTraffic(f"{path}: {error}") from None
    if not found:
        raise UnreadableTraffic(f"{path} holds no request to a company's API.")
    return sorted(found, key=lambda exchange: exchange.at)


def _is_har(file: TextIO) -> bool:
    head = file.read(4096).lstrip("\ufeff \r\n\t")
    file.seek(0)
    return re.match(r'\{\s*"log"', head) is not None


def _of_lines(file: TextIO) -> Iterator[Exchange]:
    for number, line in enumerate(iter(lambda: file.readline(_LARGEST), ""), 1):
        if line.strip():
            try:
                yield parse(json.loads(line))
            except ValueError as error:
                raise UnreadableTraffic(f"line {number} is no recorded request: {error}.") from None


def parse(told: Any) -> Exchange:
    """An exchange from the object of a line. Raises ValueError, saying what is wrong with it."""
    if not isinstance(told, dict):
        raise ValueError("it is no JSON object")
    lacking = [name for name in ("at", "method", "path", "status") if name not in told]
    if lacking:
        raise ValueError(f"{', '.join(lacking)} is missing")
    at = datetime.fromisoformat(str(told["at"]))
    status = str(told["status"])
    if not status.isdecimal():
        raise ValueError("its status is no number")
    if at.tzinfo is None:
        raise ValueError("its instant has no time zone")
    answer = told.get("answer")
    if answer is not None and not isinstance(answer, dict):
        raise ValueError("its answer is no JSON object")
    body = _bytes(told)
    return Exchange(
        at,
        str(told["method"]).upper(),
        str(told["path"]),
        str(told.get("type") or ""),
        body,
        int(status),
        answer,
    )


def _bytes(told: dict[str, Any]) -> bytes:
    if "body64" in told:
        try:
            return base64.b64decode(str(told["body64"]), validate=True)
        except binascii.Error as error:
            raise ValueError(f"its body64 is no base64: {error}") from None
    return str(told.get("body") or "").encode("utf-8", "surrogatepass")


def _of_har(file: TextIO) -> Iterator[Exchange]:
    try:
        entries = json.load(file)["log"]["entries"]
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableTraffic(f"it is no HAR file: {error!r}.") from None
    for number, entry in enumerate(entries, 1):
        try:
            address = _COMPANY.match(entry["request"]["url"])
            if address is not None:
                yield _entry(entry, address.group(1))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableTraffic(f"entry {number} of the HAR file cannot be read: {error!r}.") from None


def _entry(entry: dict[str, Any], path: str) -> Exchange:
    request, response = entry["request"], entry["response"]
    posted = request.get("postData") or {}
    content = response.get("content") or {}
    text = str(content.get("text") or "")
    if content.get("encoding") == "base64":
        text = base64.b64decode(text).decode("utf-8", "replace")
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    return parse(
        {
            "at": entry["startedDateTime"],
            "method": request["method"],
            "path": path,
            "type": posted.get("mimeType") or "",
            "body": posted.get("text") or "",
            "status": response["status"],
            "answer": answer if isinstance(answer, dict) else None,
        }
    )
