"""The job that takes a day, a run or a kind out of the books, from Dagster's launchpad: as the command `rollback` is.

Without who and why it only shows: each document, how it would leave, and what rests on it, in the run's metadata.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from qbo_pipeline.ops.days import day_of
from qbo_pipeline.ops.decisions import pool
from qbo_pipeline.ops.launchpad import asks_for
from qbo_pipeline.ops.many_decisions import SHOWN
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.settings import Settings
from qbo_pipeline.surfaces import one_line, terminal

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run


class RollbackConfig(dg.Config):
    """What is to leave the books: one of day, run and kinds."""

    day: str = Field(default="", description="What is dated this day (YYYY-MM-DD).")
    run: str = Field(default="", description="What was made of records that this run read.")
    kinds: list[str] = Field(default=[], description="These kinds of records, or document, movement, payment.")
    first: str = Field(default="", description="With kinds: from this day on (YYYY-MM-DD).")
    last: str = Field(default="", description="With kinds: up to this day (YYYY-MM-DD).")
    dated: str = Field(default="", description="Reverse all on this day and void nothing (YYYY-MM-DD).")
    dependents: bool = Field(default=False, description="Take along what settles or clears one of them.")
    again: bool = Field(default=False, description="Post again what was taken out.")
    who: str = Field(default="", description="Who orders it; kept in the journal. Empty: only show.")
    why: str = Field(default="", description="Why; kept in the journal.")


def rollback_job(settings: Settings) -> dg.JobDefinition:
    """`rollback` of one connection."""
    name = settings.connection.name
    op_name = f"{name}_roll_back_documents"
    description = "Take what was posted for a day, by a run or of a kind out of QuickBooks, or show how it would leave."

    @dg.op(name=op_name, description=description, pool=pool(settings))
    def roll_back_documents(context: dg.OpExecutionContext, config: RollbackConfig, pipeline: PipelineResource) -> None:
        metadata, stays = _carry_out(context, config, pipeline)
        if stays and config.who:
            raise dg.Failure(description=terminal("\n".join(stays[:20])), metadata=metadata, allow_retries=False)
        context.add_output_metadata(metadata)

    @dg.job(
        name=f"{name}_rollback",
        description=description,
        tags={"qbo_pipeline/connection": name},
        config=asks_for(op_name, "day", "who", "why"),
    )
    def rollback() -> None:
        roll_back_documents()

    return rollback


@dataclass(slots=True)
class _Told:
    """What came of it: rows for people, and why something stays."""

    rows: list[dict[str, Any]]
    columns: Sequence[str]
    stays: list[str]
    books: str = ""


def _carry_out(
    context: dg.OpExecutionContext, config: RollbackConfig, pipeline: PipelineResource
) -> tuple[dict[str, Any], list[str]]:
    """What came of it as metadata, and why something stays."""
    from qbo_pipeline.pipeline.looking import looking

    look = not config.who.strip() and not config.why.strip()
    with (
        pipeline.run(context, only_look=look) as opened,
        looking(opened) if look else nullcontext(opened) as run,
    ):
        told = _again(run, config, look=look) if config.again else _out(run, config, look=look)
    done = len(told.rows) - len(told.stays)
    verb, what = "would_be" if look else "are", "posted_again" if config.again else "out_of_the_books"
    context.log.info(one_line(f"{done:,} of {len(told.rows):,} documents; {len(told.stays):,} stay"))
    metadata: dict[str, Any] = {f"{verb}_{what}": done, "stay": len(told.stays)}
    if told.books:
        metadata["books"] = told.books
    return {**metadata, "documents": table(told.rows[:SHOWN], list(told.columns))}, told.stays


def _again(run: "Run", config: RollbackConfig, *, look: bool) -> _Told:
    from qbo_pipeline.pipeline import posting_again
    from qbo_pipeline.posting.persons import NotPossible

    if config.dated or config.dependents:
        raise NotPossible("dated and dependents say how to take out: they do not go with again")
    wanted = _wanted(config)
    found = (
        posting_again.taken_out(run, wanted) if look else posting_again.post_again(run, wanted, config.who, config.why)
    )
    stays = [f"{one.key}: {one.refused}" for one in found if one.refused]
    return _Told([one.as_dict() for one in found], posting_again.COLUMNS, stays)


def _out(run: "Run", config: RollbackConfig, *, look: bool) -> _Told:
    from qbo_pipeline.pipeline import rollback, rolling_back

    wanted, dated = _wanted(config), day_of(config.dated, "dated") if config.dated else None
    if look:
        steps = rollback.planned(run, wanted, dated=dated, dependents=config.dependents)
        stays = [f"{step.key}: {step.stays}" for step in steps if step.stays]
        return _Told([step.as_dict() for step in steps], rollback.COLUMNS, stays)
    outcomes = rolling_back.roll_back(run, wanted, config.who, config.why, dated=dated, dependents=config.dependents)
    stays = [f"{one.step.key}: {one.message}" for one in outcomes if not one.done]
    result = rolling_back.reconciled_after(run, outcomes)
    books = ""
    if result is not None:
        books = f"as at {result.as_at}: difference {result.difference:,.2f}, unexplained {result.unexplained:,.2f}"
    return _Told([one.as_dict() for one in outcomes], rolling_back.COLUMNS, stays, books)


def _wanted(config: RollbackConfig) -> Any:
    from qbo_pipeline.pipeline.choosing import Filter
    from qbo_pipeline.posting.persons import NotPossible

    if sum(map(bool, (config.day, config.run, config.kinds))) != 1:
        raise NotPossible("say which: one of day, run and kinds")
    if not config.kinds and (config.first or config.last):
        raise NotPossible("first and last belong to kinds")
    first, last = config.day or config.first, config.day or config.last
    return Filter(
        kinds=tuple(config.kinds),
        run_id=config.run or None,
        first=day_of(first, "first") if first else None,
        last=day_of(last, "last") if last else None,
    )
