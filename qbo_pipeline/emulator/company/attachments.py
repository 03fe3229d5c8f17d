"""Attached files: stored beside their Attachable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.emulator.company import entries, present
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import NOT_FOUND_INACTIVE, QboFault, business, fault
from qbo_pipeline.emulator.company.schema.entities import entity
from qbo_pipeline.emulator.company.store import row_id


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file."""

    file_name: str
    content_type: str
    content: bytes


def upload(book: Book, metadata: Mapping[str, Any] | None, file: Attachment) -> Body:
    """Store a file; returns its Attachable. Raises 6030 for too large a file, 6000 for a link to nothing."""
    if len(file.content) > book.settings.upload_limit:
        raise fault("6030")
    body = dict(metadata or {})
    body["FileName"] = body.get("FileName") or file.file_name
    body["ContentType"] = body.get("ContentType") or file.content_type
    try:
        entry, _ = entries.create(book, entity("Attachable"), body)
    except QboFault as refusal:
        if refusal.errors[0].code != "2500":
            raise
        raise business("The object that the file is to be attached to does not exist.", "EntityRef") from None
    entry.body["Size"] = len(file.content)
    entry.body["FileAccessUri"] = f"/v3/company/attachments/{entry.id}"
    book.save_entry("Attachable", entry, is_new=False)
    row = (int(entry.id), entry.body["FileName"], entry.body["ContentType"], file.content)
    book.store.execute("INSERT INTO files VALUES (?, ?, ?, ?)", row)
    return present.entry(book, "Attachable", entry)


def download(book: Book, id: str) -> Attachment:
    """The file of an Attachable. Raises 610 where there is none."""
    row = book.store.row("SELECT name, content_type, content FROM files WHERE id = ?", (row_id(id),))
    if row is None:
        raise fault("610", what=NOT_FOUND_INACTIVE)
    return Attachment(*row)


def delete(book: Book, body: Mapping[str, Any]) -> str:
    """Take an Attachable and its file away; returns its id."""
    id = entries.delete(book, entity("Attachable"), body)
    book.store.execute("DELETE FROM files WHERE id = ?", (int(id),))
    return id
