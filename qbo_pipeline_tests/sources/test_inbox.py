"""The inbox in a database: an entry is one row however often it is sent, and whatever is wrong is said in its place."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from qbo_pipeline.inventory.records import text_hash
from qbo_pipeline.returning.targets import InboxAnswer, NotTaken, NotWritten, TargetEntry, Unclear, Written
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline.sources.inbox import SqlInbox

CONTENT = '{"amount":"12.50","kind":"payment_received"}'
ENTRY = TargetEntry(
    marker="AAAA.BB", revision=1, operation="create", kind="payment_received", business_date=date(2024, 3, 6),
    party_id="c1", number="CHQ-7", currency="USD", amount=Decimal("12.50"), content=CONTENT,
    content_hash=text_hash(CONTENT),
)  # fmt: skip


@pytest.fixture
def url(store_url: str, tmp_path: Path) -> str:
    """A database for an inbox: a file, or a schema of a server."""
    if store_url.startswith("sqlite"):
        (tmp_path / "store.sqlite").touch()
    return store_url


@pytest.fixture
def inbox(url: str) -> Iterator[SqlInbox]:
    with closing(SqlInbox(url)) as inbox:
        inbox.create()
        yield inbox


def rows(url: str) -> list[tuple[str, int, str]]:
    engine = create_engine(normalise_url(url))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT marker, revision, amount FROM qbo_inbox ORDER BY marker, revision"))
        answer = [(row.marker, row.revision, str(Decimal(row.amount).normalize())) for row in found]
    engine.dispose()
    return answer


def say(url: str, what: str) -> None:
    engine = create_engine(normalise_url(url))
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE qbo_inbox SET {what}"))
    engine.dispose()


def test_an_entry_that_is_sent_twice_is_there_once(inbox: SqlInbox, url: str) -> None:
    second = replace(ENTRY, revision=2, operation="update")
    assert inbox.put([ENTRY]) == [Written()]
    assert inbox.put([ENTRY, second]) == [Written(), Written()]
    assert rows(url) == [("AAAA.BB", 1, "12.5"), ("AAAA.BB", 2, "12.5")]
    assert set(inbox.find([("AAAA.BB", 1), ("AAAA.BB", 3)])) == {("AAAA.BB", 1)}
    newest = inbox.newest(["AAAA.BB", "nobody"])
    assert {marker: (held.revision, held.content, held.content_hash) for marker, held in newest.items()} == {
        "AAAA.BB": (2, CONTENT, text_hash(CONTENT))
    }


def test_another_content_under_the_same_revision_is_refused(inbox: SqlInbox, url: str) -> None:
    inbox.put([ENTRY])
    (outcome,) = inbox.put([replace(ENTRY, content="{}", content_hash=text_hash("{}"))])
    assert isinstance(outcome, NotTaken)
    assert "another store writes to it" in outcome.message
    assert rows(url) == [("AAAA.BB", 1, "12.5")]


def test_one_entry_that_the_database_refuses_stops_no_other(inbox: SqlInbox, url: str) -> None:
    bad, nul = replace(ENTRY, marker="B" * 50), replace(ENTRY, marker="C", number="7\0")
    outcomes = inbox.put([ENTRY, bad, nul, replace(ENTRY, marker="D")])
    on_a_server = not url.startswith("sqlite")
    assert [type(outcome) for outcome in outcomes] == [Written, NotTaken if on_a_server else Written, NotTaken, Written]
    assert [marker for marker, _, _ in rows(url)] == ["AAAA.BB", *([] if on_a_server else ["B" * 50]), "D"]


def test_what_the_inventory_system_says_is_read(inbox: SqlInbox, url: str) -> None:
    asked = [("AAAA.BB", 1), ("nobody", 1)]
    inbox.put([ENTRY])
    assert inbox.answers(asked) == []
    say(url, "refused = 'closed'")
    assert inbox.answers(asked) == [InboxAnswer("AAAA.BB", 1, None, "closed")]
    say(url, "taken_as = 'P1'")
    assert inbox.answers(asked) == [InboxAnswer("AAAA.BB", 1, "P1", "closed")]


def test_a_missing_or_another_table_says_what_to_do(url: str) -> None:
    with closing(SqlInbox(url)) as inbox:
        (problem,) = inbox.check()
        assert "write-back create-inbox" in problem.remedy
        with pytest.raises(SourceError, match="create-inbox"):
            inbox.find([("AAAA.BB", 1)])
        with pytest.raises(SourceError, match="create-inbox"):
            inbox.put([ENTRY])
        engine = create_engine(normalise_url(url))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE qbo_inbox (marker TEXT, revision INTEGER)"))
        engine.dispose()
        (problem,) = inbox.check()
        assert "taken_as" in problem.why


def test_nobody_there_is_certain_that_nothing_was_written() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with closing(SqlInbox(f"postgresql://somebody:hidden-word@127.0.0.1:{port}/inbox")) as inbox:
        (outcome,) = inbox.put([ENTRY])
        assert isinstance(outcome, NotWritten)
        with pytest.raises(SourceUnavailable) as raised:
            inbox.answers([("AAAA.BB", 1)])
        (problem,) = inbox.check()
    assert "hidden-word" not in f"{outcome}{raised.value}{problem}{inbox.shown}"


def test_a_lost_answer_to_the_commit_leaves_it_open(inbox: SqlInbox, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told to be committed may be committed: the protocol looks for it."""
    from sqlalchemy import Connection

    commit = Connection.commit

    def lost(self: Connection) -> None:
        commit(self)
        raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "commit", lost)
        (outcome,) = inbox.put([ENTRY])
    assert isinstance(outcome, Unclear)
    assert set(inbox.find([("AAAA.BB", 1)])) == {("AAAA.BB", 1)}
    assert rows(url) == [("AAAA.BB", 1, "12.5")]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////nowhere/inbox.sqlite", "no database is made"),
        ("oracle://x/y", r"\[write_back\] url"),
        ("nonsense", r"\[write_back\] url"),
    ],
)
def test_a_wrong_url_names_its_setting(url: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        SqlInbox(url)
