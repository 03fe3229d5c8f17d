"""When each object of a system in a box changed last: instants are its own clock, as a vendor's are, which may be that
of the company that it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.systems.company import CompanyDatabase
from qbo_pipeline.systems.exact import to_json

Thing = dict[str, Any]


def now_utc() -> datetime:
    return datetime.now(UTC)


def company_clock(company: CompanyDatabase) -> Callable[[], datetime]:
    """The clock of a made-up company: ten in the evening of the last day that it has worked."""

    def now() -> datetime:
        (row,) = company.table("company")
        worked = date.fromisoformat(row["next_day"]) - timedelta(days=1)
        return datetime.combine(worked, time(22), ZoneInfo(row["time_zone"])).astimezone(UTC)

    return now


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
