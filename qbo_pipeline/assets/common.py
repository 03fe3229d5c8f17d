"""What all assets of a connection share: key prefix, partitions, back-fill policy, owners, tags, the realm's pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import dagster as dg

from qbo_pipeline.partitions import business_dates, windows
from qbo_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Common:
    """The arguments of `dg.asset` that follow from a connection's settings."""

    settings: Settings

    @property
    def name(self) -> str:
        return self.settings.connection.name

    def key(self, asset: str) -> dg.AssetKey:
        """The key of an asset of this connection."""
        return dg.AssetKey([self.name, asset])

    def undated(self, group: str) -> dict[str, Any]:
        """For an asset that is always read whole."""
        realm = self.settings.quickbooks.realm
        return {
            "key_prefix": [self.name],
            "group_name": group,
            "tags": {"connection": self.name, "realm": realm},
            # One step at a time may talk to a company: its limits and its order of documents are shared.
            "pool": f"realm_{realm}",
        }

    def dated(self, group: str) -> dict[str, Any]:
        """For an asset with a partition for each business date; a range of days is one run."""
        return {
            **self.undated(group),
            "partitions_def": business_dates(self.settings),
            "backfill_policy": dg.BackfillPolicy.single_run(),
        }


def covered(context: dg.AssetExecutionContext) -> list[tuple[date, date]]:
    """The windows of days that this step is to cover."""
    return windows(context.partition_keys)


def as_metadata(values: Mapping[str, Any]) -> dict[str, Any]:
    """Counts as numbers, amounts as text with all their digits."""
    return {name: _value(value) for name, value in values.items()}


def _value(value: object) -> Any:
    if isinstance(value, bool):
        return dg.MetadataValue.bool(value)
    if isinstance(value, int):
        return dg.MetadataValue.int(value)
    if isinstance(value, Decimal):
        return dg.MetadataValue.text(f"{value:,.2f}")
    return dg.MetadataValue.text(str(value))
