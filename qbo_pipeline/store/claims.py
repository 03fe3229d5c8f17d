"""Which postings a worker may claim: the rows, locked until the transaction ends.

What belongs here: the queries behind claims and settlements. On PostgreSQL rows that another transaction has locked
are passed over (SKIP LOCKED); on SQLite the writing transaction is the lock. The conditions are those of
`posting.core.may_send` and `may_look`; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import frozen_requests, posting_links, postings
from qbo_pipeline.store.tables.records import UNDATED

_P = postings.c
# Literals, not bound values: SQLite uses a partial index only where the query itself shows the index's condition.
_READY = text("postings.state = 'ready'")
_IN_DOUBT = text("postings.state IN ('sending', 'unknown')")
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run may touch: one connection; of its dated postings those in the days; or only certain keys.

    Master data (customers, vendors, items) has no date and is always in. With `settings_hash`, of what was never sent
    only that which these settings made: what another process has drafted meanwhile under others is not this run's.
    """

    connection: str
    first_day: date | None = None
    last_day: date | None = None
    keys: tuple[str, ...] | None = None
    settings_hash: str | None = None

    def condition(self) -> ColumnElement[bool]:
        conditions: list[ColumnElement[bool]] = [_P.connection == self.connection]
        if self.first_day is not None:
            conditions.append(or_(_P.business_date >= self.first_day, _P.business_date == UNDATED))
        if self.last_day is not None:
            conditions.append(_P.business_date <= self.last_day)
        if self.keys is not None:
            conditions.append(or_(_P.key.in_(self.keys), _P.business_date == UNDATED))
        return and_(*conditions)

    def by_these_settings(self) -> ColumnElement[bool]:
        """Of what was never sent: made by the run's own settings, or by none (a person's proposal or reversal)."""
        if self.settings_hash is None:
            return true()
        own = or_(_P.settings_hash.is_(None), _P.settings_hash == self.settings_hash)
        return or_(own, _P.origin.not_in(("draft", "withdrawal")))


def made_by_others(reading: Connection, scope: Scope) -> int:
    """How many postings are ready and were made by other settings than the run's: it does not send them."""
    others = (
        scope.condition(),
        _READY,
        _P.request_id.is_(None),
        _P.superseded_by.is_(None),
        ~scope.by_these_settings(),
    )
    return reading.execute(select(func.count()).where(*others)).scalar_one()


def fresh(transaction: Connection, scope: Scope, now: datetime, limit: int, *, alone: bool) -> list[RowMapping]:
    """Rows that are ready and hold no frozen request, in the order of their dates."""
    query = (
        select(postings)
        .where(
            scope.condition(),
            scope.by_these_settings(),
            _P.state == "ready",
            _P.request_id.is_(None),
            _P.waits_for.is_(None),
            _P.superseded_by.is_(None),
            _P.alone.is_(alone),
            or_(_P.not_before.is_(None), _P.not_before <= now),
        )
        .order_by(_P.business_date, _P.key)
        .limit(limit)
    )
    return _locked(transaction, query)


def frozen(transaction: Connection, scope: Scope, now: datetime, limit: int) -> list[RowMapping]:
    """Rows that are to be sent again under the request that they were frozen in: those of one request."""
    due = (
        scope.condition(),
        _P.state == "ready",
        _P.request_id.is_not(None),
        or_(_P.not_before.is_(None), _P.not_before <= now),
    )
    first = _locked(transaction, select(postings).where(*due).order_by(_P.request_id).limit(1))
    if not first or first[0]["alone"] or first[0]["item"] is None:
        return first
    query = select(postings).where(*due, _P.request_id == first[0]["request_id"], _P.alone.is_(False))
    return _locked(transaction, query.order_by(_P.key).limit(limit))


def not_looked_for(transaction: Connection, scope: Scope) -> list[RowMapping]:
    """Rows that are ready to be sent and that no read-back has missed."""
    query = select(postings).where(
        scope.condition(), _P.state == "ready", _P.waits_for.is_(None), _P.misses == 0, _P.superseded_by.is_(None)
    )
    return _locked(transaction, query)


def in_doubt(transaction: Connection, scope: Scope, now: datetime, settle: float, limit: int) -> list[RowMapping]:
    """Rows whose fate may be looked up: unknown and due, or abandoned by their worker and settled."""
    query = (
        select(postings)
        .where(
            scope.condition(),
            or_(_P.lease_until.is_(None), _P.lease_until <= now),
            or_(
                and_(_P.state == "unknown", or_(_P.not_before.is_(None), _P.not_before <= now)),
                and_(_P.state == "sending", _P.sent_at <= now - timedelta(seconds=settle)),
            ),
            _IN_DOUBT,
        )
        .order_by(_P.entity, _P.key)
        .limit(limit)
    )
    return _locked(transaction, query)


def held(transaction: Connection, connection: str, rows: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Any]:
    """State and fencing token of rows as they are now, locked."""
    keys = list(dict.fromkeys(key for key, _ in rows))
    found = transaction.execute(
        select(_P.key, _P.revision, _P.state, _P.fence)
        .where(_P.connection == connection, _P.key.in_(keys))
        .with_for_update()
    )
    return {(row.key, row.revision): row for row in found}


def next_due(reading: Connection, scope: Scope, settle: float) -> datetime | None:
    """The next moment at which a row that is under way or backed off may be claimed; `None` where there is none.

    Each row's own moment is taken, never one column of one row beside another column of another.
    """
    under_way = reading.execute(
        select(_P.state, _P.sent_at, _P.lease_until, _P.not_before).where(scope.condition(), _IN_DOUBT).distinct()
    )  # few: what was sent in one request has its moments in common
    due = [moment for row in under_way if (moment := _claimable_from(*row, settle)) is not None]
    backed_off = reading.execute(
        select(func.min(_P.not_before)).where(
            scope.condition(),
            _READY,
            _P.not_before.is_not(None),
            or_(
                _P.request_id.is_not(None),
                and_(_P.waits_for.is_(None), _P.superseded_by.is_(None), scope.by_these_settings()),
            ),
        )
    ).scalar_one()
    return min([*due, backed_off] if backed_off is not None else due, default=None)


def _claimable_from(
    state: str, sent_at: datetime | None, lease_until: datetime | None, not_before: datetime | None, settle: float
) -> datetime | None:
    """From when on `in_doubt` finds a row; `None` for one that it never finds: being sent, and never sent."""
    if state == "sending":
        if sent_at is None:
            return None
        return max(sent_at + timedelta(seconds=settle), lease_until or _AT_ONCE)
    return max(not_before or _AT_ONCE, lease_until or _AT_ONCE)


def anything_waits(reading: Connection, connection: str) -> bool:
    """Whether any row waits for another one, or for an older revision of its own."""
    query = select(_P.key).where(_P.connection == connection, _P.waits_for.is_not(None)).limit(1)
    return reading.execute(query).first() is not None


def wake(transaction: Connection, connection: str, keys: Sequence[str]) -> None:
    """Let the rows of other keys go on that wait for these."""
    for part in chunks(list(keys)):
        transaction.execute(
            update(postings)
            .where(_P.connection == connection, _P.waits_for.in_(part), _P.waits_for != _P.key)
            .values(waits_for=None)
        )


def wake_posted(transaction: Connection, connection: str) -> int:
    """Let all rows go on whose one dependency is in QBO by now, however it got there; answers how many."""
    linked = select(posting_links.c.key).where(posting_links.c.connection == connection)
    woken = transaction.execute(
        update(postings)
        .where(_P.connection == connection, _P.waits_for.is_not(None), _P.waits_for != _P.key, _P.waits_for.in_(linked))
        .values(waits_for=None)
    )
    return woken.rowcount


def successors(transaction: Connection, connection: str, keys: Sequence[str]) -> list[RowMapping]:
    """Newer revisions that wait for an older one of their own key."""
    found: list[RowMapping] = []
    for part in chunks(list(keys)):
        query = select(postings).where(_P.connection == connection, _P.waits_for.in_(part), _P.waits_for == _P.key)
        found += transaction.execute(query).mappings()
    return found


def supersede_older(transaction: Connection, connection: str, newer: Sequence[tuple[str, int]]) -> None:
    """Close the older revisions of these (key, revision): the newer one stands for the document now."""
    if not newer:
        return
    transaction.execute(
        _SUPERSEDE, [{"in_connection": connection, "in_key": key, "in_revision": revision} for key, revision in newer]
    )


_SUPERSEDE = (
    update(postings)
    .where(
        _P.connection == bindparam("in_connection"),
        _P.key == bindparam("in_key"),
        _P.revision < bindparam("in_revision"),
        text("state IN ('posted', 'parked', 'drifted', 'deleted_in_qbo')"),
    )
    .values(state="superseded")
)


def freeze(transaction: Connection, connection: str, request: dict[str, Any]) -> None:
    """Keep a frozen request. The same request again is the same bytes, by the making of its id."""
    dialect = sqlite if transaction.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(frozen_requests)
    replaced = {name: insert.excluded[name] for name in request if name != "request_id"}
    again = insert.on_conflict_do_update(index_elements=["connection", "request_id"], set_=replaced)
    transaction.execute(again, {"connection": connection, **request})


def frozen_request(reading: Connection, connection: str, request_id: str) -> RowMapping | None:
    query = select(frozen_requests).where(
        frozen_requests.c.connection == connection, frozen_requests.c.request_id == request_id
    )
    return reading.execute(query).mappings().first()


def thaw(transaction: Connection, connection: str, request_id: str) -> None:
    """Drop the bytes of a request that no posting needs any more; its id and hash stay.

    Nothing is dropped while any of its items may be sent again or looked up: it may belong to another run's days, or
    another worker may hold it.
    """
    of_it = and_(_P.connection == connection, _P.request_id == request_id)
    for states in (_READY, _IN_DOUBT):
        if transaction.execute(select(_P.key).where(of_it, states).limit(1)).first() is not None:
            return
    transaction.execute(
        update(frozen_requests)
        .where(frozen_requests.c.connection == connection, frozen_requests.c.request_id == request_id)
        .values(body=None)
    )


def _locked(transaction: Connection, query: Select[Any]) -> list[RowMapping]:
    return list(transaction.execute(query.with_for_update(skip_locked=True)).mappings())
