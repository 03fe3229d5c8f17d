"""Change data capture: what was made, changed or deleted since an instant."""

from __future__ import annotations

from datetime import UTC, datetime

from qbo_pipeline.emulator.company import present
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import QboFault, fault
from qbo_pipeline.emulator.company.schema.entities import ENTITIES, Entity, entity, wrapper


def since(book: Book, names: list[str], instant: datetime) -> Body:
    """`{"CDCResponse": [{"QueryResponse": [...]}]}`, one part for each entity that changed, deleted ones as stubs.

    Raises 4001 where no entity has change tracking (see `unknown_changes` for some). An instant beyond the look-back
    is answered with what lies within it, or 6000 (see `changes_too_old`). At most `changes_limit` objects in all, the
    oldest first.
    """
    wanted = _wanted(book, names)
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    earliest = book.clock() - book.settings.changes_look_back
    if aware < earliest:
        if book.settings.changes_too_old == "refuse":
            days = book.settings.changes_look_back.days
            raise fault("6000", "changedSince", what=f"changedSince must not be more than {days} days ago.")
        aware = earliest
    text = aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    left = book.settings.changes_limit
    parts: list[Body] = []
    for found in wanted:
        bodies = _changed(book, found, text, left)
        left -= len(bodies)
        if bodies:
            part: Body = {wrapper(found.name): bodies, "startPosition": 1, "maxResults": len(bodies)}
            if any(body.get("status") == "Deleted" for body in bodies):
                part["totalCount"] = len(bodies)
            parts.append(part)
    return {"CDCResponse": [{"QueryResponse": parts or [{}]}]}


def _wanted(book: Book, names: list[str]) -> list[Entity]:
    found: list[Entity] = []
    refused: QboFault | None = None
    for name in names:
        try:
            found.append(_tracked(name))
        except QboFault as fault:
            refused = fault
    if refused is not None and (not found or book.settings.unknown_changes == "refuse"):
        raise refused
    return found


def _tracked(name: str) -> Entity:
    found = entity(name)
    if found.name not in ENTITIES or not found.changes:
        raise fault("4001", what=f"Entity {name} is not supported by change data capture.")
    return found


def _changed(book: Book, found: Entity, text: str, limit: int) -> list[Body]:
    if found.kind == "transaction":
        sql = f"SELECT {present.TXN_COLUMNS} FROM txns WHERE entity = ? AND updated >= ? ORDER BY updated, id LIMIT ?"
        live = [present.transaction(book, row) for row in book.store.rows(sql, (found.name, text, limit))]
    else:
        sql = "SELECT id FROM entries WHERE entity = ? AND updated >= ? ORDER BY updated, id LIMIT ?"
        ids = [str(row[0]) for row in book.store.rows(sql, (found.name, text, limit))]
        live = [present.entry(book, found.name, book.entries[found.name][id]) for id in ids]
    sql = "SELECT id, at FROM deleted WHERE entity = ? AND at >= ? ORDER BY at, id LIMIT ?"
    gone: list[Body] = [
        {"domain": "QBO", "status": "Deleted", "Id": str(id), "MetaData": {"LastUpdatedTime": book.local(at)}}
        for id, at in book.store.rows(sql, (found.name, text, max(limit - len(live), 0)))
    ]
    return live + gone
