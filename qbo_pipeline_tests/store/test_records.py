"""Records and their revisions: what counts is held once, what it came after is kept, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from qbo_pipeline.store.database import Database
from qbo_pipeline.store.records import StoredRecord, mark_vanished, put_records
from qbo_pipeline.store.tables.records import record_revisions, records

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def stored(content: str) -> StoredRecord:
    return StoredRecord(
        record_type="location",
        record_id="1",
        kind="location",
        number=None,
        business_date=DAY,
        currency=None,
        amount=None,
        content=content,
        content_hash=f"hash of {content}",
        disposition="set_aside",
    )


def put(database: Database, content: str, hour: int) -> None:
    with database.transaction() as connection:
        put_records(connection, "shop", [stored(content)], run_id=f"run {hour}", now=NOON + timedelta(hours=hour))


def vanish(database: Database, hour: int) -> None:
    with database.transaction() as connection:
        mark_vanished(connection, "shop", "location", ["1"], run_id=f"run {hour}", now=NOON + timedelta(hours=hour))


def kept(database: Database) -> list[tuple[int, str, str, int, str]]:
    """The revisions: number, hash, content, hour, run."""
    query = select(record_revisions).where(record_revisions.c.connection == "shop")
    with database.reading() as connection:
        return [
            (row.revision, row.content_hash, row.content, round((row.seen_at - NOON) / timedelta(hours=1)), row.run_id)
            for row in connection.execute(query.order_by(record_revisions.c.revision))
        ]


def test_what_counts_is_held_once(database: Database) -> None:
    put(database, "first", 1)
    put(database, "first", 2)
    assert kept(database) == []
    with database.reading() as connection:
        assert connection.execute(select(records.c.content, records.c.revision)).one() == ("first", 1)


def test_every_revision_that_something_came_after_is_kept(database: Database) -> None:
    put(database, "first", 1)
    put(database, "second", 2)
    vanish(database, 3)
    put(database, "second", 4)
    put(database, "third", 5)
    assert kept(database) == [
        (1, "hash of first", "first", 1, "run 1"),
        (2, "hash of second", "second", 2, "run 2"),
        (3, "vanished", "", 3, "run 3"),
        (4, "hash of second", "second", 4, "run 4"),
    ]


@pytest.mark.parametrize("what_follows", ["a change", "it vanishes"])
def test_a_store_of_an_earlier_version_goes_on(database: Database, what_follows: str) -> None:
    """There the revision that counts is in both tables; its row is left as it is."""
    put(database, "first", 1)
    earlier = (1, "hash of first", "first", 1, "run 1")
    with database.transaction() as connection:
        row = dict(zip(("revision", "content_hash", "content"), earlier, strict=False))
        connection.execute(
            record_revisions.insert(),
            row
            | {
                "connection": "shop",
                "record_type": "location",
                "record_id": "1",
                "business_date": DAY,
                "seen_at": NOON + timedelta(hours=1),
                "run_id": "run 1",
            },
        )
    put(database, "second", 2) if what_follows == "a change" else vanish(database, 2)
    assert kept(database) == [earlier]
