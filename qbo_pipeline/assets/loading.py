"""Assets that write: postings (the outbox) from records, and QBO documents from postings."""

from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from qbo_pipeline.assets.columns import column_lineage, rows_in
from qbo_pipeline.assets.common import (
    ANCHOR_HASH,
    ANCHOR_LINE,
    ROW_COUNT,
    Common,
    as_metadata,
    covered,
    in_words,
    partial_success,
    told,
)
from qbo_pipeline.partitions import days_of
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.store.tables.posting import postings as postings_table
from qbo_pipeline.surfaces import one_line

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.load import Loaded

UNDER_WAY = ("ready", "sending", "unknown")


def loading_assets(common: Common) -> list[dg.AssetsDefinition]:
    """`postings` and `quickbooks_documents` of one connection."""

    @common.asset(
        "transform",
        deps=["documents", "movements", "payments", "reference_data"],
        kinds={"python"},
        table=postings_table,
        description="What is to exist in QBO: one payload for each document, journal entry, payment, party and item.",
    )
    def postings(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
        from qbo_pipeline.pipeline.restating import count_restatements
        from qbo_pipeline.pipeline.transform import transform
        from qbo_pipeline.pipeline.write_back_answers import take_answers

        first, last = _span(context)
        with pipeline.run(context) as run:
            answered = take_answers(run)
            if answered.degraded is not None:
                context.log.warning(one_line(answered.degraded))
            result = transform(run, first, last)
            differ = count_restatements(run)
            there = rows_in(run, postings_table)
        pipeline.note("postings", **result.totals())
        return told(
            context,
            {
                **as_metadata(result.totals()),
                ROW_COUNT: there,
                **column_lineage(postings_table, common.name),
                "would_differ_today": differ,  # posted by earlier settings: the job `restate` shows and changes them
                "by_kind": table(in_words(result.rows()), ["kind", "outcome", "reason", "count"]),
            },
            last,
        )

    @common.asset(
        "load",
        deps=["postings"],
        kinds={"quickbooks"},
        read_by_people=True,
        description="The postings of these days as QBO has them: each exactly once, or with the reason why not yet.",
    )
    def quickbooks_documents(
        context: dg.AssetExecutionContext, pipeline: PipelineResource
    ) -> dg.MaterializeResult[None]:
        from qbo_pipeline.pipeline.load import load
        from qbo_pipeline.pipeline.write_back import write_back

        first, last = _span(context)
        with partial_success(context) as finished, pipeline.run(context) as run:
            result = load(run, first, last)
            came_back = write_back(run)
            calls = run.api_calls()
            if came_back.degraded is not None:
                context.log.warning(one_line(came_back.degraded))
            if result.remark is not None:
                context.log.warning(one_line(result.remark))
            for note in result.notes:
                context.log.info(one_line(note))
            if result.summary.degraded is not None:
                finished += _complete(context, result)
                pipeline.try_again(context, str(result.unfinished))
                raise dg.Failure(
                    description=result.unfinished,
                    metadata={**as_metadata(result.totals()), **_anchor(result)},
                )
        pipeline.note("quickbooks_documents", **result.totals(), **calls)
        return told(
            context,
            {
                **as_metadata(result.totals()),
                "waiting": result.summary.waiting,
                **as_metadata(calls),
                **(as_metadata(came_back.totals()) if came_back.any else {}),
                **_anchor(result),
                "by_state": table(in_words(result.rows()), ["kind", "state", "reason", "count", "amount"]),
            },
            last,
        )

    return [postings, quickbooks_documents]


def _span(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """The first and the last day: building and sending take what is due up to the last day, wherever its day lies."""
    days = covered(context)
    return days[0][0], days[-1][1]


def _anchor(result: "Loaded") -> dict[str, Any]:
    """Where the journal of attempts ends: outside the store, for `verify` to compare."""
    return as_metadata({ANCHOR_LINE: result.journal.seq, ANCHOR_HASH: result.journal.hash})


def _complete(context: dg.AssetExecutionContext, result: "Loaded") -> list[tuple[date, date]]:
    """The days of which nothing is ready, under way or in doubt."""
    open_days = {item.business_date for item in result.states if item.state in UNDER_WAY}
    days = [day for first, last in covered(context) for day in days_of(first, last)]
    return [(day, day) for day in days if day not in open_days]
