"""Hints are taken up by the reading of QuickBooks' changes that began after them; nothing else is done with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.errors import Unavailable
from qbo_pipeline.store.webhooks import Hint, pending_hints, put_hints
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import POSTING_TABLES, carry, content_of
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, NAME, Shop, open_shop


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop with its week in QuickBooks."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path_factory.mktemp("shop"), emulator)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
        yield shop


@pytest.fixture
def run(carried: Shop) -> Iterator[Run]:
    """A run in which no hint is pending."""
    with carried.run() as run:
        find_drift(run)
        yield run


def hint(run: Run, event_id: str, connection: str = NAME, **values: Any) -> None:
    told = {"entity": "JournalEntry", "qbo_id": "1", "operation": "Delete", "changed_at": None, **values}
    with run.database.transaction() as writing:
        put_hints(writing, [Hint(connection, event_id, **told)], now=run.database.now(writing))


def pending(run: Run, connection: str = NAME) -> list[str]:
    with run.database.reading() as reading:
        return pending_hints(reading, connection)


def test_hints_that_were_there_before_the_reading_are_taken_up(run: Run) -> None:
    hint(run, "before")
    hint(run, "of another connection", connection="another")
    find_drift(run)
    assert pending(run) == []
    assert pending(run, "another") == ["of another connection"]


def test_a_hint_that_comes_while_quickbooks_is_read_stays_for_the_next_reading(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the clock is set back meanwhile: it is not the instant that decides."""
    read = QuickBooks.changes
    hint(run, "came before it")

    def changes(client: QuickBooks, *arguments: Any, **options: Any) -> Any:
        found = read(client, *arguments, **options)
        monkeypatch.setattr(run.database, "now", lambda connection: found.as_at.replace(year=2001))
        hint(run, "came meanwhile")
        monkeypatch.undo()
        return found

    monkeypatch.setattr(QuickBooks, "changes", changes)
    find_drift(run)
    assert pending(run) == ["came meanwhile"]
    find_drift(run)
    assert pending(run) == []


def test_a_reading_that_fails_takes_up_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def changes(*arguments: Any, **options: Any) -> Any:
        raise Unavailable("QuickBooks is away")

    hint(run, "h1")
    with monkeypatch.context() as away:
        away.setattr(QuickBooks, "changes", changes)
        with pytest.raises(Unavailable):
            find_drift(run)
    assert pending(run) == ["h1"]


def test_what_a_hint_says_is_never_believed(run: Run) -> None:
    """A hint that everything of ours was deleted changes nothing, and nothing is fetched by its id."""
    before = content_of(run, *POSTING_TABLES)
    links = before["posting_links"]
    for number, (_, _, entity, qbo_id, *_) in enumerate(links):
        hint(run, f"e{number}", entity=entity, qbo_id=qbo_id)
    calls = run.api_calls()["api_calls"]
    found = find_drift(run)
    assert len(links) > 5
    assert not found.found
    assert content_of(run, *POSTING_TABLES) == before
    assert run.api_calls()["api_calls"] == calls + 1
    assert pending(run) == []


def test_where_nothing_was_posted_hints_are_taken_up_without_a_call(tmp_path: Path) -> None:
    with open_shop(tmp_path, None).run() as run:
        hint(run, "h1")
        find_drift(run)
        assert pending(run) == []
        assert run.api_calls()["api_calls"] == 0
