"""Requests as frozen bytes: what a create, an update, a delete, a void or a batch sends, decided before it is sent.

A request holds no realm and no token, so it can be stored, hashed and sent again unchanged.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.quickbooks.attachments import UploadBody
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.wire import to_wire

BATCH_ITEMS = 30  # Intuit, limits and throttles
OPTIONS = ("allowduplicatedocnum", "allowautodocnum")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]+")
_BID = re.compile(r"[A-Za-z0-9_-]{1,10}")

JsonObject = dict[str, Any]
Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is relative to the company (`invoice`, `batch`); `params` are in the order they are sent. An `upload` is
    sent in the place of a body."""

    method: str
    path: str
    params: Params = ()
    body: bytes = b""
    upload: UploadBody | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the body."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One operation of a batch: `create`, `update`, `delete` or `void` of an entity.

    `bid` is at most 10 characters, unique in its batch, and the same each time the batch is sent.
    """

    bid: str
    operation: str
    entity: str
    payload: JsonObject
    options: tuple[str, ...] = ()


def create_request(
    entity: str, payload: JsonObject, *, request_id: str | None = None, options: Sequence[str] = ()
) -> Request:
    """A create. Raises `ValueError` for an unknown entity or option, a payload with an Id, or a bad request id."""
    if "Id" in payload:
        raise ValueError(f"a new {entity} has no Id; {payload['Id']!r} would be an update")
    return _post(entity, payload, (*_included(options), *_request_id(request_id)))


def update_request(
    entity: str, payload: JsonObject, *, request_id: str | None = None, options: Sequence[str] = ()
) -> Request:
    """A sparse update: what the payload leaves out stays. It needs Id and SyncToken, else `ValueError`."""
    _identified(entity, payload)
    return _post(entity, {**payload, "sparse": True}, (*_included(options), *_request_id(request_id)))


def delete_request(entity: str, id: str, sync_token: str, *, request_id: str | None = None) -> Request:
    """A delete of a transaction or attachment; lists are made inactive by an update instead (`ValueError`)."""
    if not entity_named(entity).delete:
        raise ValueError(f"QuickBooks does not delete {entity}: update it with Active = false")
    return _post(
        entity, {"Id": id, "SyncToken": sync_token}, (("operation", "delete"), *_request_id(request_id))
    )  # fmt: skip


def void_request(entity: str, id: str, sync_token: str, *, request_id: str | None = None) -> Request:
    """A void, for the entities that have one (`ValueError` for others): amounts become zero, the document stays."""
    void = _void(entity)
    payload = {"Id": id, "SyncToken": sync_token, "sparse": True}
    return _post(entity, payload, (*void, *_request_id(request_id)))


def batch_request(items: Sequence[BatchItem], *, request_id: str | None = None) -> Request:
    """A batch of 1 to 30 items, each with its own bId.

    Raises `ValueError` for too many items, a bId that is too long or not unique, or a request id over 36 characters.
    """
    if not 1 <= len(items) <= BATCH_ITEMS:
        raise ValueError(f"a batch has 1 to {BATCH_ITEMS} items, not {len(items)}")
    bids = [item.bid for item in items]
    if len(set(bids)) != len(bids):
        raise ValueError("each item of a batch needs a bId of its own")
    for bid in bids:
        if not _BID.fullmatch(bid):
            raise ValueError(f"a bId is 1 to 10 letters, digits, - or _, not {bid!r}")
    if request_id is not None and len(request_id) > 36:
        raise ValueError(f"a batch's request id has at most 36 characters, not {len(request_id)}")
    body = to_wire({"BatchItemRequest": [_batch_item(item) for item in items]})
    return Request("POST", "batch", _request_id(request_id), body)


def _batch_item(item: BatchItem) -> JsonObject:
    payload, options, operation = item.payload, list(_checked(item.options)), item.operation
    if operation == "update":
        _identified(item.entity, payload)
        payload = {**payload, "sparse": True}
    elif operation == "void":
        _identified(item.entity, payload)
        payload = {**payload, "sparse": True}
        if ("include", "void") in _void(item.entity):
            operation = "update"
            options.append("void")
    elif operation == "delete":
        _identified(item.entity, payload)
    elif operation == "create":
        if "Id" in payload:
            raise ValueError(f"a new {item.entity} has no Id")
    else:
        raise ValueError(f"a batch item is a create, update, delete or void, not {operation!r}")
    request = {"bId": item.bid, "operation": operation, entity_named(item.entity).name: payload}
    if options:
        request["optionsData"] = ",".join(options)
    return request


def _post(entity: str, payload: JsonObject, params: Params) -> Request:
    return Request("POST", entity_named(entity).path, params, to_wire(payload))


def _identified(entity: str, payload: JsonObject) -> None:
    for field in ("Id", "SyncToken"):
        if not isinstance(payload.get(field), str):
            raise ValueError(f"changing this {entity} needs its {field}, as a text")


def _void(entity: str) -> Params:
    void = entity_named(entity).void
    if not void:
        raise ValueError(f"QuickBooks has no void for {entity}: delete it, or post its reversal")
    return void


def _checked(options: Sequence[str]) -> Sequence[str]:
    for option in options:
        if option not in OPTIONS:
            raise ValueError(f"the option {option!r} is not one of {', '.join(OPTIONS)}")
    return options


def _included(options: Sequence[str]) -> Params:
    return (("include", ",".join(_checked(options))),) if options else ()


def _request_id(request_id: str | None) -> Params:
    if request_id is None:
        return ()
    if len(request_id) > 50 or not _REQUEST_ID.fullmatch(request_id):
        raise ValueError(f"a request id is 1 to 50 letters, digits or -, not {request_id!r}")
    return (("requestid", request_id),)
