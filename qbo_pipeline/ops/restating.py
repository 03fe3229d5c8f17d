"""Jobs for what a person looks at and orders about what is or is not posted yet: preview, restate, post_history.

Each is one op whose answer is metadata of its output; the same as `run --dry-run`, `restate` and `post-history`. An
order needs who and why; without them it is only shown.
"""

from collections.abc import Callable
from itertools import islice

import dagster as dg
from pydantic import Field

from qbo_pipeline.ops.days import day_of
from qbo_pipeline.ops.decisions import pool
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.settings import Settings

SHOWN = 1_000  # rows in a table of metadata; the commands show all


class Days(dg.Config):
    """Which business dates."""

    first: str = Field(description="The first business date (YYYY-MM-DD).")
    last: str = Field(description="The last business date (YYYY-MM-DD).")


class Order(dg.Config):
    """Who orders it; without both it is only shown."""

    who: str = Field(default="", description="Who orders it; kept in the journal.")
    why: str = Field(default="", description="Why; kept in the journal.")


class HistoryOrder(Order):
    """Which history is to be posted."""

    first: str = Field(description="The first business date (YYYY-MM-DD).")
    last: str = Field(description="The last business date (YYYY-MM-DD).")


def restating_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """`preview`, `restate` and `post_history` of one connection."""
    name = settings.connection.name

    @dg.op(name=f"{name}_preview_postings", pool=pool(settings))
    def preview_postings(context: dg.OpExecutionContext, config: Days, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
        from qbo_pipeline.pipeline.looking import looking
        from qbo_pipeline.pipeline.previewing import Totals, preview
        from qbo_pipeline.pipeline.reference import refresh_reference_data
        from qbo_pipeline.pipeline.transform import transform

        first, last = day_of(config.first, "first"), day_of(config.last, "last")
        totals = Totals()
        rows: list[dict[str, str]] = []
        with pipeline.run(context, only_look=True) as opened, looking(opened) as run:
            extract_master_data(run)
            extract_days(run, first, last)
            refresh_reference_data(run)
            transform(run, first, last)
            for one in preview(run, last):
                totals.add(one)
                rows += [
                    {"key": one.key, "number": one.number, "party": one.party, "day": str(one.day or ""),
                     "would_be": one.would or str(one.reason), "account": line.account,
                     "debit": f"{line.debit:,.2f}", "credit": f"{line.credit:,.2f}"}
                    for line in islice(one.lines, SHOWN - len(rows))
                ]  # fmt: skip
        columns = ["key", "number", "party", "day", "would_be", "account", "debit", "credit"]
        sums = [{name: str(value) for name, value in row.items()} for row in totals.rows()]
        context.add_output_metadata(
            {
                **{f"would_be_{word}": count for word, count in totals.would.items()},
                "lines": table(rows, columns),
                "totals": table(sums, ["currency", "account_number", "account", "debit", "credit"]),
            }
        )

    @dg.op(name=f"{name}_restate_postings", pool=pool(settings))
    def restate_postings(context: dg.OpExecutionContext, config: Order, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.looking import looking
        from qbo_pipeline.pipeline.restating import restate
        from qbo_pipeline.pipeline.restating_preview import preview_restatements

        with pipeline.run(context) as run:
            if config.who or config.why:
                context.add_output_metadata(_ordered(lambda: restate(run, config.who, config.why)))
                return
            with looking(run) as elsewhere:
                found = list(islice(preview_restatements(elsewhere), SHOWN))
        rows = [
            {"record": one.record_key, "number": one.number, "day": one.day, "what": one.would,
             "side": side, "account": line.account, "debit": f"{line.debit:,.2f}", "credit": f"{line.credit:,.2f}"}
            for one in found
            for side, lines in (("now", one.old), ("would be", one.new))
            for line in lines
        ]  # fmt: skip
        columns = ["record", "number", "day", "what", "side", "account", "debit", "credit"]
        context.add_output_metadata({"records_shown": len(found), "preview": table(rows, columns)})

    @dg.op(name=f"{name}_post_history_postings", pool=pool(settings))
    def post_history_postings(context: dg.OpExecutionContext, config: HistoryOrder, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.history import post_history, waiting_history

        first, last = day_of(config.first, "first"), day_of(config.last, "last")
        released = 0
        with pipeline.run(context) as run:
            rows = [
                {"kind": one.entity, "count": str(one.count), "amount": f"{one.amount:,.2f} {one.currency}"}
                for one in waiting_history(run, first, last)
            ]
            if config.who or config.why:
                done = _ordered(lambda: {"released": post_history(run, first, last, config.who, config.why)})
                released = done["released"]
        context.add_output_metadata({"released": released, "waiting": table(rows, ["kind", "count", "amount"])})

    tags = {"qbo_pipeline/connection": name}
    said = "What is posted by earlier settings and would be otherwise today; with who and why, it becomes that."

    @dg.job(name=f"{name}_preview", tags=tags, description="What a run would send, as ledger lines; changes nothing.")
    def preview() -> None:
        preview_postings()

    @dg.job(name=f"{name}_restate", tags=tags, description=said)
    def restate_job() -> None:
        restate_postings()

    said = "What waits as history in these days; with who and why, the next run posts it."

    @dg.job(name=f"{name}_post_history", tags=tags, description=said)
    def post_history_job() -> None:
        post_history_postings()

    return [preview, restate_job, post_history_job]


def _ordered(carry_out: Callable[[], dict[str, int]]) -> dict[str, int]:
    from qbo_pipeline.posting.persons import NotPossible

    try:
        return carry_out()
    except NotPossible as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
