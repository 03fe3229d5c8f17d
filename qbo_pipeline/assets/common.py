"""What all assets of a connection share: key prefix, partitions, back-fill policy, owners, tags, the realm's pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

    def asset(
        self,
        group: str,
        *,
        description: str,
        kinds: set[str],
        name: str | None = None,
        deps: Sequence[str] = (),
        dated: bool = True,
    ) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
        """The decorator of an asset of this connection.

        A dated one has a partition for each business date, and a range of days is one run; an undated one is always
        read whole. `deps` are short names of assets of the same connection.
        """
        realm = self.settings.quickbooks.realm
        partitions: dict[str, Any] = {}
        if dated:
            partitions = {
                "partitions_def": business_dates(self.settings),
                "backfill_policy": dg.BackfillPolicy.single_run(),
            }
        decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
            name=name,
            key_prefix=[self.name],
            group_name=group,
            deps=[self.key(dep) for dep in deps],
            kinds=kinds,
            description=description,
            tags={"connection": self.name, "realm": realm},
            # One step at a time may talk to a company: its limits and its order of documents are shared.
            pool=f"realm_{realm}",
            **partitions,
        )
        return decorator


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
