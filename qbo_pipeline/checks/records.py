"""Checks on what was extracted: nothing set aside, and the counting identity."""

import dagster as dg

from qbo_pipeline.assets.common import Common
from qbo_pipeline.resources import PipelineResource, table

SHOWN_ROWS = 50


def record_checks(common: Common) -> list[dg.AssetChecksDefinition]:
    """For each extracted asset: does every record pass its schema? And do all counts add up?"""

    def none_set_aside(asset: str, record_types: tuple[str, ...]) -> dg.AssetChecksDefinition:
        @dg.asset_check(
            asset=common.key(asset),
            name="no_record_set_aside",
            description="Every record passes its schema; one that fails is kept, named here, and not posted.",
        )
        def check(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
            from qbo_pipeline.pipeline.counts import set_aside_records

            with pipeline.run(context) as run:
                found = set_aside_records(run, record_types)
            rows = [dict(zip(_SET_ASIDE, row, strict=True)) for row in found[:SHOWN_ROWS]]
            return dg.AssetCheckResult(
                passed=not found,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"set_aside": len(found), "records": table(rows, list(_SET_ASIDE))},
            )

        return check

    @dg.asset_check(
        asset=common.key("quickbooks_documents"),
        name="counts_add_up",
        blocking=True,
        description="read = posted + waiting + parked + skipped + excluded + set aside, for each day and kind.",
    )
    def counts_add_up(context: dg.AssetCheckExecutionContext, pipeline: PipelineResource) -> dg.AssetCheckResult:
        from qbo_pipeline.pipeline.counts import broken_counts

        with pipeline.run(context) as run:
            broken = broken_counts(run)
        rows = [row.as_dict() for row in broken[:SHOWN_ROWS]]
        return dg.AssetCheckResult(
            passed=not broken,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={
                "days_that_do_not_add_up": len(broken),
                "counts": table(rows, list(rows[0]) if rows else ["day"]),
            },
        )

    return [
        none_set_aside("master_data", ("party", "product", "location")),
        none_set_aside("documents", ("document",)),
        none_set_aside("movements", ("movement",)),
        none_set_aside("payments", ("payment",)),
        counts_add_up,
    ]


_SET_ASIDE = ("record", "number", "day", "rule", "message")
