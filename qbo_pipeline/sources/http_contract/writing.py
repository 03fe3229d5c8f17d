"""The inbox of the HTTP contract: what people did in QuickBooks, put to a system of one's own exactly once.

What belongs here: the requests. `PUT /inbox/{marker}/{revision}` holds an entry, however often it comes; `GET /inbox`
tells what is held, by marker or by the id under which it was taken. It takes every kind of record that comes back. An
attached file goes before its entry, under the hash of its content: `PUT /files/{sha256}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qbo_pipeline.returning.abilities import is_taken_out
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
from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.http.writer import Declined, InDoubt, NotNow
from qbo_pipeline.sources.http_contract.abilities import TAKES
from qbo_pipeline.sources.landed.values import Object, objects, text

INBOX, FILES = "inbox", "files"


class HttpInbox:
    """The inbox of a server of the contract."""

    abilities = Abilities(finds=True, idempotent=True, at_once=20)
    takes = TAKES

    def __init__(self, doors: Doors, close: Callable[[], None]) -> None:
        self._reader, self._writer, self._files, self._close = doors.reader, doors.writer, doors.files, close

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
            self._writer.send("PUT", f"{INBOX}/{entry.marker}/{entry.revision}", content=body_of(entry))
        except Declined as error:
            return NotTaken(str(error))
        except NotNow as error:
            return NotWritten(str(error))
        except InDoubt as error:
            return Unclear(str(error))
        return Written()

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
