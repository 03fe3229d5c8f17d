"""What changed in QBO since an instant: change data capture, with its caps split or owned up to.

Source: Intuit, change data capture: 30 days back, at most 1,000 objects an answer, some entities not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.errors import Unavailable
from qbo_pipeline.quickbooks.query import Query, select
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, objects, odd

LOOK_BACK = timedelta(days=30)
MARGIN = timedelta(hours=1)  # of the look-back: our clock may differ from QBO's
MAX_OBJECTS = 1000


@dataclass(frozen=True, slots=True)
class Changes:
    """`objects` and `deleted` (stubs with Id) by entity; `as_at` is QBO's own time of the first answer, from which
    the next reading starts (with an overlap). `gaps` says for each entity why the answer may lack something: then
    everything since must be compared in full."""

    since: datetime
    as_at: datetime
    objects: dict[str, list[JsonObject]] = field(repr=False)
    deleted: dict[str, list[JsonObject]] = field(repr=False)
    gaps: dict[str, str]

    @property
    def complete(self) -> bool:
        return not self.gaps


def read_changes(
    entities: Sequence[str],
    since: datetime,
    now: datetime,
    ask: Callable[[str, datetime], JsonObject],
    query: Callable[[Query], list[JsonObject]] | None,
) -> Changes:
    """All changes of the entities since an instant.

    `ask(names, since)` does one call, `query` reads all rows of a query. An answer that reached the cap is split by
    entity; an entity that reaches it alone, or a start beyond the look-back, is completed by a query for changed
    objects, which does not show deletions: that is a gap. Without `query` it stays as it came, for a caller that reads
    the whole entity anyway. Raises `ValueError` for an entity without change capture.
    """
    if since.tzinfo is None:
        raise ValueError(f"the start of the changes needs its time zone: {since!r}")
    for name in entities:
        if not entity_named(name).changes:
            raise ValueError(f"QuickBooks' change data capture does not cover {name}: compare it in full")
    objects: dict[str, list[JsonObject]] = {name: [] for name in entities}
    deleted: dict[str, list[JsonObject]] = {name: [] for name in entities}
    gaps: dict[str, str] = {}
    oldest = now - LOOK_BACK + MARGIN
    asked_since = max(since, oldest)
    as_at: datetime | None = None

    def take(names: Sequence[str]) -> None:
        nonlocal as_at
        found, time = _rows(ask(",".join(names), asked_since))
        as_at = as_at or time
        if sum(len(rows) for rows in found.values()) >= MAX_OBJECTS and len(names) > 1:
            half = len(names) // 2
            take(names[:half])
            take(names[half:])
            return
        for name in names:
            rows = found.get(name, [])
            deleted[name] = [row for row in rows if row.get("status") == "Deleted"]
            objects[name] = [row for row in rows if row.get("status") != "Deleted"]
            if len(rows) >= MAX_OBJECTS:
                gaps[name] = f"QuickBooks answered its most of {MAX_OBJECTS} changes: deletions may be missing"
            elif since < oldest or asked_since < as_at - LOOK_BACK:  # by QBO's clock, whatever ours says
                gaps[name] = f"QuickBooks looks back 30 days: deletions before {asked_since.isoformat()} are missing"
            if name in gaps and query is not None:
                wanted = select(name, with_inactive=True).where("MetaData.LastUpdatedTime", ">=", since)
                known = {row["Id"]: row for row in objects[name]}
                objects[name] = list((known | {row["Id"]: row for row in query(wanted)}).values())

    if entities:
        take(list(entities))
    return Changes(since, as_at or now, objects, deleted, gaps)


def _rows(body: JsonObject) -> tuple[dict[str, list[JsonObject]], datetime]:
    """The rows of each entity, and QBO's time, of one answer; raises `Unavailable` where it has another shape."""
    found: dict[str, list[JsonObject]] = {}
    try:
        if "CDCResponse" not in body:
            raise odd("CDCResponse", "a list of objects", None)
        for response in objects(body["CDCResponse"], "CDCResponse"):
            for answer in objects(response.get("QueryResponse"), "QueryResponse"):
                for name, rows in answer.items():
                    if isinstance(rows, list):
                        found.setdefault(name, []).extend(_changed(rows, name))
        return found, _time(body.get("time"))
    except OddShape as error:
        raise Unavailable(f"change data capture answered in an unknown shape: {error}") from None


def _changed(rows: list[Any], name: str) -> list[JsonObject]:
    changed = objects(rows, name)
    for row in changed:
        if not row.get("Id"):
            raise odd(f"a changed {name}", "an object with its Id", row)
    return changed


def _time(value: Any) -> datetime:
    try:
        return parse_instant(str(value))
    except ValueError:
        raise odd("time", "an instant with its offset", value) from None
