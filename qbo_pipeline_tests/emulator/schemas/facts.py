"""The table of names, types and enumerations in Intuit's published schemas, made of them as facts.

    python -m qbo_pipeline_tests.emulator.schemas.facts FOLDER > qbo_pipeline_tests/emulator/schemas/facts.json

FOLDER holds Finance.xsd, IntuitBaseTypes.xsd and IntuitNamesTypes.xsd, as Intuit's SDKs carry them (`src/XSD` of the
one for PHP). `*` behind a name says that there may be several, `!` that there must be one. Only what the entities need
that the emulator has is kept.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Final

from qbo_pipeline.emulator.company.schema.entities import ENTITIES, wrapper

_X: Final = "{http://www.w3.org/2001/XMLSchema}"
_FILES: Final = ("IntuitBaseTypes.xsd", "IntuitNamesTypes.xsd", "Finance.xsd")
_PLAIN: Final = {
    **dict.fromkeys(("string", "anyURI", "token", "normalizedString"), "text"),
    **dict.fromkeys(("decimal", "int", "integer", "float", "double", "long", "positiveInteger"), "number"),
    "boolean": "boolean",
    "date": "date",
    "dateTime": "datetime",
    "anyType": "any",
}
Facts = dict[str, Any]


def facts(folder: Path) -> Facts:
    """Types by name, with the type they extend (`of`) and what they have, and enumerations by name."""
    types: dict[str, ElementTree.Element] = {}
    simple: dict[str, ElementTree.Element] = {}
    elements: dict[str, str] = {}
    for name in _FILES:
        root = ElementTree.parse(folder / name).getroot()
        types |= {str(node.get("name")): node for node in root.findall(_X + "complexType")}
        simple |= {str(node.get("name")): node for node in root.findall(_X + "simpleType")}
        elements |= {str(node.get("name")): _local(node.get("type")) for node in root.findall(_X + "element")}
    words = {name: [str(v.get("value")) for v in node.iter(_X + "enumeration")] for name, node in simple.items()}
    plain = {
        name: _PLAIN[_local(node.find(_X + "restriction").get("base"))]  # type: ignore[union-attr]
        for name, node in simple.items()
        if not words[name]
    }
    out: Facts = {"types": {}, "words": {}}
    waiting = [elements.get(wrapper(name), wrapper(name)) for name in ENTITIES] + ["ExchangeRate"]
    while waiting:
        name = waiting.pop()
        if name in out["types"] or name in out["words"]:
            continue
        if name in types:
            made = out["types"][name] = _type(types[name], elements, plain)
            waiting += [*made["has"].values(), *([made["of"]] if "of" in made else [])]
        elif words.get(name):
            out["words"][name] = words[name]
    return {part: dict(sorted(found.items())) for part, found in out.items()}


def _type(node: ElementTree.Element, elements: dict[str, str], plain: dict[str, str]) -> Facts:
    out: Facts = {}
    extension = next(node.iter(_X + "extension"), None)
    if extension is not None and extension.get("base"):
        base = _local(extension.get("base"))
        out["of"] = plain.get(base, _PLAIN.get(base, base))
    has: dict[str, str] = {}
    in_choice = {id(inner) for choice in node.iter(_X + "choice") for inner in choice.iter(_X + "element")}
    for each in node.iter(_X + "element"):
        name = str(each.get("name") or _local(each.get("ref")))
        kind = _local(each.get("type")) if each.get("type") else elements.get(name, "anyType")
        several = "*" if each.get("maxOccurs") not in (None, "1") else ""
        is_needed = each.get("minOccurs", "1") != "0" and id(each) not in in_choice and kind != "IntuitAnyType"
        has[name + several + ("!" if is_needed else "")] = plain.get(kind, _PLAIN.get(kind, kind))
    for each in node.iter(_X + "attribute"):
        kind = _local(each.get("type") or "string")
        has[str(each.get("name"))] = plain.get(kind, _PLAIN.get(kind, kind))
    out["has"] = dict(sorted(has.items()))
    return out


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


if __name__ == "__main__":
    json.dump(facts(Path(sys.argv[1])), sys.stdout, indent=1)
    sys.stdout.write("\n")
