"""Files that are kept as they were: attachments of remarks, reports of signed periods; each by its SHA-256.

What belongs here: SQL on `kept_files`. What is read is held against its own digest, so that a changed one is noticed.
"""

from __future__ import annotations

import hashlib
import zlib

from sqlalchemy import Connection, select

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.store.database import insert_unless_there
from qbo_pipeline.store.tables.page import kept_files


class FileChanged(PermanentError):
    """What is kept is not what was put there: somebody changed it past the pipeline."""


def put_file(transaction: Connection, connection: str, content: bytes) -> str:
    """Keep a file, once, and answer its SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    row = {"connection": connection, "file_sha256": digest, "size": len(content), "content": zlib.compress(content)}
    transaction.execute(insert_unless_there(transaction, kept_files), row)
    return digest


def load_file(reading: Connection, connection: str, digest: str) -> bytes:
    """The file with this SHA-256; raises `FileChanged` where it is gone or another one."""
    packed = reading.execute(
        select(kept_files.c.content).where(kept_files.c.connection == connection, kept_files.c.file_sha256 == digest)
    ).scalar_one_or_none()
    try:
        content = None if packed is None else zlib.decompress(packed)
    except zlib.error:
        content = None
    if content is None or hashlib.sha256(content).hexdigest() != digest:
        raise FileChanged(f"the kept file {digest[:12]}… is gone or does not read as it was kept: ask the engineers")
    return content
