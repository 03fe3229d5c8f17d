"""What is derived from records for look-ups and sums: stock lines of movements, matches of bills with receipts, and
which dated records a record refers to, by which number a document is known, and what a party or product is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete

from qbo_pipeline.inventory.records import Document, Movement, Payment, Record
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.records import bill_matches, record_references, stock_lines

if TYPE_CHECKING:
    from qbo_pipeline.store.records import StoredRecord

_NOTHING = Decimal(0)
NUMBER = "number/"  # begins what stands in `record_references` for the number under which a document is known
_BY_SUPPLIER = ("bill", "purchase_credit")
_NUMBERED = (*_BY_SUPPLIER, "sales_invoice", "sales_credit", "sales_receipt", "sales_refund")


Called = Callable[[Record], str | None]  # the reference to a record's name, where it is found by that


def nobody_called(_record: Record) -> str | None:
    """No record is found by its name."""
    return None


def put_derived(
    connection: Connection,
    name: str,
    rows: Sequence[tuple[StoredRecord, datetime]],
    called: Called = nobody_called,
) -> None:
    """Insert what new or changed records imply; each with the instant at which the record was first seen."""
    derived = (
        (stock_lines, _stock_lines(name, rows)),
        (bill_matches, _bill_matches(name, rows)),
        (record_references, _references(name, rows, called)),
    )
    for table, values in derived:
        if values:
            connection.execute(table.insert(), values)


def delete_derived(connection: Connection, name: str, record_type: str, ids: Iterable[str]) -> None:
    """Remove what changed or vanished records implied."""
    column = {"movement": stock_lines.c.record_id, "document": bill_matches.c.document_id}.get(record_type)
    for chunk in chunks(list(ids)):
        if column is not None:
            connection.execute(delete(column.table).where(column.table.c.connection == name, column.in_(chunk)))
        keys = [f"{record_type}/{record_id}" for record_id in chunk]
        table = record_references
        connection.execute(delete(table).where(table.c.connection == name, table.c.record_key.in_(keys)))


def _stock_lines(name: str, rows: Sequence[tuple[StoredRecord, datetime]]) -> list[dict[str, Any]]:
    return [
        {
            "connection": name,
            "record_id": row.record_id,
            "line_id": line.line_id,
            "kind": row.kind,
            "number": row.number,
            "business_date": row.business_date,
            "product_id": line.product_id or "",
            "location_id": line.location_id or "",
            # A voided movement moves nothing, and is still a record that was read.
            "quantity": _NOTHING if row.record.status == "voided" else line.quantity,
            "value": _NOTHING if row.record.status == "voided" else line.value,
            "currency": row.currency,
            "rate": row.record.exchange_rate,
            "first_seen": first_seen,
        }
        for row, first_seen in rows
        if isinstance(row.record, Movement)
        for line in row.record.lines
        if line.role == "stock"
    ]


def _bill_matches(name: str, rows: Sequence[tuple[StoredRecord, datetime]]) -> list[dict[str, Any]]:
    matched: dict[tuple[str, ...], dict[str, Any]] = {}
    for row, _ in rows:
        bill = row.record
        if not isinstance(bill, Document) or bill.status != "completed":  # it takes nothing of a receipt
            continue
        for match in bill.matches:
            key = (row.record_id, match.line_id, match.movement_id, match.movement_line_id)
            if key in matched:
                matched[key]["quantity"] += match.quantity
                continue
            matched[key] = {
                "connection": name,
                "document_id": row.record_id,
                "line_id": match.line_id,
                "movement_id": match.movement_id,
                "movement_line_id": match.movement_line_id,
                "business_date": row.business_date,
                "quantity": match.quantity,
            }
    return list(matched.values())


def _references(name: str, rows: Sequence[tuple[StoredRecord, datetime]], called: Called) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row, _ in rows:
        keys: set[str] = set()
        if isinstance(row.record, Document):
            keys = {f"movement/{match.movement_id}" for match in row.record.matches} | _number(row.record)
            keys |= {f"document/{line.order_id}" for line in row.record.lines if line.order_id is not None}
        elif isinstance(row.record, Movement):
            keys = {f"movement/{row.record.for_movement_id}"} if row.record.for_movement_id is not None else set()
        elif isinstance(row.record, Payment):
            keys = {f"document/{allocation.document_id}" for allocation in row.record.allocations}
        elif row.record is not None and (reference := called(row.record)) is not None:
            keys = {reference}
        own = f"{row.record_type}/{row.record_id}"
        found += [{"connection": name, "record_key": own, "refers_to": key} for key in sorted(keys)]
    return found


def _number(document: Document) -> set[str]:
    """`number/<kind>/<supplier>/<number>`: the number that must be there once, where the document has one.

    A purchase document's is the supplier's own (`reference`) where the source has it.
    """
    if document.kind not in _NUMBERED or document.status == "voided":
        return set()
    if document.kind in _BY_SUPPLIER:
        supplier = document.party_id.replace("%", "%25").replace("/", "%2F")
        return {f"{NUMBER}{document.kind}/{supplier}/{document.reference or document.number}"}
    return {f"{NUMBER}{document.kind}//{document.number}"}
