"""The journal of attempts: append-only by the database's own refusal, and its chain shows what got around that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database

LINE = attempts.AttemptLine(key="document/1", revision=1, event="claimed", state="sending", fence=1)


@pytest.fixture
def journal(database: Database) -> Database:
    with database.transaction() as transaction:
        for event in ("intended", "claimed", "posted"):
            attempts.append(transaction, "c", database.now(transaction), [replace(LINE, event=event)])
    return database


def broken(database: Database) -> list[int]:
    with database.reading() as reading:
        return [found.seq for found in attempts.verify(reading, "c")]


def test_a_journal_that_nobody_touched_verifies(journal: Database) -> None:
    assert broken(journal) == []
    with journal.reading() as reading:
        events = [line["event"] for line in attempts.history(reading, "c", "document/1")]
    assert events == ["intended", "claimed", "posted"]


@pytest.mark.parametrize("statement", ["UPDATE attempts SET event = 'x'", "DELETE FROM attempts"])
def test_the_database_refuses_to_change_the_journal(journal: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), journal.transaction() as transaction:
        transaction.execute(text(statement))
    assert broken(journal) == []


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE attempts SET message = 'never happened' WHERE seq = 2", [2]),
        ("DELETE FROM attempts WHERE seq = 2", [2]),
        ("DELETE FROM attempts WHERE seq = 3", [2]),
        ("DELETE FROM attempt_heads", [3]),
    ],
)
def test_the_chain_shows_what_got_around_the_database(journal: Database, statement: str, where: list[int]) -> None:
    with journal.transaction() as transaction:
        if journal.dialect == "sqlite":
            for name in ("update", "delete"):
                transaction.execute(text(f"DROP TRIGGER attempts_refuse_{name}"))
        else:
            transaction.execute(text("ALTER TABLE attempts DISABLE TRIGGER USER"))
        transaction.execute(text(statement))
    assert broken(journal) == where


def test_connections_have_chains_of_their_own(journal: Database) -> None:
    with journal.transaction() as transaction:
        attempts.append(transaction, "other", journal.now(transaction), [LINE])
    assert broken(journal) == []
