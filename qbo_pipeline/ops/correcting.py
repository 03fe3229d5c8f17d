"""The job that corrects differences on order, from Dagster's launchpad: previewed first, as the command `correct` is.

Without keys it only previews: the steps stand in the run's metadata, each with the key by which it is ordered.
"""

from typing import Any

import dagster as dg
from pydantic import Field

from qbo_pipeline.ops.days import day_of
from qbo_pipeline.ops.decisions import pool
from qbo_pipeline.ops.launchpad import asks_for
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.settings import Settings
from qbo_pipeline.surfaces import terminal


class Corrections(dg.Config):
    """Which steps to carry out; none: preview only."""

    as_at: str = Field(description="The date of the reconciliation (YYYY-MM-DD).")
    keys: list[str] = Field(default=[], description="Keys of the steps to carry out, as the preview shows them.")
    who: str = Field(default="", description="Who orders them; kept in the journal.")
    why: str = Field(default="", description="Why; kept in the journal.")


def correcting_job(settings: Settings) -> dg.JobDefinition:
    """`correct` of one connection."""
    name = settings.connection.name
    description = "What corrects the differences as at a date; with keys, who and why, it is done."

    @dg.op(name=f"{name}_correct_differences", description=description, pool=pool(settings))
    def correct_differences(context: dg.OpExecutionContext, config: Corrections, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.corrections import carry_out, preview

        as_at = day_of(config.as_at, "as_at")
        with pipeline.run(context) as run:
            if not config.keys:
                steps = [
                    {"key": one.key, "action": one.action.action, "amount": f"{one.action.amount:,.2f}",
                     "what": one.action.preview}
                    for one in preview(run, as_at)
                ]  # fmt: skip
                context.add_output_metadata(
                    {"steps": len(steps), "preview": table(steps, ["key", "action", "amount", "what"])}
                )
                return
            outcomes = carry_out(run, as_at, config.keys, config.who, config.why)
        rows = [
            {"key": one.correction.key, "done": "yes" if one.done else "NO", "what": one.message} for one in outcomes
        ]
        metadata: dict[str, Any] = {
            "done": sum(one.done for one in outcomes),
            "outcomes": table(rows, ["key", "done", "what"]),
        }
        if not all(one.done for one in outcomes):
            said = "\n".join(one.message for one in outcomes if not one.done)
            raise dg.Failure(description=terminal(said), metadata=metadata, allow_retries=False)
        context.add_output_metadata(metadata)

    @dg.job(
        name=f"{name}_correct",
        description=description,
        tags={"qbo_pipeline/connection": name},
        config=asks_for(f"{name}_correct_differences", "as_at", "keys", "who", "why"),
    )
    def correct() -> None:
        correct_differences()

    return correct
