"""A real process killed with SIGKILL at every boundary between two effects, for every class of answer.

The emulator answers over loopback and refuses any write whose requestid is not committed in the store (I5). After
each kill a second run, an hour later, must find everything posted once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.posting.shell import Poster
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.posting.harness import VirtualClock, client, connect, intent, journal_entry, take_in
from qbo_pipeline_tests.posting.intent_server import intent_server
from qbo_pipeline_tests.posting.victim import ONE_WORKER, post_in_victim

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOST_KILLS = 12  # for each class of answer; all of them in the long run
ONCE: dict[str, Any] = {"operation": "batch", "times": 1}
ANSWERS: dict[str, dict[str, Any] | None] = {
    "a good answer": None,
    "a lost answer, committed": {"kind": "lost_answer", "commit": True, **ONCE},
    "a lost answer, not committed": {"kind": "lost_answer", "commit": False, **ONCE},
    "5xx, committed": {"kind": "server_error", "commit": True, **ONCE},
    "5xx, not committed": {"kind": "server_error", "commit": False, **ONCE},
    "half a body": {"kind": "half_body", "commit": True, **ONCE},
    "a torn batch": {"kind": "torn_batch", "items": 1, **ONCE},
    "a refusal of all": {"kind": "fault_200", "commit": False, "code": "2010", **ONCE},
}


@dataclass
class Scene:
    emulator: Any
    store_url: str
    accounts: tuple[str, str]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def case(self, answer: dict[str, Any] | None, kill_at: int) -> tuple[bool, int]:
        """Three journals, one kill, one recovery; answers whether the kill came, and the boundaries passed."""
        name = f"shop{next(self.numbers)}"
        database = Database(self.store_url, clock=VirtualClock(START).now)
        identity = connect(database, self.emulator.realm, name)
        keys = [f"{name}-{number}" for number in range(3)]
        drafts = [intent(journal_entry(key, *self.accounts, Decimal("12.50"))) for key in keys]
        take_in(database, identity, drafts, name=name)
        database.close()
        self.emulator.order(*([answer] if answer else []))
        killed, passed = post_in_victim(self.store_url, self.emulator, START, name, kill_at=kill_at)
        self.emulator.order()
        self._recover(name, kill_at)
        return killed, passed

    def _recover(self, name: str, kill_at: int) -> None:
        clock = VirtualClock(START + timedelta(hours=1))
        database, company = Database(self.store_url, clock=clock.now), client(self.emulator)
        where = f"{name}, killed at boundary {kill_at}"
        try:
            summary = Poster(database, company, clock, ONE_WORKER).run(name)
            assert summary.states == {"posted": 3}, where
            assert summary.complete, where
            numbers = {row["number"] for row in _rows(database, name)}
            there = list(company.query(select("JournalEntry").where("DocNumber", "IN", sorted(numbers))))
            assert len(there) == len(numbers) == 3, where
            assert Poster(database, company, clock, ONE_WORKER).run(name).calls == 0, where
            with database.reading() as reading:
                assert attempts.verify(reading, name) == [], where
        finally:
            company.close()
            database.close()


def _rows(database: Database, name: str) -> list[Any]:
    with database.reading() as reading:
        return list(reading.execute(postings.select().where(postings.c.connection == name)).mappings())


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    path: Path = tmp_path_factory.mktemp("crashes") / "store.sqlite"
    open_database(f"sqlite:///{path}").close()
    with intent_server(str(path)) as url, running_emulator("--limits", "off") as emulator:
        emulator.control("settings", {"intent_url": url})
        company = client(emulator)
        accounts = [a["Id"] for a in company.query(select("Account").where("AccountType", "=", "Other Current Asset"))]
        company.close()
        yield Scene(emulator, f"sqlite:///{path}", (accounts[0], accounts[1]))
        assert emulator.meter()["intent_violations"] == 0


def kill_at_each(scene: Scene, answer: str, most: int) -> None:
    """Kill at each boundary, or at `most` of them, spread from the first to the last."""
    _, boundaries = scene.case(ANSWERS[answer], kill_at=0)
    assert boundaries >= most
    chosen = {1 + round(step * (boundaries - 1) / (most - 1)) for step in range(most)}
    for boundary in sorted(chosen):
        killed, _ = scene.case(ANSWERS[answer], boundary)
        assert killed, f"boundary {boundary} was not reached"


@pytest.mark.parametrize("answer", ANSWERS)
def test_killed_at_a_boundary(scene: Scene, answer: str) -> None:
    kill_at_each(scene, answer, MOST_KILLS)


@pytest.mark.torture
@pytest.mark.parametrize("answer", ANSWERS)
def test_killed_at_every_boundary(scene: Scene, answer: str) -> None:
    _, boundaries = scene.case(ANSWERS[answer], kill_at=0)
    print(f"{answer}: {boundaries} boundaries")
    kill_at_each(scene, answer, boundaries)
