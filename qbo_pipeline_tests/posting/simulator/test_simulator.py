"""The simulator's proofs: no schedule of faults breaks an invariant, and no defence can be taken away unnoticed."""

from __future__ import annotations

import os

import pytest

from qbo_pipeline_tests.posting.simulator.removed import DEFENCES, without
from qbo_pipeline_tests.posting.simulator.runs import run_seeds
from qbo_pipeline_tests.posting.simulator.server import HONOUR, IGNORE, MODES
from qbo_pipeline_tests.posting.simulator.world import World

SEEDS = 20_000
SEEDS_WITHOUT = 2_000
TORTURE_SEEDS = int(os.environ.get("QBO_PIPELINE_TORTURE_SEEDS", "10000000"))
SPARE = "stable requestid"


@pytest.mark.parametrize("mode", MODES)
def test_no_schedule_of_faults_breaks_an_invariant(mode: str) -> None:
    tally = run_seeds(range(SEEDS), mode, most_failures=3)
    assert tally.failures == []
    # The proof is worth what was put in the way.
    assert tally.faults > SEEDS / 2
    assert tally.crashes > SEEDS / 2
    assert tally.recovered > SEEDS / 10


@pytest.mark.parametrize("name", [name for name in DEFENCES if name != SPARE])
def test_each_defence_is_missed_once_it_is_taken_away(name: str) -> None:
    # A server that ignores requestids is the harshest judge; every defence must show there.
    with without(name) as changes:
        tally = run_seeds(range(SEEDS_WITHOUT), IGNORE, most_failures=1, **changes)
    assert tally.failures, f"{name!r} was taken away and {SEEDS_WITHOUT} seeds did not notice"


def test_the_stable_requestid_is_a_spare_that_shows_in_the_keys_for_each_document() -> None:
    with without(SPARE) as changes:
        unstable = run_seeds(range(SEEDS_WITHOUT), HONOUR, **changes)
    stable = run_seeds(range(SEEDS_WITHOUT), HONOUR)
    assert stable.requests / stable.documents < 1.1 < unstable.requests / unstable.documents
    assert all("I1" not in failure for failure in unstable.failures)


def test_where_only_the_requestid_stands_between_us_and_a_duplicate_it_holds() -> None:
    """Without settling, late commits double documents only on a server that ignores requestids."""
    with without("settle") as changes:
        honoured = run_seeds(range(SEEDS_WITHOUT), HONOUR, **changes)
        ignored = run_seeds(range(SEEDS_WITHOUT), IGNORE, **changes)
    doubled = [failure for failure in honoured.failures if "I1" in failure]
    assert doubled == []
    assert any("I1" in failure for failure in ignored.failures)


def test_a_seed_replays_step_by_step() -> None:
    first, second = (World(4711, IGNORE, trace=[]).run().trace for _ in range(2))
    assert first == second
    assert first


@pytest.mark.torture
@pytest.mark.parametrize("mode", MODES)
def test_long_run(mode: str) -> None:
    """QBO_PIPELINE_TORTURE_SEEDS sets how many seeds in each mode."""
    tally = run_seeds(range(SEEDS, SEEDS + TORTURE_SEEDS), mode, most_failures=3)
    print(f"{mode}: {tally}")
    assert tally.failures == []
