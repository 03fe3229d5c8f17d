"""Schedules: the nightly run in the company's time zone.

It reads the last days again, so that a missed night is caught up by the next one.
"""

from datetime import timedelta

import dagster as dg

from qbo_pipeline.jobs import NIGHTLY, Job
from qbo_pipeline.settings import Settings

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def build_schedules(settings: Settings, jobs: dict[str, Job]) -> list[dg.ScheduleDefinition]:
    """The schedule of one connection: yesterday and `look_back_days` before it, in one run."""
    hour, minute = settings.schedule.at.split(":")
    connection = settings.connection

    @dg.schedule(
        name=f"{connection.name}_{NIGHTLY}",
        job=jobs[NIGHTLY],
        cron_schedule=f"{int(minute)} {int(hour)} * * *",
        execution_timezone=connection.time_zone,
        description="Every night: the day before, and the days before it once more for what was back-dated.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(connection.zone).date()
        last = min(today - timedelta(days=1), connection.last_day or today)
        first = max(last - timedelta(days=settings.schedule.look_back_days), connection.first_day)
        if last < first:
            return dg.SkipReason(f"the connection's first day is {connection.first_day}")
        tags = {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
        return dg.RunRequest(run_key=f"{connection.name}-{today.isoformat()}", tags=tags)

    return [nightly]
