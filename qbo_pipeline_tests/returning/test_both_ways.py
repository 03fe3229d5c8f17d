"""The simulator of both directions: no schedule of faults loses, doubles or echoes a thing, and no defence can be taken
away unnoticed.

`make simulate` lives 20,000 seeds (`python -m qbo_pipeline_tests.returning`), a quarter on each set of abilities.
"""

from __future__ import annotations

import pytest

from qbo_pipeline.returning.targets import Abilities
from qbo_pipeline_tests.returning.both_ways import ABILITIES, REMOVED, BothWays, wrong

SEEDS, SEEDS_WITHOUT = 30, 300


@pytest.mark.parametrize("abilities", ABILITIES, ids=lambda one: f"finds={one.finds}, idempotent={one.idempotent}")
def test_nothing_is_lost_doubled_or_sent_back(abilities: Abilities) -> None:
    asked = 0
    for seed in range(SEEDS):
        world = BothWays(seed, abilities).live()
        assert wrong(world) == [], f"seed {seed}"
        asked += world.asked
    # Only who can be neither asked nor told twice leaves something to a person.
    can = abilities.finds or abilities.idempotent
    assert (asked == 0) == can


@pytest.mark.parametrize("name", REMOVED)
def test_each_defence_that_is_removed_is_noticed(name: str) -> None:
    lives = (REMOVED[name](seed, abilities) for seed in range(SEEDS_WITHOUT) for abilities in ABILITIES)
    assert any(wrong(world.live()) for world in lives)
