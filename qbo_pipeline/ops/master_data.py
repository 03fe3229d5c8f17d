"""Jobs for what is done once, as a connection goes live: link_parties, link_documents, export, switch_mode,
as the commands of these names are.

Each is one op whose answer is metadata of its output. Without who and why it only shows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from qbo_pipeline.ops.days import day_of
from qbo_pipeline.ops.decisions import pool
from qbo_pipeline.ops.launchpad import asks_for
from qbo_pipeline.ops.many_decisions import SHOWN
from qbo_pipeline.ops.restating import Order
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.settings import Settings

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

_PAIR = ["key", "answer", "why", "qbo_list", "qbo_id", "agree", "name_here", "name_in_quickbooks"]

_SIDES = [f"{sign}_{side}" for sign in ("number", "day", "amount", "stock") for side in ("here", "in_quickbooks")]
_TWINS = ["key", "answer", "why", "kind", "qbo_id", *_SIDES]


class ListsOrder(Order):
    """Which lists, and who orders it."""

    lists: list[str] = Field(
        default=["customers", "suppliers", "products"], description="Of customers, suppliers, products."
    )


class DocumentsOrder(Order):
    """Which business dates, and who orders it."""

    first: str = Field(description="The first business date (YYYY-MM-DD).")
    last: str = Field(description="The last business date (YYYY-MM-DD).")


class SwitchOrder(Order):
    """The last day of tracked items, and who orders what follows."""

    as_at: str = Field(description="The last day of tracked items (YYYY-MM-DD).")


def master_data_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """`link_parties`, `link_documents`, `export` and `switch_mode` of one connection."""
    makers = (_link_parties_job, _link_documents_job, _export_job, _switch_mode_job)
    return [make(settings) for make in makers]


def _link_parties_job(settings: Settings) -> dg.JobDefinition:
    name, op_name = settings.connection.name, f"{settings.connection.name}_link_entries"
    said = "Link customers, suppliers and products that QuickBooks has already, by policy, or show matches and doubts."

    @dg.op(name=op_name, description=said, pool=pool(settings))
    def link_entries(context: dg.OpExecutionContext, config: ListsOrder, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.exporting import link_lists, linked_ahead
        from qbo_pipeline.posting.persons import NotPossible, Person

        look = _only_looks(config)
        with _run(context, pipeline, look=look) as run:
            names = _names(config.lists)
            if not run.settings.posting.link_signs():
                raise NotPossible("say in [posting] link_existing which signs must agree")
            _read(run)
            found = linked_ahead(run, names) if look else link_lists(run, names, Person(config.who, config.why))
        rows = [{column: str(row[column] or "") for column in _PAIR} for row in found.rows()]
        context.add_output_metadata(
            {
                "would_be_linked" if look else "linked": len(found.matches),
                "in_doubt": len(found.doubts),
                "like_nothing_there": found.new,
                "pairs": table(rows[:SHOWN], _PAIR),
            }
        )

    @dg.job(name=f"{name}_link_parties", description=said, tags=_tags(name), config=asks_for(op_name, "who", "why"))
    def link_parties() -> None:
        link_entries()

    return link_parties


def _link_documents_job(settings: Settings) -> dg.JobDefinition:
    name, op_name = settings.connection.name, f"{settings.connection.name}_link_transactions"
    said = "Link documents, payments and journals that a vendor's own integration has posted, or show which these are."

    @dg.op(name=op_name, description=said, pool=pool(settings))
    def link_transactions(context: dg.OpExecutionContext, config: DocumentsOrder, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.linking_documents import of_days
        from qbo_pipeline.posting.persons import Person

        look, first, last = _only_looks(config), day_of(config.first, "first"), day_of(config.last, "last")
        with _run(context, pipeline, look=look) as run:
            found = of_days(run, first, last, None if look else Person(config.who, config.why))
        rows = [{column: str(row[column] or "") for column in _TWINS} for row in found.rows()]
        others = [{column: str(value or "") for column, value in row.items()} for row in found.others_told()]
        context.add_output_metadata(
            {
                "would_be_linked" if look else "linked": len(found.matches),
                "in_doubt": len(found.doubts),
                "like_nothing_there": found.new,
                "pairs": table(rows[:SHOWN], _TWINS),
                "others_on_the_inventory_account": len(found.others),
                "others": table(others[:SHOWN], ["kind", "qbo_id", "number", "day", "moves"]),
                **({"not_looked_at": "; ".join(found.remarks)} if found.remarks else {}),
            }
        )

    asked = asks_for(op_name, "first", "last", "who", "why")

    @dg.job(name=f"{name}_link_documents", description=said, tags=_tags(name), config=asked)
    def link_documents() -> None:
        link_transactions()

    return link_documents


def _export_job(settings: Settings) -> dg.JobDefinition:
    name, op_name = settings.connection.name, f"{settings.connection.name}_export_lists"
    said = "Send all active customers, suppliers or products to QuickBooks at once, or count what would be made."

    @dg.op(name=op_name, description=said, pool=pool(settings))
    def export_entries(context: dg.OpExecutionContext, config: ListsOrder, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.exporting import draft_lists, export_lists
        from qbo_pipeline.pipeline.linking import likenesses
        from qbo_pipeline.posting.persons import Person

        look = _only_looks(config)
        with _run(context, pipeline, look=look) as run:
            names = _names(config.lists)
            if not look:
                Person(config.who, config.why)
            _read(run)
            if look:
                drafted = draft_lists(run, names)
                with run.database.reading() as connection:
                    found = likenesses(connection, run)
                said = {**drafted.totals(), "would_be_linked": len(found.matches), "in_doubt": len(found.doubts)}
            else:
                drafted, loaded = export_lists(run, names)
                said = {**drafted.totals(), **loaded.totals()}
        context.add_output_metadata({"nothing_was_sent": look, **said})

    @dg.job(name=f"{name}_export", description=said, tags=_tags(name), config=asks_for(op_name, "who", "why"))
    def export() -> None:
        export_entries()

    return export


def _switch_mode_job(settings: Settings) -> dg.JobDefinition:
    name, op_name = settings.connection.name, f"{settings.connection.name}_switch_items"
    said = "Replace items that QuickBooks tracks by untracked ones of the same name, or show the steps."

    @dg.op(name=op_name, description=said, pool=pool(settings))
    def switch_items(context: dg.OpExecutionContext, config: SwitchOrder, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.switching import planned_switch, switch
        from qbo_pipeline.posting.persons import Person

        look, last = _only_looks(config), day_of(config.as_at, "as_at")
        with _run(context, pipeline, look=look) as run:
            plan = planned_switch(run, last) if look else switch(run, last, Person(config.who, config.why))
        context.add_output_metadata(
            {
                "items_to_replace" if look else "items_replaced": len(plan.items),
                "steps": dg.MetadataValue.md("\n".join(f"    {line}" for line in plan.lines())),
            }
        )

    asked = asks_for(op_name, "as_at", "who", "why")

    @dg.job(name=f"{name}_switch_mode", description=said, tags=_tags(name), config=asked)
    def switch_mode() -> None:
        switch_items()

    return switch_mode


def _only_looks(order: Order) -> bool:
    return not order.who.strip() and not order.why.strip()


@contextmanager
def _run(context: dg.OpExecutionContext, pipeline: PipelineResource, *, look: bool) -> "Iterator[Run]":
    from qbo_pipeline.pipeline.looking import looking

    with pipeline.run(context, only_look=look) as opened:
        if not look:
            yield opened
            return
        with looking(opened) as run:
            yield run


def _names(given: list[str]) -> list[str]:
    from qbo_pipeline.pipeline.exporting import LISTS
    from qbo_pipeline.posting.persons import NotPossible

    if not given or (unknown := sorted(set(given) - set(LISTS))):
        said = f"lists: {', '.join(unknown)} is none of them" if given else "lists: none is named"
        raise NotPossible(f"{said}; there are {', '.join(LISTS)}")
    return list(dict.fromkeys(given))


def _read(run: "Run") -> None:
    from qbo_pipeline.pipeline.extract import extract_master_data
    from qbo_pipeline.pipeline.reference import read_reference_data

    extract_master_data(run)
    read_reference_data(run)


def _tags(name: str) -> dict[str, Any]:
    return {"qbo_pipeline/connection": name}
