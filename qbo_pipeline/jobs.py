"""Jobs of assets: the nightly run (also the back-fill of a range), its first half, and the reconciliation alone.

What a person decides or asks without materialising anything is in `ops`.
"""

from __future__ import annotations

from typing import Any

import dagster as dg
from dagster import AssetSelection

from qbo_pipeline.settings import Settings

NIGHTLY = "nightly"
PREPARE = "prepare"
RECONCILE = "reconcile"

Job = Any  # Dagster does not export the type of what define_asset_job answers


def build_jobs(settings: Settings) -> dict[str, Job]:
    """The asset jobs of one connection by their short name."""
    name = settings.connection.name
    extracted = ("master_data", "reference_data", "documents", "movements", "payments")
    jobs = {
        NIGHTLY: (
            AssetSelection.key_prefixes([name]),
            "Extract, transform, load and reconcile one business date, or a range of them in one run.",
        ),
        PREPARE: (
            AssetSelection.assets(*([name, asset] for asset in (*extracted, "postings"))),
            "Extract and transform, and send nothing: the next nightly run sends it, by the settings of then.",
        ),
        RECONCILE: (
            AssetSelection.assets([name, "ledger_lines"], [name, "reconciliation"]),
            "Read QBO's ledger and reconcile as at a business date; writes nothing to QBO.",
        ),
    }
    return {
        short: dg.define_asset_job(
            f"{name}_{short}",
            selection=selection,
            description=description,
            tags={"qbo_pipeline/connection": name},
        )
        for short, (selection, description) in jobs.items()
    }
