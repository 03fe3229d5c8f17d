"""The part of a document's history that is the way back: its object in QuickBooks, what was written of it to the
inventory system, and as what it was taken.

What belongs here: finding it under the record's key, or under the key of the object (Payment/123); and what others
entered in QuickBooks that may be the same as the record.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.pipeline.entered_by_others import alike_in_quickbooks
from qbo_pipeline.pipeline.linking_back import record_key_of
from qbo_pipeline.pipeline.write_back_remedies import PERHAPS_TWICE
from qbo_pipeline.returning.rules import ENTITIES, OWNED_AS
from qbo_pipeline.store import evidence
from qbo_pipeline.store.tables.entered_by_others import entered_by_others
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline.store.tables.write_backs import quickbooks_objects, write_backs
from qbo_pipeline.store.write_backs import TO_QUICKBOOKS

_W, _O, _P, _E = write_backs.c, quickbooks_objects.c, posting_links.c, entered_by_others.c


def objects_named(connection: Connection, name: str, wanted: str) -> list[str]:
    """The keys under which a history is found for the key of an object of QuickBooks, or of a file that was sent: that
    of the record as which it was taken, or its own; none where it is not known here."""
    if not _comes_back(wanted):
        return []
    entity, _, qbo_id = wanted.partition("/")
    mine = (_P.connection == name, _P.entity == entity, _P.qbo_id == qbo_id)
    linked = connection.execute(select(_P.key).where(*mine)).scalars().first()
    if linked is not None:
        return [linked]
    entries = connection.execute(select(_W.kind, _W.taken_as).where(_W.connection == name, _W.key == wanted)).all()
    taken = [record_key_of(row.kind, row.taken_as) for row in entries if row.taken_as and row.kind in OWNED_AS]
    if taken:
        return taken[-1:]
    alike = select(_E.record_key).where(_E.connection == name, _E.entity == entity, _E.qbo_id == qbo_id)
    if (may_be := connection.execute(alike).scalar()) is not None:
        return [may_be]
    there = select(_O.qbo_id).where(_O.connection == name, _O.entity == entity, _O.qbo_id == qbo_id)
    return [wanted] if entries or connection.execute(there).first() is not None else []


def _comes_back(key: str) -> bool:
    """Whether it is the key of something on the way back, and not a record's."""
    return key.partition("/")[0] in (*ENTITIES.values(), "attachment")


def way_back_of(connection: Connection, name: str, key: str) -> dict[str, Any]:
    """`entries` (each revision that was written back) and `objects` (in QuickBooks, and what became of them) of a
    record or an object of QuickBooks, and the `keys` of their lines in the journal."""
    keys = {key} if _comes_back(key) else set()
    record_id = key.partition("/")[2].rpartition(":")[2] if key.startswith("party/") else key.partition("/")[2]
    taken = select(_W.key, _W.kind).where(_W.connection == name, _W.taken_as == record_id)
    for row in connection.execute(taken):
        if row.kind in OWNED_AS and record_key_of(row.kind, record_id) == key:
            keys.add(row.key)
    for row in connection.execute(select(_P.entity, _P.qbo_id).where(_P.connection == name, _P.key == key)):
        keys.add(f"{row.entity}/{row.qbo_id}")
    if key.startswith("document/"):
        keys |= _files_of(connection, name, record_id)
    entries = select(write_backs).where(_W.connection == name, _W.key.in_(sorted(keys)))
    rows = connection.execute(entries.order_by(_W.key, _W.revision)).mappings()
    objects: list[dict[str, Any]] = []
    for entity, _, qbo_id in (one.partition("/") for one in sorted(keys)):
        query = select(quickbooks_objects).where(_O.connection == name, _O.entity == entity, _O.qbo_id == qbo_id)
        objects += [dict(row) for row in connection.execute(query).mappings()]
    alike = _alike_to(connection, name, key)
    return {
        "entries": [dict(row) for row in rows],
        "objects": objects + alike,
        "keys": [
            *(f"{evidence.WRITE_BACK.word}/{one}" for one in sorted(keys)),
            *(f"{evidence.ALIKE.word}/{row['entity']}/{row['qbo_id']}" for row in alike),
        ],
    }


def _alike_to(connection: Connection, name: str, key: str) -> list[dict[str, Any]]:
    """What others entered in QuickBooks beside this record: it waits for a person, or one has said what it is."""
    waiting = {one.key: one.told() for one in alike_in_quickbooks(connection, name) if one.row["record_key"] == key}
    query = select(entered_by_others).where(_E.connection == name, _E.record_key == key)
    return [
        {
            "entity": row["entity"], "qbo_id": row["qbo_id"], "sync_token": "", "rule": PERHAPS_TWICE,
            "disposition": "withheld" if f"{row['entity']}/{row['qbo_id']}" in waiting else "excluded",
            "message": waiting.get(f"{row['entity']}/{row['qbo_id']}", row["said"]),
        }
        for row in connection.execute(query.order_by(_E.entity, _E.qbo_id)).mappings()
    ]  # fmt: skip


def _files_of(connection: Connection, name: str, document_id: str) -> set[str]:
    """The files that were sent with a document."""
    of_it = _W.key.startswith(f"attachment/{document_id}/", autoescape=True)
    query = select(_W.key).where(_W.connection == name, _W.kind == TO_QUICKBOOKS, of_it)
    return set(connection.scalars(query))
