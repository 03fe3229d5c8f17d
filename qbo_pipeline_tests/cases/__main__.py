"""`make cases`: run every case that lies beside the repository and judge it; a line for each.

    python -m qbo_pipeline_tests.cases [NUMBER ...]

Exit status 0 where every case ends as it should, 1 where one does not. The folder is `QBO_PIPELINE_CASES`, or
`../shared/data/cases`; where there is none, that is said and nothing is run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from qbo_pipeline_tests.cases.judgements import JUDGEMENTS
from qbo_pipeline_tests.cases.judging import broken_facts

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("QBO_PIPELINE_CASES") or ROOT.parent / "shared" / "data" / "cases")
SECONDS = 300


def run_case(script: Path) -> tuple[str, int]:
    """What a case printed, both outputs together, and its exit status; 124 where it took too long."""
    path = os.pathsep.join([str(script.parents[1]), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PROJECT": str(ROOT)}
    try:
        done = subprocess.run(
            [sys.executable, str(script)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        return f"{error.output or ''}", 124
    return done.stdout, done.returncode


def main(wanted: list[str]) -> int:
    scripts = sorted(FOLDER.glob("*/case.py"))
    if not scripts:
        print(f"skipped: there are no cases in {FOLDER}; QBO_PIPELINE_CASES names another folder")
        return 0
    failed = 0
    for script in scripts:
        name = script.parent.name
        number = name.partition("-")[0]
        if wanted and number not in wanted:
            continue
        judgement = JUDGEMENTS.get(number)
        if judgement is None:
            broken = ["there is no judgement of it in qbo_pipeline_tests/cases/judgements.py"]
        else:
            broken = broken_facts(judgement, *run_case(script))
        failed += bool(broken)
        said = "; ".join(broken) or (judgement.should if judgement else "")
        print(f"{'FAIL' if broken else 'ok  '} {name}: {said}", flush=True)
    print(f"{failed} of the cases do not end as they should" if failed else "every case ends as it should")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
