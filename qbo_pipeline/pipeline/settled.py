"""Which payments say that they settle a document, in the order in which they came, and which bills are for an order.

What belongs here: those queries. What a payment gets of a document is the business of `accounting.allocations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, select

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import record_references, records


def payments_settling(connection: Connection, name: str, document_ids: Sequence[str]) -> list[str]:
    """The ids of the payments with an allocation to one of these documents: by when we first saw them, then by their
    date and id."""
    coming: set[tuple[datetime, date, str]] = set()
    for chunk in chunks([f"document/{document_id}" for document_id in document_ids]):
        query = select(records.c.first_seen, records.c.business_date, records.c.record_id).where(
            records.c.connection == name,
            record_references.c.connection == name,
            record_references.c.refers_to.in_(chunk),
            records.c.record_type == "payment",
            record_references.c.record_key == "payment/" + records.c.record_id,
        )
        coming |= {(row.first_seen, row.business_date, row.record_id) for row in connection.execute(query)}
    return [record_id for _, _, record_id in sorted(coming)]


def bills_of_order(connection: Connection, name: str, order_id: str) -> list[str]:
    """The ids of the documents that name an order on a line."""
    query = select(record_references.c.record_key).where(
        record_references.c.connection == name,
        record_references.c.refers_to == f"document/{order_id}",
        record_references.c.record_key.like("document/%"),
    )
    return sorted(key.partition("/")[2] for key in connection.scalars(query))
