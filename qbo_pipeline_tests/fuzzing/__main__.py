"""The coverage-guided fuzzers, one after another, each for a bounded time.

    python -m qbo_pipeline_tests.fuzzing [--seconds N] [NAME ...]

What belongs here: a process for each fuzzer (libFuzzer never gives its process back), what it writes where, and the
exit status: 0 without a finding, 1 with one, 3 where atheris is not installed. What a fuzzer learns is kept in
`.fuzz/NAME`, findings in `.fuzz/findings`; one that is mended belongs into `corpora/NAME`, which the suite replays.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from qbo_pipeline_tests.fuzzing.names import CORPORA, NAMES

WORK = Path(__file__).parent.parent.parent / ".fuzz"
LONGEST_INPUT = 4096
SLOWEST = 20  # seconds for one input, on a machine with others on it
MEMORY = 2048  # MB


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m qbo_pipeline_tests.fuzzing")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(NAMES)}; all unless named")
    parser.add_argument("--seconds", type=int, default=60, help="how long each runs (60)")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if find_spec("atheris") is None:
        print(
            "atheris is not installed, which coverage-guided fuzzing needs: `pip install atheris==3.0.0` (it has "
            "wheels for some versions of Python only). Hypothesis fuzzes the same inputs without it: "
            "pytest qbo_pipeline_tests/test_hostile_input.py"
        )
        return 3
    if options.inside:
        return fuzz(options.inside, options.seconds)
    if unknown := [name for name in options.names if name not in NAMES]:
        parser.error(f"there is no fuzzer {', '.join(unknown)}; there are {', '.join(NAMES)}")
    found = [name for name in options.names or NAMES if not run(name, options.seconds)]
    print(f"findings: {', '.join(found) or 'none'}")
    return 1 if found else 0


def run(name: str, seconds: int) -> bool:
    """One fuzzer in a process of its own; whether it ended without a finding."""
    began = time.monotonic()
    print(f"{name}: {seconds} s", flush=True)
    command = [sys.executable, "-m", __spec__.name.removesuffix(".__main__"), "--inside", name]
    ended = subprocess.run([*command, "--seconds", str(seconds)], timeout=seconds + 600, check=False)
    print(f"{name}: {'no finding' if ended.returncode == 0 else 'A FINDING'}, {time.monotonic() - began:.0f} s")
    return ended.returncode == 0


def fuzz(name: str, seconds: int) -> int:
    """Fuzz in this process until the time is over or something is found."""
    import atheris

    with atheris.instrument_imports(include=["qbo_pipeline"]):
        from qbo_pipeline_tests.fuzzing.targets import TARGETS
    corpus, findings = WORK / name, WORK / "findings"
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    bounds = [f"-max_len={LONGEST_INPUT}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}"]
    bounds += [f"-max_total_time={seconds}", f"-artifact_prefix={findings}/{name}-", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *bounds, str(corpus), str(CORPORA / name)], TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
