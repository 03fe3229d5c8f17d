"""Payments and movements of the source that carry the marker of what came from QuickBooks: systems that are written by
their own API hold it in a payment's reference and in what is remarked on a movement, and may have several of them for
one in QuickBooks.

What belongs here: what becomes of such a record. Whatever the store knows by now, it is never posted a second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import orjson
from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.accounting.drafts import Excluded, Outcome, Refused
from qbo_pipeline.inventory.records import Movement, Payment, Record, record_key
from qbo_pipeline.posting.identity import marker_in, tag_of
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.write_backs import write_backs


def carrying_markers(
    connection: Connection, settings: Settings, records: Iterable[Record], made_there: str, changed_here: str
) -> dict[str, Outcome]:
    """By record key, what becomes of the payments and movements that carry a marker of this connection: `made_there` is
    the rule by which they are not posted, `changed_here` the reason where a payment says something else than what was
    written back. Movements are added up under a marker: one alone says nothing of the whole."""
    marked = {record_key(record): (code, record) for record in records if (code := marker_in(_text(record)))}
    if not marked:
        return {}
    tag = identity_of(connection, settings.connection.name, settings.quickbooks.realm).tag
    ours = {key: found for key, found in marked.items() if tag_of(found[0]) == tag}
    entries = _newest(connection, settings.connection.name, sorted({code for code, _ in ours.values()}))
    found: dict[str, Outcome] = {}
    for key, (code, record) in ours.items():
        entry = entries.get(code)
        why = None if entry is None or not isinstance(record, Payment) else _difference(record, entry)
        where = "an entry of QuickBooks" if entry is None else f"{entry['key']} in QuickBooks"
        found[key] = (
            Excluded(rule=made_there, message=f"It carries the marker of {where}, from where it came")
            if why is None
            else Refused(reason=changed_here, message=f"It came from {where}, and {why}", field="amount")
        )
    return found


def _text(record: Record) -> str | None:
    """What of a record may hold a marker."""
    return record.reference if isinstance(record, Payment) else record.memo if isinstance(record, Movement) else None


def _newest(connection: Connection, name: str, codes: list[str]) -> dict[str, RowMapping]:
    found: dict[str, RowMapping] = {}
    for part in chunks(codes):
        where = (write_backs.c.connection == name, write_backs.c.marker.in_(part))
        query = select(write_backs).where(*where, write_backs.c.superseded_by.is_(None))
        found |= {row["marker"]: row for row in connection.execute(query).mappings()}
    return found


def _difference(payment: Payment, entry: RowMapping) -> str | None:
    """In words, how the record differs from the entry; `None` where it does not. A day does not count: some systems
    date a payment themselves."""
    if entry["operation"] == "void":
        return None if payment.status == "voided" else "is voided or deleted there: take it out here too"
    if payment.status == "voided":
        return "is voided here: void it there too, or restore it"
    told = {item["document_id"]: Decimal(item["amount"]) for item in orjson.loads(entry["payload"])["allocations"]}
    held = {item.document_id: item.amount for item in payment.allocations}
    is_a_part = bool(held) and sum(held.values()) == payment.amount and held.items() <= told.items()
    if is_a_part or payment.amount == entry["amount"]:
        return None
    return f"is of {payment.amount} here, and of {entry['amount']} there: change one of the two"
