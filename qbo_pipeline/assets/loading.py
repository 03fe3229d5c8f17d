"""Assets that write: postings (the outbox) from records, and QBO documents from postings."""

import dagster as dg

from qbo_pipeline.assets.common import Common, as_metadata, covered
from qbo_pipeline.pipeline.changed_days import WATERMARK_TAG, keep_watermark
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.resources import PipelineResource, table


def loading_assets(common: Common) -> list[dg.AssetsDefinition]:
    """`postings` and `quickbooks_documents` of one connection."""

    @common.asset(
        "load",
        deps=["documents", "movements", "payments", "reference_data"],
        kinds={"python"},
        description="What is to exist in QBO: one payload for each document, journal entry, payment, party and item.",
    )
    def postings(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
        with pipeline.run(context) as run:
            results = [transform(run, first, last) for first, last in covered(context)]
            if watermark := context.run.tags.get(WATERMARK_TAG):
                keep_watermark(run, watermark)
        rows = [row for result in results for row in result.rows()]
        totals = {name: sum(result.totals()[name] for result in results) for name in results[0].totals()}
        return dg.MaterializeResult(
            metadata={**as_metadata(totals), "by_kind": table(rows, ["kind", "outcome", "reason", "count"])}
        )

    @common.asset(
        "load",
        deps=["postings"],
        kinds={"quickbooks"},
        description="The postings of these days as QBO has them: each exactly once, or with the reason why not yet.",
    )
    def quickbooks_documents(
        context: dg.AssetExecutionContext, pipeline: PipelineResource
    ) -> dg.MaterializeResult[None]:
        with pipeline.run(context) as run:
            results = [load(run, first, last) for first, last in covered(context)]
            calls = run.api_calls()
        rows = [row for result in results for row in result.rows()]
        totals = {name: sum(result.totals()[name] for result in results) for name in results[0].totals()}
        return dg.MaterializeResult(
            metadata={
                **as_metadata(totals),
                **as_metadata(calls),
                "by_state": table(rows, ["kind", "state", "reason", "count", "amount"]),
            }
        )

    return [postings, quickbooks_documents]
