"""Customers, suppliers and items in QuickBooks: which of ours are linked, and what has the name of one that is not.

What belongs here: reading the store, and asking QuickBooks by name, a metered read for each 30 names.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.page.finding.work_list import Item, of_keys
from qbo_pipeline.pipeline.names_ahead import Namesake, namesakes_of
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.events import PARKED, READY
from qbo_pipeline.posting.states import Reason
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store.postings import whole
from qbo_pipeline.store.tables.posting import posting_links, postings

ENTRIES = ("Customer", "Vendor", "Item")
AT_ONCE = 200


def counts(connection: Connection, name: str) -> list[dict[str, Any]]:
    """By kind of entry and by whom it was linked, how many there are."""
    columns = (posting_links.c.entity, posting_links.c.linked_by)
    query = (
        select(*columns, func.count().label("count"))
        .where(posting_links.c.connection == name, posting_links.c.entity.in_(ENTRIES))
        .group_by(*columns)
        .order_by(*columns)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def unlinked(connection: Connection, name: str) -> list[Item]:
    """Entries of ours that QuickBooks does not have yet, the first of them: those whose name is taken come first."""
    query = (
        select(postings.c.key)
        .where(
            postings.c.connection == name,
            postings.c.superseded_by.is_(None),
            postings.c.entity.in_(ENTRIES),
            postings.c.state.in_((READY, PARKED)),
            postings.c.qbo_id.is_(None),
            postings.c.payload.is_not(None),
        )
        .order_by((func.coalesce(postings.c.reason, "") == Reason.DUPLICATE_NAME).desc(), postings.c.key)
        .limit(AT_ONCE)
    )
    return of_keys(connection, name, list(connection.scalars(query)))


def candidates(run: Run, items: list[Item]) -> list[tuple[Item, Namesake]]:
    """Each of these with the entry of QuickBooks that has its name, where there is one; what cannot be linked is among
    them, with its obstacle."""
    drafts = _drafts(run, [item.key for item in items])
    names = {draft.key: str(draft.payload.get("DisplayName") or draft.payload.get("Name")) for draft in drafts}
    by_name = {(names[item.key].casefold(), item.entity): item for item in items if item.key in names}
    found = []
    for one in namesakes_of(run, drafts):
        for entity in ENTRIES:
            item = by_name.get((one.name.casefold(), entity))
            if item is not None and entity == one.entity:
                found.append((item, one))
    return found


def _drafts(run: Run, keys: list[str]) -> list[Draft]:
    with run.database.reading() as connection:
        query = select(postings).where(
            postings.c.connection == run.name, postings.c.key.in_(keys), postings.c.superseded_by.is_(None)
        )
        rows = [whole(row) for row in connection.execute(query).mappings()]
    return [
        Draft(
            key=row["key"], entity=row["entity"], payload=from_wire(row["payload"] or "{}"),
            business_date=row["business_date"], amount=row["amount"], currency=row["currency"], effects=(),
        )
        for row in rows
    ]  # fmt: skip
