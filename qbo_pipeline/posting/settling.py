"""Transaction 2: write what answers and read-backs mean, where the fencing token still is ours.

What belongs here: what a settlement does to the rows themselves and to others: links, rows that waited, older and
newer revisions, frozen bytes. What an answer means is decided by `core.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from qbo_pipeline.posting import core
from qbo_pipeline.posting.events import (
    CREATE,
    DELETE,
    DELETED,
    DRIFTED,
    PARKED,
    POSTED,
    READY,
    SENDING,
    UNKNOWN,
    UPDATE,
    VOID,
    Change,
    Fate,
    Fields,
    Finding,
    Holder,
    Row,
)
from qbo_pipeline.posting.hindrances import Ended, hindrance
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.rows import Pair, WriteTurns, journal, record, row_of, write
from qbo_pipeline.store import claims
from qbo_pipeline.store.postings import holders, links, put_links, remove_links

_LINKED_BY = {"posted": "posted", "recovered": "recovered", "linked_by_name": "name"}
_FENCED = Change("fenced", {}, "the row had been taken over; nothing was written")


class Settled(NamedTuple):
    """What a settlement came to: the changes in the order of the rows, `None` for one that is no longer ours; and
    whether it may have left rows to be claimed, these or others."""

    changes: list[Change | None]
    moved: bool


class Settlements:
    """The settlements of one run. Safe to use from several threads."""

    def __init__(self, turns: WriteTurns, connection: str, policy: Policy) -> None:
        self._turns = turns
        self._connection = connection
        self._policy = policy

    def of_send(self, rows: Sequence[Row], answers: Sequence[Fate]) -> Settled:
        return self._settle(
            rows, lambda number, at: core.judge(rows[number], answers[number], at, self._policy), sent=True
        )

    def of_look(self, rows: Sequence[Row], findings: Sequence[Finding]) -> Settled:
        return self._settle(rows, lambda number, at: self._look_at(rows[number], findings[number], at))

    def _look_at(self, row: Row, finding: Finding, at: float) -> Change:
        return core.judge_look(row, finding, at, self._policy.of(row.about.entity))

    def give_up(self, rows: Sequence[Row]) -> Settled:
        return self._settle(rows, lambda number, at: core.give_up(rows[number]))

    def _settle(self, rows: Sequence[Row], judge: Callable[[int, float], Change], *, sent: bool = False) -> Settled:
        with self._turns.transaction() as (transaction, now):
            held = claims.held(transaction, self._connection, [(row.key, row.revision) for row in rows])
            changes: list[Change | None] = []
            for number, row in enumerate(rows):
                there = held.get((row.key, row.revision))
                ours = there is not None and core.holds(Holder(there["state"], there["fence"]), row)
                changes.append(judge(number, now.timestamp()) if ours else None)
            changes = self._one_key_each(transaction, rows, changes)
            both = list(zip(rows, changes, strict=True))
            written: list[Pair] = [(row, line) for row, line in both if line is not None]
            closed, moved = self._follow(transaction, written, now)
            fenced: list[Pair] = [(row, _FENCED) for row, line in both if line is None]
            record(transaction, self._connection, [*written, *fenced], now, held, closed)
            if sent and len(written) == len(rows) and all(map(_is_certain, written)):
                claims.thaw(transaction, self._connection, rows[0].request_id or "")
            return Settled(changes, moved or any(line.fields.get("state") == READY for _, line in written))

    def _one_key_each(
        self, transaction: Connection, rows: Sequence[Row], changes: list[Change | None]
    ) -> list[Change | None]:
        """Park what would be linked to an object that another key holds."""
        objects = [
            (row.about.entity, line.fields["qbo_id"] or "")
            if line is not None and row.operation == CREATE and line.fields.get("state") in (POSTED, DRIFTED)
            else None
            for row, line in zip(rows, changes, strict=True)
        ]
        by_object = holders(transaction, self._connection, filter(None, objects))
        kept: list[Change | None] = []
        for row, line, place in zip(rows, changes, objects, strict=True):
            holder = by_object.setdefault(place, row.key) if place is not None else row.key
            kept.append(line if place is None or holder == row.key else core.taken(row, place[1], holder))
        return kept

    def _follow(self, transaction: Connection, written: list[Pair], now: datetime) -> tuple[set[str], bool]:
        """What changes mean for other rows; answers the keys whose newer revision ends them at once, and whether any of
        the others goes on."""
        posted = [(row, line) for row, line in written if line.fields.get("state") in (POSTED, DRIFTED)]
        there = [(row, line) for row, line in posted if row.operation in (CREATE, UPDATE)]
        first = all(row.operation == CREATE and row.revision == 1 for row, _ in there)
        put_links(transaction, self._connection, [_link(row, line, now) for row, line in there], replacing=not first)
        others, own = claims.waited_for(transaction, self._connection, [row.key for row, _ in written])
        woken = [row.key for row, _ in there if row.key in others]
        gone = [row.key for row, line in written if _is_gone(row, line)]
        remove_links(transaction, self._connection, gone)
        woken += [key for key in gone if key in others]  # what waits for a record to leave it looks again
        claims.wake(transaction, self._connection, woken)
        newer = [(row.key, row.revision) for row, _ in posted if row.revision > 1]
        claims.supersede_older(transaction, self._connection, newer)
        ended = {
            row.key: Ended(line.fields["state"], line.fields.get("reason"), row.about.origin)
            for row, line in written
            if row.key in own and line.fields.get("state", UNKNOWN) not in (READY, SENDING, UNKNOWN)
        }
        closed = release_successors(transaction, self._connection, ended, now) if ended else set()
        return closed, bool(woken or ended)


def release_successors(transaction: Connection, connection: str, ended: Mapping[str, Ended], now: datetime) -> set[str]:
    """Let newer revisions go that waited to know whether an older one arrived in QBO; answers the keys whose newer
    revision makes a new object, so that the older one is superseded.

    `ended` says by key what became of the older revision. The newer one updates the object where there is one, and
    creates it where there is none. Where a person changed, deleted or skipped the older one meanwhile, the newer one is
    parked, as it would have been parked if this had been known when it came.
    """
    waiting = [row_of(mapping) for mapping in claims.successors(transaction, connection, list(ended))]
    known = links(transaction, connection, [row.key for row in waiting])
    released: list[Pair] = []
    for row in waiting:
        fields: Fields = {"waits_for": None, "operation": row.operation}
        if row.operation in (CREATE, UPDATE):
            fields["operation"] = UPDATE if row.key in known else CREATE
        hindered = hindrance(ended[row.key], row.operation)
        if hindered is not None:
            fields |= {"state": PARKED, "reason": hindered[0], "message": hindered[1]}
        released.append((row, Change("released", fields)))
    write(transaction, connection, released, now)
    journal(transaction, connection, [pair for pair in released if "state" in pair[1].fields], now)
    created = [(row.key, row.revision) for row, line in released if line.fields["operation"] == CREATE]
    claims.supersede_older(transaction, connection, created)
    return {key for key, _ in created}


def _is_certain(pair: Pair) -> bool:
    row, line = pair
    return not row.doubt and line.fields.get("request_id", "") is None


def _is_gone(row: Row, line: Change) -> bool:
    state = line.fields.get("state")
    return state == DELETED or (state == POSTED and row.operation in (DELETE, VOID))


def _link(row: Row, line: Change, now: datetime) -> dict[str, Any]:
    fields = line.fields
    return {
        "key": row.key,
        "entity": row.about.entity,
        "qbo_id": fields["qbo_id"],
        "sync_token": fields["sync_token"],
        "qbo_number": fields["qbo_number"],
        "fingerprint": fields["posted_fingerprint"],
        "revision": row.revision,
        "linked_by": _LINKED_BY[line.event],
        "linked_at": now,
    }
