"""Run or replay the simulator: `python -m qbo_pipeline_tests.posting.simulator --seeds 20000`.

With `--seed N --mode honour` it replays one seed and prints every step.
"""

from __future__ import annotations

import argparse
import sys
import time

from qbo_pipeline_tests.posting.simulator.invariants import check
from qbo_pipeline_tests.posting.simulator.removed import DEFENCES, without
from qbo_pipeline_tests.posting.simulator.runs import run_seeds
from qbo_pipeline_tests.posting.simulator.server import MODES
from qbo_pipeline_tests.posting.simulator.world import World


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m qbo_pipeline_tests.posting.simulator", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this seed and print its steps")
    parser.add_argument("--seeds", type=int, default=20_000, help="how many seeds to run in each mode")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--mode", choices=MODES, help="what the server does with a repeated requestid; default: all")
    parser.add_argument("--without", choices=sorted(DEFENCES), help="remove this defence")
    options = parser.parse_args()
    modes = (options.mode,) if options.mode else MODES
    if options.seed is not None:
        return max(replay(options.seed, mode, options.without) for mode in modes)
    status = 0
    for mode in modes:
        started = time.perf_counter()
        with without(options.without) as changes:
            tally = run_seeds(range(options.first, options.first + options.seeds), mode, **changes)
        rate = tally.seeds / (time.perf_counter() - started)
        print(f"{mode:7} {tally} ({rate:,.0f} seeds/s)")
        for failure in tally.failures[:3]:
            print(f"  {failure}")
        status |= bool(tally.failures)
    return status


def replay(seed: int, mode: str, removed: str | None) -> int:
    with without(removed) as changes:
        world = World(seed, mode, trace=[], **changes).run()
        violations = check(world)
    print(f"seed {seed}, server's mode {mode}, heals at {world.heals_at:.1f}")
    print("\n".join(world.trace or []))
    for row in world.shelf.rows:
        print(row)
    print("\n".join(violations) if violations else "no violation")
    return bool(violations)


if __name__ == "__main__":
    sys.exit(main())
