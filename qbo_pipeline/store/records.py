"""Records in the store: compare a batch with what is there by content hash, and write only what is new or changed.

The revision that counts is in `records`; those that it came after are in `record_revisions`, where nothing is changed
or deleted. A store of an earlier version holds the one that counts in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, case, delete, select, update

from qbo_pipeline.inventory.records import (
    Movement,
    Record,
    canonical_json,
    record_type,
    text_hash,
)
from qbo_pipeline.store.database import insert_unless_there
from qbo_pipeline.store.derived import Called, delete_derived, nobody_called, put_derived
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import UNDATED, reads, record_revisions, records


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record as it goes into the store; `record` is `None` for one that was set aside."""

    record_type: str
    record_id: str
    kind: str
    number: str | None
    business_date: date
    currency: str | None
    amount: Decimal | None
    content: str
    content_hash: str
    disposition: str = "new"
    rule: str | None = None
    message: str | None = None
    record: Record | None = None
    warnings: str | None = None

    @classmethod
    def of(cls, record: Record, warnings: Sequence[str] = ()) -> StoredRecord:
        """A good record, ready to be transformed; `warnings` are sentences about what is worth a look in it."""
        content = canonical_json(record.to_content())
        return cls(
            record_type=record_type(record),
            record_id=record.record_id,
            kind=record.kind,
            number=getattr(record, "number", None),
            business_date=getattr(record, "business_date", UNDATED),
            currency=getattr(record, "currency", None),
            amount=_amount(record),
            content=content,
            content_hash=text_hash(content),
            record=record,
            warnings=orjson.dumps(list(warnings)).decode() if warnings else None,
        )


@dataclass(slots=True)
class PutCounts:
    """What a batch did to the store."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    set_aside: int = 0
    vanished: int = 0
    days: set[date] = field(default_factory=set)  # business dates whose content is now another

    def add(self, other: PutCounts) -> None:
        for name in ("new", "changed", "unchanged", "set_aside", "vanished"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.days |= other.days


def put_records(
    connection: Connection,
    name: str,
    batch: Sequence[StoredRecord],
    *,
    run_id: str,
    now: datetime,
    called: Called = nobody_called,
) -> PutCounts:
    """Write one batch of one record type for the connection `name`; unchanged records are not touched.

    A record that is in the batch twice counts once, as it came last. `called` answers the reference to a record's name
    (`store.master_names`).
    """
    batch = list({row.record_id: row for row in batch}.values())
    counts = PutCounts(set_aside=sum(row.disposition == "set_aside" for row in batch))
    if not batch:
        return counts
    before = _stored(connection, name, batch[0].record_type, [row.record_id for row in batch])
    inserts, updates, derived = [], [], []
    arrivals: set[date] = set()
    departures: Counter[date] = Counter()
    for row in batch:
        known = before.get(row.record_id)
        if known is not None and known.content_hash == row.content_hash and known.vanished_at is None:
            counts.unchanged += 1
            continue
        revision = 1 if known is None else known.revision + 1
        values = _values(row, name, revision, run_id, now)
        counts.days.add(row.business_date)
        arrivals.add(row.business_date)
        if known is not None and known.vanished_at is None and known.business_date != row.business_date:
            departures[known.business_date] += 1
        if known is None:
            counts.new += 1
            inserts.append({**values, "first_seen": now})
        else:
            counts.changed += 1
            counts.days.add(known.business_date)
            updates.append({f"new_{key}": value for key, value in values.items()})
        derived.append((row, now if known is None else known.first_seen))
    if inserts:
        connection.execute(records.insert(), inserts)
    if updates:
        ids = [row["new_record_id"] for row in updates]
        _keep_revisions(connection, name, batch[0].record_type, ids)
        connection.execute(_UPDATE, updates)
        delete_derived(connection, name, batch[0].record_type, ids)
    put_derived(connection, name, derived, called)
    _disturb_reads(connection, name, batch[0].record_type, arrivals, departures)
    return counts


def mark_vanished(
    connection: Connection, name: str, record_type: str, ids: Iterable[str], *, run_id: str, now: datetime
) -> None:
    """Say that the source has these records no longer: their stock lines go, their content and history stay."""
    for chunk in chunks(list(ids)):
        _keep_revisions(connection, name, record_type, chunk)
        values = {
            "vanished_at": now,
            "changed_at": now,
            "disposition": "new",
            "run_id": run_id,
            "revision": records.c.revision + 1,
        }
        connection.execute(update(records).where(_these(records, name, record_type, chunk)).values(**values))
        delete_derived(connection, name, record_type, chunk)


def _keep_revisions(connection: Connection, name: str, record_type: str, ids: Sequence[str]) -> None:
    """Keep these records as they stand, before they change; one that had vanished is kept without its content."""
    gone = records.c.vanished_at.is_not(None)
    as_they_stand = {
        **{column: records.c[column] for column in ("connection", "record_type", "record_id", "revision")},
        "business_date": records.c.business_date,
        "content_hash": case((gone, "vanished"), else_=records.c.content_hash),
        "content": case((gone, ""), else_=records.c.content),
        "seen_at": records.c.changed_at,
        "run_id": records.c.run_id,
    }
    insert = insert_unless_there(connection, record_revisions)
    for chunk in chunks(list(ids)):
        these = select(*as_they_stand.values()).where(_these(records, name, record_type, chunk))
        connection.execute(insert.from_select(list(as_they_stand), these))


def ids_of_days(connection: Connection, name: str, record_type: str, first: date, last: date) -> list[tuple[str, date]]:
    """Ids and business dates of the live records of these days, and of those without a date."""
    query = select(records.c.record_id, records.c.business_date).where(
        records.c.connection == name,
        records.c.record_type == record_type,
        records.c.business_date.between(first, last) | (records.c.business_date == UNDATED),
        records.c.vanished_at.is_(None),
    )
    return [(row.record_id, row.business_date) for row in connection.execute(query)]


def put_reads(
    connection: Connection, name: str, record_type: str, counts: Mapping[date, int], *, run_id: str, now: datetime
) -> None:
    """Remember how many records of each day the source delivered: these days have been read completely."""
    _forget_reads(connection, name, record_type, counts)
    connection.execute(
        reads.insert(),
        [
            {
                "connection": name,
                "record_type": record_type,
                "business_date": day,
                "rows_read": counts[day],
                "run_id": run_id,
                "read_at": now,
            }
            for day in sorted(counts)
        ],
    )


def _disturb_reads(
    connection: Connection, name: str, record_type: str, arrivals: Collection[date], departures: Mapping[date, int]
) -> None:
    """Keep what is known of other reads true: a day that got a record is complete again only when its own reading is
    over; a day from which a record moved away has one less."""
    for day, moved in departures.items():
        connection.execute(
            update(reads)
            .where(reads.c.connection == name, reads.c.record_type == record_type, reads.c.business_date == day)
            .values(rows_read=reads.c.rows_read - moved)
        )
    _forget_reads(connection, name, record_type, arrivals)


def _forget_reads(connection: Connection, name: str, record_type: str, days: Collection[date]) -> None:
    for chunk in chunks(sorted(days)):
        connection.execute(
            delete(reads).where(
                reads.c.connection == name, reads.c.record_type == record_type, reads.c.business_date.in_(chunk)
            )
        )


_UPDATED = (
    "kind", "number", "business_date", "currency", "amount", "revision", "content_hash", "content", "disposition",
    "rule", "message", "changed_at", "run_id", "warnings", "party_id",
)  # fmt: skip
_UPDATE = (
    update(records)
    .where(
        records.c.connection == bindparam("new_connection"),
        records.c.record_type == bindparam("new_record_type"),
        records.c.record_id == bindparam("new_record_id"),
    )
    .values({**{key: bindparam(f"new_{key}") for key in _UPDATED}, "vanished_at": None})
)


def _values(row: StoredRecord, name: str, revision: int, run_id: str, now: datetime) -> dict[str, Any]:
    return {
        "connection": name,
        "record_type": row.record_type,
        "record_id": row.record_id,
        "kind": row.kind,
        "number": row.number,
        "business_date": row.business_date,
        "currency": row.currency,
        "amount": row.amount,
        "revision": revision,
        "content_hash": row.content_hash,
        "content": row.content,
        "disposition": row.disposition,
        "rule": row.rule,
        "message": row.message,
        "changed_at": now,
        "run_id": run_id,
        "warnings": row.warnings,
        "party_id": None if row.record_type == "party" else getattr(row.record, "party_id", None),
    }


def _amount(record: Record) -> Decimal | None:
    if isinstance(record, Movement):
        return sum((line.value for line in record.lines), Decimal(0))
    return getattr(record, "total_amount", getattr(record, "amount", None))


def _stored(connection: Connection, name: str, record_type: str, ids: Sequence[str]) -> dict[str, Any]:
    columns = (
        records.c.record_id, records.c.revision, records.c.content_hash, records.c.vanished_at,
        records.c.business_date, records.c.first_seen,
    )  # fmt: skip
    found = {}
    for chunk in chunks(list(ids)):
        for row in connection.execute(select(*columns).where(_these(records, name, record_type, chunk))):
            found[row.record_id] = row
    return found


def _these(table: Any, name: str, record_type: str, ids: Sequence[str]) -> Any:
    return (table.c.connection == name) & (table.c.record_type == record_type) & table.c.record_id.in_(ids)
