"""Merging two customers, as QBO's window does when one is given the name of another: all documents move to the other.

The one that is merged away is gone: it is neither read nor queried any more, and change capture tells it as deleted.
That is general knowledge of the product; how the real service reports a merge beside the webhook is not documented.
"""

from __future__ import annotations

from typing import Any

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import NOT_FOUND_INACTIVE, fault
from qbo_pipeline.emulator.company.references import walk
from qbo_pipeline.emulator.company.schema.entities import ENTITIES


def customers(book: Book, gone: str, kept: str) -> list[int]:
    """Move everything of customer `gone` to customer `kept`; returns the ids of the documents that name another now.

    Raises 610 for an unknown one, 6000 where they are one, in different currencies, or parent and child.
    """
    entries = book.entries["Customer"]
    if gone not in entries or kept not in entries:
        raise fault("610", what=NOT_FOUND_INACTIVE)
    source, target = entries[gone], entries[kept]
    if gone == kept:
        raise fault("6000", what="A customer can't be merged with itself.")
    if source.body["CurrencyRef"] != target.body["CurrencyRef"]:
        raise fault("6000", "CurrencyRef", what="Customers in different currencies can't be merged.")
    if book.children[("Customer", gone)]:
        raise fault("6000", what="A customer with sub-customers can't be merged away.")
    moved = _documents(book, gone, kept)
    book.touched = True
    names = ("party_kind = 'Customer' AND party", "customer")
    for column, where in zip(("party", "customer"), names, strict=True):
        book.store.execute(f"UPDATE lines SET {column} = ? WHERE {where} = ?", (int(kept), int(gone)))
    sql = "UPDATE txns SET party = ? WHERE party_kind = 'Customer' AND party = ?"
    book.store.execute(sql, (int(kept), int(gone)))
    book.store.execute("DELETE FROM entries WHERE entity = 'Customer' AND id = ?", (int(gone),))
    book.store.execute("INSERT OR REPLACE INTO deleted VALUES ('Customer', ?, ?)", (int(gone), book.now()))
    book.forget_name("Customer", source)
    del entries[gone]
    book.balances.merge("Customer", int(gone), int(kept))
    book.record("Customer", kept, "Merge", gone)
    for id in moved:
        book.record(str(book.store.value("SELECT entity FROM txns WHERE id = ?", (id,))), id, "Update")
    return moved


def _documents(book: Book, gone: str, kept: str) -> list[int]:
    """Rewrite the references in every document that names the customer, on its head or on its lines."""
    moved: list[int] = []
    now = book.now()
    sql = "SELECT id, entity, body FROM txns WHERE instr(CAST(body AS TEXT), ?) > 0"
    for id, entity, stored in book.store.rows(sql, (f'"value":"{gone}"',)):
        if entity not in ENTITIES:
            continue
        body: Body = jsontext.loads(stored)
        found = [reference for reference in _customer_references(entity, body) if reference["value"] == gone]
        for reference in found:
            reference["value"] = kept
            reference.pop("name", None)
        if found:
            sql = "UPDATE txns SET body = ?, sync = sync + 1, updated = ? WHERE id = ?"
            book.store.execute(sql, (jsontext.dumps(body), now, id))
            moved.append(id)
    return moved


def _customer_references(entity: str, body: Body) -> list[dict[str, Any]]:
    return [
        reference
        for _, field, reference, kind in walk(body, ENTITIES[entity].fields)
        if "Customer" in field.target and (kind or field.target[0]) == "Customer"
    ]
