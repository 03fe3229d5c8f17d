"""Lists that nest: full names, levels, and the rules about parents. Unique names with forbidden characters."""

from __future__ import annotations

from typing import Final

from qbo_pipeline.emulator.company.book import Book, Entry
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.schema.entities import entity

_MAX_LEVELS: Final = {"Item": 4}
_DEFAULT_LEVELS: Final = 5
_RESERVED: Final = ":\t\n"


def place_in_tree(book: Book, kind: str, flag: str, entry: Entry, errors: list[QboError]) -> int:
    """Set the full name and the sub-entity flag of an entity; returns its level, 0 at the top.

    Appends 2040 for a name with a colon, 6000 for a parent that is its own child, 6180 for too many levels.
    """
    body = entry.body
    field = entity(kind).name_field
    refuse_characters(book, body.get(field), field, errors)
    names, level, parent = [str(body.get(field, ""))], 0, body.get("ParentRef")
    while parent is not None:
        if entry.id and parent["value"] == entry.id:
            errors.append(error("6000", "ParentRef", what="The parent can't be the same as the child."))
            return level
        above = book.entries[kind].get(parent["value"])
        if above is None:
            return level
        level += 1
        names.insert(0, str(above.body.get(field)))
        parent = above.body.get("ParentRef")
    limit = _MAX_LEVELS.get(kind, _DEFAULT_LEVELS)
    if level >= limit:
        errors.append(error("6180", "ParentRef", levels=limit))
    body["FullyQualifiedName"] = ":".join(names)
    if flag:
        body[flag] = level > 0
    return level


def refuse_characters(book: Book, name: str | None, field: str, errors: list[QboError]) -> None:
    """Append fault 2040 where a name holds a character that QBO uses itself."""
    found = next((c for c in _RESERVED if c in (name or "")), None)
    if found is not None and book.holds("reserved_characters"):
        errors.append(error("2040", field, what=f"{field} must not contain {found!r}"))
