"""Copies in the store: objects in QuickBooks with the marker of a posting that is another object.

What belongs here: SQL.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Text, cast, delete, exists, select

from qbo_pipeline.store import evidence
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import posting_copies, posting_links, postings


def keys_of_markers(reading: Connection, connection: str, codes: Collection[str]) -> dict[str, str]:
    """By marker, the key of the posting that was sent with it."""
    found: dict[str, str] = {}
    for part in chunks(sorted(codes)):
        sent = (postings.c.connection == connection, postings.c.marker.in_(part), postings.c.attempts > 0)
        rows = reading.execute(select(postings.c.marker, postings.c.key).where(*sent))
        found |= {row.marker: row.key for row in rows}
    return found


def replaced_objects(reading: Connection, connection: str, keys: Collection[str], mark: str) -> set[tuple[str, str]]:
    """Entity and Id of what these postings were before a person had it reversed and posted again: no copies of ours.
    `mark` stands between a key and a revision in the key of its reversal."""
    found: set[tuple[str, str]] = set()
    reversal = postings.alias()
    its = postings.c.key + mark + cast(postings.c.revision, Text)
    for part in chunks(sorted(keys)):
        query = select(postings.c.entity, postings.c.qbo_id).where(
            postings.c.connection == connection,
            postings.c.key.in_(part),
            postings.c.qbo_id.is_not(None),
            exists().where(reversal.c.connection == connection, reversal.c.key == its),
        )
        found.update((row.entity, row.qbo_id) for row in reading.execute(query))
    return found


def newest_states(reading: Connection, connection: str, keys: Collection[str]) -> dict[str, str]:
    """The state of the newest revision of each key."""
    found: dict[str, str] = {}
    for part in chunks(sorted(keys)):
        newest = (postings.c.connection == connection, postings.c.key.in_(part), postings.c.superseded_by.is_(None))
        found |= {
            row.key: row.state for row in reading.execute(select(postings.c.key, postings.c.state).where(*newest))
        }
    return found


def put_copies(
    transaction: Connection,
    connection: str,
    entity: str,
    seen: Collection[str],
    copies: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
) -> None:
    """Keep these copies of an entity; what else was `seen` (Ids) is none, or no longer there.

    A copy that is found or gone, or that is another one now, has a line in the journal.
    """
    mine = (posting_copies.c.connection == connection, posting_copies.c.entity == entity)
    before = {row.qbo_id: row for row in transaction.execute(select(posting_copies).where(*mine))}
    found = {row["qbo_id"]: row for row in copies}
    gone = sorted((before.keys() & set(seen)) - found.keys())
    new = sorted(
        qbo_id
        for qbo_id, row in found.items()
        if qbo_id not in before or any(row[name] != getattr(before[qbo_id], name) for name in evidence.COPY.columns)
    )
    for part in chunks([*gone, *new]):
        transaction.execute(delete(posting_copies).where(*mine, posting_copies.c.qbo_id.in_(part)))
    if new:
        transaction.execute(posting_copies.insert(), [{"connection": connection, **found[qbo_id]} for qbo_id in new])
    for event, ids in (("copy gone", gone), ("copy found", new)):
        identities = [(entity, qbo_id) for qbo_id in ids]
        evidence.note_all(transaction, connection, evidence.COPY, identities, event, now=now)


def known_copies(reading: Connection, connection: str, entity: str) -> set[str]:
    """The Ids of an entity's copies."""
    mine = (posting_copies.c.connection == connection, posting_copies.c.entity == entity)
    return set(reading.scalars(select(posting_copies.c.qbo_id).where(*mine)))


def load_copies(reading: Connection, connection: str) -> Sequence[RowMapping]:
    """The copies, by date; one that a person has linked to its posting since is none."""
    linked = exists().where(
        posting_links.c.connection == posting_copies.c.connection,
        posting_links.c.entity == posting_copies.c.entity,
        posting_links.c.qbo_id == posting_copies.c.qbo_id,
    )
    query = select(posting_copies).where(posting_copies.c.connection == connection, ~linked)
    return (
        reading.execute(
            query.order_by(posting_copies.c.business_date, posting_copies.c.entity, posting_copies.c.qbo_id)
        )
        .mappings()
        .all()
    )
