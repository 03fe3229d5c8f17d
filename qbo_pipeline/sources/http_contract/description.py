"""The OpenAPI description of the HTTP contract, made of the columns that every source delivers.

python -m qbo_pipeline.sources.http_contract.description > docs/systems/http_contract.json
"""

from __future__ import annotations

import json
import sys
from typing import Any

from qbo_pipeline.inventory.columns import COLUMNS, ONE_OF, Column
from qbo_pipeline.sources.contract import KINDS
from qbo_pipeline.sources.http_contract.lists import CHILDREN, COMPANY, IDS, STOCK_VALUES
from qbo_pipeline.sources.http_contract.writing import FILES, INBOX

Schema = dict[str, Any]
VERSION = "version"

_DECIMAL = r"^-?[0-9]{1,12}(\.[0-9]{1,10})?$"
_FORMS: dict[str, Schema] = {
    "text": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "amount": {"type": "string", "pattern": _DECIMAL},
    "quantity": {"type": "string", "pattern": _DECIMAL},
    "rate": {"type": "string", "pattern": _DECIMAL},
    "integer": {"type": "integer"},
    "flag": {"type": "boolean"},
    "choice": {"type": "string"},
}
_PAGE = (
    ("limit", "the most entries in the answer, 1 to 1000", {"type": "integer"}),
    ("after", "the cursor that the page before gave as `next`", {"type": "string"}),
)
_SINCE = ("changed_since", "only entries that changed at or after this instant (ISO 8601 with a zone)",
          {"type": "string", "format": "date-time"})  # fmt: skip


def description() -> Schema:
    """The whole description."""
    paths: Schema = {f"/{COMPANY}": {"get": _operation("What company it is", (), {"$ref": _ref(COMPANY)})}}
    schemas: Schema = {COMPANY: _company()}
    for kind in IDS:
        paths[f"/{kind}"] = {"get": _operation(KINDS[kind].meaning, (*_PAGE, _SINCE), _list_of(kind))}
        schemas[kind] = _entry(kind)
    paths |= _inbox()
    schemas["inbox_entry"] = _inbox_entry()
    path = STOCK_VALUES.path
    paths[f"/{path}"] = {"get": _operation("The system's own stock and its value now", _PAGE, _list_of(path))}
    schemas[path] = _row("stock_values", without=("direction", "exchange_rate", "business_date"))
    return {
        "openapi": "3.0.3",
        "info": {"title": "Inventory over HTTP", "version": "1", "description": _ABOUT},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }


def description_text() -> str:
    """The description as it lies in docs/systems."""
    return json.dumps(description(), indent=2) + "\n"


_ABOUT = (
    "What an inventory system serves to be read by qbo_pipeline: master data, documents, movements, payments, stock. "
    "Amounts, quantities and rates are decimal text, or JSON numbers with exactly their digits. Ids are text, unique "
    "within their list, and never change. An entry that is deleted is no longer shown; one that is voided stays, with "
    "that status. Lists are paged by cursor: whoever adds or deletes entries meanwhile moves no other."
)


def _inbox() -> Schema:
    """What a server answers that takes what comes back from QuickBooks; others answer 404 to it."""
    by = tuple((name, meaning, {"type": "string"}) for name, meaning in
               (("marker", "every revision of this marker"), ("taken_as", "what was taken under this id")))  # fmt: skip
    found = {"type": "object", "required": ["items"],
             "properties": {"items": {"type": "array", "items": {"$ref": _ref("inbox_entry")}}}}  # fmt: skip
    put = _operation("Hold a revision; the same again is held once", (), {"$ref": _ref("inbox_entry")})
    put["parameters"] = [
        {"name": name, "in": "path", "required": True, "description": meaning, "schema": {"type": form}}
        for name, meaning, form in (("marker", "names the thing for ever", "string"),
                                    ("revision", "counts its changes from 1", "integer"))
    ]  # fmt: skip
    put["requestBody"] = {
        "required": True, "content": {"application/json": {"schema": {"$ref": _ref("inbox_entry")}}},
    }  # fmt: skip
    put["responses"]["412"] = {
        "description": "the thing is of another version by now than any of known_versions: nothing is held"
    }
    put["responses"]["409"] = {"description": "another content is held under this marker and revision"}
    asked = _operation("What is held in the inbox, by one of the two", by, found)
    return {f"/{INBOX}": {"get": asked}, f"/{INBOX}/{{marker}}/{{revision}}": {"put": put},
            f"/{FILES}/{{sha256}}": {"put": _file()}}  # fmt: skip


def _file() -> Schema:
    """The content of an attached file, which goes before the entry that names it."""
    held = {"type": "object", "properties": {"sha256": {"type": "string"}, "size": {"type": "integer"}}}
    put = _operation("Hold the content of an attached file; the same again is held once", (), held)
    put["parameters"] = [{"name": "sha256", "in": "path", "required": True, "schema": {"type": "string"},
                          "description": "SHA-256 of the content, in hexadecimal"}]  # fmt: skip
    binary = {"schema": {"type": "string", "format": "binary"}}
    put["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    return put


def _inbox_entry() -> Schema:
    text = {"type": "string"}
    given: Schema = dict.fromkeys(("kind", "party_id", "number", "currency"), text)
    return {
        "type": "object",
        "required": ["operation", "content", "content_hash"],
        "properties": {
            "marker": text, "revision": {"type": "integer"},
            "operation": {"type": "string", "enum": ["create", "update", "void"]}, **given,
            "business_date": _FORMS["date"], "amount": _FORMS["amount"],
            "content": {"type": "string", "description": "the whole record as JSON"},
            "content_hash": {"type": "string", "description": "SHA-256 of content, in hexadecimal"},
            "taken_as": {"type": "string", "nullable": True, "description": "the id under which it was booked"},
            "refused": {"type": "string", "nullable": True, "description": "why it was not"},
            "known_versions": {"type": "array", "items": text,
                               "description": "of a change: the versions of the thing that whoever puts it knows"},
            "version": {"type": "string", "nullable": True, "description": "of the thing once it was booked"},
        },
    }  # fmt: skip


def _company() -> Schema:
    text = {"type": "string"}
    return {"type": "object", "required": ["currency"],
            "properties": {"name": text, "currency": text, "time_zone": text}}  # fmt: skip


def _entry(kind: str) -> Schema:
    schema = _row(kind)
    for name, table in CHILDREN.get(kind, {}).items():
        rows = _row(table, without=(IDS[kind], "business_date"))
        schema["properties"][name] = {"type": "array", "items": rows}
    told = "another one whenever anything of the entry is; a system that tells none is written without the condition"
    schema["properties"][VERSION] = {"type": "string", "description": told}
    return schema


def _row(table: str, without: tuple[str, ...] = ()) -> Schema:
    columns = [column for column in COLUMNS[table] if column.name not in without]
    required = [column.name for column in columns if column.required and column.name not in ONE_OF.get(table, ())]
    return {
        "type": "object",
        "required": required,
        "properties": {column.name: _form(column) for column in columns},
    }


def _form(column: Column) -> Schema:
    choice = {"enum": list(column.values)} if column.values else {}
    return {**_FORMS[column.type], **choice, "description": column.meaning}


def _list_of(kind: str) -> Schema:
    items = {"type": "array", "items": {"$ref": _ref(kind)}}
    cursor = {"type": "string", "nullable": True, "description": "the cursor of the page after this one; null: none"}
    return {"type": "object", "required": ["items", "next"], "properties": {"items": items, "next": cursor}}


def _operation(summary: str, parameters: tuple[tuple[str, str, Schema], ...], schema: Schema) -> Schema:
    return {
        "summary": summary,
        "parameters": [
            {"name": name, "in": "query", "description": meaning, "schema": form} for name, meaning, form in parameters
        ],
        "responses": {
            "200": {"description": "good", "content": {"application/json": {"schema": schema}}},
            "400": {"description": "a parameter makes no sense"},
            "401": {"description": "the token is not known"},
            "429": {"description": "too many calls; 503 is understood as well"},
        },
    }


def _ref(name: str) -> str:
    return f"#/components/schemas/{name}"


if __name__ == "__main__":
    sys.stdout.write(description_text())
