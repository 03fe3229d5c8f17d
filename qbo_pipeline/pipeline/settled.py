"""Which payments say that they settle a document, in the order in which they came; what stands in QuickBooks; which
bills are for an order.

What belongs here: the look-ups of `accounting.books.Books` that are about these. What a payment gets of a document is
the business of `accounting.allocations`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, select

from qbo_pipeline.inventory.records import Payment, Record
from qbo_pipeline.store.postings import chunks, links
from qbo_pipeline.store.tables.records import record_references, records


class SettledDocuments:
    """The look-ups for one connection, over an open database connection; `read` gives the payments of these ids."""

    def __init__(
        self, connection: Connection, name: str, read: Callable[[str, Sequence[str]], Iterable[Record]]
    ) -> None:
        self._connection, self._name, self._read = connection, name, read
        self._payments: dict[str, list[Payment]] = {}  # by document
        self._standing: dict[str, str | None] = {}  # by key of a posting

    def forget(self) -> None:
        """What was fetched for the batch before is not kept."""
        self._payments, self._standing = {}, {}

    def fetch_for(self, batch: Iterable[Record]) -> set[str]:
        """Fetch at once what the payments of a batch will ask for; answers the ids of the documents that they name."""
        payments = [record for record in batch if isinstance(record, Payment)]
        settled = {allocation.document_id for payment in payments for allocation in payment.allocations}
        made = {f"payment/{payment.record_id}" for payment in payments if payment.kind == "payment_made"}
        self._fetch_payments(sorted(settled - set(self._payments)))
        self._fetch_standing(sorted(made - set(self._standing)))
        return settled

    def payments_of(self, document_id: str) -> Sequence[Payment]:
        """The payments of a document that several settle; one that is alone has nobody before it."""
        if document_id not in self._payments:
            self._fetch_payments([document_id])
        return self._payments[document_id]

    def posted_as(self, key: str) -> str | None:
        """The entity under which a posting stands in QuickBooks."""
        if key not in self._standing:
            self._fetch_standing([key])
        return self._standing[key]

    def _fetch_payments(self, document_ids: Sequence[str]) -> None:
        self._payments |= {document_id: [] for document_id in document_ids}
        several = payments_settling(self._connection, self._name, document_ids)
        ids = sorted({payment_id for those in several.values() for payment_id in those})
        read = {record.record_id: record for record in self._read("payment", ids)}
        for document_id, those in several.items():
            found = (read.get(payment_id) for payment_id in those)
            self._payments[document_id] = [record for record in found if isinstance(record, Payment)]

    def _fetch_standing(self, keys: Sequence[str]) -> None:
        found = links(self._connection, self._name, keys)
        self._standing |= {key: found[key].entity if key in found else None for key in keys}


def payments_settling(connection: Connection, name: str, document_ids: Sequence[str]) -> dict[str, list[str]]:
    """By document that several payments name, their ids: by when we first saw them, then by their date and id."""
    coming: dict[str, set[tuple[datetime, date, str]]] = defaultdict(set)
    for chunk in chunks([f"document/{document_id}" for document_id in document_ids]):
        query = select(
            record_references.c.refers_to, records.c.first_seen, records.c.business_date, records.c.record_id
        ).where(
            records.c.connection == name,
            record_references.c.connection == name,
            record_references.c.refers_to.in_(chunk),
            records.c.record_type == "payment",
            record_references.c.record_key == "payment/" + records.c.record_id,
        )
        for row in connection.execute(query):
            coming[row.refers_to.partition("/")[2]].add((row.first_seen, row.business_date, row.record_id))
    return {
        document_id: [record_id for _, _, record_id in sorted(those)]
        for document_id, those in coming.items()
        if len(those) > 1
    }


def bills_of_order(connection: Connection, name: str, order_id: str) -> list[str]:
    """The ids of the documents that name an order on a line."""
    query = select(record_references.c.record_key).where(
        record_references.c.connection == name,
        record_references.c.refers_to == f"document/{order_id}",
        record_references.c.record_key.like("document/%"),
    )
    return sorted(key.partition("/")[2] for key in connection.scalars(query))
