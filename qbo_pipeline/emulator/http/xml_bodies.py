"""Bodies that are XML: an entity's element read by its rule table into what the same body would be in JSON."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Any, Final

from qbo_pipeline.emulator.company import faults
from qbo_pipeline.emulator.company.fields import Field
from qbo_pipeline.emulator.company.schema import entities, setup
from qbo_pipeline.emulator.http.fault_texts import PARSE_FAILED

MEDIA: Final = ("application/xml", "text/xml")
_ENVELOPE: Final = ("sparse", "domain", "status")
_OTHER_REFERENCES: Final = ("HomeCurrency",)
"""References whose names do not say so."""
_DEEPEST: Final = 50


def read_xml(entity: str, body: bytes) -> dict[str, Any]:
    """The object in an XML body, for an entity or for `batch`. Raises fault 2010 for anything else.

    Scalars come as text, as clients may send them in JSON too; a document type declaration is refused.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise faults.fault("2010", what=PARSE_FAILED)
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  without a document type there is nothing to expand
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise faults.fault("2010", what=PARSE_FAILED) from None
    if entity == "batch":
        return {"BatchItemRequest": [_item(item) for item in root if _name(item) == "BatchItemRequest"]}
    if _name(root).lower() not in (entity.lower(), entities.wrapper(entity).lower()):
        raise faults.fault("2010", _name(root)[:100], what=f"{PARSE_FAILED} {_name(root)[:100]}")
    return _object(root, _table(entity), 0)


def _table(entity: str) -> Mapping[str, Field]:
    return setup.TAX_SERVICE if entity == "TaxService" else entities.entity(entity).fields


def _item(item: ElementTree.Element) -> dict[str, Any]:
    out: dict[str, Any] = dict(item.attrib)
    for child in item:
        name = _name(child)
        if name in ("Query", "optionsData"):
            out[name] = child.text or ""
        elif name == "CDCQuery":
            out[name] = _object(child, {}, 0)
        else:
            try:
                out[name] = _object(child, _table(name), 0)
            except faults.QboFault:
                out[name] = {}  # the batch itself tells that there is no such entity
    return out


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _object(element: ElementTree.Element, fields: Mapping[str, Field], depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise faults.fault("2010", what=PARSE_FAILED)
    out: dict[str, Any] = {name: value for name, value in element.attrib.items() if name in _ENVELOPE}
    for child in element:
        name = _name(child)
        field = fields.get(name)
        value = _value(child, field, depth + 1)
        if field is not None and field.kind == "list":
            out.setdefault(name, []).append(value)
        elif name in out:
            out[name] = [*out[name], value] if isinstance(out[name], list) else [out[name], value]
        else:
            out[name] = value
    return out


def _value(element: ElementTree.Element, field: Field | None, depth: int) -> Any:
    """A nested object, a reference, or text."""
    inner = field.fields if field is not None else None
    is_memo = inner is not None and set(inner) == {"value"}
    if len(element) or (inner is not None and not is_memo):
        return _object(element, inner or {}, depth)
    text = element.text or ""
    is_reference = field is not None and (field.kind == "ref" or is_memo)
    is_named_so = _name(element).endswith("Ref") or _name(element) in _OTHER_REFERENCES
    if is_reference or (is_named_so and (field is None or field.kind == "any")):
        return {"value": text, **{k: v for k, v in element.attrib.items() if k in ("name", "type")}}
    return text
