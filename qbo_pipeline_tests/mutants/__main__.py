"""Mutation testing: small mistakes are put into the pure rooms, one at a time, and their tests have to notice.

What belongs here: the command: a copy of the package in `.mutants/ROOM`, so that neither the sources nor the
environment are touched, the run, and what it says. What was reached, and how each kind of mutant is judged, is in
`docs/mutants.md`.

    python -m qbo_pipeline_tests.mutants ROOM [FILE ...] [--sample PERCENT] [--seed TEXT] [--survivors] [--without TEST]
        [--seconds N] [--show]

FILE limits the run to files of the room (`content.py`). A run that was stopped goes on where it was, as long as sources
and tests are the same; `--survivors` keeps what was noticed before whatever has changed since and tries no mutant that
is judged to change nothing, which is quick while one writes tests, and no count. `--without test_x.py` leaves a slow
file of tests out: what the others notice is kept, what they do not is tried again by the next run; `--seconds N` does
so with what is not noticed within N seconds of a mutant's tests. `--sample N` tries N percent of the mutants of each
file (at least one), chosen by chance by the seed: the same seed chooses the same ones, and the table counts these
alone. `--show` prints each mutant that nothing noticed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from qbo_pipeline_tests.mutants.judging import Mutant, equivalent, judgements
from qbo_pipeline_tests.mutants.making import make, reached_as
from qbo_pipeline_tests.mutants.reaching import Target
from qbo_pipeline_tests.mutants.rooms import ROOMS, TESTS
from qbo_pipeline_tests.mutants.sampling import at_least, sampled
from qbo_pipeline_tests.mutants.trying import GIVEN_UP, NOT_REACHED, NOTICED, SURVIVED, TIMED_OUT, progress

ROOT = Path(__file__).parent.parent.parent
AIM = 95
WHOLE = 100  # percent
SETTINGS = '\n[tool.mutmut]\nsource_paths = ["qbo_pipeline"]\n'


def copied(room: str) -> Path:
    """A fresh copy of the package and its tests; only what earlier runs found is kept."""
    folder = ROOT / ".mutants" / room / "copy"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("qbo_pipeline", TESTS, "sql", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (folder.parent / "shared").unlink(missing_ok=True)
        (folder.parent / "shared").symlink_to(shared)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(project + SETTINGS, encoding="utf-8")
    return folder


def state_of(folder: Path) -> str:
    """One digest of all that can change a verdict: the package and its tests."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def known(kept: Path, mutants: list[Mutant], state: str, any_state: bool) -> dict[str, str]:
    """The verdicts of earlier runs that still stand, by the name of the mutant."""
    if not kept.exists():
        return {}
    rows = json.loads(kept.read_text(encoding="utf-8"))
    still = {}
    for mutant in mutants:
        verdict, seen_in = rows.get(f"{mutant.file} {mutant.function} {mutant.digest}", (None, None))
        if verdict and (seen_in == state or (any_state and noticed(verdict))):
            still[mutant.name] = verdict
    return still


def keep(kept: Path, mutants: list[Mutant], state: str, new: dict[str, str]) -> None:
    """Keep the new verdicts beside those of the files that took no part."""
    rows = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    rows |= {
        f"{mutant.file} {mutant.function} {mutant.digest}": (new[mutant.name], state)
        for mutant in mutants
        if mutant.name in new
    }
    kept.write_text(json.dumps(rows), encoding="utf-8")


def noticed(verdict: str) -> bool:
    """Whether a test failed, or did not end."""
    return verdict in (NOTICED, TIMED_OUT)


def table(mutants: list[Mutant], verdicts: dict[str, str], reasons: dict[str, str]) -> tuple[str, float]:
    """The count by file as a table of Markdown, and the share in percent of the room that was noticed."""
    lines = ["| file | mutants | change nothing | noticed | not noticed |", "|---|---|---|---|---|"]
    total: Counter[str] = Counter()
    for file in sorted({mutant.file for mutant in mutants}):
        counts = Counter(
            "nothing" if mutant.name in reasons else verdicts.get(mutant.name, "not tried")
            for mutant in mutants
            if mutant.file == file
        )
        lines.append(_row(Path(file).name, counts))
        total += counts
    lines.append(_row("all", total))
    return "\n".join(lines), _share(total)


def _share(counts: Counter[str]) -> float:
    counted = counts.total() - counts["nothing"]
    return 100 * (counts[NOTICED] + counts[TIMED_OUT]) / counted if counted else 100.0


def _row(name: str, counts: Counter[str]) -> str:
    noticed = counts[NOTICED] + counts[TIMED_OUT]
    missed = counts[SURVIVED] + counts[NOT_REACHED] + counts[GIVEN_UP] + counts["not tried"]
    share = f"{_share(counts):.1f}"
    return f"| {name} | {counts.total():,} | {counts['nothing']:,} | {noticed:,} ({share} %) | {missed:,} |"


def said(
    mutants: list[Mutant], verdicts: dict[str, str], reasons: dict[str, str], wrong: list[str], show: bool, sample: int
) -> float:
    """Print what was not noticed, the table, and what is wrong with the list (which grows); the share in percent.

    Of a sample that which was tried: its order is by chance, so that a run that is stopped has tried a smaller one.
    """
    if sample < WHOLE:
        mutants = [mutant for mutant in mutants if mutant.name in verdicts]
    for mutant in mutants:
        verdict = verdicts.get(mutant.name, "not tried")
        if mutant.name in reasons and noticed(verdict):
            wrong.append(f"{mutant.file}, {mutant.function}: judged to change nothing, but noticed: {mutant.becomes!r}")
        elif show and mutant.name not in reasons and not noticed(verdict):
            print(f"\n{mutant.file}, {mutant.function} ({verdict})\n- {mutant.was}\n+ {mutant.becomes}")
    text, share = table(mutants, verdicts, reasons)
    print(f"\n{text}")
    if sample < WHOLE:
        counted = [verdicts[mutant.name] for mutant in mutants if mutant.name not in reasons]
        found = sum(map(noticed, counted))
        decided = len(counted) - counted.count(GIVEN_UP)
        print(f"{found:,} of {len(counted):,} were noticed, {len(counted) - decided:,} not decided in their time.")
        print(
            f"With 95 % confidence that is of the room at least {at_least(found, len(counted)):.1f} %; where what was"
        )
        print(f"not decided is like what was: at least {at_least(found, decided):.1f} %.")
    for line in wrong:
        print(f"equivalent.toml: {line}")
    return share


def main(
    room: str,
    files: list[str],
    survivors: bool,
    without: list[str],
    seconds: float | None,
    show: bool,
    sample: int,
    seed: str,
) -> int:
    """Try the mutants of a room or of some of its files; 0 where enough of them are noticed, 1 otherwise."""
    folder = copied(room)
    state = state_of(folder)
    sources, tests, never = ROOMS[room]
    paths = sorted(str(path.relative_to(folder)) for pattern in sources for path in folder.glob(pattern))
    os.chdir(folder)  # mutmut reads its settings there
    mutants = [mutant for path in paths if not files or Path(path).name in files for mutant in make(folder, path)]
    reasons, wrong = equivalent(mutants, judgements())
    mutants = sampled(mutants, sample, seed)
    kept, written, task = (folder.parent / name for name in ("verdicts.json", "new.jsonl", "task.json"))
    before = known(kept, mutants, state, survivors)
    # In an order by chance: a run that is stopped has tried a fair sample of every file.
    chosen = {
        mutant.name: Target(reached_as(mutant), mutant.file, mutant.was)
        for mutant in mutants
        if mutant.name not in before and not (survivors and mutant.name in reasons)
    }
    selected = sorted(str(path.relative_to(folder)) for pattern in tests for path in folder.glob(pattern))
    processes = int(os.environ.get("QBO_PIPELINE_MUTANT_PROCESSES", "2"))
    task.write_text(
        json.dumps(
            {
                "mutants": chosen,
                "tests": [test for test in selected if test not in never and Path(test).name not in without],
                "processes": processes,
                "seconds": seconds,
            }
        ),
        encoding="utf-8",
    )
    written.unlink(missing_ok=True)
    code = 0
    try:
        if chosen:
            # CI makes hypothesis try the same examples each time, so that a verdict does not change from run to run.
            environment = os.environ | {"CI": "1", "PYTHONPATH": str(folder)}
            command = [sys.executable, "-m", f"{TESTS}.mutants.trying", str(task), str(written)]
            code = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    except KeyboardInterrupt:
        code = 1  # the table below says what was not tried
    finally:
        new = dict(progress(written))
        keep(
            kept,
            mutants,
            state,
            {
                name: verdict
                for name, verdict in new.items()
                if noticed(verdict) or not (without or verdict == GIVEN_UP)
            },
        )
    share = said(mutants, before | new, reasons, wrong, show, sample)
    return 1 if code or wrong or share < AIM else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m qbo_pipeline_tests.mutants", description=__doc__)
    parser.add_argument("room", choices=sorted(ROOMS))
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--survivors", action="store_true")
    parser.add_argument("--without", action="append", default=[], metavar="TEST")
    parser.add_argument("--seconds", type=float, metavar="N")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--sample", type=int, default=WHOLE, metavar="PERCENT", choices=range(1, 101))
    parser.add_argument("--seed", default="", metavar="TEXT")
    raise SystemExit(main(**vars(parser.parse_args())))
