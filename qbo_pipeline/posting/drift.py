"""What people changed or deleted in QBO after we posted it: found, shown, never overwritten.

What belongs here: comparing objects as QBO has them now with what was posted (date, party, accounts, amounts), and
the states that follow. Where the objects come from, change data capture or a full read, is the caller's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, tuple_

from qbo_pipeline.posting.content import fingerprint, is_voided
from qbo_pipeline.posting.events import DELETED, DRIFTED, EDITED, POSTED, SENDING, UNKNOWN, VOIDED
from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import Link, change, chunks, links_to, put_links, remove_links
from qbo_pipeline.store.tables.posting import posting_links, postings

DELETED_THERE, RESTORED = "deleted", "restored"
OBJECTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Drift:
    """One object of ours that is no longer what we posted; `what` is edited, voided, deleted or restored."""

    key: str
    revision: int
    entity: str
    qbo_id: str
    what: str
    changed_at: str | None  # QBO's own time of the change


def compare(
    transaction: Connection,
    connection: str,
    entity: str,
    things: Iterable[Mapping[str, Any]],
    deleted_ids: Iterable[str] = (),
    *,
    now: datetime,
) -> list[Drift]:
    """Compare objects of one entity with what was posted, inside the caller's transaction.

    `things` are objects as QBO answers them, those of others among them; an object under a posting that is being
    sent at this moment is left for the next comparison. Answers what changed state by this comparison.
    """
    found: list[Drift] = []
    for part in chunks(list(things), OBJECTS_AT_ONCE):
        found += _compare(transaction, connection, entity, part, now)
    for ids in chunks(list(deleted_ids), OBJECTS_AT_ONCE):
        found += _deleted(transaction, connection, entity, ids, now)
    return found


def missing(
    transaction: Connection, connection: str, entity: str, seen_ids: Iterable[str], *, now: datetime
) -> list[Drift]:
    """After a full read of an entity: what we posted and QBO does not have any more."""
    there = set(seen_ids)
    ours = transaction.execute(
        select(posting_links.c.qbo_id).where(posting_links.c.connection == connection, posting_links.c.entity == entity)
    ).scalars()
    return compare(transaction, connection, entity, (), sorted(set(ours) - there), now=now)


def _compare(
    transaction: Connection, connection: str, entity: str, things: Sequence[Mapping[str, Any]], now: datetime
) -> list[Drift]:
    by_id = links_to(transaction, connection, entity, [str(thing["Id"]) for thing in things])
    states = _states(transaction, connection, [link for linked in by_id.values() for link in linked])
    found: list[Drift] = []
    moved: list[dict[str, Any]] = []
    for thing in things:
        for link in by_id.get(str(thing["Id"]), ()):
            state = states.get(link.key)
            if state not in (POSTED, DRIFTED):
                continue
            same = fingerprint(entity, dict(thing)) == link.fingerprint
            if same and str(thing.get("SyncToken", link.sync_token)) != link.sync_token:
                # QBO or another of our postings touched it (a payment applied): still what we posted.
                moved.append(_columns(link) | {"sync_token": str(thing["SyncToken"]), "linked_at": now})
            if same != (state == POSTED):
                what = RESTORED if same else VOIDED if is_voided(dict(thing)) else EDITED
                changed_at = (thing.get("MetaData") or {}).get("LastUpdatedTime")
                found.append(Drift(link.key, link.revision, entity, link.qbo_id, what, changed_at))
    put_links(transaction, connection, moved)
    _record(transaction, connection, found, now)
    return found


def _deleted(transaction: Connection, connection: str, entity: str, ids: Sequence[str], now: datetime) -> list[Drift]:
    by_id = links_to(transaction, connection, entity, ids)
    linked = [link for found in by_id.values() for link in found]
    states = _states(transaction, connection, linked)
    gone = [link for link in linked if states.get(link.key) in (POSTED, DRIFTED)]
    found = [Drift(link.key, link.revision, entity, link.qbo_id, DELETED_THERE, None) for link in gone]
    remove_links(transaction, connection, [link.key for link in gone])
    _record(transaction, connection, found, now)
    return found


def _states(transaction: Connection, connection: str, linked: Sequence[Link]) -> dict[str, str]:
    """The state of the revision that each link is of; left out while a newer revision is under way."""
    states: dict[str, str] = {}
    busy: set[str] = set()
    for part in chunks(linked):
        rows = transaction.execute(
            select(postings.c.key, postings.c.revision, postings.c.state).where(
                postings.c.connection == connection, postings.c.key.in_([link.key for link in part])
            )
        ).all()
        by_key = {(row.key, row.revision): row.state for row in rows}
        busy |= {row.key for row in rows if row.state in (SENDING, UNKNOWN)}
        states |= {link.key: by_key[link.key, link.revision] for link in part if (link.key, link.revision) in by_key}
    return {key: state for key, state in states.items() if key not in busy}


_STATE = {EDITED: DRIFTED, VOIDED: DRIFTED, DELETED_THERE: DELETED, RESTORED: POSTED}
_TEXT = {
    EDITED: "date, party, accounts or amounts were changed in QuickBooks",
    VOIDED: "it was voided in QuickBooks",
    DELETED_THERE: "it was deleted in QuickBooks",
    RESTORED: None,
}


def _record(transaction: Connection, connection: str, found: Sequence[Drift], now: datetime) -> None:
    changes: list[tuple[str, int, dict[str, Any]]] = []
    for drift in found:
        reason = None if drift.what == RESTORED else drift.what
        fields = {"state": _STATE[drift.what], "reason": reason, "message": _TEXT[drift.what]}
        changes.append((drift.key, drift.revision, fields))
    change(transaction, connection, changes)
    keys = [(drift.key, drift.revision) for drift in found]
    fences = {}
    if keys:
        rows = transaction.execute(
            select(postings.c.key, postings.c.fence).where(
                postings.c.connection == connection, tuple_(postings.c.key, postings.c.revision).in_(keys)
            )
        )
        fences = {row.key: row.fence for row in rows}
    lines = [
        {
            "key": drift.key,
            "revision": drift.revision,
            "event": f"{drift.what}_in_qbo",
            "state": _STATE[drift.what],
            "fence": fences[drift.key],
            "message": drift.changed_at,
        }
        for drift in found
    ]
    attempts.append(transaction, connection, now, lines)


def _columns(link: Link) -> dict[str, Any]:
    return {name: getattr(link, name) for name in Link.__dataclass_fields__}
