"""A run worker for tests that kill it: runs one job of a connection on the instance of DAGSTER_HOME.

python -m qbo_pipeline_tests.dagster_face.worker SETTINGS JOB [FIRST [LAST]] [--at POINT] [--waits FOLDER] ...

At the point named (`deaths.py`) the process kills itself with SIGKILL, or waits there. Its exit status is 0 only where
the run succeeded.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import dagster as dg

from qbo_pipeline.definitions import build_definitions
from qbo_pipeline.pipeline import load as load_stage
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import PosterSettings
from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.dagster_face import deaths
from qbo_pipeline_tests.dagster_face.company import QUIET

LABEL = "test/worker"
# What `location.py` is told through the environment.
SETTINGS, POINT, FOLDER, WAITS = (f"QBO_PIPELINE_TEST_{name}" for name in ("SETTINGS", "POINT", "FOLDER", "WAITS"))
# A QuickBooks that is done with a request within a second: what is in doubt may be looked up half a minute later.
HURRIED = Policy(deadline=20, margin=1, lease=25, works_on=1, settle=27, lag=0.5, look_lease=6, look_margin=1)


def job_of(settings_file: str, name: str) -> dg.JobDefinition:
    """A job of the connection, as Dagster makes it anew in each process."""
    return build_definitions(settings_file, retry_after=0).resolve_job_def(name)


def hurry() -> None:
    """Let this process's posters look up after half a minute what is in doubt."""
    load_stage.poster_settings = lambda _: PosterSettings(policy=HURRIED)


def main(options: argparse.Namespace) -> int:
    if options.at:
        deaths.arm(options.at, partial(deaths.wait, options.waits) if options.waits else deaths.die)
    if options.hurried:
        hurry()
    name = f"{load_settings(options.settings).connection.name}_{options.job}"
    job = dg.build_reconstructable_job(__spec__.name, "job_of", (options.settings, name))
    with dg.DagsterInstance.get() as instance:
        again = None
        if options.failed_steps_of:
            again = dg.ReexecutionOptions.from_failure(options.failed_steps_of, instance)
        elif options.all_steps_of:
            again = dg.ReexecutionOptions(options.all_steps_of)
        with dg.execute_job(
            job,
            instance=instance,
            run_config={**QUIET, **json.loads(options.config)},
            tags={LABEL: options.label, **days(options.first, options.last)},
            reexecution_options=again,
        ) as result:
            return 0 if result.success else 1


def days(first: str | None, last: str | None) -> dict[str, str]:
    """The tags by which a run covers a day, or a range of days in one run."""
    if first is None:
        return {}
    return {RANGE_START: first, RANGE_END: last} if last else {"dagster/partition": first}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings")
    parser.add_argument("job")
    parser.add_argument("first", nargs="?")
    parser.add_argument("last", nargs="?")
    parser.add_argument("--label", default="worker", help="tag of the run, by which the test finds it")
    parser.add_argument("--at", choices=deaths.POINTS, help="where to die, or to wait")
    parser.add_argument("--waits", type=Path, metavar="FOLDER", help="wait there until the file go_on is in FOLDER")
    parser.add_argument("--hurried", action="store_true", help="look up after half a minute what is in doubt")
    parser.add_argument("--failed-steps-of", metavar="RUN", help="execute again what did not succeed in a run")
    parser.add_argument("--all-steps-of", metavar="RUN", help="execute a run again")
    parser.add_argument("--config", default="{}", help="run configuration, JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main(arguments().parse_args()))
