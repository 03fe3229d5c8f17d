"""Customers, suppliers and products of Cin7 Core that people changed in QuickBooks: written over what it has.

What belongs here: what an entry of the way back is there. New ones are left to a person: Cin7 Core asks for accounts, a
tax rule and a costing method of each, which QuickBooks does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.inventory.records import PRODUCT_KINDS
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors, UnderMarker, content_of, holds, is_made_in_quickbooks
from qbo_pipeline.sources.http.writer import Declined
from qbo_pipeline.sources.landed.values import objects

# By kind: path, the name of the list in its answers, the record's id, and the field of Cin7 Core for each of its own.
_PARTY = {"name": "Name"}
_LISTS: Mapping[str, tuple[str, str, str, Mapping[str, str]]] = {
    "customer": ("customer", "CustomerList", "party_id", _PARTY),
    "supplier": ("supplier", "SupplierList", "party_id", _PARTY),
    **dict.fromkeys(PRODUCT_KINDS, ("product", "Products", "product_id", {"name": "Name", "number": "SKU"})),
}


@dataclass(frozen=True, slots=True)
class ListWriter:
    """`Writer` of Cin7 Core's lists."""

    doors: Doors
    kinds: frozenset[str] = frozenset(_LISTS)

    def standing(self, entry: TargetEntry) -> UnderMarker:
        """Whether the entry of the list is as it should be."""
        return UnderMarker(holds(self._there(entry), _wanted(entry)), _own_id(entry))

    def write(self, entry: TargetEntry) -> None:
        """Put what is there, with what the entry says of it: whether what is left out would stay is not described."""
        path = _LISTS[entry.kind][0]
        given = {key: value for key, value in self._there(entry).items() if key not in ("LastModifiedOn", "Movements")}
        self.doors.writer.send("PUT", path, content={**given, **_wanted(entry)})

    def _there(self, entry: TargetEntry) -> Mapping[str, Any]:
        path, name, _, _ = _LISTS[entry.kind]
        own = _own_id(entry)
        params = {"ID": own, "Page": "1", "Limit": "1", "IncludeDeprecated": "true"}
        answer = self.doors.reader.get(path, params)
        found = objects(answer if isinstance(answer, dict) else {}, name)
        if len(found) != 1 or str(found[0].get("ID", "")).lower() != own.lower():
            raise Declined(f"{entry.kind.replace('_', ' ')} {own} is not there any more")
        return found[0]


def _own_id(entry: TargetEntry) -> str:
    own = str(content_of(entry).get(_LISTS[entry.kind][2]) or "")
    if is_made_in_quickbooks(own):
        raise Declined(
            "Cin7 Core asks for accounts and a tax rule of each new one, which QuickBooks does not know: make it there,"
            " then `qbo-pipeline relink`"
        )
    return own


def _wanted(entry: TargetEntry) -> dict[str, Any]:
    content = content_of(entry)
    fields = _LISTS[entry.kind][3]
    gone = entry.operation == "void" or content.get("active") is False
    found = {name: content[own] for own, name in fields.items() if content.get(own) is not None}
    return {**found, "Status": "Deprecated" if gone else "Active"}
