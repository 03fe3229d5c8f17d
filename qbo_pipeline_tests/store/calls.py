"""What the store has counted of the calls to a company, to hold other counts against."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from qbo_pipeline.quickbooks.meter import CallTotals
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.quickbooks import api_calls


def calls_between(database: Database, realm: str, first: date, last: date) -> CallTotals:
    """What all connections to a realm called from `first` to `last` (days in UTC, both included)."""
    query = (
        select(api_calls.c.kind, func.sum(api_calls.c.calls), func.sum(api_calls.c.batch_items))
        .where(api_calls.c.realm == realm, api_calls.c.day.between(first, last))
        .group_by(api_calls.c.kind)
    )
    with database.reading() as connection:
        rows = {kind: (int(calls), int(items)) for kind, calls, items in connection.execute(query)}
    counts = {kind: calls for kind, (calls, _) in rows.items()}
    return CallTotals(**counts, batch_items=sum(items for _, items in rows.values()))
