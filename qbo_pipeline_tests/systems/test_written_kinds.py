"""Each kind that a system says it takes, carried to its box over HTTP by the poster of the way back.

The table of declared abilities is the list of parameters: a kind that is added there and has no case here fails.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.posting.write_backs import API_POLICY
from qbo_pipeline.returning.abilities import ACTIONS
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.systems import SYSTEMS
from qbo_pipeline_tests.systems.written_kinds import CASES
from qbo_pipeline_tests.systems.written_rig import BUSY, KEYS, Free, Rigs, running_rigs
from qbo_pipeline_tests.systems.written_victim import kill

DECLARED = [(system, kind) for system, door in SYSTEMS.items() for kind in door.takes]
ALL = tuple(SYSTEMS)
FOUND_BY_MARKER_AND_BY_DEED = [("cin7_core", "payment_received"), ("syncro", "bill")]
LIKE_ANOTHER = (
    "supplier", "non_stocked", "service", "payment_made", "sales_credit", "sales_receipt", "sales_refund",
    "purchase_credit",
)  # fmt: skip


@pytest.fixture(scope="module")
def rigs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rigs]:
    with running_rigs(tmp_path_factory.mktemp("written")) as found:
        yield found


def pairs(*, first_of: tuple[str, ...] | None = None) -> list[Any]:
    """Each declared system and kind. In the long run alone: those whose code is that of another kind, and, where
    `first_of` names systems, all but the first kind of these."""
    seen: set[str] = set()
    found = []
    for system, kind in DECLARED:
        is_first = system not in seen
        seen.add(system)
        slow = kind in LIKE_ANOTHER if first_of is None else not is_first
        slow = slow or (first_of is not None and system not in first_of)
        marks = pytest.mark.torture if slow else ()
        found.append(pytest.param(system, kind, marks=marks, id=f"{system}-{kind}"))
    return found


def test_every_kind_that_a_system_declares_has_its_case() -> None:
    assert set(CASES) == set(DECLARED)
    for system, kind in DECLARED:
        ability = SYSTEMS[system].takes[kind]
        assert ability.kind == kind
        assert ability.found_by
        assert any(ability.can(action) for action in ACTIONS)


@pytest.mark.parametrize(("system", "kind"), pairs())
def test_an_entry_is_there_once_though_its_answer_was_lost(rigs: Rigs, system: str, kind: str) -> None:
    rig, case = rigs[system], CASES[system, kind]
    name = rig.name()
    entry = case.make(rig, name)
    rig.lay(name, entry)
    rig.door.write_faults.append("lost")
    done = rig.poster(name).run()
    assert (done.written, [state for state, _ in rig.states(name)]) == (0, ["unknown"])
    assert case.count(rig, entry) == (1 if kind != "attachment" else 0)  # of a file it was the content that got lost
    rig.time.sleep(API_POLICY.settle + 1)
    while rig.states(name)[0][0] != "posted":
        assert rig.poster(name).run().degraded is None
        rig.time.sleep(API_POLICY.settle + 1)
    assert case.count(rig, entry) == 1
    # Whoever lost the store, and carries it again, finds it there.
    again = f"{name} again"
    rig.lay(again, entry)
    assert rig.poster(again).run().written == 1
    assert case.count(rig, entry) == 1


@pytest.mark.parametrize(("system", "kind"), pairs(first_of=ALL))
def test_what_is_refused_says_why_in_plain_words(rigs: Rigs, system: str, kind: str) -> None:
    rig, case = rigs[system], CASES[system, kind]
    name = rig.name()
    rig.lay(name, case.refuse(rig, name))
    rig.poster(name).run()
    ((state, message),) = rig.states(name)
    if state == "posted":  # an inbox holds it, and says why it was not booked
        query = "SELECT refused FROM http_inbox WHERE marker = ?"
        message = rig.rows(query, name)[0][0]
    else:
        assert state == "parked"
    assert re.search(case.words, str(message))


@pytest.mark.parametrize("fault", ["limit", "500"])
@pytest.mark.parametrize(("system", "kind"), pairs(first_of=("cin7_core", "http_contract")))
def test_a_limit_and_a_failure_in_the_middle_are_caught_up(rigs: Rigs, system: str, kind: str, fault: str) -> None:
    rig, case = rigs[system], CASES[system, kind]
    name = rig.name()
    entry = case.make(rig, name)
    rig.lay(name, entry)
    rig.door.write_faults.append(BUSY.get(system, fault) if fault == "limit" else fault)
    assert rig.poster(name).run().degraded is not None
    assert case.count(rig, entry) == 0
    assert rig.states(name)[0][0] == ("ready" if fault == "limit" else "unknown")
    for _ in range(3):
        rig.time.sleep(API_POLICY.settle + 1)
        rig.poster(name).run()
    assert [state for state, _ in rig.states(name)] == ["posted"]
    assert case.count(rig, entry) == 1


@pytest.mark.parametrize(("system", "kind"), pairs(first_of=("syncro", "unleashed")))
def test_a_key_that_was_taken_back_stops_it_and_nothing_is_lost(rigs: Rigs, system: str, kind: str) -> None:
    rig, case = rigs[system], CASES[system, kind]
    name = rig.name()
    entry = case.make(rig, name)
    rig.lay(name, entry)
    held = getattr(rig.box.box, KEYS[system])
    setattr(rig.box.box, KEYS[system], "another")
    try:
        with pytest.raises(SourceError, match="refused our key"):
            rig.poster(name).run()
    finally:
        setattr(rig.box.box, KEYS[system], held)
    assert case.count(rig, entry) == 0
    rig.time.sleep(API_POLICY.settle + 1)
    assert rig.poster(name).run().written == 1
    assert case.count(rig, entry) == 1


@pytest.mark.parametrize(("system", "kind"), pairs(first_of=("cin7_core", "zuper")))
def test_two_processes_write_it_once(rigs: Rigs, system: str, kind: str) -> None:
    """While one is at it, another takes its turn: it finds nothing to do."""
    rig, case = rigs[system], CASES[system, kind]
    name, done = rig.name(), []
    entry = case.make(rig, name)
    rig.lay(name, entry)
    pace = Free()

    def other() -> None:
        worker = threading.Thread(target=lambda: done.append(rig.poster(name).run().written))
        worker.start()
        worker.join()

    pace.between = other
    done.append(rig.poster(name, pace).run().written)
    assert sorted(done) == [0, 1]
    assert case.count(rig, entry) == 1


def test_a_key_of_zuper_that_may_only_read_is_told_as_one(rigs: Rigs) -> None:
    rig, case = rigs["zuper"], CASES["zuper", "stocked"]
    name = rig.name()
    rig.lay(name, case.make(rig, name))
    rig.box.box.may_write = False
    try:
        with pytest.raises(SourceError, match="writing may need more rights than reading"):
            rig.poster(name).run()
    finally:
        rig.box.box.may_write = True


def test_the_files_folder_may_be_gone_for_a_night(rigs: Rigs, tmp_path: Path) -> None:
    rig, case = rigs["http_contract"], CASES["http_contract", "attachment"]
    name = rig.name()
    entry = case.make(rig, name)
    rig.lay(name, entry)
    (rig.files / name).rename(tmp_path / "file")
    assert "cannot be read" in str(rig.poster(name).run().degraded)
    (tmp_path / "file").rename(rig.files / name)
    rig.time.sleep(API_POLICY.settle + 1)
    assert rig.poster(name).run().written == 1
    assert case.count(rig, entry) == 1


@pytest.mark.parametrize(("system", "kind"), FOUND_BY_MARKER_AND_BY_DEED)
def test_killed_after_its_request_has_arrived_it_is_there_once(rigs: Rigs, system: str, kind: str) -> None:
    boundaries = kill(rigs[system], kind, 0)
    assert boundaries > 10
    kill(rigs[system], kind, boundaries - 4)  # the system has done it, and nobody here knows
