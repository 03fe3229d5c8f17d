"""The sensor `changed_days`: asks the source which days changed and requests their partitions (near real time).

The sensor's cursor remembers what was asked for last. The store's watermark moves by the first tick that finds these
days committed, by the runs that were requested or by any other; until then nothing new is requested, so that a slow
or a broken run never makes a pile of runs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

import dagster as dg

from qbo_pipeline.jobs import NIGHTLY, Job
from qbo_pipeline.partitions import business_dates, days_of, windows
from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline.sensors.asking_again import ASK_AGAIN_SECONDS, UNDER_WAY
from qbo_pipeline.settings import Secrets, Settings, SettingsError

WATERMARK_TAG = "qbo_pipeline/watermark"

Windows = tuple[tuple[str, str], ...]  # first and last day of each, ISO text


@dataclass(frozen=True, slots=True)
class AskedDays:
    """What the sensor asked for last, and when (seconds of the epoch).

    `windows` are the days that were requested, `named` all that the source has named under this watermark.
    """

    watermark: str
    windows: Windows
    named: Windows
    at: float
    attempt: int

    @classmethod
    def read(cls, cursor: str | None) -> AskedDays | None:
        if not cursor:
            return None
        kept = json.loads(cursor)
        return cls(**kept | {name: tuple(map(tuple, kept[name])) for name in ("windows", "named")})

    def write(self) -> str:
        return json.dumps(asdict(self))

    def named_days(self) -> set[date]:
        spans = ((date.fromisoformat(first), date.fromisoformat(last)) for first, last in self.named)
        return {day for first, last in spans for day in days_of(first, last)}


def build_changed_days_sensor(
    settings: Settings, jobs: dict[str, Job], pipeline: PipelineResource
) -> dg.SensorDefinition:
    """The sensor of one connection; it starts stopped, and a person switches it on."""
    name = settings.connection.name
    postings = dg.AssetKey([name, "postings"])
    partitions = business_dates(settings)

    @dg.sensor(
        name=f"{name}_changed_days",
        job=jobs[NIGHTLY],
        # Where webhooks say when to ask, a tick that has nothing to ask costs no call.
        minimum_interval_seconds=60 if settings.source.is_read_by_api and told_by_webhooks(settings) else 300,
        description="Requests the days that changed in the source since the last ones that were committed.",
    )
    def changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from qbo_pipeline.pipeline.changed_days import changed_days, keep_watermark
        from qbo_pipeline.pipeline.source_hints import begin_asking, was_asked, worth_asking

        asked = AskedDays.read(context.cursor)
        done = asked is not None and is_committed(context.instance, postings, asked)
        if asked is not None and not done:
            if runs := _under_way(context.instance, asked):
                return dg.SkipReason(f"waiting for {len(runs)} runs: {', '.join(runs)}")
            if (left := asked.at + ASK_AGAIN_SECONDS - time.time()) > 0:
                return dg.SkipReason(
                    f"the days asked for last were not committed (see the runs tagged {WATERMARK_TAG}: "
                    f"{asked.watermark}); they are asked for again in {left / 60:.0f} minutes"
                )
        with pipeline.run(context) as run:
            if asked is not None and done:
                keep_watermark(run, asked.watermark)
            if (asked is None or done) and not worth_asking(run):
                return dg.SkipReason("the source's webhooks told of nothing since it was read")
            began = begin_asking(run)
            found = changed_days(run)
            was_asked(run, began)
        last = partitions.get_last_partition_key()
        named = {day for day in found.days if last is not None and day.isoformat() <= last}
        wanted, attempt = named, 1
        if asked is not None and found.watermark == asked.watermark:
            # The source names the newest days again, in case a change came late: what is done is not asked for twice.
            named = named | asked.named_days()
            wanted, attempt = named - asked.named_days() if done else named, asked.attempt + 1
        if not wanted:
            return dg.SkipReason("nothing changed in the source")
        asking = AskedDays(found.watermark, _windows(wanted), _windows(named), time.time(), attempt)
        return dg.SensorResult(run_requests=_requests(name, asking), cursor=asking.write())

    return changed


def told_by_webhooks(settings: Settings) -> bool:
    """Whether the inventory system's webhooks are taken for this connection."""
    try:
        return Secrets.read(settings).source_webhook_token is not None
    except SettingsError:
        return False  # who runs says what is wrong with them


def is_committed(instance: dg.DagsterInstance, postings: dg.AssetKey, asked: AskedDays) -> bool:
    """Whether each window was read and built since it was asked for, in one run from its first to its last day."""
    return all(
        _runs_of(instance, postings, first, asked.at) & _runs_of(instance, postings, last, asked.at)
        for first, last in asked.windows
    )


def _windows(days: set[date]) -> Windows:
    return tuple((first.isoformat(), last.isoformat()) for first, last in windows(day.isoformat() for day in days))


def _runs_of(instance: dg.DagsterInstance, asset: dg.AssetKey, day: str, since: float) -> set[str]:
    filters = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[day], after_timestamp=since)
    return {record.run_id for record in instance.fetch_materializations(filters, limit=100).records}


def _under_way(instance: dg.DagsterInstance, asked: AskedDays) -> Sequence[str]:
    filters = dg.RunsFilter(tags={WATERMARK_TAG: asked.watermark}, statuses=list(UNDER_WAY))
    return [record.dagster_run.run_id for record in instance.get_run_records(filters)]


def _requests(name: str, asking: AskedDays) -> list[dg.RunRequest]:
    """One run for each window; the same question asked twice makes the same run keys, which Dagster runs once."""
    return [
        dg.RunRequest(
            run_key=f"{name}-{first}-{last}-{asking.watermark}-{asking.attempt}",
            tags={RANGE_START: first, RANGE_END: last, WATERMARK_TAG: asking.watermark},
        )
        for first, last in asking.windows
    ]
