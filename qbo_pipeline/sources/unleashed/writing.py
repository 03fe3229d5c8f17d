"""Customers and suppliers in Unleashed, under a guid of our own that follows from the marker.

What belongs here: what an entry of the way back is there. A thing is written to the address of its guid [?], so that
what is sent twice is there once, and it is found by that guid. What came from Unleashed keeps its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker, content_of, holds, is_made_in_quickbooks
from qbo_pipeline.sources.landed.values import Object

NAMESPACE = uuid.UUID("9f4f0d4e-5f0e-5d51-8f9d-6a2f7c1b0e52")
"""Any fixed one: it keeps our guids apart from those of everybody else who hashes names."""
_PATHS = {"customer": "Customers", "supplier": "Suppliers"}
# By kind: the field of Unleashed for each of a party record that it has.
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "customer": {"name": "CustomerName", "email": "Email", "phone": "PhoneNumber"},
    "supplier": {"name": "SupplierName", "email": "Email", "phone": "PhoneNumber"},
}
_CODES = {"customer": "CustomerCode", "supplier": "SupplierCode"}


@dataclass(frozen=True, slots=True)
class PartyWriter:
    """`Writer` of Unleashed."""

    doors: Doors
    kinds: frozenset[str] = frozenset(_PATHS)

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the party of that guid is as the entry says; one that was taken back, whether it is obsolete."""
        guid = _guid(entry)
        there = self._there(entry.kind, guid)
        if not there:
            return UnderMarker(entry.operation == "void", guid)
        return UnderMarker(holds(there, _body(entry)), guid)

    def write(self, entry: TargetEntry) -> None:
        """Write what the entry says over what is there: what it does not name stays."""
        guid = _guid(entry)
        code = _CODES[entry.kind]  # a party needs one, and keeps the one that it has
        codes = {code: self._there(entry.kind, guid).get(code) or content_of(entry).get("number") or _code(entry)}
        body = {"Guid": guid, **codes, **_body(entry)}
        self.doors.writer.send("POST", f"{_PATHS[entry.kind]}/{guid}", content=body)

    def _there(self, kind: str, guid: str) -> Object:
        found = self.doors.reader.get(f"{_PATHS[kind]}/{guid}")
        return found if isinstance(found, dict) else {}


def _guid(entry: TargetEntry) -> str:
    content = content_of(entry)
    own = str(content.get("party_id") or "")
    return str(uuid.uuid5(NAMESPACE, entry.marker)) if is_made_in_quickbooks(own) else own


def _code(entry: TargetEntry) -> str:
    return f"QB{entry.marker[:8]}"


def _body(entry: TargetEntry) -> dict[str, Any]:
    """What the entry says, field by field."""
    content = content_of(entry)
    fields = {name: content[own] for own, name in _FIELDS[entry.kind].items() if content.get(own) is not None}
    return {**fields, "Obsolete": entry.operation == "void" or content.get("active") is False}
