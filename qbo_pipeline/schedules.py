"""Schedules: the nightly run in the company's time zone.

It reads the last days again for what was back-dated, and goes back further where nights were missed: all of it in one
run over a range of days.
"""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg

from qbo_pipeline.jobs import NIGHTLY, Job
from qbo_pipeline.partitions import DAY, days_of
from qbo_pipeline.settings import Settings

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
# Missed nights are looked for this far back; what is older is a back-fill, which a person orders.
CATCH_UP = timedelta(days=31)


def build_schedules(settings: Settings, jobs: dict[str, Job]) -> list[dg.ScheduleDefinition]:
    """The schedule of one connection: yesterday, `look_back_days` before it, and missed nights, in one run.

    It starts stopped: nothing is posted before a person switches it on.
    """
    hour, minute = settings.schedule.at.split(":")
    connection = settings.connection
    documents = dg.AssetKey([connection.name, "quickbooks_documents"])

    @dg.schedule(
        name=f"{connection.name}_{NIGHTLY}",
        job=jobs[NIGHTLY],
        cron_schedule=f"{int(minute)} {int(hour)} * * *",
        execution_timezone=connection.time_zone,
        description="Every night: the day before, the days before it once more for what was back-dated, and the "
        "nights that were missed.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(connection.zone).date()
        done = {date.fromisoformat(key) for key in context.instance.get_materialized_partitions(documents)}
        window = nights(settings, today, done)
        if isinstance(window, str):
            return dg.SkipReason(window)
        first, last = window
        tags = {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
        return dg.RunRequest(run_key=f"{connection.name}-{today.isoformat()}", tags=tags)

    return [nightly]


def nights(settings: Settings, today: date, done: set[date]) -> tuple[date, date] | str:
    """The first and the last day for the run of the night before `today`; or, in words, why there is none.

    `done` are the days that are in QBO already. Days before the oldest of them are history, never posted unasked.
    """
    connection = settings.connection
    look_back = DAY * settings.schedule.look_back_days
    yesterday = today - DAY
    last = min(yesterday, connection.last_day or yesterday)
    if last < connection.first_day:
        return f"the connection's first day, {connection.first_day}, is not over yet"
    if done and last + look_back < yesterday and last in done:
        return f"the connection's last day, {last}, is done"
    first = max(last - look_back, connection.first_day)
    if done:
        recent = days_of(max(last - CATCH_UP, min(done)), last)
        first = min(next((day for day in recent if day not in done), first), first)
    return first, last
