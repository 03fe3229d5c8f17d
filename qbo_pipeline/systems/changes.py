"""When each object of a system in a box changed last: instants are this server's own clock, as a vendor's are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from qbo_pipeline.systems.exact import to_json

Thing = dict[str, Any]


def now_utc() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Changes:
    """By kind and id, what an object was and since when."""

    clock: Callable[[], datetime] = now_utc
    _seen: dict[tuple[str, str], tuple[bytes, datetime]] = field(default_factory=dict)

    def note(self, objects: Mapping[str, Mapping[str, Thing]]) -> None:
        """Take up what there is now: an object that is another one has changed at this moment."""
        now = self.clock()
        seen: dict[tuple[str, str], tuple[bytes, datetime]] = {}
        for kind, found in objects.items():
            for object_id, content in found.items():
                text = to_json(content)
                before = self._seen.get((kind, object_id))
                seen[kind, object_id] = before if before and before[0] == text else (text, now)
        self._seen = seen

    def at(self, kind: str, object_id: str) -> datetime:
        return self._seen[kind, object_id][1]
