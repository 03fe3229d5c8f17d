"""Many seeds in a row, and their tally."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from qbo_pipeline_tests.posting.simulator.invariants import check
from qbo_pipeline_tests.posting.simulator.world import World


@dataclass(slots=True)
class Tally:
    """What many seeds came to. A failure's text holds the command that replays it."""

    seeds: int = 0
    documents: int = 0
    posts: int = 0
    reached: int = 0
    requests: int = 0
    faults: int = 0
    crashes: int = 0
    posted: int = 0
    recovered: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.seeds:,} seeds, {self.documents:,} documents, {self.posts:,} posts, {self.faults:,} faults, "
            f"{self.crashes:,} crashes, {self.posted:,} posted ({self.recovered:,} recovered), "
            f"{self.requests / max(1, self.documents):.3f} keys/document, {len(self.failures):,} failed"
        )


def run_seeds(seeds: Iterable[int], mode: str, *, most_failures: int | None = None, **changes: Any) -> Tally:
    """Run each seed and add it up; stops early once `most_failures` seeds have failed."""
    tally = Tally()
    for seed in seeds:
        world = World(seed, mode, **changes).run()
        violations = check(world)
        tally.seeds += 1
        tally.documents += len(world.shelf.rows)
        tally.posts += world.posts
        tally.reached += sum(world.reached.values())
        tally.requests += sum(len(keys) for keys in world.requests.values())
        tally.faults += world.faults
        tally.crashes += world.crashes
        tally.posted += sum(row.state == "posted" for row in world.shelf.rows)
        tally.recovered += sum(event == "recovered" for _, event, _ in world.shelf.journal)
        if violations:
            replay = f"python -m qbo_pipeline_tests.posting.simulator --seed {seed} --mode {mode}"
            tally.failures.append(f"{'; '.join(violations)} — {replay}")
            if most_failures is not None and len(tally.failures) >= most_failures:
                break
    return tally
