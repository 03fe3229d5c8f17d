"""The target of the way back for systems that are written by their own API and keep no inbox.

What belongs here: what such systems have in common. Most of them take no key of ours that would make a second
request the first one, so each thing that is written carries our marker in a text of its own, and before anything is
written the system is asked what it has under that marker. What one of them does with an entry is in its `writing.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

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
from qbo_pipeline.sources.errors import Problem, SourceUnavailable
from qbo_pipeline.sources.http.reader import HttpReader
from qbo_pipeline.sources.http.writer import Declined, HttpWriter, InDoubt, NotNow

_ZERO = Decimal(0)


class Beside(Protocol):
    """What is known beside the system itself: what was read of it, and what was told to it before."""

    def owner(self, document_id: str) -> str | None:
        """The landed object that a document is part of, as `kind/id`."""
        ...

    def owners_marked(self, marker: str) -> list[str]:
        """The landed objects with a payment that carries the marker, as `kind/id`, as of the last reading."""
        ...

    def has(self, kind: str, object_id: str) -> bool:
        """Whether an object has been read."""
        ...

    def told(self, marker: str) -> list[TargetEntry]:
        """Every revision of a marker that the store knows, oldest first."""
        ...


class UnderMarker(NamedTuple):
    """What the system has under a marker: whether that is what the entry says, and the id that it gave it."""

    agrees: bool
    taken_as: str | None


class Writer(Protocol):
    """How one system holds entries. `standing` and `write` raise what `HttpReader` and `HttpWriter` do, and `Declined`
    for what the system has no way to hold; `write` makes true what the entry says, whatever is there already."""

    @property
    def kinds(self) -> frozenset[str]: ...

    def standing(self, entry: TargetEntry) -> UnderMarker: ...

    def write(self, entry: TargetEntry) -> None: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What a writer needs: the account to read and to write, and what is known beside it."""

    reader: HttpReader
    writer: HttpWriter
    beside: Beside


class ApiTarget:
    """A system as a target: what it has is found by marker, or under an id that follows from it (`idempotent`)."""

    def __init__(self, writer: Writer, doors: Doors, close: Callable[[], None], *, idempotent: bool = False) -> None:
        self.abilities = Abilities(finds=True, idempotent=idempotent, at_once=1)
        self._writer = writer
        self._doors = doors
        self._beside = doors.beside
        self._system = doors.reader.api.system
        self._close = close

    def put(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
        """Write each entry that is not there yet; after one that got no answer the others are not tried."""
        self._doors.writer.begin()
        outcomes: list[Outcome] = []
        stopped: str | None = None
        for entry in entries:
            outcome = self._put(entry) if stopped is None else NotWritten(stopped)
            if isinstance(outcome, NotWritten | Unclear):
                stopped = outcome.message
            outcomes.append(outcome)
        return outcomes

    def _put(self, entry: TargetEntry) -> Outcome:
        if entry.kind not in self._writer.kinds:
            return NotTaken(f"{self._system} has no way to take {entry.kind.replace('_', ' ')} by its API")
        try:
            if not self._writer.standing(entry).agrees:
                self._writer.write(entry)
        except Declined as error:
            return NotTaken(str(error))
        except (NotNow, SourceUnavailable) as error:
            return NotWritten(str(error))
        except InDoubt as error:
            return Unclear(str(error))
        return Written()

    def find(self, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Held]:
        """Of these, those that the system holds as they say."""
        return {
            (entry.marker, entry.revision): _held(entry)
            for entry in self._known(entries)
            if self._standing(entry).agrees
        }

    def newest(self, markers: Sequence[str]) -> dict[str, Held]:
        """Nothing: such a system keeps the thing and not what it was told. What carries a marker is found again before
        anything is written."""
        return {}

    def answers(self, entries: Sequence[tuple[str, int]]) -> list[InboxAnswer]:
        """As what each was taken, once the system holds it as it says."""
        found = []
        for entry in self._known(entries):
            standing = self._standing(entry)
            if standing.agrees:
                found.append(InboxAnswer(entry.marker, entry.revision, standing.taken_as or entry.marker, None))
        return found

    def taken(self, ids: Sequence[str]) -> list[Taken]:
        """Nothing: a record that came from an entry carries its marker, and is known by that."""
        return []

    def check(self, kinds: Sequence[str] = ()) -> list[Problem]:
        """What would stop the way back: kinds of record that the system cannot take."""
        missing = sorted(set(kinds) - self._writer.kinds)
        if not missing:
            return []
        what = ", ".join(kind.replace("_", " ") for kind in missing)
        remedy = "Let the source alone make that kind (its row of [ownership]), or give an inbox in [write_back] url"
        return [Problem("cannot be written back", self._system, f"its API has no way to take {what}", remedy)]

    def close(self) -> None:
        """Give back connections."""
        self._close()

    def _standing(self, entry: TargetEntry) -> UnderMarker:
        try:
            return self._writer.standing(entry)
        except Declined:
            return UnderMarker(False, None)

    def _known(self, names: Sequence[tuple[str, int]]) -> list[TargetEntry]:
        by_name = {
            (entry.marker, entry.revision): entry
            for marker in dict.fromkeys(marker for marker, _ in names)
            for entry in self._beside.told(marker)
        }
        return [by_name[name] for name in names if name in by_name]


def _held(entry: TargetEntry) -> Held:
    return Held(entry.marker, entry.revision, entry.operation, entry.content, entry.content_hash)


@dataclass(frozen=True, slots=True)
class ByKind:
    """A writer that leaves each kind to one of several."""

    writers: Sequence[Writer]

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for writer in self.writers for kind in writer.kinds)

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """As the writer of its kind says."""
        return self._of(entry).standing(entry)

    def write(self, entry: TargetEntry) -> None:
        """Have the writer of its kind write it."""
        self._of(entry).write(entry)

    def _of(self, entry: TargetEntry) -> Writer:
        return next(writer for writer in self.writers if entry.kind in writer.kinds)


def holds(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether an object has what is wanted of it; a field that is empty and one that is not there are the same."""
    return all((there.get(name) or None) == (value or None) for name, value in wanted.items())


def is_made_in_quickbooks(own_id: str) -> bool:
    """Whether the id in an entry's content is QuickBooks', of a thing that the system has to make."""
    return "/" in own_id


# --- what is the same for payments of every system ------------------------------------------------------------------
_MARK = re.compile(r"\s*\[qp:[^\]]*\]")
REFERENCE_LENGTH = 100


def with_mark(text: str | None, marker: str, length: int = REFERENCE_LENGTH) -> str:
    """A text with its marker, in the form in which what we post to QuickBooks carries it."""
    mark = f"[qp:{marker}]"
    rest = _MARK.sub("", text or "").strip()[: length - len(mark) - 1]
    return f"{rest} {mark}".strip()


def carries(text: Any, marker: str) -> bool:
    """Whether a text carries the marker."""
    return isinstance(text, str) and f"[qp:{marker}]" in text


def content_of(entry: TargetEntry) -> dict[str, Any]:
    """The record of an entry, of text alone: its amounts are decimal text."""
    found: dict[str, Any] = json.loads(entry.content)
    return found


def settled(entry: TargetEntry) -> dict[str, Decimal]:
    """By document, what a payment settles; nothing of one that is voided.

    Raises `Declined` where it takes something back: no system's API has that.
    """
    content = content_of(entry)
    if entry.operation == "void" or content.get("status") == "voided":
        return {}
    amounts = {item["document_id"]: Decimal(item["amount"]) for item in content.get("allocations", ())}
    if any(amount < 0 for amount in amounts.values()):
        raise Declined(
            "it uses credits of the inventory system, which its API does not let us apply: do it there by hand"
        )
    return {document_id: amount for document_id, amount in amounts.items() if amount}


def on_account(entry: TargetEntry) -> Decimal:
    """What of a payment settles nothing."""
    return entry.amount - sum(settled(entry).values(), _ZERO) if entry.operation != "void" else _ZERO
