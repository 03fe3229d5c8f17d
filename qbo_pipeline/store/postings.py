"""Postings in the store: reading them for others, writing changes in bulk, links between keys and QBO's objects.

What belongs here: SQL on postings and links that knows nothing of the protocol. Which rows may be claimed is in
`claims.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypedDict, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from qbo_pipeline.store.database import take_turns
from qbo_pipeline.store.prepared import Prepared
from qbo_pipeline.store.tables.posting import posting_effects, posting_links, postings
from qbo_pipeline.store.tables.records import UNDATED

IN_LIST = 500  # values in one IN: far below every limit of both databases
_CHANGED_THERE = ("drifted", "deleted_in_qbo")
_ON_THE_WAY = ("sending", "unknown", "posted", *_CHANGED_THERE)


@dataclass(frozen=True, slots=True)
class Link:
    """What a key is in QBO."""

    key: str
    entity: str
    qbo_id: str
    sync_token: str
    qbo_number: str | None
    fingerprint: str
    revision: int
    linked_by: str


class Standing(TypedDict):
    """What intake needs to know of a posting that is there: columns of `postings`."""

    key: str
    revision: int
    record_key: str
    record_hash: str
    entity: str
    operation: str
    business_date: date
    amount: Decimal
    currency: str
    payload_hash: str
    origin: str
    number: str | None
    marker: str
    state: str
    reason: str | None
    waits_for: str | None
    doubt: bool
    qbo_id: str | None
    fence: int
    message: str | None
    approved_by: str | None
    number_twice: bool
    settings_hash: str | None
    base_token: str | None


class Posting(Standing):
    """A revision of a posting, whole: the columns of `postings`."""

    connection: str
    payload: str | None
    by_name: bool
    attempts: int
    misses: int
    crashes: int
    stale: int
    retries: int
    alone: bool
    sent_at: datetime | None
    lease_until: datetime | None
    not_before: datetime | None
    request_id: str | None
    item: str | None
    fallback: str | None
    base: str | None
    qbo_number: str | None
    sync_token: str | None
    posted_fingerprint: str | None
    answer_hash: str | None
    intuit_tid: str | None
    recovered: bool
    first_seen: datetime
    posted_at: datetime | None
    superseded_by: int | None
    last_attempt: int


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many postings of a day and kind are in a state, and what they amount to."""

    business_date: date | None
    record_type: str
    entity: str
    state: str
    reason: str | None
    currency: str
    count: int
    amount: Decimal


def listed() -> ColumnElement[bool]:
    """Which revisions of `postings` the lists for people go through: the newest of each posting, and an older one that
    a person changed or deleted in QuickBooks, where nothing newer got there or says so.

    A newer revision that somebody skipped leaves the older one as what is in the books.
    """
    newer = postings.alias()
    settled = newer.c.state.in_(_ON_THE_WAY) | newer.c.reason.in_(("changed_in_qbo", "deleted_in_qbo"))
    later = (
        (newer.c.connection == postings.c.connection)
        & (newer.c.key == postings.c.key)
        & (newer.c.revision > postings.c.revision)
    )
    in_the_books = postings.c.state.in_(_CHANGED_THERE) & ~exists().where(later, settled)
    return postings.c.superseded_by.is_(None) | in_the_books


def change(transaction: Connection, connection: str, changes: Iterable[tuple[str, int, Mapping[str, Any]]]) -> None:
    """Write fields of postings given as (key, revision, fields), many rows a statement."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for key, revision, fields in changes:
        row = {"in_connection": connection, "in_key": key, "in_revision": revision, **fields}
        groups.setdefault(tuple(fields), []).append(row)
    for names, rows in groups.items():
        _update(names).run(transaction, rows)


@lru_cache(maxsize=256)
def _update(names: tuple[str, ...]) -> Prepared:
    statement = update(postings).where(
        postings.c.connection == bindparam("in_connection"),
        postings.c.key == bindparam("in_key"),
        postings.c.revision == bindparam("in_revision"),
    )
    return Prepared(statement, ("in_connection", "in_key", "in_revision", *names))


def links(reading: Connection, connection: str, keys: Iterable[str]) -> dict[str, Link]:
    """The links of these keys; keys without one are left out."""
    found: dict[str, Link] = {}
    for part in chunks(list(dict.fromkeys(keys))):
        rows = reading.execute(_LINKS_OF, {"in_connection": connection, "keys": part})
        found |= {row.key: Link(*row) for row in rows}
    return found


def posted_records(reading: Connection, connection: str, record_keys: Sequence[str]) -> set[str]:
    """Which of these records have a posting that stands."""
    found: set[str] = set()
    for part in chunks(record_keys):
        query = select(postings.c.record_key).where(
            postings.c.connection == connection,
            postings.c.record_key.in_(part),
            postings.c.superseded_by.is_(None),
        )
        found.update(reading.scalars(query))
    return found


def payloads(reading: Connection, connection: str, of: Iterable[Link]) -> dict[str, str]:
    """By key, the payload of the revision that is in QBO; keys whose revision has none are left out."""
    revisions = {link.key: link.revision for link in of}
    found: dict[str, str] = {}
    for part in chunks(list(revisions)):  # by key alone: SQLite finds no index for pairs
        query = select(postings.c.key, postings.c.revision, postings.c.payload).where(
            postings.c.connection == connection, postings.c.key.in_(part)
        )
        rows = reading.execute(query)
        found |= {row.key: row.payload for row in rows if row.payload and revisions[row.key] == row.revision}
    return found


def links_to(reading: Connection, connection: str, entity: str, qbo_ids: Iterable[str]) -> dict[str, list[Link]]:
    """By QBO Id, what we have linked to these objects."""
    found: dict[str, list[Link]] = {}
    for part in chunks(list(dict.fromkeys(qbo_ids))):
        rows = reading.execute(_LINKS_TO, {"in_connection": connection, "entity": entity, "ids": part})
        for row in rows:
            found.setdefault(row.qbo_id, []).append(Link(*row))
    return found


def holders(reading: Connection, connection: str, objects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By entity and Id of an object of QBO, the key that holds it; those that none holds are left out."""
    wanted = set(objects)
    if not wanted:
        return {}
    given = {"entities": sorted({entity for entity, _ in wanted}), "ids": sorted({qbo_id for _, qbo_id in wanted})}
    rows = reading.execute(_HOLDERS, {"in_connection": connection, **given})
    return {place: row.key for row in rows if (place := (row.entity, row.qbo_id)) in wanted}


_LINK_COLUMNS = [posting_links.c[name] for name in Link.__dataclass_fields__]
_LINKS = select(*_LINK_COLUMNS).where(posting_links.c.connection == bindparam("in_connection"))
_LINKS_OF = _LINKS.where(posting_links.c.key.in_(bindparam("keys", expanding=True)))
_LINKS_TO = _LINKS.where(
    posting_links.c.entity == bindparam("entity"), posting_links.c.qbo_id.in_(bindparam("ids", expanding=True))
)
_HOLDERS = select(posting_links.c.entity, posting_links.c.qbo_id, posting_links.c.key).where(
    posting_links.c.connection == bindparam("in_connection"),
    posting_links.c.entity.in_(bindparam("entities", expanding=True)),
    posting_links.c.qbo_id.in_(bindparam("ids", expanding=True)),
)
_INSERT_LINKS = Prepared(posting_links.insert(), [column.name for column in posting_links.c])


def entry_keys(reading: Connection, connection: str, prefixes: Sequence[str]) -> list[str]:
    """The keys that begin so, posted or linked, in their order."""
    found: set[str] = set()
    for table in (postings, posting_links):
        begins = or_(*(table.c.key.startswith(prefix, autoescape=True) for prefix in prefixes))
        found.update(reading.scalars(select(table.c.key).where(table.c.connection == connection, begins)))
    return sorted(found)


def linked_by(reading: Connection, connection: str, keys: Sequence[str], by: str) -> set[str]:
    """Those of these keys that were linked by this."""
    return {key for key, link in links(reading, connection, keys).items() if link.linked_by == by}


def put_links(
    transaction: Connection, connection: str, rows: Sequence[dict[str, Any]], *, replacing: bool = True
) -> None:
    """Insert links, each given as its columns without `connection`; `replacing` where there may be older ones."""
    if not rows:
        return
    if replacing:
        remove_links(transaction, connection, [row["key"] for row in rows])
    _INSERT_LINKS.run(transaction, [{"connection": connection, "qbo_number": None, **row} for row in rows])


def remove_links(transaction: Connection, connection: str, keys: Iterable[str]) -> None:
    for part in chunks(list(keys)):
        transaction.execute(
            posting_links.delete().where(posting_links.c.connection == connection, posting_links.c.key.in_(part))
        )


def latest(reading: Connection, connection: str, key: str, *, lock: bool = False) -> Posting | None:
    """A posting's newest revision, whole; with `lock` nobody else changes it before the transaction ends."""
    query = select(postings).where(postings.c.connection == connection, postings.c.key == key)
    query = query.order_by(postings.c.revision.desc()).limit(1)
    found = reading.execute(query.with_for_update() if lock else query).mappings().first()
    return None if found is None else whole(found)


def alone_with_intents(transaction: Connection, connection: str) -> None:
    """Keep others from adding revisions until the transaction ends."""
    take_turns(transaction, f"intents|{connection}")


def revisions(reading: Connection, connection: str, key: str) -> list[Posting]:
    """All revisions of a posting, oldest first, whole."""
    found = reading.execute(
        select(postings).where(postings.c.connection == connection, postings.c.key == key).order_by(postings.c.revision)
    )
    return [whole(row) for row in found.mappings()]


def revision_of(reading: Connection, connection: str, key: str, revision: int) -> Posting | None:
    """One revision of a posting, whole."""
    query = select(postings).where(
        postings.c.connection == connection, postings.c.key == key, postings.c.revision == revision
    )
    found = reading.execute(query).mappings().first()
    return None if found is None else whole(found)


def whole(row: RowMapping) -> Posting:
    """A row of all columns of `postings`, typed."""
    return cast(Posting, dict(row))


def counts(
    reading: Connection, connection: str, first_day: date | None = None, last_day: date | None = None
) -> list[StateCount]:
    """Newest revisions by business date, record type, entity, state and reason.

    Superseded revisions are left out: each key counts once. Without days, everything; with days, what is dated in
    them.
    """
    record_type = func.substr(postings.c.record_key, 1, _position(reading, "/") - 1).label("record_type")
    grouping = (
        postings.c.business_date, record_type, postings.c.entity, postings.c.state, postings.c.reason,
        postings.c.currency,
    )  # fmt: skip
    query = select(*grouping, func.count().label("postings"), total(reading).label("amount")).where(
        postings.c.connection == connection, postings.c.superseded_by.is_(None), postings.c.state != "superseded"
    )
    if first_day is not None:
        query = query.where(postings.c.business_date >= first_day)
    if last_day is not None:
        query = query.where(postings.c.business_date <= last_day)
    rows = reading.execute(query.group_by(*grouping).order_by(*grouping[:5]))
    return [
        StateCount(
            None if row.business_date == UNDATED else row.business_date,
            row.record_type,
            row.entity,
            row.state,
            row.reason,
            row.currency,
            row.postings,
            exact_sum(reading, row.amount),
        )
        for row in rows
    ]


def _position(reading: Connection, character: str) -> Any:
    name = "instr" if reading.dialect.name == "sqlite" else "strpos"
    return getattr(func, name)(postings.c.record_key, character)


def undo_effects(transaction: Connection, connection: str, of: tuple[str, int], key: str) -> None:
    """Give the first revision of `key` the effects of the posting `of`, with their signs turned."""
    columns = posting_effects.c
    rows = transaction.execute(
        select(posting_effects).where(columns.connection == connection, columns.key == of[0], columns.revision == of[1])
    ).mappings()
    turned = [dict(row) | {"key": key, "revision": 1, "amount": -row["amount"]} for row in rows]
    if turned:
        transaction.execute(posting_effects.insert(), turned)


def keep_effects(transaction: Connection, connection: str, key: str, revision: int) -> None:
    """Give a revision that says the same as the one before on another day the effects of that one."""
    before = select(posting_effects).where(
        posting_effects.c.connection == connection,
        posting_effects.c.key == key,
        posting_effects.c.revision == revision - 1,
    )
    rows = [dict(row) | {"revision": revision} for row in transaction.execute(before).mappings()]
    if rows:
        transaction.execute(posting_effects.insert(), rows)


def exact_sum(reading: Connection, value: Any) -> Decimal:
    """The amount that `total` answered."""
    return Decimal(value).scaleb(-2) if reading.dialect.name == "sqlite" else Decimal(value)


def total(reading: Connection) -> Any:
    """The exact sum of amounts: in whole cents on SQLite, whose own numbers are binary floating point."""
    if reading.dialect.name == "sqlite":
        return literal_column("SUM(CAST(REPLACE(amount, '.', '') AS INTEGER))")
    return func.sum(postings.c.amount)


def chunks(values: Sequence[Any], size: int = IN_LIST) -> Iterable[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def approved_under(connection: Connection, name: str, record_keys: Sequence[str], reason: str) -> set[str]:
    """Which of these records, refused for this reason, a person has approved all the same."""
    found: set[str] = set()
    for part in chunks(record_keys):
        query = select(postings.c.record_key).where(
            postings.c.connection == name,
            postings.c.record_key.in_(part),
            postings.c.reason == reason,
            postings.c.payload.is_(None),
            postings.c.approved_by.is_not(None),
        )
        found.update(connection.scalars(query))
    return found
