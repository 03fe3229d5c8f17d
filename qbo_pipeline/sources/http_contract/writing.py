"""The inbox of the HTTP contract: what people did in QuickBooks, put to a system of one's own exactly once.

What belongs here: the requests. `PUT /inbox/{marker}/{revision}` holds an entry, however often it comes; `GET /inbox`
tells what is held, by marker or by the id under which it was taken. It takes every kind of record that comes back. An
attached file goes before its entry, under the hash of its content: `PUT /files/{sha256}`.

Where the system tells versions of its entries, a change of a document, payment or movement goes with those that are
known here (`known_versions`: the one that was read last and so was compared, and the one that our last revision made).
A system that has another one by now answers 412 and holds nothing, and a person looks at it. Of lists that both sides
keep the entry says what each field was (`changed`), which is the same condition for that field alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qbo_pipeline.inventory.records import DOCUMENT_KINDS, PARTY_KINDS, PAYMENT_KINDS, PRODUCT_KINDS
from qbo_pipeline.returning.abilities import is_made_in_quickbooks, is_taken_out, own_id
from qbo_pipeline.returning.targets import (
    Abilities,
    Held,
    InboxAnswer,
    NotTaken,
    NotWritten,
    Outcome,
    Taken,
    TargetEntry,
    Unclear,
    Written,
)
from qbo_pipeline.sources.api_target import Doors
from qbo_pipeline.sources.entries import content_of
from qbo_pipeline.sources.errors import Problem, SourceUnavailable
from qbo_pipeline.sources.http.writer import Declined, InDoubt, NotNow
from qbo_pipeline.sources.http_contract.abilities import TAKES
from qbo_pipeline.sources.landed.values import Object, objects, text

INBOX, FILES = "inbox", "files"
LISTS = {
    **dict.fromkeys(PARTY_KINDS, "parties"), **dict.fromkeys(PRODUCT_KINDS, "products"),
    **dict.fromkeys(DOCUMENT_KINDS, "documents"), **dict.fromkeys(PAYMENT_KINDS, "payments"),
    "adjustment": "movements",
}  # fmt: skip
"""By the kind of an entry, the list in which the system tells the thing, with its version."""


class HttpInbox:
    """The inbox of a server of the contract."""

    abilities = Abilities(finds=True, idempotent=True, at_once=20)
    takes = TAKES

    def __init__(self, doors: Doors, close: Callable[[], None]) -> None:
        self._reader, self._writer, self._files, self._close = doors.reader, doors.writer, doors.files, close
        self._beside = doors.beside

    def put(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
        """Put each; after one that got no answer the others are not tried."""
        self._writer.begin()
        outcomes: list[Outcome] = []
        stopped: str | None = None
        for entry in entries:
            outcome = self._put(entry) if stopped is None else NotWritten(stopped)
            if isinstance(outcome, NotWritten | Unclear):
                stopped = outcome.message
            outcomes.append(outcome)
        return outcomes

    def _put(self, entry: TargetEntry) -> Outcome:
        try:
            if entry.kind == "attachment":
                self._put_file(entry)
            body = body_of(entry) | self._known_versions(entry)
            self._writer.send("PUT", f"{INBOX}/{entry.marker}/{entry.revision}", content=body)
        except Declined as error:
            return NotTaken(str(error))
        except (NotNow, SourceUnavailable) as error:
            return NotWritten(str(error))
        except InDoubt as error:
            return Unclear(str(error))
        return Written()

    def _known_versions(self, entry: TargetEntry) -> dict[str, list[str]]:
        """The versions of a thing that is there already: nothing is written over what nobody here has seen."""
        place = LISTS.get(entry.kind)
        if place is None or entry.operation == "create":
            return {}
        content = content_of(entry)
        if "changed" in content:  # each field is held to what it was
            return {}
        taken = [item for item in self._items({"marker": entry.marker}) if text(item, "taken_as")]
        before = max(taken, key=lambda item: _held(item).revision, default=None)  # a server may answer in any order
        own = text(before, "taken_as") if before else None if is_made_in_quickbooks(content) else own_id(content)
        if own is None:
            return {}
        named = f"{entry.kind}:{own}" if place == "parties" else own
        known = [self._beside.version(place, named), text(before, "version") if before else None]
        found = sorted({version for version in known if version})
        return {"known_versions": found} if found else {}

    def _put_file(self, entry: TargetEntry) -> None:
        """Put the bytes of an attached file, unless it is taken out."""
        content = content_of(entry)
        if is_taken_out(entry.operation, content) or content.get("status") == "deleted":
            return
        place = None if self._files is None else self._files / str(content["path"])
        try:
            held = None if place is None else place.read_bytes()
        except OSError as error:
            raise NotNow(f"the file {place} cannot be read: {error.strerror}") from None
        if held is None:
            raise Declined("files go through the folder of [write_back] files, and the settings name none")
        self._writer.send("PUT", f"{FILES}/{content['sha256']}", raw=held)

    def find(self, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Held]:
        """What is held of these markers and revisions."""
        found = {(item.marker, item.revision): item for item, _ in self._all(entries)}
        return {name: found[name] for name in entries if name in found}

    def newest(self, markers: Sequence[str]) -> dict[str, Held]:
        """The newest revision that is held of each marker."""
        found: dict[str, Held] = {}
        for item, _ in self._all([(marker, 0) for marker in markers]):
            if item.marker not in found or found[item.marker].revision < item.revision:
                found[item.marker] = item
        return found

    def answers(self, entries: Sequence[tuple[str, int]]) -> list[InboxAnswer]:
        """What the system has said of these, as far as it has."""
        wanted = set(entries)
        return [
            InboxAnswer(item.marker, item.revision, text(said, "taken_as"), text(said, "refused"))
            for item, said in self._all(entries)
            if (item.marker, item.revision) in wanted and text(said, "taken_as", "refused")
        ]

    def taken(self, ids: Sequence[str]) -> list[Taken]:
        """The entries that the system took under these ids of its own, whoever wrote them."""
        return [
            Taken(_held(item), str(text(item, "taken_as")))
            for taken_as in ids
            for item in self._items({"taken_as": taken_as})
        ]

    def check(self, kinds: Sequence[str] = ()) -> list[Problem]:
        """What would stop the way back: a server without an inbox."""
        if isinstance(self._reader.get(INBOX, {"marker": "NONE"}), dict):
            return []
        remedy = "Have the server answer /inbox as the contract says (docs/systems/http_contract.json)"
        return [Problem("there is no inbox", self._reader.api.system, "/inbox is not there", remedy)]

    def close(self) -> None:
        """Give back connections."""
        self._close()

    def _all(self, entries: Sequence[tuple[str, int]]) -> list[tuple[Held, Object]]:
        markers = dict.fromkeys(marker for marker, _ in entries)
        return [(_held(item), item) for marker in markers for item in self._items({"marker": marker})]

    def _items(self, params: Mapping[str, str]) -> list[Object]:
        answer = self._reader.get(INBOX, params)
        return list(objects(answer if isinstance(answer, dict) else {}, "items"))


def body_of(entry: TargetEntry) -> dict[str, Any]:
    """An entry as it is put: the columns of `qbo_inbox`."""
    return {
        "operation": entry.operation,
        "kind": entry.kind,
        "business_date": entry.business_date.isoformat(),
        "party_id": entry.party_id,
        "number": entry.number,
        "currency": entry.currency,
        "amount": format(entry.amount, "f"),
        "content": entry.content,
        "content_hash": entry.content_hash,
    }


def _held(item: Object) -> Held:
    return Held(
        str(text(item, "marker")), int(str(item["revision"])), str(text(item, "operation")), str(item["content"]),
        str(text(item, "content_hash")),
    )  # fmt: skip
