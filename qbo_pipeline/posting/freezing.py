"""From stored payloads to the bytes that are sent: references resolved, Id and SyncToken put in, batches composed.

What belongs here: pure text work. A payload is stored as canonical JSON; what is frozen from it is never parsed and
written anew, so that no amount can change on the way.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qbo_pipeline.errors import Signal
from qbo_pipeline.posting.events import CREATE, DELETE, UPDATE, VOID
from qbo_pipeline.quickbooks.entities import entity_named

# In canonical JSON a quote inside a text is escaped, so this pattern matches members of objects and never a text.
_REFERENCE = re.compile(r'"(value|TxnId)":"\$((?:[^"\\]|\\.)*)"')
# What an inventory item is made with and never again: in an update QBO would take it for an adjustment of stock.
# Another member follows in canonical JSON (TrackQtyOnHand, Type).
_BEGINNING = re.compile(r'"(?:InvStartDate":"[^"]*"|QtyOnHand":[-+.0-9Ee]+),')
_VOID_BY_UPDATE = ("include", "void")
_NUMBER_TWICE = "allowduplicatedocnum"


class FrozenItem(NamedTuple):
    """One operation of a frozen request: `item` is its bId, `None` where the request is no batch."""

    item: str | None
    key: str
    revision: int
    operation: str
    entity: str
    line: bytes


class Missing(Signal):
    """A reference to a posting that is not in QBO yet; `key` names it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def references(payload: str) -> list[str]:
    """The keys that a stored payload refers to, in order, each once."""
    return list(dict.fromkeys(_text(match[2]) for match in _REFERENCE.finditer(payload)))


def _text(written: str) -> str:
    """What is written between the quotes of a text in JSON."""
    return str(json.loads(f'"{written}"')) if "\\" in written else written


def resolve(payload: str, ids: Mapping[str, str]) -> str:
    """The payload with QBO's Ids in the place of references; raises `Missing` for the first that is not known."""

    def put(match: re.Match[str]) -> str:
        key = _text(match[2])
        if key not in ids:
            raise Missing(key)
        return f'"{match[1]}":{json.dumps(ids[key])}'

    return _REFERENCE.sub(put, payload)


def content(operation: str, payload: str, qbo_id: str | None, sync_token: str | None) -> str:
    """The object of a request, with what an operation on an existing one needs."""
    if operation == CREATE:
        return payload
    identity = f'"Id":{json.dumps(qbo_id)},"SyncToken":{json.dumps(sync_token)}'
    if operation == DELETE:
        return "{" + identity + "}"
    if operation == VOID:
        return "{" + identity + ',"sparse":true}'
    rest = _BEGINNING.sub("", payload)[1:-1] if operation == UPDATE else payload[1:-1]
    return "{" + identity + (f",{rest}" if rest else "") + ',"sparse":true}'


def batch_line(item: str, operation: str, entity: str, body: str, *, number_twice: bool = False) -> bytes:
    """One BatchItemRequest; with `number_twice` QBO takes a number that another document has."""
    options = ""
    if operation == VOID and _VOID_BY_UPDATE in entity_named(entity).void:
        operation, options = UPDATE, ',"optionsData":"void"'
    elif number_twice and operation in (CREATE, UPDATE):
        options = f',"optionsData":"{_NUMBER_TWICE}"'
    return f'{{"bId":"{item}","operation":"{operation}"{options},"{entity}":{body}}}'.encode()


def batch_body(lines: Sequence[bytes]) -> bytes:
    return b'{"BatchItemRequest":[' + b",".join(lines) + b"]}"


def single_params(
    operation: str, entity: str, request_id: str, *, number_twice: bool = False
) -> tuple[tuple[str, str], ...]:
    """The query parameters of a request outside a batch; `number_twice` as in `batch_line`."""
    known = entity_named(entity)
    extra: tuple[tuple[str, str], ...] = ()
    if operation == DELETE:
        extra = (("operation", "delete"),)
    elif operation == VOID:
        extra = known.void
    elif number_twice:
        extra = (("include", _NUMBER_TWICE),)
    return (*extra, ("requestid", request_id))


def pack(lines: Sequence[bytes]) -> bytes:
    """Frozen lines for the store; canonical JSON holds no line break of its own."""
    return zlib.compress(b"\n".join(lines), 1)


def unpack(body: bytes) -> list[bytes]:
    return zlib.decompress(body).split(b"\n")
