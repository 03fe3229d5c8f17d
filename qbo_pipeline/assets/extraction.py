"""Assets that read: the inventory system's master data and its dated records, and QBO's reference data."""

from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from qbo_pipeline.assets.columns import rows_of
from qbo_pipeline.assets.common import ROW_COUNT, Common, as_metadata, covered, partial_success, told
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.store.tables.records import records
from qbo_pipeline.store.tables.records import reference_data as reference_table
from qbo_pipeline.surfaces import markdown_list, one_line

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.extract import Extracted

# A range is read month by month: the ids of a window are held in memory to see which of them have vanished.
LONGEST_WINDOW = 31
_COUNTS = ["new", "changed", "unchanged", "vanished", "set_aside"]


def extraction_assets(common: Common) -> list[dg.AssetsDefinition]:
    """`master_data`, `documents`, `movements`, `payments` and `reference_data` of one connection."""
    source = common.settings.source.kind

    @common.asset(
        "extract",
        kinds={source},
        dated=False,
        table=records,
        description="Parties, products and locations of the source, all of them each time.",
    )
    def master_data(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
        from qbo_pipeline.pipeline.extract import extract_master_data

        with pipeline.run(context) as run:
            found = extract_master_data(run)
            pipeline.note("master_data", **_totals(found))
            return told(context, {**_metadata(found), ROW_COUNT: rows_of(run, "party", "product", "location")})

    @common.asset(
        "extract",
        kinds={"quickbooks"},
        dated=False,
        table=reference_table,
        description="QBO's chart of accounts, tax codes and preferences: what postings refer to.",
    )
    def reference_data(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
        from qbo_pipeline.pipeline.reference import refresh_reference_data

        with pipeline.run(context) as run:
            found = refresh_reference_data(run)
            pipeline.note("reference_data", **run.api_calls())
            if found.warning:
                context.log.warning(one_line(found.warning))
            rows = [{"list": name, "entries": count} for name, count in found.counts.items()]
            return told(
                context,
                {
                    "entries": sum(found.counts.values()),
                    ROW_COUNT: sum(found.counts.values()),
                    **({"warning": found.warning} if found.warning else {}),
                    **as_metadata(run.api_calls()),
                    "lists": table(rows, ["list", "entries"]),
                },
            )

    def dated(name: str, record_type: str, description: str) -> dg.AssetsDefinition:
        @common.asset(
            "extract", name=name, deps=["master_data"], kinds={source}, table=records, description=description
        )
        def extracted(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
            from qbo_pipeline.pipeline.extract import extract_days

            found: list[Extracted] = []
            with partial_success(context) as finished, pipeline.run(context) as run:
                for first, last in covered(context, longest=LONGEST_WINDOW):
                    found += extract_days(run, first, last, (record_type,))
                    finished.append((first, last))
                there = rows_of(run, record_type)
            pipeline.note(name, **_totals(found))
            return told(context, {**_metadata(found), ROW_COUNT: there}, finished[-1][1])

        return extracted

    return [
        master_data,
        reference_data,
        dated("documents", "document", "Quotes, orders, invoices, bills and credits of the source, by business date."),
        dated("movements", "movement", "Stock movements of the source with quantity and value, by business date."),
        dated("payments", "payment", "Payments of the source with what they settle, by business date."),
    ]


def _metadata(found: "list[Extracted]") -> dict[str, Any]:
    from qbo_pipeline.pipeline.extract import warned

    by_type: dict[str, dict[str, int]] = {}
    for item in found:
        row = by_type.setdefault(item.record_type, dict.fromkeys(["read", *_COUNTS], 0))
        row["read"] += item.rows_read
        for name in _COUNTS:
            row[name] += getattr(item.counts, name)
    rows = [{"record_type": record_type, **row} for record_type, row in by_type.items()]
    totals = _totals(found)
    texts = warned(found)
    look = {"warnings": len(texts), "worth_a_look": dg.MetadataValue.md(markdown_list(texts))}
    days: set[date] = set().union(*(item.counts.days for item in found))
    return {
        **as_metadata(totals),
        **(look if texts else {}),
        "days_changed": len(days),
        "by_type": table(rows, ["record_type", *totals]),
    }


def _totals(found: "list[Extracted]") -> dict[str, int]:
    counted = {name: sum(getattr(item.counts, name) for item in found) for name in _COUNTS}
    return {"read": sum(item.rows_read for item in found), **counted}
