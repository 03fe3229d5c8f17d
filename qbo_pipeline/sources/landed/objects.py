"""What passes between a system's reader, the landing and the projection: objects as they came.

What belongs here: types without behaviour. The landing itself is kept in the store (`qbo_pipeline.landing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class SeenObject:
    """An object that was just read: `content` as it came, `mark` what the system's list says of it."""

    kind: str
    object_id: str
    content: Any
    mark: str | None = None
    business_date: date | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """An object in the landing, as it came last; `vanished` where the system no longer has it."""

    kind: str
    object_id: str
    content: Any
    change_number: int
    changed_at: datetime
    vanished: bool


class Landing(Protocol):
    """The objects of one system and connection. Every method is a transaction of its own: what was landed stays,
    whatever happens after."""

    def put(self, objects: Sequence[SeenObject], *, calls: int) -> set[tuple[str, str]]:
        """Land objects; answers (kind, id) of those that are new, changed or back. `calls` were made since the last
        time."""
        ...

    def marks(self, kind: str, ids: Collection[str]) -> dict[str, str | None]:
        """By id, the marks of the live objects of a kind among these; they are noted as seen."""
        ...

    def unseen(self, kind: str, since: datetime) -> list[str]:
        """The ids of a kind's live objects that were not seen since then."""
        ...

    def former(self, kind: str, object_id: str) -> Any | None:
        """The content that an object had before its last change; `None` where it never had another."""
        ...

    def vanish(self, kind: str, not_seen_since: datetime) -> list[str]:
        """A kind was read to its end: what was not seen since then is gone. Answers the ids."""
        ...

    def get(self, kind: str, object_id: str) -> Landed | None:
        """One live object."""
        ...

    def each(self, kind: str) -> Iterator[Landed]:
        """The live objects of a kind, by id."""
        ...

    def changed_after(self, number: int) -> Iterator[Landed]:
        """What changed or vanished since a change, in order; from the beginning with 0."""
        ...

    def newest_change(self, *, but: str) -> int:
        """The number of the last change of any kind but this one; 0 where there is none."""
        ...

    def watermark(self, name: str) -> str | None:
        """How far reading has come under this name."""
        ...

    def keep_watermark(self, name: str, value: str) -> None:
        """Move a watermark; only after everything that it covers has landed."""
        ...

    def identity(self) -> str:
        """What tells this landing from any other, also from one of the same name that was thrown away."""
        ...

    def now(self) -> datetime:
        """The store's clock, UTC."""
        ...
