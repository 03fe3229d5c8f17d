"""Tax classifications, which items may name where sales tax is automated: those that Intuit's reference shows."""

from __future__ import annotations

from typing import Any, Final

from qbo_pipeline.emulator.company.faults import NOT_FOUND_INACTIVE, fault

Classification = dict[str, Any]
_PARENT: Final = "V1-00100000"
_PARENT_NAME: Final = "Professional Services"


def _child(code: str, name: str, description: str) -> Classification:
    return {
        "id": f"{code}-{_PARENT}",
        "code": code,
        "name": name,
        "description": description,
        "level": "2",
        "ParentRef": {"value": _PARENT, "name": _PARENT_NAME},
        "applicableTo": ["Inventory", "Noninventory"],
    }


_ALL: Final[tuple[Classification, ...]] = (
    {"id": _PARENT, "code": _PARENT, "name": _PARENT_NAME, "level": "1", "applicableTo": ["Inventory", "Noninventory"]},
    _child("EUC-01010101", "Tangible, custom software", "Custom software, licensed and delivered on a carrier."),
    _child("EUC-01010201", "Tangible, canned software", "Software off the shelf, licensed and delivered on a carrier."),
)


def one(id: str) -> Classification:
    """A classification by its id. Raises fault 610."""
    for found in _ALL:
        if found["id"] == id:
            return dict(found)
    raise fault("610", what=NOT_FOUND_INACTIVE)


def several(parent: str | None = None, level: str | None = None) -> dict[str, Any]:
    """The QueryResponse of all classifications, of one parent's children, or of one level."""
    found = [
        dict(each)
        for each in _ALL
        if (parent is None or each.get("ParentRef", {}).get("value") == parent)
        and (level is None or each["level"] == level)
    ]
    return {"QueryResponse": {"TaxClassification": found} if found else {}}
