"""Fixtures of the posting tests: a store on virtual time with one connection, and a company in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.posting.asking import Intake, IntakePolicy, Intent
from qbo_pipeline.posting.history import History, history
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.posting.summary import PostingSummary
from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.verifying import disagreements
from qbo_pipeline_tests.posting.company import MemoryCompany
from qbo_pipeline_tests.posting.harness import (
    CONNECTION,
    NO_POLICY,
    VirtualClock,
    connect,
    intent,
    journal_entry,
    take_in,
)

ONE_WORKER = PosterSettings(batch_workers=1, single_workers=0)


@dataclass
class Room:
    """Everything that one posting test needs."""

    database: Database
    clock: VirtualClock
    company: MemoryCompany
    identity: Identity
    settings: PosterSettings = field(default_factory=lambda: ONE_WORKER)

    def take_in(self, *intents: Intent, policy: IntakePolicy = NO_POLICY) -> Intake:
        return take_in(self.database, self.identity, intents, policy=policy)

    def journals(self, count: int, *, amount: Decimal = Decimal("12.50")) -> Intake:
        """Take in journals number 1 to `count`."""
        return self.take_in(*(intent(journal_entry(number, "81", "82", amount)) for number in range(1, count + 1)))

    def run(self, **options: Any) -> PostingSummary:
        return Poster(self.database, self.company, self.clock, self.settings).run(CONNECTION, **options)

    def history(self, key: str) -> History:
        with self.database.reading() as reading:
            found = history(reading, CONNECTION, key)
        assert found is not None, key
        return found

    def state(self, key: str) -> tuple[str, str | None]:
        """State and reason of a posting's newest revision."""
        newest = self.history(key).revisions[-1]
        return newest["state"], newest["reason"]

    def events(self, key: str) -> list[str]:
        return [line["event"] for line in self.history(key).journal]

    def check_chain(self) -> None:
        with self.database.reading() as reading:
            assert attempts.verify(reading, CONNECTION) == []
            assert list(disagreements(reading, CONNECTION)) == []


@pytest.fixture
def open_room(store_url: str) -> Iterator[Callable[[], Room]]:
    """Opens rooms on one store, once on SQLite and once on PostgreSQL."""
    opened: list[Database] = []

    def open_() -> Room:
        clock = VirtualClock()
        database = open_database(store_url, clock=clock.now)
        opened.append(database)
        company = MemoryCompany(now=clock.now)
        return Room(database, clock, company, connect(database, company.realm))

    yield open_
    for database in opened:
        database.close()


@pytest.fixture
def room(open_room: Callable[[], Room]) -> Iterator[Room]:
    """A store with one connection, a company in memory and time that passes when somebody sleeps.

    Whatever a test did, its journal must verify.
    """
    opened = open_room()
    yield opened
    opened.check_chain()
