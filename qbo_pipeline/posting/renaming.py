"""Names that are handed on: what QBO refused for its name looks again when the name comes free, and names trade places.

What belongs here: which parked postings of list entries go again, and the step aside. Where entries want each other's
names in a ring, QBO would refuse each of them for ever: one of them takes a temporary name first, which frees its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, select, text

from qbo_pipeline.posting.blank_rows import blank
from qbo_pipeline.posting.events import CREATE, PARKED, POSTED, READY, SUPERSEDED, UPDATE
from qbo_pipeline.posting.reading_back import name_field
from qbo_pipeline.posting.refusals import DUPLICATE_NAME
from qbo_pipeline.posting.states import Origin
from qbo_pipeline.quickbooks.wire import from_wire, to_wire
from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import change
from qbo_pipeline.store.shares import keep_shares
from qbo_pipeline.store.tables.posting import posting_links, postings

_NAME_LENGTH = 100  # QBO's for items, the shorter one
_FREED = {"state": READY, "reason": None, "message": None, "not_before": None, "fallback": None, "misses": 0,
          "attempts": 0, "request_id": None, "item": None, "base_token": None}  # fmt: skip
_KEPT = ("key", "record_key", "record_hash", "entity", "business_date", "amount", "currency", "marker", "by_name")
_P = postings.c
_ASIDE = text("postings.origin = 'aside'")  # a literal, or SQLite does not see that its index serves

Name = tuple[str, str]


class Handover:
    """The names of one run: each posting goes again once, and again when a name that we hold comes free."""

    def __init__(self, connection: str) -> None:
        self._connection = connection
        self._asked: set[str] = set()
        self._began = False

    def look_again(self, transaction: Connection, now: datetime) -> bool:
        """Make ready what may go again by now; answers whether there was any."""
        back = self._step_back(transaction, now)
        waiting = self._waiting(transaction)
        if not waiting:
            self._began = True
            return back
        holders = self._holders(transaction)
        held_by = {key: holders.get(_name(row)) for key, row in waiting.items()}
        free = [key for key, holder in held_by.items() if holder in (None, key) and key not in self._asked]
        self._asked.update(free)
        if not self._began:  # what we believe of names may be wrong: once a run everything is asked
            free = list(waiting)
        self._began = True
        for key in free:
            row = waiting[key]
            fields = {**_FREED, "retries": row["retries"] + 1}
            change(transaction, self._connection, [(key, row["revision"], fields)])
            _journal(transaction, self._connection, row, READY, "its name may be free by now", now)
        if free:
            return True
        aside = [min(ring) for ring in _rings(held_by, waiting)]
        for key in aside:
            self._step_aside(transaction, waiting[key], now)
        return back or bool(aside)

    def _waiting(self, transaction: Connection) -> dict[str, RowMapping]:
        query = select(postings).where(
            _P.connection == self._connection,
            _P.state == PARKED,
            _P.reason == DUPLICATE_NAME,
            _P.superseded_by.is_(None),
            _P.by_name,
            _P.doubt.is_(False),
            _P.operation.in_((CREATE, UPDATE)),
            _P.payload.is_not(None),
        )
        return {row["key"]: row for row in transaction.execute(query.order_by(_P.key)).mappings()}

    def _holders(self, transaction: Connection) -> dict[Name, str]:
        """Which of our keys has a name in QBO: the name of the revision that is there."""
        links = posting_links.c
        there = and_(_P.connection == links.connection, _P.key == links.key, _P.revision == links.revision)
        query = select(_P.key, _P.entity, _P.number).join(posting_links, there)
        rows = transaction.execute(query.where(_P.connection == self._connection, _P.by_name)).mappings()
        return {_name(row): row["key"] for row in rows}

    def _step_aside(self, transaction: Connection, row: RowMapping, now: datetime) -> None:
        """A revision under a temporary name, in front of the one that waits for the name of another."""
        field = name_field(row["entity"]) or ""
        suffix = f" (renaming {row['marker'][:8]})"
        name = row["number"][: _NAME_LENGTH - len(suffix)] + suffix
        payload = to_wire({**from_wire(row["payload"]), field: name}).decode()
        values = {
            "payload": payload,
            "payload_hash": sha256(payload.encode()).hexdigest(),
            "origin": Origin.ASIDE,
            "number": name,
            "operation": UPDATE,
        }
        self._revise(transaction, row, values, "two names trade places: it steps aside under a temporary name", now)

    def _step_back(self, transaction: Connection, now: datetime) -> bool:
        """What stands under a temporary name in QBO now takes the name that it was to have."""
        query = select(postings).where(
            _P.connection == self._connection,
            _P.by_name,
            _P.origin == Origin.ASIDE,
            _P.state == POSTED,
            _P.superseded_by.is_(None),
        )
        found = list(transaction.execute(query).mappings())
        for row in found:
            own = and_(_P.connection == self._connection, _P.key == row["key"], _P.revision == row["revision"] - 1)
            meant = transaction.execute(select(postings).where(own)).mappings().one()
            values = {name: meant[name] for name in ("payload", "payload_hash", "origin", "number")} | {
                "operation": UPDATE
            }
            values |= {"state": PARKED, "reason": DUPLICATE_NAME, "message": "it waits for its name to come free"}
            self._revise(transaction, row, values, "it takes its name as soon as that is free", now)
            self._asked.discard(row["key"])
        return bool(found)

    def _revise(
        self, transaction: Connection, row: RowMapping, values: dict[str, Any], why: str, now: datetime
    ) -> None:
        revision = row["revision"] + 1
        older = {"superseded_by": revision} | ({} if row["state"] == POSTED else {"state": SUPERSEDED})
        change(transaction, self._connection, [(row["key"], row["revision"], older)])
        kept = {name: row[name] for name in _KEPT} | {"connection": self._connection, "first_seen": now}
        new = blank() | kept | {"revision": revision} | values
        transaction.execute(postings.insert(), new)
        keep_shares(transaction, self._connection, row["key"], revision)
        _journal(transaction, self._connection, new, str(new["state"]), why, now)


def anything_handed_on(reading: Connection, connection: str) -> bool:
    """Whether any posting waits for a name, or stands under a temporary one."""
    waits = and_(_P.state == PARKED, _P.reason == DUPLICATE_NAME)
    aside = and_(_P.state == POSTED, _ASIDE)
    query = select(_P.key).where(_P.connection == connection, _P.by_name, _P.superseded_by.is_(None)).limit(1)
    return any(reading.execute(query.where(one)).first() is not None for one in (waits, aside))


def _rings(held_by: Mapping[str, str | None], waiting: Mapping[str, RowMapping]) -> list[set[str]]:
    """Keys each of which waits for the name of the next, round to the first."""
    rings: list[set[str]] = []
    done: set[str] = set()
    for start in held_by:
        path: list[str] = []
        key: str | None = start
        while key is not None and key in waiting and key not in done and key not in path:
            path.append(key)
            key = held_by[key]
        if key in path:
            rings.append(set(path[path.index(key) :]))
        done.update(path)
    return rings


def _name(row: Mapping[str, Any] | RowMapping) -> Name:
    """A name as QBO compares it: customers and vendors share theirs, and case does not tell names apart."""
    entity = str(row["entity"])
    return ("party" if name_field(entity) == "DisplayName" else entity, str(row["number"]).casefold())


def _journal(
    transaction: Connection, connection: str, row: Mapping[str, Any] | RowMapping, state: str, why: str, now: datetime
) -> None:
    line = attempts.AttemptLine(
        key=row["key"], revision=row["revision"], fence=row["fence"], event="name", state=state, message=why
    )
    attempts.append(transaction, connection, now, [line])
