"""What all assets of a connection share: key prefix, partitions, back-fill policy, owners, tags, the realm's pool; and
how they turn counts and amounts into metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import dagster as dg
from sqlalchemy import Table

from qbo_pipeline.assets.columns import column_schema
from qbo_pipeline.partitions import business_dates, days_of, windows
from qbo_pipeline.settings import Settings
from qbo_pipeline.surfaces import terminal

if TYPE_CHECKING:
    from qbo_pipeline.store.verifying import Anchor

ENGINEERS = "team:data-engineering"
FINANCE = "team:finance"
# A nightly run that came, late by half a night at most, is fresh; two nights without one are not.
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=48), warn_window=timedelta(hours=30))


@dataclass(frozen=True, slots=True)
class Common:
    """The arguments of `dg.asset` that follow from a connection's settings.

    None has a retry policy: Dagster would try again even what a person terminates. See `resources`.
    """

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
        table: Table | None = None,
        name: str | None = None,
        deps: Sequence[str] = (),
        dated: bool = True,
        owner: str = ENGINEERS,
        read_by_people: bool = False,
    ) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
        """The decorator of an asset of this connection.

        A dated one has a partition for each business date, and a range of days is one run; an undated one is always
        read whole. `deps` are short names of assets of the same connection, `table` is where the asset lies in the
        store, for engineers to see its columns. What is `read_by_people` has to be fresh while the connection is alive.
        """
        realm = self.settings.quickbooks.realm
        particular: dict[str, Any] = {}
        if dated:
            particular = {
                "partitions_def": business_dates(self.settings),
                "backfill_policy": dg.BackfillPolicy.single_run(),
            }
        if table is not None:
            particular["metadata"] = {"dagster/table_name": table.name, "dagster/column_schema": column_schema(table)}
        if read_by_people and self.settings.connection.last_day is None:
            particular["freshness_policy"] = FRESH
        decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
            name=name,
            key_prefix=[self.name],
            group_name=group,
            deps=[self.key(dep) for dep in deps],
            kinds=kinds,
            description=description,
            owners=[owner],
            tags={"connection": self.name, "realm": realm},
            # One step at a time may talk to a company: its limits and its order of documents are shared.
            pool=f"realm_{realm}",
            **particular,
        )
        return decorator


def covered(context: dg.AssetExecutionContext, *, longest: int | None = None) -> list[tuple[date, date]]:
    """The windows of days that this step is to cover, in date order, none of more days than `longest`."""
    return windows(context.partition_keys, longest=longest)


def told(
    context: dg.AssetExecutionContext, metadata: Mapping[str, Any], last: date | None = None
) -> dg.MaterializeResult[None]:
    """The end of a step with what it found: once, on the `last` day that it covered, for the numbers are of all days.

    Where Dagster makes the metadata part of the result it keeps them twice for each day of a range.
    """
    context.add_asset_metadata(metadata, partition_key=last.isoformat() if last else None)
    return dg.MaterializeResult()


ROW_COUNT = "dagster/row_count"
ANCHOR_LINE, ANCHOR_HASH = "journal_line", "journal_hash"


def anchors_of(instance: dg.DagsterInstance, documents: dg.AssetKey) -> list[Anchor]:
    """Where the journal of attempts ended after each of the last loads, as Dagster remembers it."""
    from qbo_pipeline.store.verifying import Anchor

    found = []
    for record in instance.fetch_materializations(documents, limit=ANCHORS_COMPARED).records:
        event = record.asset_materialization
        metadata = event.metadata if event else {}
        if ANCHOR_LINE in metadata and ANCHOR_HASH in metadata:
            line, digest = metadata[ANCHOR_LINE].value, metadata[ANCHOR_HASH].value
            found.append(Anchor(f"the load of run {record.run_id[:8]}", int(str(line)), str(digest)))
    return found


ANCHORS_COMPARED = 1000


@contextmanager
def partial_success(context: dg.AssetExecutionContext) -> Iterator[list[tuple[date, date]]]:
    """Marks the windows that were finished (appended to the list) before the step failed.

    Dagster itself marks no day of a range whose step failed, and a person would see years as missing that are there.
    """
    finished: list[tuple[date, date]] = []
    try:
        yield finished
    except dg.Failure:
        for first, last in finished:
            for day in days_of(first, last):
                context.log_event(dg.AssetMaterialization(context.asset_key, partition=day.isoformat()))
        raise


def as_metadata(values: Mapping[str, Any]) -> dict[str, Any]:
    """Counts and amounts as numbers, which Dagster plots over the partitions; everything else as text.

    Dagster's numbers are binary: an amount is shown to the cent up to 10 to the 13th, and nothing is computed with it.
    The exact one is in the store and the report.
    """
    return {name: _value(value) for name, value in values.items()}


def _value(value: object) -> Any:
    if isinstance(value, bool):
        return dg.MetadataValue.bool(value)
    if isinstance(value, int):
        return dg.MetadataValue.int(value)
    if isinstance(value, Decimal):
        return dg.MetadataValue.float(float(value))
    return dg.MetadataValue.text(terminal(str(value)))


def in_words(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows for a table with words in the place of the codes of kind, state, outcome and reason."""
    from qbo_pipeline.reports.words import plain

    coded = ("kind", "state", "outcome", "reason")
    return [{name: _in_words(value, plain) if name in coded else value for name, value in row.items()} for row in rows]


def _in_words(value: Any, plain: Callable[[str], str | None]) -> Any:
    """The code as words; what follows it after a colon are words already."""
    code, colon, rest = str(value or "").partition(": ")
    return f"{plain(code) or ''}{colon}{rest}"
