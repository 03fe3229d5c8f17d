"""Scenarios: what people do in a company, played step by step by themselves; the same at each time with the same seed.

A step does one thing through the company's own operations and says in a sentence what it was; what QBO's rules refuse
is part of the play, and said too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.scenarios.bookkeeper import bookkeeper
from qbo_pipeline.emulator.scenarios.in_window import reimbursed, vat_return
from qbo_pipeline.emulator.scenarios.month_end import merger, month_end
from qbo_pipeline.emulator.scenarios.office import busy_office

Step = Callable[[Company, random.Random, int], str]
SCENARIOS: Final[dict[str, Step]] = {
    "busy_office": busy_office,
    "bookkeeper": bookkeeper,
    "month_end": month_end,
    "merger": merger,
    "reimbursed": reimbursed,
    "vat_return": vat_return,
}


def play(company: Company, name: str, seed: int, steps: int) -> list[str]:
    """Play so many steps of a scenario; returns what was done. Raises ValueError for an unknown one."""
    return list(steps_of(company, name, seed, steps))


def steps_of(company: Company, name: str, seed: int, steps: int) -> Iterator[str]:
    """The same, one step at a time, each when it is asked for."""
    scenario = SCENARIOS.get(name)
    if scenario is None:
        raise ValueError(f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)}")
    return _steps(company, scenario, random.Random(seed), steps)


def _steps(company: Company, scenario: Step, chance: random.Random, steps: int) -> Iterator[str]:
    for n in range(steps):
        try:
            yield scenario(company, chance, n)
        except QboFault as refusal:
            yield f"refused: {refusal}"
