"""The work list: what waits for somebody, grouped by its cause.

What belongs here: reading it in a few queries, whatever waits. What can be done about a posting is in `page/offers.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, union_all
from sqlalchemy.engine import RowMapping

from qbo_pipeline.page.finding.facts import DocumentFacts, facts
from qbo_pipeline.page.offers import offered
from qbo_pipeline.store.copies import load_copies
from qbo_pipeline.store.postings import listed
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records

WAITS = ("parked", "unknown", "drifted", "deleted_in_qbo")
SHOWN, AT_ONCE = 25, 100  # rows of a group in the list, and on a page of its own
MOST_AT_ONCE = 500  # postings in one order
COPIED, SET_ASIDE = "copied", "set_aside"
COLUMNS = [
    postings.c[name]
    for name in (
        "key", "revision", "record_key", "entity", "operation", "business_date", "amount", "currency", "number",
        "state", "reason", "message", "doubt", "fence", "qbo_id", "qbo_number", "first_seen", "waits_for", "origin",
    )
]  # fmt: skip
COLUMNS.append(postings.c.payload.is_not(None).label("built"))  # type: ignore[arg-type]  # an expression, not a column


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits; `key` is the posting's, or the record's where there is no posting."""

    key: str
    kind: str
    number: str
    party: str
    day: date | None
    amount: Decimal | None
    currency: str
    state: str
    reason: str | None
    message: str
    since: datetime | None
    offers: tuple[str, ...] = ()
    revision: int = 0
    fence: int = 0
    qbo_id: str | None = None
    entity: str = ""
    record_key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What waits for one cause: `count` of them, the first of which are in `items`."""

    state: str
    reason: str
    count: int
    items: list[Item]

    @property
    def offers(self) -> tuple[str, ...]:
        """What can be decided about some of those shown."""
        return tuple(dict.fromkeys(one for item in self.items for one in item.offers))


def groups(connection: Connection, name: str) -> list[Group]:
    """Everything that waits, the largest groups first; a document that stands twice comes before them."""
    cause = (postings.c.state, func.coalesce(postings.c.reason, "").label("reason"))
    mine = (postings.c.connection == name, listed(), postings.c.state.in_(WAITS))
    counts = connection.execute(select(*cause, func.count().label("many")).where(*mine).group_by(*cause)).all()
    firsts = [_of(name, row.state, row.reason).limit(SHOWN).subquery() for row in counts]
    rows = list(connection.execute(union_all(*map(select, firsts))).mappings()) if firsts else []
    known = facts(connection, name, [row["record_key"] for row in rows])
    listed_groups = []
    for one in counts:
        own = [row for row in rows if (row["state"], row["reason"] or "") == (one.state, one.reason)]
        listed_groups.append(Group(one.state, one.reason, one.many, [item_of(row, known) for row in own]))
    listed_groups += _set_aside(connection, name)
    return [*_copies(connection, name), *sorted(listed_groups, key=lambda group: -group.count)]


def of_cause(
    connection: Connection,
    name: str,
    state: str,
    reason: str,
    after: tuple[date, str] | None = None,
    most: int = AT_ONCE,
    entity: str = "",
) -> list[Item]:
    """One page of what waits for a cause, by date and key, from a place on, of all kinds or of one `entity`; one row
    more than a page says that there is more."""
    query = _of(name, state, reason)
    if entity:
        query = query.where(postings.c.entity == entity)
    if after:
        query = query.where(_beyond(after))
    rows = list(connection.execute(query.limit(most + 1)).mappings())
    known = facts(connection, name, [row["record_key"] for row in rows])
    return [item_of(row, known) for row in rows]


def _of(name: str, state: str, reason: str) -> Select[Any]:
    """What waits for a cause, by date and key."""
    return (
        select(*COLUMNS)
        .where(
            postings.c.connection == name,
            listed(),
            postings.c.state == state,
            func.coalesce(postings.c.reason, "") == reason,
        )
        .order_by(postings.c.business_date, postings.c.key)
    )


def of_keys(connection: Connection, name: str, keys: list[str]) -> list[Item]:
    """These postings as they are now, in their order by date; a key of no posting is left out."""
    found: list[RowMapping] = []
    for start in range(0, len(keys), 500):
        query = select(*COLUMNS).where(
            postings.c.connection == name, postings.c.superseded_by.is_(None),
            postings.c.key.in_(keys[start : start + 500]),
        )  # fmt: skip
        found += connection.execute(query).mappings()
    known = facts(connection, name, [row["record_key"] for row in found])
    found.sort(key=lambda row: (row["business_date"], row["key"]))
    return [item_of(row, known) for row in found]


def item_of(row: RowMapping, known: dict[str, DocumentFacts]) -> Item:
    """A posting with what people call its record."""
    record = known.get(row["record_key"])
    return Item(
        key=row["key"],
        kind=record.kind if record else row["entity"] or row["record_key"].split("/")[0],
        number=(record.number if record else "") or row["qbo_number"] or row["number"] or "",
        party=record.party if record else "",
        day=None if row["business_date"] == date.min else row["business_date"],
        amount=row["amount"],
        currency=row["currency"],
        state=row["state"],
        reason=row["reason"],
        message=row["message"] or (f"waits for {row['waits_for']}" if row["waits_for"] else ""),
        since=row["first_seen"],
        offers=offered(dict(row)),
        revision=row["revision"],
        fence=row["fence"],
        qbo_id=row["qbo_id"],
        entity=row["entity"],
        record_key=row["record_key"],
    )


def _beyond(after: tuple[date, str]) -> ColumnElement[bool]:
    day, key = after
    return or_(postings.c.business_date > day, and_(postings.c.business_date == day, postings.c.key > key))


def _set_aside(connection: Connection, name: str) -> list[Group]:
    mine = (records.c.connection == name, records.c.disposition == "set_aside", records.c.vanished_at.is_(None))
    query = (
        select(records, func.count().over().label("many"))
        .where(*mine, func.coalesce(records.c.rule, "") != "draft")
        .order_by(records.c.business_date, records.c.record_id)
        .limit(SHOWN)
    )
    items: list[Item] = []
    many = 0
    for row in connection.execute(query):
        many = row.many
        items.append(
            Item(
                key=f"{row.record_type}/{row.record_id}", kind=row.kind, number=row.number or row.record_id, party="",
                day=None if row.business_date == date.min else row.business_date, amount=row.amount,
                currency=row.currency or "", state=SET_ASIDE, reason=row.rule, message=row.message or "",
                since=row.first_seen,
            )
        )  # fmt: skip
    return [Group(SET_ASIDE, "", many, items)] if items else []


def _copies(connection: Connection, name: str) -> list[Group]:
    rows: list[dict[str, Any]] = [dict(row) for row in load_copies(connection, name)]
    items = [
        Item(
            key=row["key"], kind=row["entity"], number=row["qbo_number"] or f"Id {row['qbo_id']}", party="",
            day=row["business_date"], amount=row["amount"], currency=row["currency"] or "", state=COPIED, reason=None,
            message=f"a copy of {row['key']}, with its marker", since=row["found_at"], qbo_id=row["qbo_id"],
            entity=row["entity"],
        )
        for row in rows
    ]  # fmt: skip
    return [Group(COPIED, "", len(items), items[:SHOWN])] if items else []
