"""Judging a case: what its output must say, what it must not, and the line that tells of it.

A case is a small script outside this repository that runs the product on troubles from practice and prints what came
out; its README says how it should end. What it must print for that is stated here as facts, one list for each case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a case should end, in a few words, and the facts by which that is seen in its output.

    `says` and `never` are regular expressions on lines; `counts` are how many lines one of them is found on.
    """

    should: str
    says: tuple[str, ...]
    never: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


ALWAYS_NEVER = (r"Traceback", r"exit 99\b", r"counts add up +no")  # no case may end so


def broken_facts(judgement: Judgement, output: str, status: int) -> list[str]:
    """The facts that do not hold, a sentence each; none where the case ends as it should."""
    found = [] if status == 0 else [f"the case itself ended with status {status}"]
    found += [f"does not say {fact!r}" for fact in judgement.says if not re.search(fact, output, re.MULTILINE)]
    for fact in (*judgement.never, *ALWAYS_NEVER):
        if match := re.search(fact, output, re.MULTILINE):
            found.append(f"says {match[0]!r}")
    for fact, wanted in judgement.counts.items():
        times = len(re.findall(fact, output, re.MULTILINE))
        if times != wanted:
            found.append(f"says {fact!r} {times} times instead of {wanted}")
    return found
