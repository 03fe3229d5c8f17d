"""Drift: what people changed, voided, deleted, copied or entered again in QBO of what we posted; shown, never
overwritten.

Transactions only. Of customers, vendors and items we know the Id, which QBO never gives to another: a new name or
address changes no posting, and QBO deletes none of them. One made inactive or merged away refuses the next
transaction that names it, which parks that; and merging gives the transactions another party, which is drift of each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.pipeline.entered_by_others import forget_unseen_entries, judge_entered, note_entered
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.copies import forget_unseen, note_copies
from qbo_pipeline.posting.drift import compare, unseen
from qbo_pipeline.quickbooks.changes import MAX_OBJECTS
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline.store.webhooks import pending_hints, take_up_hints

LAG = timedelta(minutes=2)  # for which QBO's queries may not show what was written
OVERLAP = timedelta(minutes=5)  # longer than LAG: what is too young for one reading is in the next
IDS_AT_ONCE = 30  # in one query
COPIED, ENTERED_TWICE = "copied", "perhaps_entered_twice"
_NAME = "qbo_changes"


@dataclass(slots=True)
class Drifted:
    """What was found by kind of change, a new copy and what may have been entered twice among them, and the entities
    that had to be compared in full."""

    found: Counter[str] = field(default_factory=Counter)
    compared_in_full: list[str] = field(default_factory=list)


def find_drift(run: Run) -> Drifted:
    """Read QBO's changes since the last look and compare them with what we posted.

    Where change data capture cannot be complete (its look-back or its cap, which what we wrote ourselves may exceed),
    the entity is read in full: a metered read for each 1,000 objects. The watermark moves after the findings are
    committed, and with it the hints of webhooks are taken up: those that were there before the reading began. One that
    arrives later stays for the next.
    """
    result = Drifted()
    with run.database.reading() as connection:
        # By name, not by an instant: no clock that is set back can take up a hint that this reading did not follow.
        hints = pending_hints(connection, run.name)
        mine = posting_links.c.connection == run.name
        entities = sorted(connection.scalars(select(posting_links.c.entity).where(mine).distinct()))
        first = connection.execute(select(func.min(posting_links.c.linked_at)).where(mine)).scalar_one()
        query = select(watermarks.c.value).where(watermarks.c.connection == run.name, watermarks.c.name == _NAME)
        since = connection.execute(query).scalar_one_or_none()
        start = not_known_then(connection, run.name, parse_instant(since)) if since else first
        written = linked_since(connection, run.name, start - OVERLAP) if entities else {}
    captured = [name for name in entities if entity_named(name).changes and entity_named(name).transaction]
    if not captured:  # nothing of ours is there that could have changed
        with run.database.transaction() as connection:
            take_up_hints(connection, run.name, hints, now=run.database.now(connection))
        return result
    as_at: datetime | None = None
    for entities in _asked_together(captured, written):
        changes = run.quickbooks().changes(entities, start - OVERLAP, completed=False)
        as_at = as_at or changes.as_at
        for entity in entities:
            deleted = [str(stub["Id"]) for stub in changes.deleted.get(entity, ())]
            things = () if entity in changes.gaps else changes.objects.get(entity, ())
            result.found.update(_compared(run, entity, things, deleted))
            if entity in changes.gaps:
                result.compared_in_full.append(entity)
    assert as_at is not None  # at least one entity is asked for its changes
    result.compared_in_full += [name for name in captured if written.get(name, 0) >= MAX_OBJECTS]
    result.compared_in_full = sorted(set(result.compared_in_full))
    for entity in result.compared_in_full:
        result.found.update(_compared_in_full(run, entity))
    with run.database.transaction() as connection:
        condition = (watermarks.c.connection == run.name) & (watermarks.c.name == _NAME)
        connection.execute(delete(watermarks).where(condition))
        now = run.database.now(connection)
        if alike := judge_entered(connection, run.settings, now=now):
            result.found[ENTERED_TWICE] += alike
        row = {"connection": run.name, "name": _NAME, "value": as_at.isoformat()}
        connection.execute(watermarks.insert(), {**row, "moved_at": now})
        take_up_hints(connection, run.name, hints, now=now)
    return result


def linked_since(connection: Connection, name: str, start: datetime) -> dict[str, int]:
    """How many objects of each entity we wrote or linked since an instant: so many changes QBO has at least."""
    columns = posting_links.c
    query = select(columns.entity, func.count()).where(columns.connection == name, columns.linked_at >= start)
    return {row[0]: row[1] for row in connection.execute(query.group_by(columns.entity))}


def _asked_together(entities: Sequence[str], written: Mapping[str, int]) -> list[list[str]]:
    """Entities whose changes fit into one answer of change data capture; never one of which we wrote more ourselves.

    Where that is each of them, the one with the fewest is asked all the same: the answer says what time it is there.
    """
    ordered = sorted(entities, key=lambda name: (-written.get(name, 0), name))
    fitting = [name for name in ordered if written.get(name, 0) < MAX_OBJECTS] or ordered[-1:]
    groups: list[list[str]] = []
    for name in fitting:
        count = written.get(name, 0)
        full = (one for one in groups if sum(written.get(other, 0) for other in one) + count < MAX_OBJECTS)
        group = next(full, None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return groups


def not_known_then(connection: Connection, name: str, since: datetime) -> datetime:
    """From when to read, if changes were read until `since`: what was in doubt then was not known to be ours.

    A request that was sent again may have been answered with an object that a person has deleted meanwhile.
    """
    sent_again = (postings.c.connection == name, postings.c.attempts > 1, postings.c.posted_at >= since - OVERLAP)
    earliest = connection.execute(select(func.min(postings.c.first_seen)).where(*sent_again)).scalar_one()
    return since if earliest is None else min(since, earliest)


def _compared(run: Run, entity: str, things: Sequence[dict[str, Any]], deleted: Sequence[str] = ()) -> Counter[str]:
    """What a comparison found, by kind of change, in a transaction of its own."""
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        found = Counter(drift.what for drift in compare(connection, run.name, entity, things, deleted, now=now))
        copied = note_copies(connection, run.name, entity, things, deleted, now=now)
        note_entered(connection, run.settings, entity, things, deleted, now=now)
    return found + Counter({COPIED: copied})


def _compared_in_full(run: Run, entity: str) -> Counter[str]:
    """Compare every object of an entity, page by page; only the Ids are kept.

    What of ours is in no page counts as deleted only where a query by its Id does not find it either: a metered read
    for each 30 of them. What we linked shortly before the reading began is left for the next changes.
    """
    with run.database.reading() as connection:
        began = run.database.now(connection)
    found: Counter[str] = Counter()
    seen: set[str] = set()
    for page in run.quickbooks().query_pages(select_objects(entity)):
        seen.update(str(thing["Id"]) for thing in page)
        found.update(_compared(run, entity, page))
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        forget_unseen(connection, run.name, entity, seen, now=now)
        forget_unseen_entries(connection, run.settings, entity, seen, now=now)
        missed = unseen(connection, run.name, entity, seen, linked_before=began - LAG)
    for position in range(0, len(missed), IDS_AT_ONCE):
        ids = missed[position : position + IDS_AT_ONCE]
        there = list(run.quickbooks().query(select_objects(entity).where("Id", "IN", tuple(ids))))
        gone = set(ids) - {str(thing["Id"]) for thing in there}
        found.update(_compared(run, entity, there, sorted(gone)))
    return found
