"""Creating, updating and deleting an object of any entity: which part of the company does it, and what QBO answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbo_pipeline.emulator.company import attachments, documents, entries, present, recurring
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.schema.entities import Entity


def create(book: Book, rules: Entity, body: Mapping[str, Any], options: frozenset[str]) -> Body:
    """Enter a new object with what QBO makes along with it; returns it. Raises its faults."""
    if rules.kind == "transaction":
        return present.transaction(book, documents.create(book, rules.name, body, options))
    if rules.name == recurring.NAME:
        return present.entry(book, rules.name, recurring.create(book, body, options))
    entry, follow_ups = entries.create(book, rules, body)
    for kind, document in follow_ups:
        documents.create(book, kind, document, frozenset())
    return present.entry(book, rules.name, book.entries[rules.name][entry.id])


def update(book: Book, rules: Entity, body: Mapping[str, Any], options: frozenset[str]) -> Body:
    """Replace an object, or change it sparsely; returns it. Raises its faults."""
    if rules.kind == "transaction":
        return stored(book, documents.update(book, rules.name, body, options))
    if rules.name == recurring.NAME:
        return present.entry(book, rules.name, recurring.update(book, body, options))
    entry, follow_ups = entries.update(book, rules, body)
    for kind, document in follow_ups:
        documents.create(book, kind, document, frozenset())
    return present.entry(book, rules.name, book.entries[rules.name][entry.id])


def delete(book: Book, rules: Entity, body: Mapping[str, Any]) -> Body:
    """Delete an object; returns what tells that it is gone. Raises its faults."""
    if rules.name == recurring.NAME:
        return recurring.delete(book, body)
    if rules.name == "Attachable":
        id = attachments.delete(book, body)
    elif rules.kind == "list":
        id = entries.delete(book, rules, body)
    else:
        id = str(documents.delete(book, rules.name, body))
    return {"domain": "QBO", "status": "Deleted", "Id": id}


def stored(book: Book, id: int) -> Body:
    """A transaction as it is in the books now."""
    row = book.store.row(f"SELECT {present.TXN_COLUMNS} FROM txns WHERE id = ?", (id,))
    assert row is not None
    return present.transaction(book, row)
