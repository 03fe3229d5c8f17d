"""Assets that read: the inventory system's master data and its dated records, and QBO's reference data."""

from datetime import date
from typing import Any

import dagster as dg

from qbo_pipeline.assets.common import Common, as_metadata, covered
from qbo_pipeline.pipeline.extract import Extracted, extract_days, extract_master_data
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.resources import PipelineResource, table

_COLUMNS = ["record_type", "rows_read", "new", "changed", "unchanged", "vanished", "set_aside"]


def extraction_assets(common: Common) -> list[dg.AssetsDefinition]:
    """`master_data`, `documents`, `movements`, `payments` and `reference_data` of one connection."""

    @common.asset("extract", kinds={"sql"}, dated=False, description="Parties, products and locations of the source.")
    def master_data(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
        with pipeline.run(context) as run:
            return dg.MaterializeResult(metadata=_metadata(extract_master_data(run)))

    @common.asset(
        "extract",
        kinds={"quickbooks"},
        dated=False,
        description="QBO's chart of accounts, tax codes and preferences: what postings refer to.",
    )
    def reference_data(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
        with pipeline.run(context) as run:
            counts = read_reference_data(run)
            return dg.MaterializeResult(metadata={**as_metadata(counts), **as_metadata(run.api_calls())})

    def dated(name: str, record_type: str, description: str) -> dg.AssetsDefinition:
        @common.asset("extract", name=name, deps=["master_data"], kinds={"sql"}, description=description)
        def extracted(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
            found: list[Extracted] = []
            with pipeline.run(context) as run:
                for first, last in covered(context):
                    found += extract_days(run, first, last, (record_type,))
            return dg.MaterializeResult(metadata=_metadata(found))

        return extracted

    return [
        master_data,
        reference_data,
        dated("documents", "document", "Quotes, orders, invoices, bills and credits of the source, by business date."),
        dated("movements", "movement", "Stock movements of the source with quantity and value, by business date."),
        dated("payments", "payment", "Payments of the source with what they settle, by business date."),
    ]


def _metadata(found: list[Extracted]) -> dict[str, dg.MetadataValue[Any]]:
    rows = [
        {"record_type": item.record_type, "rows_read": item.rows_read}
        | {name: getattr(item.counts, name) for name in _COLUMNS[2:]}
        for item in found
    ]
    days: set[date] = set().union(*(item.counts.days for item in found))
    return {
        "rows_read": dg.MetadataValue.int(sum(item.rows_read for item in found)),
        "changed_days": dg.MetadataValue.int(len(days)),
        "set_aside": dg.MetadataValue.int(sum(item.counts.set_aside for item in found)),
        "counts": table(rows, _COLUMNS),
    }
