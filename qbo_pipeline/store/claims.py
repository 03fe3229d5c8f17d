"""Which postings a worker may claim: the rows, locked until the transaction ends.

What belongs here: the queries behind claims and settlements. On PostgreSQL rows that another transaction has locked
are passed over (SKIP LOCKED); on SQLite the writing transaction is the lock. The conditions are those of
`posting.core.may_send` and `may_look`; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Integer,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from qbo_pipeline.store.posting_facts import FACTS, Posting
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.shares import SUMMARIES, held_by_others
from qbo_pipeline.store.tables.posting import frozen_requests, posting_links, postings
from qbo_pipeline.store.tables.records import UNDATED

_P = postings.c
# Literals, not bound values: SQLite uses a partial index only where the query itself shows the index's condition.
_READY = text("postings.state = 'ready'")
_IN_DOUBT = text("postings.state IN ('sending', 'unknown')")
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


# The columns by which a settlement knows whose a row is, and what its line in the journal says of it.
_HELD = (
    select(_P.key, _P.revision, _P.state, _P.fence, _P.last_attempt, *[_P[name] for name in FACTS])
    .where(_P.connection == bindparam("in_connection"), _P.key.in_(bindparam("keys", expanding=True)))
    .with_for_update()
)
_WAITING = select(_P.key).where(_P.connection == bindparam("in_connection"), _P.waits_for.is_not(None)).limit(1)

_WAITED_FOR = (
    select(_P.waits_for, _P.waits_for == _P.key)
    .where(_P.connection == bindparam("in_connection"), _P.waits_for.in_(bindparam("keys", expanding=True)))
    .distinct()
)

_WAKE = (
    update(postings)
    .where(
        _P.connection == bindparam("in_connection"),
        _P.waits_for.in_(bindparam("keys", expanding=True)),
        _P.waits_for != _P.key,
    )
    .values(waits_for=None)
)


@dataclass(frozen=True)
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

    # Made once a run: each claim asks the same.

    @cached_property
    def _fresh(self) -> Select[Any]:
        query = select(postings).where(
            self.condition(),
            self.by_these_settings(),
            _READY,
            _P.request_id.is_(None),
            _P.waits_for.is_(None),
            _P.superseded_by.is_(None),
            _P.alone == bindparam("alone"),
            or_(_P.not_before.is_(None), _P.not_before <= bindparam("now")),
        )
        return _passing_over(query.order_by(_P.business_date, _P.key).limit(bindparam("most", type_=Integer)))

    @cached_property
    def _again(self) -> Select[Any]:
        return select(postings).where(
            self.condition(),
            _READY,
            _P.request_id.is_not(None),
            or_(_P.not_before.is_(None), _P.not_before <= bindparam("now")),
        )

    @cached_property
    def _first_again(self) -> Select[Any]:
        return _passing_over(self._again.order_by(_P.request_id, _P.key).limit(1))

    @cached_property
    def _all_again(self) -> Select[Any]:
        query = self._again.where(_P.request_id == bindparam("of_request"), _P.alone.is_(False))
        return _passing_over(query.order_by(_P.key).limit(bindparam("most", type_=Integer)))

    @cached_property
    def _in_doubt(self) -> Select[Any]:
        query = select(postings).where(
            self.condition(),
            or_(_P.lease_until.is_(None), _P.lease_until <= bindparam("now")),
            or_(
                and_(_P.state == "unknown", or_(_P.not_before.is_(None), _P.not_before <= bindparam("now"))),
                and_(_P.state == "sending", _P.sent_at <= bindparam("settled")),
            ),
            _IN_DOUBT,
        )
        return _passing_over(query.order_by(_P.entity, _P.key).limit(bindparam("most", type_=Integer)))


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
    return _rows(transaction, scope._fresh, {"now": now, "alone": alone, "most": limit})


def frozen(transaction: Connection, scope: Scope, now: datetime, limit: int) -> list[RowMapping]:
    """Rows that are to be sent again under the request that they were frozen in: those of one request."""
    first = _rows(transaction, scope._first_again, {"now": now})
    if not first or first[0]["alone"] or first[0]["item"] is None:
        return first
    of = {"now": now, "of_request": first[0]["request_id"], "most": limit}
    return _rows(transaction, scope._all_again, of)


def not_looked_for(transaction: Connection, scope: Scope) -> list[RowMapping]:
    """Rows that are ready to be sent and that no read-back has missed."""
    query = select(postings).where(
        scope.condition(), _P.state == "ready", _P.waits_for.is_(None), _P.misses == 0, _P.superseded_by.is_(None)
    )
    return _rows(transaction, _passing_over(query), {})


def in_doubt(transaction: Connection, scope: Scope, now: datetime, settle: float, limit: int) -> list[RowMapping]:
    """Rows whose fate may be looked up: unknown and due, or abandoned by their worker and settled."""
    settled = now - timedelta(seconds=settle)
    return _rows(transaction, scope._in_doubt, {"now": now, "settled": settled, "most": limit})


def held(transaction: Connection, connection: str, rows: Sequence[tuple[str, int]]) -> dict[Posting, RowMapping]:
    """State, fencing token and what the journal says of rows as they are now, locked."""
    keys = list(dict.fromkeys(key for key, _ in rows))
    found = transaction.execute(_HELD, {"in_connection": connection, "keys": keys}).mappings()
    wanted = set(rows)
    return {posting: row for row in found if (posting := (row["key"], row["revision"])) in wanted}


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
    return reading.execute(_WAITING, {"in_connection": connection}).first() is not None


def waited_for(reading: Connection, connection: str, keys: Sequence[str]) -> tuple[set[str], set[str]]:
    """Of these keys, those that rows of other keys wait for, and those whose own newer revision waits."""
    others: set[str] = set()
    own: set[str] = set()
    for part in chunks(list(keys)):
        for key, is_own in reading.execute(_WAITED_FOR, {"in_connection": connection, "keys": part}):
            (own if is_own else others).add(key)
    return others, own


def wake(transaction: Connection, connection: str, keys: Sequence[str]) -> None:
    """Let the rows of other keys go on that wait for these."""
    for part in chunks(list(keys)):
        transaction.execute(_WAKE, {"in_connection": connection, "keys": part})


def wake_posted(transaction: Connection, connection: str) -> int:
    """Let all rows go on whose one dependency is in QBO by now, however it got there, and those that wait for a record
    to leave another object, which may have gone; answers how many."""
    linked = select(posting_links.c.key).where(posting_links.c.connection == connection)
    waiting = (_P.connection == connection, _P.waits_for.is_not(None), _P.waits_for != _P.key)
    summed, alone = _P.key.between(*SUMMARIES), _P.waits_for.like("document/%") | _P.waits_for.like("movement/%")
    leaving = _P.waits_for.between(*SUMMARIES) | (summed & alone)
    woken = transaction.execute(
        update(postings).where(*waiting, ~leaving, _P.waits_for.in_(linked)).values(waits_for=None)
    ).rowcount
    rows = transaction.execute(select(_P.key, _P.revision).where(*waiting, leaving)).all()
    held = held_by_others(transaction, connection, {row.key: row.revision for row in rows})
    for free in chunks(sorted({row.key for row in rows} - held.keys())):
        these = update(postings).where(*waiting, leaving, _P.key.in_(free)).values(waits_for=None)
        woken += transaction.execute(these).rowcount
    return woken


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
    transaction.execute(_freezing(transaction.dialect.name), {"connection": connection, **request})


@cache
def _freezing(dialect: str) -> Executable:
    insert = (sqlite if dialect == "sqlite" else postgresql).insert(frozen_requests)
    own = ("connection", "request_id")
    replaced = {column.name: insert.excluded[column.name] for column in frozen_requests.c if column.name not in own}
    again: Executable = insert.on_conflict_do_update(index_elements=own, set_=replaced)
    return again


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
    transaction.execute(_THAW, {"in_connection": connection, "of_request": request_id})


_OF_REQUEST = (_P.connection == bindparam("in_connection"), _P.request_id == bindparam("of_request"))
_THAW = (
    update(frozen_requests)
    .where(
        frozen_requests.c.connection == bindparam("in_connection"),
        frozen_requests.c.request_id == bindparam("of_request"),
        *[~exists().select_from(postings).where(*_OF_REQUEST, states) for states in (_READY, _IN_DOUBT)],
    )
    .values(body=None)
)


def _passing_over(query: Select[Any]) -> Select[Any]:
    """The query, with its rows locked until the transaction ends, without those that others have locked."""
    return query.with_for_update(skip_locked=True)


def _rows(transaction: Connection, query: Select[Any], values: dict[str, Any]) -> list[RowMapping]:
    return list(transaction.execute(query, values).mappings().all())  # fetched at once, not row by row
