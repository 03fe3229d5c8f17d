"""The demo's runs through Dagster: what is past as one back-fill, then some nights as nights, each told as it goes.

What belongs here: running them in this process, and the lines that say where they are. What the demo prepares and what
it says at its end are in `demonstrate.py` and `summary.py`.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as dt_time
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from qbo_pipeline.commands.common import say

if TYPE_CHECKING:
    import dagster as dg

NIGHTS = 3  # at the end, one run each; the days before them are one run
_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
_SCHEDULE = "dagster/schedule_name"
_PLAIN = {"quickbooks_documents": "documents into QuickBooks", "ledger_lines": "QuickBooks' ledger"}


def windows(first: date, days: int) -> list[tuple[date, date]]:
    """The days of each run of the demo, first and last included: all but the last nights in one."""
    nights = [first + timedelta(days=offset) for offset in range(days)]
    past, single = nights[:-NIGHTS], nights[-NIGHTS:]
    return [*([(past[0], past[-1])] if past else []), *((day, day) for day in single)]


class Stopwatch:
    """Says lines with the seconds since it was made."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()

    def say(self, text: str) -> None:
        """One line, with how long the demo has been at work."""
        say(f"{self._now() - self._began:5.0f} s  {text}")


def run_days(settings_file: str, name: str, days: tuple[date, date], tell: Callable[[str], None]) -> str | None:
    """Run the nightly job over these days; `tell` hears of each step. Answers what failed, in words, or `None`."""
    import dagster as dg

    from qbo_pipeline.definitions import build_definitions

    first, last = days
    definitions = build_definitions(settings_file)
    job = definitions.resolve_job_def(f"{name}_nightly")
    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.get() as instance:
        asked = dict(zip(_RANGE, (first.isoformat(), last.isoformat()), strict=True))
        tags = _asked_for(definitions, instance, last) if first == last else asked
        instance.add_event_listener(run_id, lambda entry: _told(entry, name, tell))
        _name_the_code_location(instance, name, job.name)
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags=tags,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    failed = [event for event in result.all_events if event.is_step_failure]
    return "\n".join(f"{event.step_key}: {_innermost(event.step_failure_data.error)}" for event in failed) or None


def _asked_for(definitions: dg.Definitions, instance: dg.DagsterInstance, day: date) -> dict[str, str]:
    """The tags of the run that the schedule itself asks for in the night after a day: its days, and whose run it is."""
    import dagster as dg

    (schedule,) = definitions.schedules or ()
    assert isinstance(schedule, dg.ScheduleDefinition)
    hour, minute = schedule.cron_schedule.split()[1::-1] if isinstance(schedule.cron_schedule, str) else ("2", "30")
    zone = ZoneInfo(schedule.execution_timezone or "UTC")
    night = datetime.combine(day + timedelta(days=1), dt_time(int(hour), int(minute)), zone)
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=night)
    (request,) = schedule.evaluate_tick(context).run_requests or ()
    return {**request.tags, _SCHEDULE: schedule.name}


def _name_the_code_location(instance: dg.DagsterInstance, name: str, job: str) -> None:
    """Let runs in this process say which code location they belong to, as those of the daemon do: Dagster's time line
    leaves out what belongs to none. It is what workspace.yaml names."""
    import dagster as dg

    location = {
        "__class__": "ManagedGrpcPythonEnvRepositoryLocationOrigin",
        "loadable_target_origin": {
            "__class__": "LoadableTargetOrigin", "attribute": name, "executable_path": None,
            "module_name": "qbo_pipeline.definitions", "package_name": None, "python_file": None,
            "working_directory": None,
        },
        "location_name": name,
    }  # fmt: skip
    repository = {
        "__class__": "ExternalRepositoryOrigin", "repository_location_origin": location,
        "repository_name": "__repository__",
    }  # fmt: skip
    origin = {"__class__": "ExternalPipelineOrigin", "external_repository_origin": repository, "pipeline_name": job}
    made: Any = dg.deserialize_value(json.dumps(origin))
    create = partial(instance.create_run_for_job, remote_job_origin=made)
    setattr(instance, "create_run_for_job", create)  # noqa: B010  of this object alone


def _told(entry: dg.EventLogEntry, name: str, tell: Callable[[str], None]) -> None:
    """A line for each step that begins, but for the checks, and for what a long one says of its progress."""
    event = entry.dagster_event
    if event is None:
        if "\n" not in entry.user_message:  # what a run says at its end, the demo says of all of them
            tell(f"  {entry.user_message}")
    elif event.event_type_value == "STEP_START" and not str(event.step_key).endswith("_checks"):
        asset = str(event.step_key).removeprefix(f"{name}__")
        tell(f"  {_PLAIN.get(asset, asset.replace('_', ' '))}")


def _innermost(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return str(error.message).strip() if error is not None else "no error is recorded"
