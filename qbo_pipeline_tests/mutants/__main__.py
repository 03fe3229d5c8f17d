"""Mutation testing: small mistakes are put into the pure rooms, one at a time, and their tests have to notice.

What belongs here: which files and which tests make up a room, and the run of mutmut over one room in a folder of its
own
(`.mutants/ROOM`), so that neither the sources nor the environment are touched. The figures that were reached, and what
was thought of each mutant that nothing noticed, are in `docs/mutants.md`.

    python -m qbo_pipeline_tests.mutants ROOM [NAME-PATTERN ...]
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROCESSES = os.environ.get("QBO_PIPELINE_MUTANT_PROCESSES", "2")
TESTS = "qbo_pipeline_tests"

ROOMS: dict[str, tuple[list[str], list[str]]] = {
    "inventory": (["qbo_pipeline/inventory/*"], [f"{TESTS}/inventory"]),
    "posting": (
        [f"qbo_pipeline/posting/{name}.py" for name in ("core", "events", "states", "identity", "policy", "content")],
        [
            f"{TESTS}/posting/test_{name}.py"
            for name in ("core", "core_changes", "policy", "identity", "content", "facts")
        ],
    ),
    "accounting": (["qbo_pipeline/accounting/*"], [f"{TESTS}/accounting"]),
    "reconciliation": (["qbo_pipeline/reconciliation/*"], [f"{TESTS}/reconciliation"]),
}
"""The files that are mutated and the tests that have to notice, by room."""


def prepare(room: str) -> Path:
    """A copy of the package and its tests with mutmut's settings for the room."""
    folder = ROOT / ".mutants" / room
    sources, tests = ROOMS[room]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("qbo_pipeline", TESTS, "sql"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (folder / "shared").symlink_to(shared)
    settings = {
        "source_paths": ["qbo_pipeline"],
        "only_mutate": sources,
        "also_copy": [TESTS, "sql"],
        "pytest_add_cli_args_test_selection": [test for test in tests if (ROOT / test).exists()],
        "pytest_add_cli_args": ["-n0", "-x", "-m", "not benchmark and not torture"],
    }
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(f"{project}\n[tool.mutmut]\n{lines}\n", encoding="utf-8")
    return folder


def main(room: str, *patterns: str) -> int:
    """Run the mutants of a room (all, or those whose names match) and list those that nothing noticed."""
    folder = prepare(room)
    # CI makes hypothesis try the same examples each time, so that a mutant's fate does not change from run to run.
    environment = os.environ | {"CI": "1"}
    mutmut = str(Path(sys.executable).parent / "mutmut")
    run = [mutmut, "run", "--max-children", PROCESSES, *patterns]
    status = subprocess.run(run, cwd=folder, env=environment, check=False).returncode
    subprocess.run([mutmut, "results"], cwd=folder, env=environment, check=False)
    return status


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ROOMS:
        raise SystemExit(f"name a room: {', '.join(ROOMS)}")
    raise SystemExit(main(*sys.argv[1:]))
