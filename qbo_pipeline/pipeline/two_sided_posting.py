"""What is posted of records that both sides keep: only what the source changed since the two agreed.

What belongs here: the look at what QuickBooks said last before a record is built, and what follows for its posting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.drafts import Excluded, Refused
from qbo_pipeline.inventory.records import Party, Product, Record, record_key
from qbo_pipeline.pipeline.made_in_quickbooks import MADE_THERE
from qbo_pipeline.pipeline.returning_book import returning_book
from qbo_pipeline.pipeline.two_sided import CONFLICT, Compared, compare
from qbo_pipeline.posting.events import DRIFTED, POSTED, VOIDED
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.returning.rules import TWO_SIDED
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.postings import Link, chunks, links, links_to
from qbo_pipeline.store.quickbooks_objects import judge_objects
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import records
from qbo_pipeline.store.tables.write_backs import quickbooks_objects


def compared_records(
    connection: Connection, settings: Settings, read: Sequence[Record], now: datetime
) -> dict[str, Compared]:
    """Those of these records that both sides keep, compared with what QuickBooks said last."""
    if not (entities := kept_by_both(settings)):
        return {}
    keys = [record_key(record) for record in read if isinstance(record, Party | Product)]
    there = last_seen(connection, settings.connection.name, keys)
    seen = {key: side for key, side in there.items() if side[0].entity in entities}
    if not seen:
        return {}
    book = returning_book(connection, settings, [thing for _, thing in seen.values()])
    return compare(connection, settings, seen, book, now)


def to_be_posted(
    connection: Connection, name: str, both: Compared, *, posted: bool
) -> Record | Refused | Excluded | None:
    """The record to build; `None` where what is posted stays as it is.

    In a conflict nothing is sent, and the way back shows it; an update that waits already is parked until a person has
    decided.
    """
    state = _standing_of(connection, name, both.key) if posted else None
    if both.merged.conflicts:
        hold_object(connection, name, both)
        if state not in (None, POSTED):
            return Refused(reason=CONFLICT, message=both.told(), field=both.merged.conflicts[0].field)
    elif both.sends or state not in (None, POSTED):
        return both.for_quickbooks()
    if posted:
        return None
    return Excluded(rule=MADE_THERE, message=f"It is {both.entity} Id {both.qbo_id} in QuickBooks")


def kept_by_both(settings: Settings) -> set[str]:
    """The entities of QuickBooks whose objects are compared with the source's."""
    made = settings.ownership.made_in_quickbooks()
    return {entity for entity, kind in TWO_SIDED.items() if kind.owned_as in made}


def last_seen(connection: Connection, name: str, keys: Sequence[str]) -> dict[str, tuple[Link, JsonObject]]:
    """The link of each of these records, with its object as QuickBooks answered it last."""
    by_object = {(link.entity, link.qbo_id): link for link in links(connection, name, keys).values()}
    q = quickbooks_objects.c
    found: dict[str, tuple[Link, JsonObject]] = {}
    for entity in TWO_SIDED:
        ids = [qbo_id for of, qbo_id in by_object if of == entity]
        for part in chunks(ids):
            query = select(q.qbo_id, q.content).where(
                q.connection == name, q.entity == entity, q.qbo_id.in_(part), q.deleted.is_(False)
            )
            for row in connection.execute(query):
                if row.content is not None:
                    link = by_object[entity, row.qbo_id]
                    found[link.key] = (link, from_wire(row.content))
    return found


def reopen_unsent(transaction: Connection, name: str, entity: str, qbo_ids: Sequence[str]) -> None:
    """Have records built again whose object changed in QuickBooks while an update of ours waits: it may be in conflict
    with that by now."""
    keys = [found[0].key for found in links_to(transaction, name, entity, qbo_ids).values()]
    p, r = postings.c, records.c
    for part in chunks(keys):
        query = select(p.record_key).where(
            p.connection == name, p.key.in_(part), p.superseded_by.is_(None), p.state.in_(("ready", "parked"))
        )
        for key in transaction.scalars(query).all():
            record_type, record_id = key.split("/", 1)
            where = (r.connection == name, r.record_type == record_type, r.record_id == record_id)
            transaction.execute(records.update().where(*where).values(disposition="new"))


def hold_object(transaction: Connection, name: str, both: Compared) -> None:
    """Have the way back show a conflict that a change in the inventory system made."""
    thing = {"entity": both.entity, "qbo_id": both.qbo_id, "sync_token": both.version}
    judge_objects(transaction, name, [{**thing, "disposition": "withheld", "rule": CONFLICT, "message": both.told()}])


def _standing_of(connection: Connection, name: str, key: str) -> str | None:
    """The state of the newest revision of a posting."""
    p = postings.c
    query = select(p.state).where(p.connection == name, p.key == key, p.superseded_by.is_(None))
    return connection.execute(query).scalar()


def voided_there(connection: Connection, name: str, key: str) -> bool:
    """Whether a person has voided in QuickBooks what was posted of a record."""
    p = postings.c
    query = select(p.key).where(
        p.connection == name, p.record_key == key, p.superseded_by.is_(None), p.state == DRIFTED, p.reason == VOIDED
    )
    return connection.execute(query.limit(1)).first() is not None
