"""Files attached to documents in the store: what was fetched from QuickBooks, and which of ours are there.

What belongs here: SQL on it. The files themselves lie in the folder that the settings name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.write_backs import attached_files, write_backs

_F, _W = attached_files.c, write_backs.c


def out_key(document_id: str, sha256: str) -> str:
    """The key of a file of ours: one content of one document, whatever its name."""
    return f"attachment/{document_id}/{sha256[:32]}"


def fetched_files(reading: Connection, connection: str, ids: Sequence[str]) -> dict[str, tuple[str, int, str]]:
    """By Id of the Attachable, SHA-256, size and path of the files that were fetched."""
    found: dict[str, tuple[str, int, str]] = {}
    for part in chunks(list(ids)):
        query = select(_F.qbo_id, _F.sha256, _F.size, _F.path).where(_F.connection == connection, _F.qbo_id.in_(part))
        found |= {row.qbo_id: (row.sha256, row.size, row.path) for row in reading.execute(query)}
    return found


def keep_fetched(
    transaction: Connection, connection: str, qbo_id: str, token: str, file: tuple[str, int, str], now: datetime
) -> None:
    """Keep that a file was fetched: its SHA-256, size and path."""
    where = (_F.connection == connection, _F.qbo_id == qbo_id)
    transaction.execute(attached_files.delete().where(*where))
    sha256, size, path = file
    row = {"connection": connection, "qbo_id": qbo_id, "sync_token": token, "fetched_at": now}
    transaction.execute(attached_files.insert(), {**row, "sha256": sha256, "size": size, "path": path})


def is_sent(reading: Connection, connection: str, document_id: str, sha256: str) -> bool:
    """Whether a content is the inventory system's own for a document, sent or on its way."""
    query = select(_W.key).where(_W.connection == connection, _W.key == out_key(document_id, sha256))
    return reading.execute(query.limit(1)).first() is not None
