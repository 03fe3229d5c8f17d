"""Jobs: the nightly run (also the back-fill of a range), and the reconciliation alone."""

from __future__ import annotations

from typing import Any

import dagster as dg
from dagster import AssetSelection

from qbo_pipeline.partitions import business_dates
from qbo_pipeline.settings import Settings

NIGHTLY = "nightly"
RECONCILE = "reconcile"

Job = Any  # Dagster does not export the type of what define_asset_job answers


def build_jobs(settings: Settings) -> dict[str, Job]:
    """The jobs of one connection by their short name."""
    name = settings.connection.name
    partitions = business_dates(settings)
    return {
        NIGHTLY: dg.define_asset_job(
            f"{name}_{NIGHTLY}",
            selection=AssetSelection.key_prefixes([name]),
            partitions_def=partitions,
            description="Extract, transform, load and reconcile one business date, or a range of them in one run.",
        ),
        RECONCILE: dg.define_asset_job(
            f"{name}_{RECONCILE}",
            selection=AssetSelection.assets([name, "ledger_lines"], [name, "reconciliation"]),
            partitions_def=partitions,
            description="Read QBO's ledger and reconcile as at a business date; writes nothing to QBO.",
        ),
    }
