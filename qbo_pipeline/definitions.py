"""The Dagster code location of one connection.

`workspace.yaml` names one location for each connection; the attribute asked of this module is the connection's name,
whose settings are `<name>.toml` in the folder `QBO_PIPELINE_CONNECTIONS` (`connections` without it). `defs` is the
connection whose settings file `QBO_PIPELINE_SETTINGS` names. Loading reads that file and nothing else: no database,
no network, no secret.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import dagster as dg

from qbo_pipeline.assets.common import Common
from qbo_pipeline.assets.extraction import extraction_assets
from qbo_pipeline.assets.loading import loading_assets
from qbo_pipeline.assets.reconciling import reconciling_assets
from qbo_pipeline.checks.all import all_checks
from qbo_pipeline.garbage import collect_rarely
from qbo_pipeline.jobs import build_jobs
from qbo_pipeline.ops.binding import binding_jobs
from qbo_pipeline.ops.correcting import correcting_job
from qbo_pipeline.ops.decisions import decision_jobs
from qbo_pipeline.ops.inspecting import inspecting_jobs
from qbo_pipeline.ops.master_data import master_data_jobs
from qbo_pipeline.ops.restating import restating_jobs
from qbo_pipeline.ops.rolling_back import rollback_job
from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.schedules import build_schedules
from qbo_pipeline.sensors.alerts import build_alert_sensors
from qbo_pipeline.sensors.changed_days import build_changed_days_sensor
from qbo_pipeline.sensors.keep_alive import alarm_job, build_keep_alive_sensor
from qbo_pipeline.sensors.qbo_changes import build_qbo_changes_sensor
from qbo_pipeline.settings import SETTINGS_VARIABLE, load_settings
from qbo_pipeline.surfaces import log_for_people

collect_rarely()
log_for_people()  # what libraries and rooms log goes into the step's standard error, which Dagster shows

# A single run for a range of days is what makes back-fills of years possible; its being marked beta is known.
warnings.filterwarnings("ignore", category=dg.BetaWarning, message=".*backfill_policy.*")

CONNECTIONS_VARIABLE = "QBO_PIPELINE_CONNECTIONS"
RETRY_AFTER = 60.0  # seconds; a source or QuickBooks may be away for a moment


def build_definitions(settings_file: Path | str, *, retry_after: float = RETRY_AFTER) -> dg.Definitions:
    """Assets, checks, jobs, schedules, sensors and resources of the connection with these settings.

    Raises `SettingsError` where the settings are not valid.
    """
    settings = load_settings(settings_file)
    common = Common(settings)
    pipeline = PipelineResource(settings_file=str(settings.file), retry_after=retry_after)
    jobs = build_jobs(settings)
    alarm = alarm_job(settings)
    return dg.Definitions(
        assets=[*extraction_assets(common), *loading_assets(common), *reconciling_assets(common)],
        asset_checks=all_checks(common),
        jobs=[
            *jobs.values(),
            *decision_jobs(settings),
            *binding_jobs(settings),
            *inspecting_jobs(settings),
            *restating_jobs(settings),
            correcting_job(settings),
            rollback_job(settings),
            *master_data_jobs(settings),
            alarm,
        ],
        schedules=build_schedules(settings, jobs),
        sensors=[
            build_changed_days_sensor(settings, jobs, pipeline),
            build_qbo_changes_sensor(settings, jobs, pipeline),
            build_keep_alive_sensor(settings, alarm, pipeline),
            *build_alert_sensors(settings, pipeline),
        ],
        resources={"pipeline": pipeline},
        # A process for each step costs a second and shares no connection: runs are what is spread over machines.
        executor=dg.in_process_executor,
    )


def __getattr__(name: str) -> dg.Definitions:
    if name == "defs":
        return build_definitions(os.environ.get(SETTINGS_VARIABLE, ""))
    file = Path(os.environ.get(CONNECTIONS_VARIABLE, "connections")) / f"{name}.toml"
    if name.startswith("_") or not file.is_file():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}: there is no file {file}")
    return build_definitions(file)
