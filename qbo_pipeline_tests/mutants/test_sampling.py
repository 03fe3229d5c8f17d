"""A sample of mutants: the same by the same seed, of every file its share, and what it says about all."""

from __future__ import annotations

from math import comb

import pytest

from qbo_pipeline_tests.mutants.judging import Mutant
from qbo_pipeline_tests.mutants.sampling import at_least, sampled

MUTANTS = [
    Mutant(f"{file}.x_f__mutmut_{n}", file, "f", "a", "b", f"{n}")
    for file, count in (("big.py", 200), ("small.py", 3))
    for n in range(count)
]


def test_a_sample_has_its_share_of_every_file_and_at_least_one() -> None:
    chosen = sampled(MUTANTS, 10, "first")
    assert [sum(one.file == file for one in chosen) for file in ("big.py", "small.py")] == [20, 1]
    assert set(sampled(MUTANTS, 100, "first")) == set(MUTANTS)


def test_a_seed_chooses_the_same_whatever_their_order_and_another_seed_others() -> None:
    first = sampled(MUTANTS, 10, "first")
    assert sampled(MUTANTS[::-1], 10, "first") == first
    assert set(sampled(MUTANTS, 10, "second")) != set(first)


def test_a_larger_sample_has_the_smaller_one_in_it() -> None:
    assert set(sampled(MUTANTS, 10, "first")) < set(sampled(MUTANTS, 30, "first"))


@pytest.mark.parametrize(("noticed", "counted"), [(90, 100), (970, 1000), (19, 20)])
def test_what_a_sample_says_of_all_is_near_the_exact_bound(noticed: int, counted: int) -> None:
    """At a true share of the bound, so many or more are noticed in about 5 of 100 samples: by the binomial sum."""
    share = at_least(noticed, counted) / 100
    tail = sum(comb(counted, k) * share**k * (1 - share) ** (counted - k) for k in range(noticed, counted + 1))
    assert 0.03 < tail < 0.09
    assert at_least(0, 0) == 0
