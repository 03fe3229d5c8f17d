"""The sensor `keep_alive`: our access to QuickBooks renewed every hour, and an alarm when it ends.

It runs unless somebody stops it: it posts nothing and reads nothing, and an access that nobody renews ends after 100
days whether or not the connection's other schedules are on. Where a person must connect the company again, it starts a
run that fails with the plain words, once a day, so that whatever a deployment does about failed runs is done about it.
"""

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.settings import Settings
from qbo_pipeline.surfaces import one_line

EVERY_SECONDS = 3600


class Alarm(dg.Config):
    """What a person must know."""

    finding: str = Field(description="Why QuickBooks will not let us in, and what to do about it.")


def alarm_job(settings: Settings) -> dg.JobDefinition:
    """The job of one connection that fails with an alarm's words; the sensor starts it."""
    name = settings.connection.name

    @dg.op(name=f"{name}_access_has_ended")
    def access_has_ended(config: Alarm) -> None:
        raise dg.Failure(description=config.finding, allow_retries=False)

    @dg.job(
        name=f"{name}_access_alarm",
        description="Fails with the reason when QuickBooks no longer lets us in; the sensor keep_alive starts it.",
        tags={"qbo_pipeline/connection": name},
    )
    def alarm() -> None:
        access_has_ended()

    return alarm


def build_keep_alive_sensor(
    settings: Settings, job: dg.JobDefinition, pipeline: PipelineResource
) -> dg.SensorDefinition:
    """The sensor of one connection; it starts running."""
    name = settings.connection.name

    @dg.sensor(
        name=f"{name}_keep_alive",
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Renews our access to QuickBooks every hour, and raises an alarm where a person must connect the "
        "company again. Posts nothing and reads no books.",
    )
    def keep_alive(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from qbo_pipeline.pipeline.access import REMEDY, keep_access_alive
        from qbo_pipeline.quickbooks.errors import QuickBooksAway

        with pipeline.run(context) as run:
            try:
                access = keep_access_alive(run)
            except QuickBooksAway as error:
                return dg.SkipReason(f"our access could not be renewed this time, the next tick tries again: {error}")
        if access.state == "ends_soon":
            context.log.warning(one_line(f"{access.text}. {REMEDY}"))
        if access.state != "ended":
            return dg.SkipReason(access.text)
        today = datetime.now(UTC).date()
        config = {"ops": {f"{name}_access_has_ended": {"config": {"finding": f"{access.text}. {REMEDY}"}}}}
        return dg.RunRequest(run_key=f"{name}-access-{today}", run_config=config)

    return keep_alive
