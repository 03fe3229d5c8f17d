"""Two processes post the same days at once and are killed at random: the union is complete and nothing is twice."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.posting.harness import client, connect, intent, journal_entry, take_in

ROUNDS, TORTURE_ROUNDS = 2, int(os.environ.get("QBO_PIPELINE_TORTURE_ROUNDS", "200"))
DOCUMENTS = 60
# On loopback a request is finished or forgotten at once, so the real clock's durations may be short.
HASTY = PosterSettings(
    policy=Policy(
        deadline=1.5, margin=1.1, lease=3.0, look_lease=4.0, look_margin=1.0, works_on=0.0, settle=3.0, lag=0.05,
        backoff=0.02, look_again=0.1, attempts=50, crashes=50,
    ),
    batch_workers=1,
    single_workers=1,
)  # fmt: skip
_numbers = count(1)


@pytest.fixture(autouse=True)
def both_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls with one document go beside the batches, as where QBO's limits hold these."""
    monkeypatch.setattr(QuickBooks, "batches_held", True)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Any]:
    with running_emulator("--limits", "off", "--latency", "5") as running:
        yield running


def start(store_url: str, emulator: Any, name: str) -> int:
    """Fork a poster; answers its process id."""
    child = os.fork()
    if child != 0:
        return child
    status = 1
    try:
        Poster(Database(store_url), client(emulator), settings=HASTY).run(name)
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)


def one_round(store_url: str, emulator: Any, seed: int) -> None:
    draw = random.Random(seed)
    name = f"pair{next(_numbers)}-{os.getpid()}-{seed}"
    database = Database(store_url)
    company = client(emulator)
    try:
        emulator.control("settings", {"request_id": ("ignore", "fault", "honour")[seed % 3]})
        accounts = [a["Id"] for a in company.query(select("Account").where("AccountType", "=", "Other Current Asset"))]
        identity = connect(database, emulator.realm, name)
        drafts = [intent(journal_entry(f"{name}-{n}", *accounts[:2], Decimal(n))) for n in range(1, DOCUMENTS + 1)]
        take_in(database, identity, drafts, name=name)
        database.close()
        first, second = (start(store_url, emulator, name) for _ in range(2))
        time.sleep(draw.random() * 0.3)  # a killer without a plan: which instant it hits is not the test's to know
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        third = start(store_url, emulator, name)
        for process in (second, third):
            _, status = os.waitpid(process, 0)
            assert os.waitstatus_to_exitcode(status) == 0
        Poster(database, company, settings=HASTY).run(name)
        check(database, company, name, seed)
    finally:
        company.close()
        database.close()


def check(database: Database, company: Any, name: str, seed: int) -> None:
    with database.reading() as reading:
        rows = list(reading.execute(postings.select().where(postings.c.connection == name)).mappings())
        assert attempts.verify(reading, name) == []
    assert {row["state"] for row in rows} == {"posted"}, seed
    numbers = [row["number"] for row in rows]
    there = [
        thing["DocNumber"]
        for first in range(0, len(numbers), 30)
        for thing in company.query(select("JournalEntry").where("DocNumber", "IN", numbers[first : first + 30]))
    ]
    assert sorted(there) == sorted(numbers), seed
    assert len(there) == DOCUMENTS


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_two_processes_and_a_kill(store_url: str, emulator: Any, seed: int) -> None:
    open_database(store_url).close()
    one_round(store_url, emulator, seed)


@pytest.mark.torture
def test_two_processes_and_many_kills(store_url: str, emulator: Any) -> None:
    open_database(store_url).close()
    for seed in range(TORTURE_ROUNDS):
        one_round(store_url, emulator, seed)
