"""Whether a server of the HTTP contract has an inbox that holds entries and files as the contract says.

What belongs here: the questions about it. Written is only on order, and only what takes nothing into anybody's books: a
void of something that was never there, a file of a few bytes that no entry names, and of one of the server's own
documents what it says already, for a version that it never had.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import urlencode

from qbo_pipeline.inventory.records import Document, canonical_json, decimal_text, text_hash
from qbo_pipeline.pipeline.landed import ReadingWire
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.sources.http.exact import read_exact, write_exact
from qbo_pipeline.sources.http.reader import NoReply, shown
from qbo_pipeline.sources.http.writer import WRITE_SECONDS
from qbo_pipeline.sources.http_contract.writing import FILES, INBOX

_GIVEN = ("operation", "kind", "content", "content_hash")  # what is asked for again must be as it was put
_LARGEST = 10_000_000  # bytes of an answer
_NO_VERSION = "conformance: never a version"
_HOLDS = "Hold it under its marker and revision, and answer it to GET /inbox as it was put"


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """A status, and the JSON beside it; `None` where it is none. Status 0: no whole answer came."""

    status: int
    said: Any
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refuses(self) -> bool:
        return 400 <= self.status < 500


@dataclass(slots=True)
class InboxOfServer:
    """The inbox of a server under test; `marker` is one that nobody has used."""

    url: str
    token: str
    wire: ReadingWire
    marker: str = field(default_factory=lambda: f"CONFORMANCE.{secrets.token_hex(8).upper()}")

    def ask(
        self, method: str, path: str, body: bytes | None = None, form: str = "", token: str | None = None
    ) -> ServerAnswer:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        headers |= {"content-type": form} if form else {}
        url = f"{self.url.rstrip('/')}/{path}"
        try:
            reply = self.wire.send(method, url, headers, body, seconds=WRITE_SECONDS, max_bytes=_LARGEST)
        except NoReply as error:
            return ServerAnswer(0, None, error.reason)
        try:
            said = read_exact(reply.body)
        except ValueError:
            said = None
        return ServerAnswer(reply.status, said, f"answered {reply.status}: {shown(reply.body)}")

    def items(self, **params: str) -> list[Mapping[str, Any]] | None:
        """What is held, by marker or by id; `None` where the answer is not of that form."""
        answer = self.ask("GET", f"{INBOX}?{urlencode(params)}")
        items = answer.said.get("items") if answer.good and isinstance(answer.said, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return None
        return items

    def put(self, revision: int, entry: Mapping[str, Any], marker: str = "") -> ServerAnswer:
        body = write_exact(dict(entry)).encode()
        return self.ask("PUT", f"{INBOX}/{marker or self.marker}/{revision}", body, "application/json")

    def put_file(self, name: str, content: bytes) -> ServerAnswer:
        return self.ask("PUT", f"{FILES}/{name}", content, "application/octet-stream")


class Versions(Protocol):
    """The versions that a server tells, by one of its documents."""

    @property
    def document(self) -> Document | None: ...
    def told(self) -> str | None: ...


def inbox_findings(server: InboxOfServer, versions: Versions, *, write: bool) -> Iterator[PreflightFinding]:
    """All findings about the inbox, good ones too; without `write` nothing is put there."""
    asked = server.ask("GET", f"{INBOX}?{urlencode({'marker': server.marker})}")
    if asked.status == 404:
        yield PreflightFinding("inbox", True, "there is none: nothing comes back from QuickBooks")
        return
    items = server.items(marker=server.marker)
    why = "answers what it holds" if items == [] else f"of a marker that nobody has used it {asked.text}"
    yield PreflightFinding("inbox", items == [], why, 'Answer {"items": []}')
    wrong = server.ask("GET", f"{INBOX}?{urlencode({'marker': server.marker})}", token="no-such-token")  # noqa: S106
    yield PreflightFinding("inbox, a wrong token", wrong.status in (401, 403), wrong.text, "Answer 401 or 403")
    if not write:
        yield PreflightFinding("inbox, writing", True, "not tried: that is asked for by --write")
        return
    yield from _entries(server)
    yield _old_version(server, versions)
    yield from _files(server)


def entry_that_takes_nothing(said: str) -> dict[str, Any]:
    """An entry as it is put: the void of a payment that was never there."""
    content = canonical_json({"kind": "payment_received", "payment_id": "Payment/0", "number": said,
                              "status": "voided", "allocations": [], "amount": "0"})  # fmt: skip
    return {
        "operation": "void", "kind": "payment_received", "business_date": datetime.now(UTC).date().isoformat(),
        "party_id": "", "number": said, "currency": "", "amount": "0", "content": content,
        "content_hash": text_hash(content),
    }  # fmt: skip


def _entries(server: InboxOfServer) -> Iterator[PreflightFinding]:
    entry, other = entry_that_takes_nothing("conformance 1"), entry_that_takes_nothing("conformance 2")
    first = server.put(1, entry)
    yield _held(server, "an entry is held", first, {1: entry})
    if not first.good:
        return
    yield _held(server, "the same entry again", server.put(1, entry), {1: entry})
    twice = server.put(1, other)
    kept = _as_put(server.items(marker=server.marker), {1: entry})
    good, why = twice.status == 409 and kept, twice.text if kept else "it took the place of what was held"
    yield PreflightFinding("another content under its name", good, why, "Answer 409, and keep what is held")
    yield _held(server, "a further revision", server.put(2, other), {1: entry, 2: other})
    marker = f"{server.marker}.WRONG"
    wrong = server.put(1, {**entry, "content_hash": "0" * 64}, marker)
    held = server.items(marker=marker)
    yield PreflightFinding(
        "a hash that is another content's", wrong.refuses and not held, wrong.text, "Answer 400, and hold nothing"
    )
    yield from _taken(server)


def _old_version(server: InboxOfServer, versions: Versions) -> PreflightFinding:
    """Whether a change for a version that the thing does not have is refused, and the thing left as it is."""
    what, document, before = "a change for another version", versions.document, versions.told()
    if document is None:
        return PreflightFinding(what, True, "not tried: there is no document that could be changed")
    if before is None:
        none = "no versions are told: what somebody changes there between a reading and a writing is written over"
        return PreflightFinding(what, True, none)
    marker = f"{server.marker}.OLD"
    answer = server.put(1, {**entry_of(document), "known_versions": [_NO_VERSION]}, marker)
    held, after = server.items(marker=marker), versions.told()
    named = f"of document {document.document_id} it {answer.text}"
    if answer.status == 412 and held:
        named = f"of document {document.document_id} it answered 412 and holds the entry all the same"
    elif after != before:
        named = f"document {document.document_id} had version {before} and has {after} now"
    good = answer.status == 412 and held == [] and after == before
    why = "answered 412, and left document and inbox as they were" if good else named
    return PreflightFinding(
        what, good, why, "Where the thing has none of known_versions, answer 412, and neither hold nor change anything"
    )


def entry_of(document: Document) -> dict[str, Any]:
    """The entry by which a document of the server's own is to be what it is already."""
    content = canonical_json(document.to_content())
    return {
        "operation": "update", "kind": document.kind, "business_date": document.business_date.isoformat(),
        "party_id": document.party_id, "number": document.number, "currency": document.currency,
        "amount": decimal_text(document.total_amount), "content": content, "content_hash": text_hash(content),
    }  # fmt: skip


def _taken(server: InboxOfServer) -> Iterator[PreflightFinding]:
    """What the server says became of the entries; it may say so later."""
    for item in server.items(marker=server.marker) or ():
        if taken_as := item.get("taken_as"):
            found = [one.get("marker") for one in server.items(taken_as=str(taken_as)) or ()]
            why = f"revision {item.get('revision')} was taken as {taken_as}, asked by which it answers {found}"
            yield PreflightFinding("asked by taken_as", server.marker in found, why, "Answer what was taken under it")
            return
    yield PreflightFinding("asked by taken_as", True, "nothing was taken, as there was nothing to take out")


def _files(server: InboxOfServer) -> Iterator[PreflightFinding]:
    content = f"conformance {server.marker}".encode()
    name = sha256(content).hexdigest()
    for what in ("a file is held", "the same file again"):
        answer = server.put_file(name, content)
        yield PreflightFinding(what, answer.good, answer.text, "Hold the content under its SHA-256, once")
    wrong = server.put_file("0" * 64, content)
    yield PreflightFinding("a file under another hash", wrong.refuses, wrong.text, "Answer 400, and hold nothing")


def _held(
    server: InboxOfServer, what: str, answer: ServerAnswer, wanted: Mapping[int, Mapping[str, Any]]
) -> PreflightFinding:
    if not answer.good:
        return PreflightFinding(what, False, answer.text, _HOLDS)
    items = server.items(marker=server.marker)
    good = _as_put(items, wanted)
    told = "no list" if items is None else f"{len(items)} of it"
    return PreflightFinding(
        what, good, "as it was put" if good else f"asked for, it answers {told}, not as put", _HOLDS
    )


def _as_put(items: list[Mapping[str, Any]] | None, wanted: Mapping[int, Mapping[str, Any]]) -> bool:
    by_revision = {str(item.get("revision")): item for item in items or ()}
    return len(items or ()) == len(wanted) and all(
        str(revision) in by_revision and all(by_revision[str(revision)].get(name) == entry[name] for name in _GIVEN)
        for revision, entry in wanted.items()
    )
