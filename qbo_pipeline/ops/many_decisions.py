"""Decisions about all postings that a filter names, from Dagster's launchpad: the fields beside `key`, and the answer.

What belongs here: the config of `approve`, `skip`, `retry` and `reverse`, and what is told of it as metadata. Which
jobs there are is in `ops.decisions`.
"""

from contextlib import nullcontext
from datetime import date
from itertools import islice
from typing import Any

import dagster as dg
from pydantic import Field

from qbo_pipeline.ops.days import day_of
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.surfaces import terminal

SHOWN = 1_000  # rows in a table of metadata; the commands show all


class ManyDecision(dg.Config):
    """Which posting, or with `all` which ones; who decides, and why."""

    key: str = Field(default="", description="The posting's key, as the checks and the reports show it.")
    all: bool = Field(default=False, description="All that the fields below name, in the place of one key.")
    states: list[str] = Field(default=[], description="Only in these states.")
    reasons: list[str] = Field(default=[], description="Only with these reasons.")
    kinds: list[str] = Field(default=[], description="Only of these kinds, or document, movement, payment.")
    entities: list[str] = Field(default=[], description="Only these QuickBooks entities, such as Bill.")
    party: str = Field(default="", description="Only of the customer or supplier with this number, id or name.")
    first: str = Field(default="", description="Only from this business date on (YYYY-MM-DD).")
    last: str = Field(default="", description="Only up to this business date (YYYY-MM-DD).")
    run: str = Field(default="", description="Only of records that this run read, new or changed.")
    over: str = Field(default="", description="Only above this amount.")
    under: str = Field(default="", description="Only below this amount.")
    who: str = Field(description="Who decides; kept in the journal. Empty, as why, with all: only show.")
    why: str = Field(description="Why; kept in the journal.")


class ManyDatedDecision(ManyDecision):
    """A decision that may move the posting to another day."""

    dated: str | None = Field(default=None, description="Post it on this day instead (YYYY-MM-DD), and say so.")


def decide_many(
    context: dg.OpExecutionContext, pipeline: PipelineResource, decision: str, config: Any, dated: date | None
) -> None:
    """Decide about all that the config names, or without who and why show them; fails where one cannot be decided."""
    from qbo_pipeline.pipeline.choosing import Filter, amount_of
    from qbo_pipeline.pipeline.deciding import COLUMNS, decide_all
    from qbo_pipeline.pipeline.looking import looking
    from qbo_pipeline.posting.persons import NotPossible

    look = not config.who.strip() and not config.why.strip()
    with pipeline.run(context, only_look=look) as opened:
        if config.key:
            raise NotPossible(f"name the key {config.key} or all by a filter, not both")
        wanted = Filter(
            states=tuple(config.states),
            reasons=tuple(config.reasons),
            kinds=tuple(config.kinds),
            entities=tuple(config.entities),
            party=config.party or None,
            first=day_of(config.first, "first") if config.first else None,
            last=day_of(config.last, "last") if config.last else None,
            run_id=config.run or None,
            over=amount_of(config.over, "over") if config.over else None,
            under=amount_of(config.under, "under") if config.under else None,
        )
        by = ("nobody", "only looking") if look else (config.who, config.why)
        with looking(opened) if look else nullcontext(opened) as run:
            answers = list(decide_all(run, decision, wanted, *by, dated=dated))
    could_not = [one.refused for one in answers if one.refused]
    rows = [one.as_dict() for one in islice(answers, SHOWN)]
    metadata: dict[str, Any] = {
        "would_be_decided" if look else "decided": len(answers) - len(could_not),
        "cannot_be_decided": len(could_not),
        "postings": table(rows, list(COLUMNS)),
    }
    if could_not and not look:
        raise dg.Failure(description=terminal("\n".join(could_not[:20])), metadata=metadata, allow_retries=False)
    context.add_output_metadata(metadata)
