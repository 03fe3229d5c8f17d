"""The target of the way back for systems that are written by their own API and keep no inbox.

What belongs here: what such systems have in common. Most of them take no key of ours that would make a second
request the first one, so each thing that is written carries our marker in a text of its own, and before anything is
written the system is asked what it has under that marker. What one of them does with an entry is in its `writing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from qbo_pipeline.returning.abilities import KindAbility, action_of
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
from qbo_pipeline.sources.entries import content_of
from qbo_pipeline.sources.errors import Problem, SourceUnavailable
from qbo_pipeline.sources.http.reader import HttpReader
from qbo_pipeline.sources.http.writer import Declined, HttpWriter, InDoubt, NotNow


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

    def version(self, kind: str, object_id: str) -> str | None:
        """The `version` that an object had when it was read last; `None` where it tells none, or was not read."""
        ...

    def carrying(self, kind: str, marker: str) -> list[str]:
        """The ids of the landed objects of a kind that carry the marker somewhere, as of the last reading."""
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
    for what the system has no way to hold; `write` makes true what the entry says, whatever is there already. What
    `abilities` say that it cannot do is never asked of it."""

    @property
    def abilities(self) -> Mapping[str, KindAbility]: ...

    def standing(self, entry: TargetEntry) -> UnderMarker: ...

    def write(self, entry: TargetEntry) -> None: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What a writer needs: the account to read and to write, what is known beside it, and by list (`customers`,
    `suppliers`, `products`) what the settings say of each new entry that QuickBooks does not know; the folder of
    attached files, where files pass."""

    reader: HttpReader
    writer: HttpWriter
    beside: Beside
    new_entries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: Path | None = None


class ApiTarget:
    """A system as a target: each kind of entry is left to the writer that takes it, by what that can do."""

    def __init__(self, writers: Sequence[Writer], doors: Doors, close: Callable[[], None]) -> None:
        self._writers = {kind: writer for writer in writers for kind in writer.abilities}
        self.takes = {kind: writer.abilities[kind] for kind, writer in self._writers.items()}
        again = all(ability.idempotent for ability in self.takes.values())
        self.abilities = Abilities(finds=True, idempotent=again, at_once=1)
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
        ability = self.takes.get(entry.kind)
        if ability is None:
            return NotTaken(f"{self._system} has no way to take {entry.kind.replace('_', ' ')} by its API")
        writer = self._writers[entry.kind]
        try:
            if not writer.standing(entry).agrees:
                if why := ability.cannot.get(action_of(entry.operation, content_of(entry))):
                    return NotTaken(why.replace("{marker}", entry.marker))
                writer.write(entry)
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
        missing = sorted(set(kinds) - self.takes.keys())
        if not missing:
            return []
        what = ", ".join(kind.replace("_", " ") for kind in missing)
        remedy = "Let the source alone make that kind (its row of [ownership]), or give an inbox in [write_back] url"
        return [Problem("cannot be written back", self._system, f"its API has no way to take {what}", remedy)]

    def close(self) -> None:
        """Give back connections."""
        self._close()

    def _standing(self, entry: TargetEntry) -> UnderMarker:
        writer = self._writers.get(entry.kind)
        try:
            return UnderMarker(False, None) if writer is None else writer.standing(entry)
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
