"""Files that people attach in QuickBooks to invoices, bills, credits and receipts, for the documents that these are.

What belongs here: which Attachable is which document's file. The file itself is fetched by the pipeline before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qbo_pipeline.quickbooks.shapes import JsonObject, an_object, exact, objects
from qbo_pipeline.returning.documents import SIDES
from qbo_pipeline.returning.reading import on_its_way
from qbo_pipeline.returning.values import NotReturned, Outcome, ReturnBook, Returned, Withheld

DOCUMENTS = tuple(SIDES)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file of one or more documents, as an entry tells it; `path` counts from the folder of the files."""

    attachment_id: str
    name: str
    size: int
    sha256: str
    path: str
    document_ids: tuple[str, ...]
    kind: str = "attachment"

    def to_content(self) -> dict[str, Any]:
        """As an entry's content says it."""
        return {
            "attachment_id": self.attachment_id, "kind": self.kind, "name": self.name, "size": self.size,
            "sha256": self.sha256, "path": self.path, "document_ids": list(self.document_ids),
        }  # fmt: skip


def documents_of(thing: JsonObject) -> list[tuple[str, str]]:
    """The objects that a file is attached to, as entity and Id."""
    found = []
    for reference in objects(thing.get("AttachableRef"), "AttachableRef"):
        named = an_object(reference.get("EntityRef"), "EntityRef")
        kind = str(named.get("type") or "")
        entity = next((name for name in DOCUMENTS if name.lower() == kind.lower()), kind)
        found.append((entity, str(named.get("value") or "")))
    return found


def build_attachment(entity: str, thing: JsonObject, book: ReturnBook) -> Outcome:
    """The file of an Attachable, with the documents of the source that it belongs to."""
    name = str(thing.get("FileName") or "")
    label = f"{entity} {name or 'Id ' + str(thing['Id'])}"
    if not name or not exact(thing.get("Size") or 0, "Size"):
        return NotReturned(rule="no_file", message=f"{label} is a note without a file")
    known = []
    for of, qbo_id in documents_of(thing):
        if of not in DOCUMENTS:
            continue
        document_id = book.document(of, qbo_id)
        if document_id is None and book.on_its_way(of, qbo_id):
            return on_its_way(label, f"{of} Id {qbo_id}, to which it is attached,")
        if document_id is not None:
            known.append(document_id)
    if not known:
        return NotReturned(
            rule="nothing_of_source", message=f"{label} is attached to nothing that the inventory system has"
        )
    fetched = book.file(str(thing["Id"]))
    if fetched is None:
        return Withheld(
            reason="not_fetched",
            message=f"{label} could not be fetched from QuickBooks: the next run tries again; see that [write_back] "
            "files is a folder that can be written",
        )
    sha256, size, path = fetched
    if book.sent_by_us(known, sha256):
        return NotReturned(rule="sent_by_us", message=f"{label} is what the inventory system has given itself")
    return Returned(
        record=AttachedFile(
            attachment_id=f"{entity}/{thing['Id']}",
            name=name,
            size=size,
            sha256=sha256,
            path=path,
            document_ids=tuple(sorted(known)),
        )
    )
