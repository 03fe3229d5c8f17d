"""What people changed or deleted in QBO after we posted it: found, shown, never overwritten.

What belongs here: comparing objects as QBO has them now with what it answered when they were posted (`content.py`
says by which facts), and the states that follow. Where the objects come from, change data capture or a full read, is
the caller's choice. A void is a change of amounts, and is shown as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.posting.content import agrees, differences, fingerprint, is_voided
from qbo_pipeline.posting.events import DELETED, DRIFTED, EDITED, POSTED, SENDING, UNKNOWN, VOIDED
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import Link, change, chunks, links_to, remove_links
from qbo_pipeline.store.tables.posting import posting_links, postings

DELETED_THERE, RESTORED = "deleted", "restored"
OBJECTS_AT_ONCE = 500
_UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Drift:
    """One object of ours that is no longer what we posted; `what` is edited, voided, deleted or restored.

    `facts` says what differs, in words: `total 120.00 → 500.00`.
    """

    key: str
    revision: int
    entity: str
    qbo_id: str
    what: str
    changed_at: str | None  # QBO's own time of the change
    facts: tuple[str, ...] = ()


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

    `things` are objects as QBO answers them, those of others among them; `deleted_ids` are known to be gone. An object
    under a posting that is being sent at this moment is left for the next comparison, and one whose SyncToken is not
    newer than what we know of it says nothing: it was read before, or from a copy that lags. Answers what changed
    state by this comparison.
    """
    found: list[Drift] = []
    for part in chunks(list(things), OBJECTS_AT_ONCE):
        found += _compare(transaction, connection, entity, part, now)
    for ids in chunks(list(deleted_ids), OBJECTS_AT_ONCE):
        found += _deleted(transaction, connection, entity, ids, now)
    return found


def unseen(
    reading: Connection, connection: str, entity: str, seen_ids: AbstractSet[str], *, linked_before: datetime
) -> list[str]:
    """After all objects of an entity were read: the Ids of our objects that were not among them.

    Only links older than `linked_before` count, because QBO's answer may lack what was posted while it was read or
    shortly before. A missing object is not proved deleted: the caller asks for it again, by Id.
    """
    columns = posting_links.c
    ours = reading.execute(
        select(columns.qbo_id).where(
            columns.connection == connection, columns.entity == entity, columns.linked_at < linked_before
        )
    ).scalars()
    return sorted({qbo_id for qbo_id in ours if qbo_id not in seen_ids})


def _compare(
    transaction: Connection, connection: str, entity: str, things: Sequence[Mapping[str, Any]], now: datetime
) -> list[Drift]:
    by_id = links_to(transaction, connection, entity, [str(thing["Id"]) for thing in things])
    linked = [(thing, link) for thing in things for link in by_id.get(str(thing["Id"]), ())]
    newer = [(thing, link) for thing, link in linked if _is_newer(thing, link)]
    states = _states(transaction, connection, [link for _, link in newer])
    found: list[Drift] = []
    moved: list[dict[str, Any]] = []
    for thing, link in newer:
        state = states.get(link.key)
        if state not in (POSTED, DRIFTED):
            continue
        seen = _content(entity, thing)
        same = agrees(link.fingerprint, seen)
        if same:
            # QBO or another of our postings touched it (a payment applied): still what we posted.
            moved.append(_moved(connection, link, thing, seen))
        if same != (state == POSTED):
            voided = is_voided(dict(thing))
            what = RESTORED if same else VOIDED if voided else EDITED
            changed_at = _when((thing.get("MetaData") or {}).get("LastUpdatedTime"))
            facts = tuple(differences(link.fingerprint, seen))
            found.append(Drift(link.key, link.revision, entity, link.qbo_id, what, changed_at, facts))
    if moved:
        transaction.execute(_MOVE, moved)
    _record(transaction, connection, found, now)
    return found


def _when(text: Any) -> str | None:
    """When QBO says that it changed, as the journal keeps instants; text that is none stays as it is."""
    try:
        return None if text is None else parse_instant(str(text)).isoformat()
    except ValueError:
        return str(text)


def _content(entity: str, thing: Mapping[str, Any]) -> str:
    """The object's fingerprint. One that cannot be read is not what we posted; the others are compared all the same."""
    try:
        return fingerprint(entity, dict(thing))
    except OddShape as error:
        return f"{_UNREADABLE}={error}"


def _is_newer(thing: Mapping[str, Any], link: Link) -> bool:
    """Whether the object is a later version than the one that the link is of; QBO counts its versions."""
    token = str(thing.get("SyncToken", ""))
    if token.isdecimal() and link.sync_token.isdecimal():
        return int(token) > int(link.sync_token)
    return token != link.sync_token


# The link is moved only if it is still the one that was compared: another process may have linked the object anew.
_MOVE = (
    update(posting_links)
    .where(
        posting_links.c.connection == bindparam("in_connection"),
        posting_links.c.key == bindparam("in_key"),
        posting_links.c.qbo_id == bindparam("in_id"),
        posting_links.c.sync_token == bindparam("old_token"),
    )
    .values(sync_token=bindparam("new_token"), fingerprint=bindparam("new_fingerprint"))
)


def _moved(connection: str, link: Link, thing: Mapping[str, Any], seen: str) -> dict[str, Any]:
    place = {"in_connection": connection, "in_key": link.key, "in_id": link.qbo_id, "old_token": link.sync_token}
    return {**place, "new_token": str(thing["SyncToken"]), "new_fingerprint": seen}


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
    EDITED: "it was changed in QuickBooks",
    VOIDED: "it was voided in QuickBooks",
    DELETED_THERE: "it was deleted in QuickBooks",
    RESTORED: None,
}


def _record(transaction: Connection, connection: str, found: Sequence[Drift], now: datetime) -> None:
    changes: list[tuple[str, int, dict[str, Any]]] = []
    for drift in found:
        reason = None if drift.what == RESTORED else drift.what
        fields = {"state": _STATE[drift.what], "reason": reason, "message": _message(drift)}
        changes.append((drift.key, drift.revision, fields))
    change(transaction, connection, changes)
    fences: dict[tuple[str, int], int] = {}
    for part in chunks([drift.key for drift in found]):  # by key alone: SQLite finds no index for pairs
        query = select(postings.c.key, postings.c.revision, postings.c.fence).where(
            postings.c.connection == connection, postings.c.key.in_(part)
        )
        fences |= {(row.key, row.revision): row.fence for row in transaction.execute(query)}
    lines = [
        attempts.AttemptLine(
            key=drift.key,
            revision=drift.revision,
            event=f"{drift.what}_in_qbo",
            state=_STATE[drift.what],
            fence=fences[drift.key, drift.revision],
            message=drift.changed_at,
        )
        for drift in found
    ]
    attempts.append(transaction, connection, now, lines)


def _message(drift: Drift) -> str | None:
    text = _TEXT[drift.what]
    return f"{text}: {', '.join(drift.facts)}" if drift.what == EDITED and text else text
