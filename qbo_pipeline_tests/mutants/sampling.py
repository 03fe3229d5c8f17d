"""A part of the mutants, chosen by chance, and what it says about all of them.

What belongs here: the choice, which the same seed makes again, and the bound of the share that is noticed.
"""

from __future__ import annotations

import hashlib
import math

from qbo_pipeline_tests.mutants.judging import Mutant


def sampled(mutants: list[Mutant], percent: int, seed: str) -> list[Mutant]:
    """So many of each file's mutants, chosen by chance by the seed, in the order of that chance."""

    def lot(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed} {mutant.file} {mutant.function} {mutant.digest}".encode()).hexdigest()

    chosen: list[Mutant] = []
    for file in dict.fromkeys(mutant.file for mutant in mutants):
        own = sorted((mutant for mutant in mutants if mutant.file == file), key=lot)
        chosen += own[: math.ceil(len(own) * percent / 100)]
    return sorted(chosen, key=lot)


def at_least(noticed: int, counted: int) -> float:
    """The share in percent that is noticed of all, with 95 % confidence at least: Wilson's bound, one-sided."""
    if not counted:
        return 0.0
    share, z = noticed / counted, 1.6448536269514722
    middle = share + z * z / (2 * counted)
    spread = z * math.sqrt(share * (1 - share) / counted + z * z / (4 * counted * counted))
    return 100 * (middle - spread) / (1 + z * z / counted)
