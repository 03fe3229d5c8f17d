"""A published OpenAPI description, and whether a value fits a schema of it.

What belongs here: as much of OpenAPI as these descriptions use: types, properties, items, references. They name no
required fields, so a field that is not described is what shows that somebody misread them.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Schema = dict[str, Any]
_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def read_description(path: Path) -> Schema:
    """The description in a gzipped YAML file; dates stay text."""

    class Loader(yaml.CSafeLoader):
        pass

    Loader.yaml_implicit_resolvers = {
        mark: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for mark, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }
    with gzip.open(path, "rb") as file:
        found: Schema = yaml.load(file, Loader)
    return found


def operations(description: Schema, path: str, method: str = "get") -> Iterator[Schema]:
    """The operations of a path; this description writes the query into the path."""
    for key, found in description["paths"].items():
        if key.partition("?")[0].strip("/ ").lower() == path.lower() and method in found:
            yield found[method]


def answers(operation: Schema) -> Iterator[tuple[Schema, list[Any]]]:
    """Schema and example bodies of an operation's good answers."""
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values() if status == "200" else ():
            examples = [example["value"] for example in (content.get("examples") or {}).values()]
            yield content.get("schema") or {}, examples


def misfits(description: Schema, schema: Schema, value: Any, place: str = "") -> Iterator[str]:
    """Where a value does not fit; a field may always be null, as in the examples."""
    if "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type")
    if value is None or kind is None:
        return
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{place}: {value!r} is no {kind}"
        return
    if isinstance(value, dict):
        known = schema.get("properties")
        for name, item in value.items():
            if known is None:
                return
            if name not in known:
                yield f"{place}.{name}: is not described"
            else:
                yield from misfits(description, known[name], item, f"{place}.{name}")
    # Made from an example in which the list was empty: of its items nothing is known.
    if isinstance(value, list) and schema.get("items", {}).get("type") != "string":
        for item in value:
            yield from misfits(description, schema.get("items", {}), item, f"{place}[]")
