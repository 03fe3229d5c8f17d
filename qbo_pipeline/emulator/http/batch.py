"""POST /batch: up to 30 items, each carried out and refused on its own, answered by bId in one HTTP answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.emulator.company import faults
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.jsontext import dumps
from qbo_pipeline.emulator.company.schema.entities import wrapper
from qbo_pipeline.emulator.http.fault_texts import PARSE_FAILED, gateway_fault
from qbo_pipeline.emulator.http.operations import read_changes, save
from qbo_pipeline.emulator.http.requests import READ, WRITE, Operation, id_in, read_options, settle_save

MOST_ITEMS = 30
NOT_ENTITIES = frozenset({"bId", "operation", "optionsData", "Query", "CDCQuery"})
ITEM_OPERATIONS = frozenset({"create", "update", "delete", "void"})


@dataclass(slots=True)
class BatchItem:
    """One BatchItemRequest; `problem` is the fault that it earned by its form alone."""

    b_id: str
    operation: Operation
    body: Any
    content: dict[str, Any]
    problem: QboFault | None = None

    def as_bytes(self) -> bytes:
        """The item's content, for digests and for the text that a fault rule looks for."""
        return json.dumps(self.content, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class ItemAnswer:
    """One BatchItemResponse as bytes, and what the item metered."""

    content: bytes
    writes: int = 0
    reads: int = 0
    replayed: bool = False


def read_items(body: dict[str, Any]) -> list[BatchItem]:
    """The items of a batch. Raises a fault for the whole batch: no items, more than 30, a bId given twice.

    What is wrong with one item alone, a missing bId or operation included, is answered for that item.
    """
    requests = body.get("BatchItemRequest")
    if not isinstance(requests, list) or not requests:
        raise gateway_fault("2020", "BatchItemRequest", "BatchItemRequest")
    if len(requests) > MOST_ITEMS:
        raise gateway_fault("1040", MOST_ITEMS)
    items = [_read_item(request) for request in requests]
    given = [item.b_id for item in items if item.b_id]
    if len(set(given)) != len(given):
        raise faults.fault("2010", "bId", what="bId is given twice")
    return items


def _read_item(request: Any) -> BatchItem:
    if not isinstance(request, dict):
        return BatchItem("", Operation("unknown", READ), None, {}, faults.fault("2010", what=PARSE_FAILED))
    b_id = request.get("bId")
    if not isinstance(b_id, str) or not b_id:
        missing = gateway_fault("2020", "bId", "bId")
        return BatchItem("", Operation("unknown", READ), None, request, missing)
    try:
        operation, body = _item_operation(request)
    except QboFault as fault:
        return BatchItem(b_id, Operation("unknown", READ), None, request, fault)
    return BatchItem(b_id, operation, body, request)


def _item_operation(request: dict[str, Any]) -> tuple[Operation, Any]:
    if "Query" in request:
        return Operation("query", READ), request["Query"]
    if "CDCQuery" in request:
        return Operation("cdc", READ), request["CDCQuery"]
    names = [name for name in request if name not in NOT_ENTITIES]
    if len(names) != 1 or not isinstance(request[names[0]], dict):
        raise faults.fault("2010", what=PARSE_FAILED)
    name = str(request.get("operation") or "").lower()
    if not name:
        raise gateway_fault("2020", "operation", "operation")
    if name not in ITEM_OPERATIONS:
        raise gateway_fault("500", name[:100])
    body = request[names[0]]
    operation = Operation(name, WRITE, Company.entity_name(names[0]))
    operation.id = id_in(operation.entity, body)
    operation.options = read_options(str(request.get("optionsData", "")))
    if name == "update":
        operation.name = "save"
        settle_save(operation, body)
        if operation.name == "create":
            raise gateway_fault("2020", "Id", "Id")
    return operation, body


def answer_item(company: Company, item: BatchItem, remember: Callable[[BatchItem, bytes], None]) -> ItemAnswer:
    """Carry out one item; a fault is part of the answer, not an exception. `remember` keeps a success."""
    try:
        if item.problem is not None:
            raise item.problem
        payload = _perform(company, item)
    except QboFault as fault:
        return ItemAnswer(dumps({"Fault": fault.as_json(), **({"bId": item.b_id} if item.b_id else {})}))
    content = dumps({**payload, "bId": item.b_id})
    if item.operation.kind == READ:
        return ItemAnswer(content, reads=1)
    remember(item, content)
    return ItemAnswer(content, writes=1)


def _perform(company: Company, item: BatchItem) -> dict[str, Any]:
    match item.operation.name:
        case "query":
            if not isinstance(item.body, str) or not item.body.strip():
                raise gateway_fault("2020", "Query", "Query")
            return {"QueryResponse": company.query(item.body)}
        case "cdc":
            if not isinstance(item.body, dict):
                raise faults.fault("2010", what=PARSE_FAILED)
            entities = item.body.get("Entities", "")
            text = ",".join(map(str, entities)) if isinstance(entities, list) else str(entities)
            return company.changes(*read_changes(text, str(item.body.get("ChangedSince", ""))))
        case name:
            operation = item.operation
            return {wrapper(operation.entity): save(company, name, operation.entity, item.body, operation.options)}
