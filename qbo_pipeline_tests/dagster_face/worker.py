"""A run worker for tests that kill it: runs the nightly job of a day on the instance of DAGSTER_HOME.

python -m qbo_pipeline_tests.dagster_face.worker SETTINGS DAY [before_send | after_answer]

With a point named, the process kills itself there with SIGKILL: before the first batch leaves, or when its answer has
come and nothing of it is stored yet.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import dagster as dg

from qbo_pipeline.definitions import build_definitions
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.dagster_face.company import QUIET


def main(settings_file: str, day: str, point: str = "") -> int:
    """Answers the exit status: 0 only where the run succeeded."""
    really = QuickBooks.send_batch

    def killed(self: QuickBooks, *arguments: Any, **named: Any) -> Any:
        if point == "after_answer":
            really(self, *arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    if point:
        QuickBooks.send_batch = killed  # type: ignore[method-assign]
    name = load_settings(settings_file).connection.name
    job = build_definitions(settings_file).resolve_job_def(f"{name}_nightly")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(instance=instance, partition_key=day, raise_on_error=False, run_config=QUIET)
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
