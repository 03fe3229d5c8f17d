"""Ids of a recording in another company: what was made there has another number here, and requests must name that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.recurring import inner_of
from qbo_pipeline.emulator.company.references import walk
from qbo_pipeline.emulator.company.schema.entities import ENTITIES, entity_name

_CONDITION: Final = re.compile(r"\b(?P<name>Id|\w+Ref)(?P<between>\s*=\s*')(?P<id>\d+)'", re.IGNORECASE)
_FROM: Final = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
_TRANSACTION: Final = "transaction"
"""Transactions of all kinds share their numbers."""
_REFERENCED: Final = {"customerref": "Customer", "vendorref": "Vendor", "accountref": "Account", "itemref": "Item",
                      "departmentref": "Department", "classref": "Class"}  # fmt: skip


def _space(kind: str) -> str:
    try:
        name = entity_name(kind)
    except QboFault:
        return kind
    return _TRANSACTION if name in ENTITIES and ENTITIES[name].kind == "transaction" else name


class Identities:
    """Which id here stands for which id of the recording. What is not known is left as it is."""

    def __init__(self) -> None:
        self._here: dict[tuple[str, str], str] = {}

    def here(self, kind: str, id: str) -> str:
        """The id here of an object of the recording."""
        return self._here.get((_space(kind), id), id)

    def learn(self, recorded: Any, answered: Any) -> None:
        """Take over from two answers to one request which objects are each other's counterparts."""
        if not isinstance(recorded, dict) or not isinstance(answered, dict):
            return
        for name in ("BatchItemResponse", "AttachableResponse"):
            for one, other in zip(recorded.get(name) or (), answered.get(name) or (), strict=False):
                self.learn(one, other)
        for kind, made in recorded.items():
            other = answered.get(kind)
            if not isinstance(made, dict) or not isinstance(other, dict):
                continue
            if kind == "RecurringTransaction":
                made, other = dict(inner_of(made)), dict(inner_of(other))
            if made.get("Id") and other.get("Id"):
                self._here[(_space(kind), str(made["Id"]))] = str(other["Id"])

    def translate(self, kind: str, body: Any) -> Any:
        """A request's body with the ids of here: its own, those it refers to, those of linked transactions."""
        if not isinstance(body, dict):
            return body
        if "BatchItemRequest" in body:
            return self._batch(body)
        if body.get("Id"):
            body["Id"] = self.here(kind, str(body["Id"]))
        self._links(body)
        if kind in ENTITIES:
            self._references(kind, body)
        return body

    def _batch(self, body: dict[str, Any]) -> dict[str, Any]:
        for item in body["BatchItemRequest"] if isinstance(body["BatchItemRequest"], list) else ():
            if not isinstance(item, dict):
                continue
            if isinstance(item.get("Query"), str):
                item["Query"] = self.statement(item["Query"])
            for kind, content in item.items():
                if isinstance(content, dict):
                    self.translate(kind, content)
        return body

    def _links(self, content: Any) -> None:
        """Transactions named by TxnId, and objects named with their type, wherever they stand."""
        if isinstance(content, list):
            for each in content:
                self._links(each)
        elif isinstance(content, dict):
            if isinstance(content.get("TxnId"), str):
                content["TxnId"] = self.here("Invoice", content["TxnId"])
            if isinstance(content.get("value"), str) and isinstance(content.get("type"), str):
                content["value"] = self.here(content["type"], content["value"])
            for each in content.values():
                self._links(each)

    def _references(self, kind: str, body: dict[str, Any]) -> None:
        try:
            found = walk(body, ENTITIES[kind].fields)
        except (AttributeError, TypeError):
            return  # a body that QBO refused for its form
        for _, field, reference, wanted in found:
            if isinstance(reference, Mapping) and isinstance(reference.get("value"), str) and "type" not in reference:
                reference["value"] = self.here(wanted or field.target[0], reference["value"])

    def statement(self, text: str) -> str:
        """A query with the ids of here."""
        found = _FROM.search(text)
        kind = found.group(1) if found else ""

        def replaced(match: re.Match[str]) -> str:
            name = match["name"].lower()
            target = kind if name == "id" else _REFERENCED.get(name, "")
            return f"{match['name']}{match['between']}{self.here(target, match['id'])}'"

        return _CONDITION.sub(replaced, text)
