"""Jobs for what a person decides about a connection and its company, from Dagster's launchpad: the same as the commands
`adopt` and `rebind`.

What a run would refuse cannot be opened as one: `rebind` works on the store alone.
"""

from typing import Any

import dagster as dg
from pydantic import Field

from qbo_pipeline.ops.decisions import pool
from qbo_pipeline.resources import PipelineResource
from qbo_pipeline.settings import Settings
from qbo_pipeline.surfaces import one_line


class Adoption(dg.Config):
    """Whose objects in QuickBooks are another connection's."""

    theirs: str = Field(description="The tag of the objects, as the refused run shows it.")
    who: str = Field(description="Who decides; kept in the store.")
    why: str = Field(description="Why; kept in the store.")


class Rebind(dg.Config):
    """Without who and why: preview only."""

    who: str = Field(default="", description="Who orders it; kept in the store.")
    why: str = Field(default="", description="Why; kept in the store.")


def binding_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """`adopt` and `rebind` of one connection."""
    name, tags = settings.connection.name, {"qbo_pipeline/connection": settings.connection.name}

    @dg.op(name=f"{name}_adopt_objects", pool=pool(settings))
    def adopt_objects(context: dg.OpExecutionContext, config: Adoption, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.ownership import accept_objects_of
        from qbo_pipeline.posting.persons import Person

        with pipeline.run(context) as run:
            accept_objects_of(run, config.theirs, Person(config.who, config.why))
        context.add_output_metadata({"posts_beside": config.theirs})

    @dg.op(name=f"{name}_rebind_connection", pool=pool(settings))
    def rebind_connection(context: dg.OpExecutionContext, config: Rebind, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.rebinding import planned_rebinding
        from qbo_pipeline.pipeline.rebinding import rebind as carry_out
        from qbo_pipeline.posting.persons import Person

        ordered = bool(config.who or config.why)
        with pipeline.store(context) as (now, database):
            if ordered:
                plan = carry_out(now, database, Person(config.who, config.why))
            else:
                plan = planned_rebinding(now, database)
        told: dict[str, Any] = {"done" if ordered else "preview": "\n".join(map(one_line, plan.lines()))}
        context.add_output_metadata(told)

    said = "Let this connection post beside another one in the same company, whose documents are not in this source."

    @dg.job(name=f"{name}_adopt", tags=tags, description=said)
    def adopt() -> None:
        adopt_objects()

    said = (
        "What the settings say of the source's place and the first day, against what the connection is bound to; with "
        "who and why, it is bound to it."
    )

    @dg.job(name=f"{name}_rebind", tags=tags, description=said)
    def rebind() -> None:
        rebind_connection()

    return [adopt, rebind]
