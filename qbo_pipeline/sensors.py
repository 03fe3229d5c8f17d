"""Sensors: `changed_days` asks the source which days changed and requests their partitions (near real time)."""

import dagster as dg

from qbo_pipeline.jobs import NIGHTLY, Job
from qbo_pipeline.partitions import windows
from qbo_pipeline.pipeline.changed_days import WATERMARK_TAG, changed_days
from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline.settings import Settings


def build_sensors(settings: Settings, jobs: dict[str, Job], pipeline: PipelineResource) -> list[dg.SensorDefinition]:
    """The sensor of one connection; it starts stopped, and a person switches it on."""
    name = settings.connection.name

    @dg.sensor(
        name=f"{name}_changed_days",
        job=jobs[NIGHTLY],
        minimum_interval_seconds=300,
        description="Requests the days that changed in the source since the last run that was committed.",
    )
    def changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with pipeline.run(context) as run:
            found = changed_days(run)
        if not found.days:
            return dg.SkipReason("nothing changed in the source")
        # The watermark itself moves only when a run that carries this tag has committed its records.
        requests = [
            dg.RunRequest(
                run_key=f"{name}-{first}-{last}-{found.watermark}",
                tags={
                    RANGE_START: first.isoformat(),
                    RANGE_END: last.isoformat(),
                    **({WATERMARK_TAG: found.watermark} if (first, last) == found_windows[-1] else {}),
                },
            )
            for found_windows in [windows(day.isoformat() for day in found.days)]
            for first, last in found_windows
        ]
        return dg.SensorResult(run_requests=requests)

    return [changed]
