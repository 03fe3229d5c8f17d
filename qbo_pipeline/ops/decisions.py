"""Jobs for what a person decides about postings, from Dagster's launchpad: the same as the commands of these names.

Each is one op with its config (key, who, why); the decision is a line in the journal, the next run acts on it. With
`all` and a filter in the place of the key it is about many, and without who and why it only shows them.
"""

from typing import Any

import dagster as dg
from pydantic import Field

from qbo_pipeline.assets.common import as_metadata
from qbo_pipeline.ops.days import day_of
from qbo_pipeline.ops.launchpad import asks_for
from qbo_pipeline.ops.many_decisions import ManyDatedDecision, ManyDecision, decide_many
from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.settings import Settings
from qbo_pipeline.surfaces import one_line


class Decision(dg.Config):
    """Which posting, who decides, and why."""

    key: str = Field(description="The posting's key, as the checks and the reports show it, such as document/4711.")
    who: str = Field(description="Who decides; kept in the journal.")
    why: str = Field(description="Why; kept in the journal.")


class Relink(Decision):
    """A decision that names an object in QBO."""

    qbo_id: str = Field(description="The Id of the object in QBO.")


# name -> what is configured, what a person reads
DECISIONS: dict[str, tuple[type[dg.Config], str]] = {
    "retry": (ManyDecision, "Send a parked posting again; the next run does it."),
    "skip": (ManyDecision, "Leave a posting out for good; it counts as skipped."),
    "approve": (
        ManyDatedDecision,
        "Let a posting go that policy holds back (approval, a closed period, a change in QBO).",
    ),
    "reverse": (
        ManyDatedDecision,
        "Take a posted document out of the books: void it, or with a date post its reversal on that day.",
    ),
    "unlink": (Decision, "Forget which object in QBO a posting is; the object stays and is nobody's."),
    "relink": (Relink, "Take an object of QBO, as it is now, for this posting's."),
}


class RecoveryConfig(dg.Config):
    """Who says that the store was restored from a copy, or that it has caught up."""

    who: str = Field(description="Who decides.")
    why: str = Field(description="Why.")
    end: bool = Field(default=False, description="The store has caught up: send at once again.")


def decision_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """One job for each decision of one connection."""
    return [*(_job(settings, name, *parts) for name, parts in DECISIONS.items()), _recovering_job(settings)]


def _recovering_job(settings: Settings) -> dg.JobDefinition:
    connection = settings.connection.name
    description = "After the store was restored from a copy: look for every posting in QuickBooks before it is sent."

    @dg.op(name=f"{connection}_recover_store", description=description, pool=pool(settings))
    def recover_store(context: dg.OpExecutionContext, config: RecoveryConfig, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.decide import recover as carry_out

        with pipeline.run(context) as run:
            said = carry_out(run, config.who, config.why, end=config.end)
        context.add_output_metadata(as_metadata({"now": said}))

    @dg.job(
        name=f"{connection}_recover",
        description=description,
        tags={"qbo_pipeline/connection": connection},
        config=asks_for(f"{connection}_recover_store", "who", "why"),
    )
    def recover() -> None:
        recover_store()

    return recover


def _job(settings: Settings, name: str, config_type: type[dg.Config], description: str) -> dg.JobDefinition:
    connection = settings.connection.name

    def decide(context: dg.OpExecutionContext, config: Any, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.decide import decide as carry_out

        given, qbo_id = getattr(config, "dated", None), getattr(config, "qbo_id", None)
        dated = None if given is None else day_of(given, "dated")
        if getattr(config, "all", False):
            decide_many(context, pipeline, name, config, dated)
            return
        if not config.key:
            said = "name a posting by its key, or all with what they have in common"
            raise dg.Failure(description=said, allow_retries=False)
        with pipeline.run(context) as run:
            now = carry_out(run, name, config.key, config.who, config.why, dated=dated, qbo_id=qbo_id)
        context.add_output_metadata(
            as_metadata({"key": config.key, "state": now.state, "reason": now.reason or "", "revision": now.revision})
        )
        context.log.info(one_line(f"{name} of {config.key} by {config.who}: it is {now.state} now"))

    asked = ("key", "qbo_id", "who", "why") if config_type is Relink else ("key", "who", "why")
    decide.__annotations__["config"] = config_type  # from it Dagster makes the launchpad's fields
    op = dg.op(name=f"{connection}_{name}_posting", description=description, pool=pool(settings))(decide)

    @dg.job(
        name=f"{connection}_{name}",
        description=description,
        tags={"qbo_pipeline/connection": connection, "qbo_pipeline/decision": name},
        config=asks_for(f"{connection}_{name}_posting", *asked),
    )
    def decision() -> None:
        op()

    return decision


def pool(settings: Settings) -> str:
    """The pool of the company: the same as that of its assets."""
    return f"realm_{settings.quickbooks.realm}"
