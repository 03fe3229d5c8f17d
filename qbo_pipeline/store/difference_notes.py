"""Remarks of people on differences: by document, so that each reconciliation that has the difference shows them.

What belongs here: SQL on `difference_notes`. A remark stays for ever; the difference that it is about goes or stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from qbo_pipeline.store import evidence
from qbo_pipeline.store.database import take_turns
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.page import difference_notes


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark; `as_at` is the date of the reconciliation beside which it was written."""

    number: int
    document_key: str
    as_at: date
    remark: str
    file_name: str | None
    file_sha256: str | None
    who: str
    noted_at: datetime


def put_remark(
    transaction: Connection,
    connection: str,
    document_key: str,
    as_at: date,
    remark: str,
    *,
    file: tuple[str, str] | None,
    who: str,
    now: datetime,
) -> None:
    """Keep a remark (`file` is name and SHA-256 of its attachment) with its line in the journal; last in the
    transaction."""
    take_turns(transaction, f"difference_notes {connection}")
    last = transaction.execute(
        select(func.max(difference_notes.c.number)).where(difference_notes.c.connection == connection)
    ).scalar_one()
    number = int(last or 0) + 1
    name, digest = file or (None, None)
    row = {
        "connection": connection, "number": number, "document_key": document_key, "as_at": as_at, "remark": remark,
        "file_name": name, "file_sha256": digest, "who": who, "noted_at": now,
    }  # fmt: skip
    transaction.execute(difference_notes.insert(), row)
    evidence.note(transaction, connection, evidence.REMARK, (number,), "remarked", now=now, who=who, why=remark)


def load_remarks(reading: Connection, connection: str, documents: Sequence[str] | None = None) -> list[Remark]:
    """The remarks on these documents, or on all, the oldest first."""
    columns = [difference_notes.c[name] for name in Remark.__slots__]
    query = select(*columns).where(difference_notes.c.connection == connection).order_by(difference_notes.c.number)
    if documents is None:
        return [Remark(*row) for row in reading.execute(query)]
    found = [
        Remark(*row)
        for part in chunks(list(documents))
        for row in reading.execute(query.where(difference_notes.c.document_key.in_(part)))
    ]
    return sorted(found, key=lambda one: one.number)
