"""What became of records: written by the transform stage, read by everybody who counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, exists, false, func, not_, or_, select, update

from qbo_pipeline.inventory.records import RECORD_TYPES, Record
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.settings_versions import made_otherwise
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import record_references, records, watermarks

QUARANTINED = "quarantined"  # the rule under which a record is refused that is not built again until it is released
Key = tuple[date, str, str]  # business date, record type, record id: the order in which records are built
_UNDER_WAY = "building"


@dataclass(frozen=True, slots=True)
class Built:
    """What transforming a record came to: `posting`, `excluded`, `refused` or `vanished`, by which rule and why."""

    record_type: str
    record_id: str
    disposition: str
    rule: str | None
    message: str | None


def put_built(connection: Connection, name: str, built: Sequence[Built]) -> None:
    """Write the dispositions of a page of records."""
    if not built:
        return
    statement = (
        update(records)
        .where(
            records.c.connection == name,
            records.c.record_type == bindparam("in_type"),
            records.c.record_id == bindparam("in_id"),
        )
        .values(disposition=bindparam("to"), rule=bindparam("by"), message=bindparam("why"))
    )
    connection.execute(
        statement,
        [
            {
                "in_type": row.record_type,
                "in_id": row.record_id,
                "to": row.disposition,
                "by": row.rule,
                "why": row.message,
            }
            for row in built
        ],
    )


def leave_out(connection: Connection, name: str, rule: str, message: str) -> dict[str, int]:
    """Exclude the new parties and products that are nothing in QuickBooks: they are built when a document needs them.

    Answers how many of each kind. One statement for all: a catalogue of a hundred thousand is not read for it.
    """
    posted = exists().where(
        postings.c.connection == name,
        postings.c.record_key == records.c.record_type + "/" + records.c.record_id,
        postings.c.superseded_by.is_(None),
    )
    linked = exists().where(  # what came from there, or was linked by its name, has no posting and is kept in step
        posting_links.c.connection == name,
        posting_links.c.key == records.c.record_type + "/" + records.c.record_id,
    )
    these = (
        records.c.connection == name,
        records.c.record_type.in_(("party", "product")),
        records.c.disposition == "new",
        records.c.vanished_at.is_(None),
        not_(posted),
        not_(linked),
    )
    counted = connection.execute(select(records.c.kind, func.count()).where(*these).group_by(records.c.kind))
    found = {row[0]: row[1] for row in counted}
    if found:
        values = {"disposition": "excluded", "rule": rule, "message": message}
        connection.execute(update(records).where(*these).values(**values))
    return found


def stored_contents(reading: Connection, name: str, record_type: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By id, what the source says of these records; those that are gone or set aside are left out."""
    found: dict[str, dict[str, Any]] = {}
    for part in chunks(list(ids)):
        query = select(records.c.record_id, records.c.content).where(
            records.c.connection == name,
            records.c.record_type == record_type,
            records.c.record_id.in_(part),
            records.c.vanished_at.is_(None),
            records.c.disposition != "set_aside",
        )
        found |= {row.record_id: orjson.loads(row.content) for row in reading.execute(query)}
    return found


def take_in(connection: Connection, name: str, rule: str) -> None:
    """Have the records built that were excluded by a rule which is no longer in force."""
    these = (records.c.connection == name, records.c.disposition == "excluded", records.c.rule == rule)
    connection.execute(update(records).where(*these).values(disposition="new", rule=None, message=None))


def reopen_referring(connection: Connection, name: str, *, receipts: bool = False) -> int:
    """Have the records built again that refer to a record which is new, changed or gone: a bill clears what its
    receipt accrued, a payment settles a document that may have come later. Answers how many were reopened.

    Bills that share a receipt with such a bill are among them, and payments that share a document with such a payment:
    what an earlier one takes is not left for a later. So is the purchase order of such a bill: it may make one itself.
    So are the `receipts` of such bills, where they take off what bills have put in transit.
    """
    new = (records.c.connection == name, records.c.disposition == "new")
    if connection.execute(select(records.c.record_id).where(*new).limit(1)).first() is None:
        return 0  # as on most nights: no record needs to be looked at
    keys = records.c.record_type + "/" + records.c.record_id
    due = select(keys).where(*new)
    mine = record_references.c.connection == name
    referring = select(record_references.c.record_key).where(mine, record_references.c.refers_to.in_(due))
    shared = select(record_references.c.refers_to).where(mine, record_references.c.record_key.in_(due))
    neighbours = select(record_references.c.record_key).where(mine, record_references.c.refers_to.in_(shared))
    result = connection.execute(
        update(records)
        .where(
            records.c.connection == name,
            records.c.disposition == "posting",
            or_(
                keys.in_(referring),
                and_(records.c.kind == "purchase_order", keys.in_(shared)),
                and_(records.c.record_type.in_(("document", "payment")), keys.in_(neighbours)),
                and_(records.c.record_type == "movement", keys.in_(shared)) if receipts else false(),
            ),
        )
        .values(disposition="new")
    )
    return result.rowcount


def referring(connection: Connection, name: str, keys: Sequence[str], record_type: str) -> list[str]:
    """The keys of the records of a type that refer to one of these."""
    found: set[str] = set()
    for part in chunks(keys):
        query = select(record_references.c.record_key).where(
            record_references.c.connection == name,
            record_references.c.refers_to.in_(part),
            record_references.c.record_key.startswith(f"{record_type}/"),
        )
        found.update(connection.scalars(query))
    return sorted(found)


def anything_due(connection: Connection, name: str) -> bool:
    """Whether any record waits to be built. Where not, as on most nights, none needs to be looked at."""
    due = (records.c.connection == name, records.c.disposition.in_(("new", "refused")))
    return connection.execute(select(records.c.record_id).where(*due).limit(1)).first() is not None


def due_records(
    name: str, last: date, after: Key, through: Key | None = None, *, settings_hash: str | None = None
) -> Any:
    """The condition for the records to build, up to the day `last`, between two places in the order of building.

    With `settings_hash`, also those of which something unsent was made under other settings.
    """
    place = (records.c.business_date, records.c.record_type, records.c.record_id)
    quarantined = and_(records.c.disposition == "refused", records.c.rule == QUARANTINED)
    due = or_(records.c.disposition == "new", and_(records.c.disposition == "refused", not_(quarantined)))
    if settings_hash is not None:
        key = records.c.record_type + "/" + records.c.record_id
        buildable = and_(records.c.disposition != "set_aside", not_(quarantined))
        due = or_(due, and_(buildable, key.in_(made_otherwise(name, settings_hash))))
    conditions = [records.c.connection == name, due, records.c.business_date <= last, _beyond(place, after)]
    if through is not None:
        conditions.append(not_(_beyond(place, through)))
    return and_(*conditions)


def _beyond(place: tuple[Any, Any, Any], key: Key) -> Any:
    return or_(
        place[0] > key[0],
        and_(place[0] == key[0], place[1] > key[1]),
        and_(place[0] == key[0], place[1] == key[1], place[2] > key[2]),
    )


def build_again(connection: Connection, name: str, record_key: str) -> bool:
    """Have one refused record built by the next run; answers whether there is one."""
    record_type, _, record_id = record_key.partition("/")
    result = connection.execute(
        update(records)
        .where(
            records.c.connection == name,
            records.c.record_type == record_type,
            records.c.record_id == record_id,
            records.c.disposition == "refused",
            records.c.vanished_at.is_(None),
        )
        .values(disposition="new", rule=None, message=None)
    )
    return result.rowcount == 1


def build_anew(connection: Connection, name: str, record_keys: Sequence[str]) -> None:
    """Have records that were built before built once more by the next transform; what the source dropped is left."""
    key = records.c.record_type + "/" + records.c.record_id
    for part in chunks(record_keys):
        these = (records.c.connection == name, key.in_(part), records.c.vanished_at.is_(None))
        connection.execute(update(records).where(*these, records.c.disposition == "posting").values(disposition="new"))


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A page of records that a process began to build; `starts` counts the processes that did so with its records."""

    first: Key
    last: Key
    starts: int


def load_under_way(connection: Connection, name: str) -> list[UnderWay]:
    """The pages that were begun and not finished, the widest first."""
    query = select(watermarks.c.value).where(watermarks.c.connection == name, watermarks.c.name == _UNDER_WAY)
    value = connection.execute(query).scalar_one_or_none()
    return [
        UnderWay((date.fromisoformat(first[0]), *first[1:]), (date.fromisoformat(last[0]), *last[1:]), starts)
        for first, last, starts in (orjson.loads(value) if value else [])
    ]


def put_under_way(connection: Connection, name: str, pages: Sequence[UnderWay], *, now: datetime) -> None:
    """Say which pages are begun and not finished, in the place of what was said before."""
    connection.execute(delete(watermarks).where(watermarks.c.connection == name, watermarks.c.name == _UNDER_WAY))
    if pages:
        value = orjson.dumps([[page.first, page.last, page.starts] for page in pages]).decode()
        row = {"connection": name, "name": _UNDER_WAY, "value": value, "moved_at": now}
        connection.execute(watermarks.insert(), row)


def load_record(row: Any) -> Record:
    """The record that a row of the table `records` holds."""
    return RECORD_TYPES[row.record_type].from_content(orjson.loads(row.content))
