"""The reports of signed periods as they were signed.

What belongs here: SQL on `signed_reports`. The files themselves are in `kept_files.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from qbo_pipeline.store import evidence
from qbo_pipeline.store.kept_files import put_file
from qbo_pipeline.store.tables.page import signed_reports


def put_reports(
    transaction: Connection, connection: str, number: int, files: Mapping[str, tuple[str, bytes]], *, now: datetime
) -> None:
    """Keep the files of a sign-off (form -> name and content), with their lines in the journal; last in the
    transaction."""
    for form, (name, content) in files.items():
        row = {
            "connection": connection, "number": number, "form": form, "file_name": name,
            "file_sha256": put_file(transaction, connection, content), "kept_at": now,
        }  # fmt: skip
        transaction.execute(signed_reports.insert(), row)
    evidence.note_all(
        transaction, connection, evidence.SIGNED_REPORT, [(number, form) for form in files], "kept", now=now
    )


def load_reports(reading: Connection, connection: str) -> dict[tuple[int, str], tuple[str, str]]:
    """(number of the sign-off, form) -> name and SHA-256 of each file that is kept."""
    query = select(signed_reports).where(signed_reports.c.connection == connection)
    return {(row.number, row.form): (row.file_name, row.file_sha256) for row in reading.execute(query)}
