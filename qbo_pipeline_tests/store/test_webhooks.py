"""Hints in the store, on SQLite and on PostgreSQL: kept once, taken up once, forgotten in time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.records import connections
from qbo_pipeline.store.tables.webhooks import webhook_hints
from qbo_pipeline.store.webhooks import RETENTION, Hint, pending_hints, put_hints, take_up_hints, tied_companies

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HINT = Hint("shop", "e1", "JournalEntry", "17", "Update", NOW - timedelta(seconds=2))


def put(database: Database, *hints: Hint, now: datetime = NOW) -> int:
    with database.transaction() as connection:
        return put_hints(connection, hints, now=now)


def pending(database: Database, name: str = "shop") -> list[str]:
    with database.reading() as connection:
        return pending_hints(connection, name)


def take_up(database: Database, *event_ids: str, now: datetime = NOW, name: str = "shop") -> None:
    with database.transaction() as connection:
        take_up_hints(connection, name, event_ids, now=now)


def test_a_hint_is_kept_as_it_was_told(database: Database) -> None:
    assert put(database, HINT, replace(HINT, event_id="e2", qbo_id=None, changed_at=None)) == 2
    with database.reading() as connection:
        rows = connection.execute(select(webhook_hints).order_by(webhook_hints.c.event_id)).all()
    assert [tuple(row) for row in rows] == [
        ("shop", "e1", "JournalEntry", "17", "Update", NOW - timedelta(seconds=2), NOW, None),
        ("shop", "e2", "JournalEntry", None, "Update", None, NOW, None),
    ]


def test_an_event_is_kept_once_for_each_connection(database: Database) -> None:
    assert put(database) == 0
    assert put(database, HINT, HINT, replace(HINT, entity="Bill")) == 1
    assert put(database, HINT, replace(HINT, connection="second_shop")) == 1
    assert pending(database) == ["e1"]
    assert pending(database, "second_shop") == ["e1"]


def test_thousands_at_once_and_again(database: Database) -> None:
    many = [replace(HINT, event_id=f"e{number:05}") for number in range(3_000)]
    assert put(database, *many) == 3_000
    assert put(database, *reversed(many), HINT) == 1
    take_up(database, *pending(database))
    assert pending(database) == []


def test_the_same_events_delivered_at_the_same_moment_are_kept_once(database: Database) -> None:
    """In opposite order too: neither waits for ever for the other."""
    many = [replace(HINT, event_id=f"e{number:04}") for number in range(4_000)]
    orders = [many, many[::-1], many[2_000:] + many[:2_000], many]
    with ThreadPoolExecutor(len(orders)) as threads:
        new = list(threads.map(lambda hints: put(database, *hints), orders))
    assert sum(new) == 4_000
    assert sorted(pending(database)) == [hint.event_id for hint in many]


def test_the_newest_is_last(database: Database) -> None:
    put(database, replace(HINT, event_id="later"), now=NOW + timedelta(seconds=1))
    put(database, replace(HINT, event_id="b"), replace(HINT, event_id="a"))
    assert pending(database) == ["a", "b", "later"]


def test_what_was_taken_up_stays_so_and_is_not_kept_again(database: Database) -> None:
    put(database, HINT, replace(HINT, event_id="e2"), replace(HINT, connection="second_shop"))
    take_up(database, "e1")
    assert pending(database) == ["e2"]
    assert pending(database, "second_shop") == ["e1"]
    take_up(database, "e1", "e2", now=NOW + timedelta(hours=1))
    assert put(database, HINT) == 0
    with database.reading() as connection:
        query = select(webhook_hints.c.taken_up_at).where(webhook_hints.c.connection == "shop")
        assert set(connection.scalars(query)) == {NOW, NOW + timedelta(hours=1)}


def test_what_was_taken_up_is_forgotten_in_time_and_what_is_pending_is_not(database: Database) -> None:
    put(database, HINT, replace(HINT, event_id="pending"), replace(HINT, connection="second_shop"))
    take_up(database, "e1")
    take_up(database, "e1", name="second_shop")
    take_up(database, now=NOW + RETENTION)
    assert put(database, HINT) == 0
    take_up(database, now=NOW + RETENTION + timedelta(seconds=1))
    with database.reading() as connection:
        left = connection.execute(select(webhook_hints.c.connection, webhook_hints.c.event_id)).all()
    assert sorted(left) == [("second_shop", "e1"), ("shop", "pending")]


def test_which_company_a_connection_is_tied_to(database: Database) -> None:
    row = {"environment": "sandbox", "realm": "123", "source": "s", "currency": "USD", "created_at": NOW}
    with database.transaction() as connection:
        connection.execute(
            connections.insert(), [{"connection": "shop", **row}, {"connection": "other", **row, "realm": "124"}]
        )
        assert tied_companies(connection, ["shop", "absent"]) == {"shop": ("sandbox", "123")}
