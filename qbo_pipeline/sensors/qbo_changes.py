"""The sensor `qbo_changes`: where webhooks have told of changes in QuickBooks, one run reads them and reconciles again.

It looks at the hints that the receiver (`qbo-pipeline webhooks`) keeps in the store, never at QuickBooks itself. Hints
are pending until a reading of QuickBooks' changes that began after them is complete, by whichever run; while one is
under way, or when the last one that was asked for did not get there, nothing new is requested.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass

import dagster as dg

from qbo_pipeline.jobs import NIGHTLY, RECONCILE, Job
from qbo_pipeline.partitions import business_dates
from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.sensors.asking_again import ASK_AGAIN_SECONDS, UNDER_WAY
from qbo_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class AskedFor:
    """The newest hint for which a run was asked last, when (seconds of the epoch), and for how many times in a row."""

    newest: str
    at: float
    attempt: int

    @classmethod
    def read(cls, cursor: str | None) -> AskedFor | None:
        return cls(**json.loads(cursor)) if cursor else None

    def write(self) -> str:
        return json.dumps(asdict(self))


def build_qbo_changes_sensor(
    settings: Settings, jobs: dict[str, Job], pipeline: PipelineResource
) -> dg.SensorDefinition:
    """The sensor of one connection; it starts stopped, and is of use where webhooks are received."""
    name = settings.connection.name
    reconciliation = dg.AssetKey([name, "reconciliation"])
    partitions = business_dates(settings)

    @dg.sensor(
        name=f"{name}_qbo_changes",
        job=jobs[RECONCILE],
        minimum_interval_seconds=300,
        description="Reconciles the last reconciled day again when webhooks have told of changes in QuickBooks.",
    )
    def changes(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from qbo_pipeline.store.webhooks import pending_hints

        with pipeline.run(context) as run, run.database.reading() as connection:
            pending = pending_hints(connection, run.name)
        if not pending:
            return dg.SkipReason("no webhook has told of a change since QuickBooks' changes were read last")
        if runs := _under_way(context.instance, jobs):
            return dg.SkipReason(f"waiting for runs that read QuickBooks' changes: {', '.join(runs)}")
        asked = AskedFor.read(context.cursor)
        again = asked is not None and asked.newest in pending
        if asked is not None and again and (left := asked.at + ASK_AGAIN_SECONDS - time.time()) > 0:
            return dg.SkipReason(
                "the run that was asked for last did not read QuickBooks' changes (see the last runs of "
                f"{jobs[RECONCILE].name}); it is asked for again in {left / 60:.0f} minutes"
            )
        last = partitions.get_last_partition_key() or ""
        days = {day for day in context.instance.get_materialized_partitions(reconciliation) if day <= last}
        if not days:
            return dg.SkipReason("nothing is reconciled yet: the first nightly run reads QuickBooks' changes")
        asking = AskedFor(pending[-1], time.time(), asked.attempt + 1 if asked is not None and again else 1)
        # Asked twice by a cursor that was lost, it is the same key, which Dagster runs once.
        request = dg.RunRequest(run_key=f"{name}-{asking.newest}-{asking.attempt}", partition_key=max(days))
        return dg.SensorResult(run_requests=[request], cursor=asking.write())

    return changes


def _under_way(instance: dg.DagsterInstance, jobs: dict[str, Job]) -> list[str]:
    """The runs under way that read QuickBooks' changes."""
    filters = (dg.RunsFilter(job_name=jobs[job].name, statuses=list(UNDER_WAY)) for job in (NIGHTLY, RECONCILE))
    return [record.dagster_run.run_id for found in filters for record in instance.get_run_records(found)]
