"""What can be written to, beside QuickBooks: the door of an inventory system that takes what happened there.

What belongs here: the values that pass through it and the abilities by which targets differ. How what was sent is
accounted for is the posting core's; a target only says what it knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEntry:
    """One thing that a target is to hold: the newest revision of a marker is what counts.

    `marker` names the thing for ever, whatever store or run writes it; `operation` is `create`, `update` or `void`;
    `content` is the record as canonical JSON, and `content_hash` its SHA-256.
    """

    marker: str
    revision: int
    operation: str
    kind: str
    business_date: date
    party_id: str
    number: str
    currency: str
    amount: Decimal
    content: str
    content_hash: str


class Held(NamedTuple):
    """What a target holds under a marker and a revision."""

    marker: str
    revision: int
    operation: str
    content: str
    content_hash: str


class InboxAnswer(NamedTuple):
    """What the inventory system has made of an entry: the id that it gave, or why it did not take it."""

    marker: str
    revision: int
    taken_as: str | None
    refused: str | None


class Taken(NamedTuple):
    """An entry that the inventory system took under an id."""

    held: Held
    taken_as: str


class Written(NamedTuple):
    """It is there, by this or by an earlier try."""


class NotWritten(NamedTuple):
    """It is certain that nothing was written."""

    message: str


class NotTaken(NamedTuple):
    """The target does not take this entry."""

    message: str


class Unclear(NamedTuple):
    """Nobody knows whether it was written."""

    message: str


Outcome = Written | NotWritten | NotTaken | Unclear


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a target can do about doubt.

    `finds`: it can be asked what it holds under a marker. `idempotent`: an entry that is sent twice is there once.
    `at_once`: how many entries go in one `put`. A target that can do neither leaves what is in doubt to a person.
    """

    finds: bool
    idempotent: bool
    at_once: int = 200


class Target(Protocol):
    """An inventory system as the pipeline writes to it.

    Every method raises a `PermanentError` where a person must act and a `TransientError` where trying again may help;
    `put` only as long as it is certain that nothing was written.
    """

    @property
    def abilities(self) -> Abilities: ...

    def put(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
        """Write entries; one outcome for each, in their order."""
        ...

    def find(self, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Held]:
        """What is held of these markers and revisions."""
        ...

    def newest(self, markers: Sequence[str]) -> dict[str, Held]:
        """The newest revision that is held of each marker."""
        ...

    def answers(self, entries: Sequence[tuple[str, int]]) -> list[InboxAnswer]:
        """What the inventory system has said of these."""
        ...

    def taken(self, ids: Sequence[str]) -> list[Taken]:
        """The entries that the inventory system took under these ids of its own, whoever wrote them."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
