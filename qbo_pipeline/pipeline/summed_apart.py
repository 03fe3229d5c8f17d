"""Records that are kept out of summaries because of what people did in QuickBooks.

What belongs here: a document that came from QuickBooks stands there by itself, and within a day's form it would stand
there twice; one that a person may have entered there waits by itself, so that it can be linked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from qbo_pipeline.accounting.drafts import Excluded, Outcome, Refused
from qbo_pipeline.inventory.records import Record, record_key
from qbo_pipeline.pipeline.made_in_quickbooks import CHANGED_HERE, came_from_quickbooks
from qbo_pipeline.pipeline.master_data import Parsed
from qbo_pipeline.pipeline.on_both_sides import why_held
from qbo_pipeline.pipeline.summaries import Membership
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.dispositions import load_record


def keep_apart(
    connection: Connection, settings: Settings, rows: Sequence[Any], places: Mapping[str, Membership], parsed: Parsed
) -> dict[str, Membership]:
    """The places of these records, with none in a summary for those that belong to none now whatever the settings say.

    One that stands in a summary already is taken out only where it is sure that it came from QuickBooks.
    """
    read: dict[str, Record] = {}
    for row in rows:
        place = places.get(f"{row.record_type}/{row.record_id}")
        if place is not None and place.touched and row.kind in OWNED_AS and row.vanished_at is None:
            with suppress(Exception):  # what cannot be read is answered where it is built
                record = load_record(row)
                read[record_key(record)] = record
    came = held_apart(connection, settings, list(read.values()), places)
    unsent = [record for key, record in read.items() if not places[key].before]
    alike = why_held(connection, settings, unsent, parsed)
    return {**places, **{key: replace(places[key], now=None) for key in (*came, *alike)}}


def held_apart(
    connection: Connection, settings: Settings, read: Sequence[Record], places: Mapping[str, Membership]
) -> dict[str, Outcome]:
    """By key, what becomes of those of these records that came from QuickBooks; of those that may have, only where they
    stand in no summary."""
    came = came_from_quickbooks(connection, settings, read)
    return {
        key: outcome
        for key, outcome in came.items()
        if isinstance(outcome, Excluded)
        or (isinstance(outcome, Refused) and outcome.reason == CHANGED_HERE)
        or not places[key].before
    }
