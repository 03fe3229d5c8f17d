"""A real process killed with SIGKILL at every boundary between two effects, for every class of answer.

The emulator answers over loopback and refuses any write whose requestid is not committed in the store (I5). After
each kill a second run, an hour later, must find everything posted once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
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
HOUR = timedelta(hours=1)
MOST_KILLS = 12  # for each class of answer; all of them in the long run
TORTURE_KILLS = int(os.environ.get("QBO_PIPELINE_TORTURE_KILLS", "2000"))
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

    def case(self, answers: Sequence[Any], kill_at: int, *, again_at: int = 0, documents: int = 3) -> tuple[int, int]:
        """Journals, a kill (and another one an hour later), a recovery; answers how many kills came, and the
        boundaries that were passed before the first.
        """
        name = f"shop{next(self.numbers)}"
        database = Database(self.store_url, clock=VirtualClock(START).now)
        identity = connect(database, self.emulator.realm, name)
        keys = [f"{name}-{number}" for number in range(documents)]
        drafts = [intent(journal_entry(key, *self.accounts, Decimal("12.50"))) for key in keys]
        take_in(database, identity, drafts, name=name)
        database.close()
        self.emulator.order(*(answer for answer in answers if answer))
        killed, passed = post_in_victim(self.store_url, self.emulator, START, name, kill_at=kill_at)
        kills = int(killed)
        if again_at:
            killed, _ = post_in_victim(self.store_url, self.emulator, START + HOUR, name, kill_at=again_at)
            kills += killed
        self.emulator.order()
        self._recover(name, documents, f"{name}, killed at boundary {kill_at}, again at {again_at}, {answers}")
        return kills, passed

    def _recover(self, name: str, documents: int, where: str) -> None:
        clock = VirtualClock(START + 2 * HOUR)
        database, company = Database(self.store_url, clock=clock.now), client(self.emulator, clock=clock)
        try:
            summary = Poster(database, company, clock, ONE_WORKER).run(name)
            assert summary.states == {"posted": documents}, where
            assert summary.complete, where
            numbers = {row["number"] for row in _rows(database, name)}
            there = list(company.query(select("JournalEntry").where("DocNumber", "IN", sorted(numbers))))
            assert len(there) == len(numbers) == documents, where
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
        # It ignores requestids: what is sent twice is made twice.
        emulator.control("settings", {"intent_url": url, "request_id": "ignore"})
        company = client(emulator)
        accounts = [a["Id"] for a in company.query(select("Account").where("AccountType", "=", "Other Current Asset"))]
        company.close()
        yield Scene(emulator, f"sqlite:///{path}", (accounts[0], accounts[1]))
        assert emulator.meter()["intent_violations"] == 0


def kill_at_each(scene: Scene, answer: str, most: int) -> None:
    """Kill at each boundary, or at `most` of them, spread from the first to the last."""
    _, boundaries = scene.case([ANSWERS[answer]], kill_at=0)
    assert boundaries >= most
    chosen = {1 + round(step * (boundaries - 1) / (most - 1)) for step in range(most)}
    for boundary in sorted(chosen):
        killed, _ = scene.case([ANSWERS[answer]], boundary)
        assert killed, f"boundary {boundary} was not reached"


@pytest.mark.parametrize("answer", ANSWERS)
def test_killed_at_a_boundary(scene: Scene, answer: str) -> None:
    kill_at_each(scene, answer, MOST_KILLS)


@pytest.mark.torture
@pytest.mark.parametrize("answer", ANSWERS)
def test_killed_at_every_boundary(scene: Scene, answer: str) -> None:
    _, boundaries = scene.case([ANSWERS[answer]], kill_at=0)
    print(f"{answer}: {boundaries} boundaries")
    kill_at_each(scene, answer, boundaries)


@pytest.mark.torture
def test_killed_at_random(scene: Scene) -> None:
    """QBO_PIPELINE_TORTURE_KILLS sets how many kills; of every second run the recovery is killed too."""
    kills = seed = 0
    while kills < TORTURE_KILLS:
        draw = Random(seed := seed + 1)
        answers = [ANSWERS[name] for name in draw.choices(list(ANSWERS), k=draw.randrange(1, 4))]
        scene.emulator.control("settings", {"request_id": draw.choice(("honour", "ignore", "fault"))})
        again_at = draw.randrange(1, 16) if draw.random() < 0.5 else 0
        came, _ = scene.case(answers, draw.randrange(1, 16), again_at=again_at, documents=draw.randrange(1, 8))
        kills += came
    print(f"{kills} kills in {seed} runs")
