"""The way back as the page shows it: counts, what waits by its cause, fields in conflict, and the two-way tie-out.

What belongs here: reading it in a bounded number of queries, and what can be decided about each thing that waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.page.roles import DECIDE, LEAVE, WRITE_AGAIN
from qbo_pipeline.pipeline.deciding_conflicts import OpenConflict, open_conflicts
from qbo_pipeline.pipeline.two_sided import CONFLICT
from qbo_pipeline.pipeline.write_back_numbers import waiting_things, way_back_counts
from qbo_pipeline.pipeline.write_back_remedies import WayBackCause, remedy
from qbo_pipeline.pipeline.write_back_standing import GO_ALL_THE_SAME, write_back_standing
from qbo_pipeline.store.two_way import two_way_numbers, two_way_rows

SHOWN = 200  # of what waits for one cause, and of what differs on the two sides


@dataclass(frozen=True, slots=True)
class WayBackThing:
    """One thing that waits to be written back or taken; `conflicts` are the fields that both sides changed."""

    row: Mapping[str, Any]
    since: datetime
    offers: tuple[str, ...]
    conflicts: list[OpenConflict] = field(default_factory=list)

    @property
    def key(self) -> str:
        return str(self.row["key"])

    @property
    def called(self) -> str:
        """What people call it: its number or its name."""
        return str(self.row["number"] or self.key)


@dataclass(frozen=True, slots=True)
class WayBackGroup:
    """What waits for one cause: `count` of them, the first of which are in `things`."""

    reason: str
    cause: WayBackCause
    count: int
    things: list[WayBackThing]

    @property
    def offers(self) -> tuple[str, ...]:
        """What can be decided about some of those shown."""
        return tuple(dict.fromkeys(one for thing in self.things for one in thing.offers))


@dataclass(frozen=True, slots=True)
class WayBack:
    """Everything that the section shows."""

    counts: list[dict[str, Any]]
    groups: list[WayBackGroup]
    doubled: list[dict[str, Any]]
    numbers: list[dict[str, Any]]
    differences: list[dict[str, Any]]

    @property
    def compared_at(self) -> datetime | None:
        """When both sides were compared last."""
        return self.numbers[0]["compared_at"] if self.numbers else None

    @property
    def differ(self) -> int:
        return sum(row["differ"] for row in self.numbers)


def way_back(company: PageCompany) -> WayBack:
    """How the way back of a company stands now."""
    standing = write_back_standing(company.run)
    with company.database.reading() as connection:
        counts = way_back_counts(connection, company.name)
        numbers = list(map(dict, two_way_numbers(connection, company.name)))
        differences = list(map(dict, two_way_rows(connection, company.name, SHOWN)))
    groups = _groups(standing.waiting, open_conflicts(company.run))
    return WayBack(counts, groups, standing.doubled, numbers, differences)


def of_keys(company: PageCompany, keys: Iterable[str]) -> dict[str, WayBackThing]:
    """The things with these keys that wait now."""
    wanted = set(keys)
    with company.database.reading() as connection:
        rows = [row for row in waiting_things(connection, company.name) if row["key"] in wanted]
    conflicts = open_conflicts(company.run) if any(row["reason"] == CONFLICT for row in rows) else {}
    return {row["key"]: _waiting(row, conflicts) for row in rows}


def _groups(rows: Iterable[dict[str, Any]], conflicts: dict[str, list[OpenConflict]]) -> list[WayBackGroup]:
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_reason.setdefault(row["reason"], []).append(row)
    found = [
        WayBackGroup(reason, remedy(reason), len(ones), [_waiting(row, conflicts) for row in ones[:SHOWN]])
        for reason, ones in by_reason.items()
    ]
    return sorted(found, key=lambda group: (group.reason != CONFLICT, -group.count, group.reason))


def _waiting(row: dict[str, Any], conflicts: dict[str, list[OpenConflict]]) -> WayBackThing:
    return WayBackThing(row, parse_instant(row["since"]), _offers(row), conflicts.get(row["key"], []))


def _offers(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What can be decided about a thing as it stands; the decision itself may still refuse, and say why."""
    if row["reason"] == CONFLICT:
        return (DECIDE,)
    if row["state"] == "parked" or row["reason"] in GO_ALL_THE_SAME:
        return (WRITE_AGAIN, LEAVE)
    return (LEAVE,) if row["state"] not in ("ready", "sending", "unknown") else ()
