"""The way back by API with real processes: killed between any two effects, two at a time, with store or system away in
the middle. Each thing is in the system once, whether it takes a key or a marker of ours or neither.

The table of declared abilities is the list of parameters. All of it is a long run; the suite kills two of them in
`test_written_kinds.py`.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.systems import SYSTEMS
from qbo_pipeline_tests.systems.written_kinds import CASES
from qbo_pipeline_tests.systems.written_rig import BUSY, KEYS, Rigs, running_rigs
from qbo_pipeline_tests.systems.written_victim import ended, is_there_once, kill, killed_at, laid, start

ROUNDS = int(os.environ.get("QBO_PIPELINE_TORTURE_ROUNDS", "20"))
DECLARED = [(system, kind) for system, door in SYSTEMS.items() for kind in door.takes]


@pytest.fixture(scope="module")
def rigs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rigs]:
    with running_rigs(tmp_path_factory.mktemp("killed")) as found:
        yield found


@pytest.mark.torture
@pytest.mark.parametrize(("system", "kind"), DECLARED)
def test_killed_at_each_boundary(rigs: Rigs, system: str, kind: str) -> None:
    for at in range(kill(rigs[system], kind, 0), 0, -1):
        kill(rigs[system], kind, at)


@pytest.mark.torture
@pytest.mark.parametrize(("system", "kind"), DECLARED)
def test_killed_twice_over_the_same_entry(rigs: Rigs, system: str, kind: str) -> None:
    """And the second time while it looks what the first one has left."""
    rig, draw = rigs[system], random.Random(f"{system} {kind}")
    for _ in range(3):
        name, entry = laid(rig, kind)
        for _ in range(2):
            killed_at(rig, name, draw.randint(1, 16))
            rig.time.sleep(400)
        is_there_once(rig, kind, name, entry, f"{system} {kind} killed twice")


@pytest.mark.torture
@pytest.mark.parametrize(("system", "kind"), DECLARED)
def test_two_processes_one_of_which_is_killed(rigs: Rigs, system: str, kind: str) -> None:
    rig, draw = rigs[system], random.Random(f"{system} {kind}")
    for number in range(max(1, ROUNDS // 10)):
        name, entry = laid(rig, kind)
        first, second = start(rig, name), start(rig, name)
        time.sleep(draw.random() / 10)  # a killer without a plan: which instant it hits is not the test's to know
        os.kill(first, signal.SIGKILL)
        ended(first)
        assert not ended(second)
        is_there_once(rig, kind, name, entry, f"{system} {kind}, two processes, round {number}")


@pytest.mark.torture
@pytest.mark.parametrize(("system", "kind"), DECLARED)
def test_the_store_away_in_the_middle(rigs: Rigs, system: str, kind: str) -> None:
    """Another program holds the store from a moment on, and the worker dies waiting for it."""
    rig, draw = rigs[system], random.Random(f"{system} {kind}")
    name, entry = laid(rig, kind)
    with closing(sqlite3.connect(rig.files.parent / "store.sqlite", isolation_level=None)) as other:
        child = start(rig, name)
        time.sleep(draw.random() / 10)
        other.execute("PRAGMA busy_timeout = 20000")
        other.execute("BEGIN IMMEDIATE")
        time.sleep(0.3)
        os.kill(child, signal.SIGKILL)
        ended(child)
        other.execute("ROLLBACK")
    is_there_once(rig, kind, name, entry, f"{system} {kind}, the store away")


@pytest.mark.torture
@pytest.mark.parametrize("fault", ["limit", "500", "lost", "key"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_system_refuses_in_the_middle_of_several(rigs: Rigs, system: str, fault: str) -> None:
    """What came before is there, what comes after goes with a later run, and nothing is there twice."""
    rig = rigs[system]
    name = rig.name()
    kinds = [kind for of, kind in DECLARED if of == system and kind != "attachment"][:3]
    entries = {kind: CASES[system, kind].make(rig, f"{name}{kind}") for kind in kinds}
    for entry in entries.values():
        rig.lay(name, entry)
    if fault == "key":
        held = getattr(rig.box.box, KEYS[system])
        setattr(rig.box.box, KEYS[system], "another")
        with pytest.raises(SourceError):
            rig.poster(name).run()
        setattr(rig.box.box, KEYS[system], held)
    else:
        rig.door.write_faults += ["", BUSY.get(system, fault) if fault == "limit" else fault]
        rig.poster(name).run()
    rig.door.write_faults.clear()
    rig.go_on(name)
    assert [state for state, _ in rig.states(name)] == ["posted"] * len(kinds)
    assert {kind: CASES[system, kind].count(rig, entry) for kind, entry in entries.items()} == dict.fromkeys(kinds, 1)
