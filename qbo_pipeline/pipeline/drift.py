"""Drift: what people changed, voided or deleted in QBO among the objects that we posted; shown, never overwritten."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.drift import compare, missing
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline.store.tables.records import watermarks

OVERLAP = timedelta(minutes=5)
_NAME = "qbo_changes"


@dataclass(slots=True)
class Drifted:
    """What was found by kind of change, and the entities that had to be compared in full."""

    found: Counter[str] = field(default_factory=Counter)
    compared_in_full: list[str] = field(default_factory=list)


def find_drift(run: Run) -> Drifted:
    """Read QBO's changes since the last look and compare them with what we posted.

    Where change data capture cannot be complete (its look-back or its cap), the entity is read in full: a metered
    read for each 1,000 objects. The watermark moves after the findings are committed.
    """
    result = Drifted()
    with run.database.reading() as connection:
        mine = posting_links.c.connection == run.name
        entities = sorted(connection.scalars(select(posting_links.c.entity).where(mine).distinct()))
        first = connection.execute(select(func.min(posting_links.c.linked_at)).where(mine)).scalar_one()
        query = select(watermarks.c.value).where(watermarks.c.connection == run.name, watermarks.c.name == _NAME)
        since = connection.execute(query).scalar_one_or_none()
    captured = [name for name in entities if entity_named(name).changes and entity_named(name).transaction]
    if not captured:
        return result
    start = datetime.fromisoformat(since) if since else first
    changes = run.quickbooks().changes(captured, start - OVERLAP)
    for entity in captured:
        gap = entity in changes.gaps
        things = list(run.quickbooks().query(select_objects(entity))) if gap else changes.objects.get(entity, [])
        with run.database.transaction() as connection:
            now = run.database.now(connection)
            deleted = [str(stub["Id"]) for stub in changes.deleted.get(entity, ())]
            found = compare(connection, run.name, entity, things, deleted, now=now)
            if gap:
                found += missing(connection, run.name, entity, [str(thing["Id"]) for thing in things], now=now)
                result.compared_in_full.append(entity)
        result.found.update(drift.what for drift in found)
    with run.database.transaction() as connection:
        condition = (watermarks.c.connection == run.name) & (watermarks.c.name == _NAME)
        connection.execute(delete(watermarks).where(condition))
        row = {"connection": run.name, "name": _NAME, "value": changes.as_at.isoformat()}
        connection.execute(watermarks.insert(), {**row, "moved_at": run.database.now(connection)})
    return result
