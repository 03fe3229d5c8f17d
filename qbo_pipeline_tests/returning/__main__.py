"""Run the simulator of both directions: `python -m qbo_pipeline_tests.returning --seeds 20000` (`make simulate`).

Each seed is a life of papers on a target whose abilities it chooses, and a life of a thing that both sides keep.
"""

from __future__ import annotations

import argparse
import sys
import time

from qbo_pipeline_tests.returning import test_both_directions as lists
from qbo_pipeline_tests.returning.both_ways import ABILITIES, BothWays, wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m qbo_pipeline_tests.returning", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000, help="how many seeds to live")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    started, sent, asked, failures = time.perf_counter(), 0, 0, []
    for seed in range(options.first, options.first + options.seeds):
        abilities = ABILITIES[seed % len(ABILITIES)]
        world = BothWays(seed, abilities).live()
        sent += sum(len(way.shelf.rows) for way in world.ways.values())
        asked += world.asked
        failures += [f"seed {seed}, {abilities}: {one}" for one in wrong(world)]
        failures += [f"seed {seed}, a list entry: {one}" for one in lists.wrong(lists.live(seed))]
    rate = options.seeds / (time.perf_counter() - started)
    said = f"{options.seeds:,} seeds, {sent:,} entries, {asked:,} left to a person, {len(failures):,} failures"
    print(f"{said} ({rate:,.0f} seeds/s)")
    print(*failures[:10], sep="\n")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
