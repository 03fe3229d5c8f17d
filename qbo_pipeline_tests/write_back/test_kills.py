"""Real processes that write everything back at once, killed between any two effects, two at a time, with
everything else away: each kind is there once, or in a person's hands.

A few in the suite, all of them behind `-m torture`.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.write_back.everything import Everything, everything
from qbo_pipeline_tests.write_back.victim import be_hasty, dies_waiting_for, killed_at, start

KILLS = 2  # of the suite
ROUNDS = int(os.environ.get("QBO_PIPELINE_TORTURE_ROUNDS", "20"))


@pytest.fixture(scope="module")
def company() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, company: RunningEmulator) -> Iterator[Everything]:
    found = everything(tmp_path_factory.mktemp("table"), company)
    yield found
    found.people.close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same short durations in this process, which goes on where the victim was killed."""
    from qbo_pipeline.pipeline import attachments
    from qbo_pipeline.pipeline import write_back as stage

    monkeypatch.setattr(stage, "policy_of", stage.policy_of)
    monkeypatch.setattr(attachments, "UPLOADS", attachments.UPLOADS)
    be_hasty()


def kill(one: Everything, at: int) -> int:
    """A life that ends at a boundary, and what goes on after it; answers how many boundaries there were."""
    one.anew()
    killed, passed = killed_at(one.shop.settings, at)
    one.go_on()
    one.check(f"killed at boundary {at} ({killed})")
    return passed


def test_killed_between_two_effects_everything_is_there_once(table: Everything) -> None:
    boundaries = kill(table, 0)
    assert boundaries > 40
    for at in random.Random(14).sample(range(1, boundaries), KILLS):
        kill(table, at)


@pytest.mark.torture
@pytest.mark.parametrize("place", ["table", "folder"])
def test_killed_at_each_boundary(place: str, tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        one = everything(tmp_path, emulator, place)
        for at in range(kill(one, 0), 0, -1):
            kill(one, at)
        one.people.close()


def two_at_once(one: Everything, seed: int) -> None:
    """Two processes, one of which is killed at any moment, and a third one."""
    draw = random.Random(seed)
    one.anew()
    first, second = start(one.shop.settings), start(one.shop.settings)
    time.sleep(draw.random() * 2)  # a killer without a plan: which instant it hits is not the test's to know
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    third = start(one.shop.settings)
    for process in (second, third):
        _, waited = os.waitpid(process, 0)
        assert os.waitstatus_to_exitcode(waited) == 0
    one.go_on()
    one.check(f"two processes, seed {seed}")


@pytest.mark.torture
@pytest.mark.parametrize("place", ["table", "folder"])
def test_two_processes_and_many_kills(place: str, tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        one = everything(tmp_path, emulator, place)
        for seed in range(ROUNDS):
            two_at_once(one, seed)
        one.people.close()


@pytest.mark.torture
def test_two_processes_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    with running_emulator("--limits", "off") as emulator:
        one = everything(tmp_path, emulator, store_url=postgresql_url)
        first, second = start(one.shop.settings), start(one.shop.settings)
        time.sleep(0.7)
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        _, waited = os.waitpid(second, 0)
        assert os.waitstatus_to_exitcode(waited) == 0
        one.go_on()
        one.check("two processes on PostgreSQL")
        one.people.close()


def test_the_inbox_away_and_one_kind_refused_in_the_middle(table: Everything) -> None:
    """Another program holds the inventory system's database; then that refuses payments, and takes all else."""
    table.anew()
    inbox = table.shop.source_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(inbox)) as other:
        other.execute("CREATE TRIGGER shut BEFORE INSERT ON qbo_inbox WHEN NEW.kind LIKE 'payment%' "
                      "BEGIN SELECT RAISE(ABORT, 'the period is closed'); END")  # fmt: skip
        other.commit()
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        with pytest.MonkeyPatch.context() as patched:
            from qbo_pipeline.sources import inbox as module

            patched.setattr(module, "CONNECT_SECONDS", 0.2)
            patched.setattr(module, "STATEMENT_SECONDS", 0.2)
            killed, _ = killed_at(table.shop.settings, 0)
        assert not killed
        other.execute("ROLLBACK")
    assert sum(table.written().values()) == 0 or table.written().keys() <= table.keys
    table.go_on()
    payments = frozenset(key for key in table.keys if key.startswith(("Payment/", "BillPayment/")))
    table.check("payments are refused", parked=payments)


@pytest.mark.torture
@pytest.mark.parametrize("kind", ["throttle", "lost_answer", "server_error", "half_body"])
def test_quickbooks_throttles_or_fails_in_the_middle(table: Everything, company: RunningEmulator, kind: str) -> None:
    """Its reads of changes, its queries, and the upload of a file."""
    for operation in ("cdc", "query", "upload", "download"):
        table.anew()
        rule = {"kind": kind, "operation": operation, "times": 3}
        company.order(rule if kind == "throttle" else {**rule, "commit": True})
        killed_at(table.shop.settings, 0)
        company.order()
        table.go_on()
        table.check(f"{kind} of {operation}")


@pytest.mark.torture
def test_the_store_away_in_the_middle(table: Everything) -> None:
    """Another program holds the store for longer than anybody waits."""
    for at in (10, 25, 40):
        table.anew()
        dies_waiting_for(table.shop.folder / "store.sqlite", start(table.shop.settings), at / 40)
        table.go_on()
        table.check(f"the store away after {at / 40} s")
