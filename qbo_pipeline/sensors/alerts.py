"""The sensors `alerts` and `run_failed`: people are told, by the addresses of [alerts].

They exist where the settings name addresses, and run unless somebody stops them. They read the store alone: no call of
QuickBooks or of the source.
"""

import dagster as dg

from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.settings import Settings
from qbo_pipeline.surfaces import one_line

EVERY_SECONDS = 600
_WORDS = 300  # of a failure, in a message


def build_alert_sensors(settings: Settings, pipeline: PipelineResource) -> list[dg.SensorDefinition]:
    """The sensors of one connection; none where nobody is to be told."""
    if settings.alerts.urls_variable is None:
        return []
    name = settings.connection.name

    @dg.sensor(
        name=f"{name}_alerts",
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells people what is wrong and what is over, each cause once, and the digest at its hour.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        from qbo_pipeline.alerts.sending import AppriseSender
        from qbo_pipeline.alerts.telling import tell

        with pipeline.run(context) as run:
            told = tell(run, AppriseSender(run.settings))
        for text in told.failed:
            context.log.warning(one_line(text))
        said = [*(f"told: {title}" for title in told.sent), *(f"held: {headline}" for headline in told.held)]
        return dg.SkipReason(one_line("; ".join(said) or "nothing to tell"))

    @dg.run_failure_sensor(
        name=f"{name}_run_failed",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells people that a run of this connection failed, once until a later run goes through.",
    )
    def run_failed(context: dg.RunFailureSensorContext) -> None:
        from qbo_pipeline.alerts.sending import AppriseSender
        from qbo_pipeline.alerts.telling import tell
        from qbo_pipeline.pipeline.run import open_run
        from qbo_pipeline.settings import load_settings

        if context.dagster_run.tags.get("qbo_pipeline/connection") != name:
            return
        words = one_line(context.failure_event.message or "")[:_WORDS]
        with open_run(load_settings(settings.file)) as run:
            tell(run, AppriseSender(run.settings), failed_run=f"{context.dagster_run.job_name}: {words}")

    return [alerts, run_failed]
