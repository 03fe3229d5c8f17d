"""What goes wrong on order in the second run of a rehearsal, the same with the same seed.

What belongs here: the failures of QuickBooks and of the line to it, as the emulator takes them (docs/emulator.md), each
with its words; and the writes at which the run's process is killed. People who edit are the emulator's scenario.
"""

from __future__ import annotations

import random
from typing import Any

KILLS = 2  # a third death over one document would set it aside for a person (`posting.policy`)
EDITS = 20
_ENOUGH, _FEW = 20, 3
# What is ordered, in words, as a rule of the emulator without its place in the order of requests.
_WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("answers lost, what was asked was done", {"kind": "lost_answer", "operation": "batch", "commit": True}),
    ("answers lost, nothing was done", {"kind": "lost_answer", "operation": "batch", "commit": False}),
    ("connections cut after the work", {"kind": "reset", "operation": "batch", "commit": True}),
    ("connections cut before the work", {"kind": "reset", "operation": "batch", "commit": False}),
    ("answers that break off in the middle", {"kind": "half_body", "operation": "batch", "commit": True}),
    ("answers to a part of a batch", {"kind": "torn_batch", "operation": "batch", "items": 1}),
    ("HTTP 5xx although the work was done", {"kind": "server_error", "operation": "batch", "commit": True}),
    ("HTTP 5xx, nothing was done", {"kind": "server_error", "operation": "batch", "commit": False}),
    ("refusals for too many calls", {"kind": "throttle", "operation": "batch", "seconds": 1}),
)
_READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("HTTP 5xx to a question", {"kind": "server_error", "operation": "query", "commit": False}),
    ("connections cut while a question is answered", {"kind": "reset", "operation": "query", "commit": True}),
    ("access tokens that end in the middle", {"kind": "expire_token", "operation": "query"}),
)


def ordered_failures(seed: int, batches: int) -> list[dict[str, Any]]:
    """The rules for a run of about so many batches, spread over them by the seed.

    A small run gets few of them: what is sent more often than `posting.policy` allows waits for a person, by design.
    """
    chance = random.Random(seed)  # noqa: S311  a seed that people give, to see the same again
    count = len(_WRITES) if batches >= _ENOUGH else _FEW
    places = chance.sample(range(1, max(batches, 2 * count) + 1), count)
    writes = chance.sample(_WRITES, count)
    rules = [{**rule, "nth": place} for (_, rule), place in zip(writes, places, strict=True)]
    return rules + [{**rule, "nth": sorted(chance.sample(range(1, 15), 2))} for _, rule in _READS]


def fired(rules: list[dict[str, Any]]) -> dict[str, int]:
    """How often each failure came, in words, from what GET /emulator/faults answers; without those that did not."""
    found = {
        words: sum(int(rule["fired"]) for rule in rules if like.items() <= rule.items())
        for words, like in (*_WRITES, *_READS)
    }
    return {words: count for words, count in found.items() if count}


def killed_at(seed: int, writes: int) -> list[tuple[int, bool]]:
    """The writes, counted in each run anew, at which the run's process dies; and whether their answer has come."""
    chance = random.Random(f"kills {seed}")  # noqa: S311
    most = max(1, writes // 3)
    return [(chance.randint(1, most), number % 2 == 0) for number in range(KILLS)]
