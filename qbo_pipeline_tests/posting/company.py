"""A QuickBooks Online company in memory, behind the interface of the client: for tests that need no HTTP.

It knows numbers, names, SyncTokens, requestids by item, closed books, and can be told what becomes of the next
requests. It shares no line with the product; the emulator is the more truthful one, this is the faster one.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from math import inf
from typing import Any

from qbo_pipeline.quickbooks.answers import batch_outcome, write_outcome
from qbo_pipeline.quickbooks.outcomes import BatchOutcome, NotSent, Outcome, Unknown
from qbo_pipeline.quickbooks.query import Query
from qbo_pipeline.quickbooks.transport import Answer

JsonObject = dict[str, Any]
NAMES = {"Customer": "DisplayName", "Vendor": "DisplayName", "Item": "Name"}
PATHS = {"journalentry": "JournalEntry", "invoice": "Invoice", "customer": "Customer", "vendor": "Vendor",
         "payment": "Payment", "bill": "Bill", "item": "Item"}  # fmt: skip


class Refuse(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class MemoryCompany:
    """`script` holds what becomes of the next POSTs: `lost` (not done, no answer), `committed` (done, no answer),
    `throttled`, `not_sent`, `not_found`, `server_error`, `torn`; anything else, or nothing, is done and answered.
    `before_send` is called with each POST's requestid before anything happens, as the emulator's intent hook is.
    """

    batches_held = False  # there are no limits

    def __init__(self, realm: str = "9130355377388383", *, now: Callable[[], datetime] | None = None) -> None:
        self.realm = realm
        self.now = now or (lambda: datetime.now(UTC))
        self.things: dict[str, dict[str, JsonObject]] = {}
        self.remembered: dict[tuple[str, str], JsonObject] = {}
        self.honours = True
        self.closed_through = ""
        self.unique_numbers = False
        self.script: deque[str] = deque()
        self.refusals: dict[str, tuple[str, str]] = {}  # text in an item's body -> (code, message)
        self.before_send: Callable[[str], None] = lambda request_id: None
        self.requests: list[tuple[str, int]] = []
        self.queries = 0
        self.creations: list[str] = []
        self._ids = 0
        self._lock = threading.Lock()

    # --- the client's interface -----------------------------------------------------------------------------------
    def send(
        self,
        method: str,
        path: str,
        params: tuple[tuple[str, str], ...],
        body: bytes,
        deadline: float = 60,
        *,
        until: float = inf,
    ) -> Outcome:
        options = dict(params)
        entity = PATHS[path]
        thing = json.loads(body, parse_float=Decimal)
        operation = options.get("operation") or ("update" if "Id" in thing else "create")
        if options.get("include") == "void":
            operation = "void"
        request = {"bId": "", "operation": operation, entity: thing}
        answer = self._post(options.get("requestid", ""), [request], "single")
        if not isinstance(answer, Answer):
            return answer
        content = json.loads(answer.body)
        if "BatchItemResponse" in content:
            [item] = content["BatchItemResponse"]
            status = 400 if "Fault" in item else 200
            answer = Answer(status, answer.headers, json.dumps(item).encode(), 0.0)
        return write_outcome(answer, path)

    def send_batch(
        self,
        params: tuple[tuple[str, str], ...],
        body: bytes,
        deadline: float = 60,
        *,
        until: float = inf,
        bids: Sequence[str],
    ) -> BatchOutcome:
        items = json.loads(body, parse_float=Decimal)["BatchItemRequest"]
        assert [item["bId"] for item in items] == bids
        answer = self._post(dict(params)["requestid"], items, "batch")
        if isinstance(answer, Answer):
            return batch_outcome(answer, list(bids))
        return BatchOutcome(dict.fromkeys(bids, answer), answer, None)

    def query(self, query: Query, *, until: float = inf) -> Iterator[JsonObject]:
        self.queries += 1
        with self._lock:
            found = [deepcopy(t) for t in self.things.get(query.entity.name, {}).values() if not t.get("deleted")]
        return iter([thing for thing in found if all(_matches(thing, text) for text in query.conditions)])

    # --- inside -----------------------------------------------------------------------------------------------------
    def live(self, entity: str = "JournalEntry") -> list[JsonObject]:
        return [thing for thing in self.things.get(entity, {}).values() if not thing.get("deleted")]

    def _post(self, request_id: str, items: list[JsonObject], lane: str) -> Answer | NotSent | Unknown:
        with self._lock:
            self.before_send(request_id)
            fate = self.script.popleft() if self.script else "done"
            self.requests.append((lane, len(items)))
            if fate == "not_sent":
                return NotSent("connection refused")
            if fate == "lost":
                return Unknown("timeout")
            if fate == "throttled":
                fault = {"Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429", "code": "3001"}
                return _answer(429, {"Fault": {"Error": [fault], "type": "SERVICE"}})
            if fate == "not_found":
                fault = {"Message": "Object Not Found", "Detail": "Object Not Found : something", "code": "610"}
                return _answer(404, {"Fault": {"Error": [fault], "type": "ValidationFault"}})
            if fate == "server_error":
                return _answer(500, {"Fault": {"Error": [{"Message": "System Failure", "code": "10000"}]}})
            answers = [self._item(request_id, item) for item in items]
            if fate == "committed":
                return Unknown("timeout")
            if fate == "torn":
                answers = answers[::2]
            return _answer(200, {"BatchItemResponse": answers})

    def _item(self, request_id: str, item: JsonObject) -> JsonObject:
        key = (request_id, item["bId"])
        if self.honours and key in self.remembered:
            return self.remembered[key]
        entity = next(name for name in item if name not in ("bId", "operation", "optionsData"))
        operation = "void" if item.get("optionsData") == "void" else item["operation"]
        try:
            thing = self._carry_out(operation, entity, item[entity])
        except Refuse as refusal:
            error = {"Message": str(refusal), "Detail": str(refusal), "code": refusal.code}
            return {"bId": item["bId"], "Fault": {"Error": [error], "type": "ValidationFault"}}
        self.remembered[key] = {"bId": item["bId"], entity: thing}
        return self.remembered[key]

    def _carry_out(self, operation: str, entity: str, body: JsonObject) -> JsonObject:
        text = json.dumps(body, default=str)
        for marker, (code, message) in self.refusals.items():
            if marker in text:
                raise Refuse(code, message)
        if self.closed_through and body.get("TxnDate", "9") <= self.closed_through:
            raise Refuse("6210", "Account Period Closed, Cannot Update Through Services API")
        table = self.things.setdefault(entity, {})
        if operation == "create":
            self._unique(entity, body)
            self._ids += 1
            thing = deepcopy(body) | {"Id": str(self._ids), "SyncToken": "0"}
            thing["MetaData"] = {"CreateTime": self.now().isoformat(timespec="seconds")}
            table[thing["Id"]] = thing
            self.creations.append(thing["Id"])
            return json.loads(json.dumps(thing, default=float))
        thing = table.get(body["Id"], {"deleted": True})
        if thing.get("deleted"):
            raise Refuse("610", "Object Not Found : Another user has deleted this transaction.")
        if thing["SyncToken"] != body["SyncToken"]:
            raise Refuse("5010", "Stale Object Error : You and somebody were working on this at the same time.")
        if operation == "delete":
            thing["deleted"] = True
            return {"Id": thing["Id"], "status": "Deleted", "domain": "QBO"}
        if operation == "void":
            note = f"Voided - {thing.get('PrivateNote', '')}"
            lines = [line | {"Amount": Decimal(0)} for line in thing.get("Line", ())]
            body = {"PrivateNote": note, "TotalAmt": Decimal(0), "Balance": Decimal(0), "Line": lines}
        self.edit(entity, thing["Id"], **{k: v for k, v in body.items() if k not in ("Id", "SyncToken", "sparse")})
        return json.loads(json.dumps(thing, default=float))

    def edit(self, entity: str, qbo_id: str, **fields: Any) -> None:
        """Change an object as a person would in QBO's own pages."""
        thing = self.things[entity][qbo_id]
        thing |= deepcopy(fields) | {"SyncToken": str(int(thing["SyncToken"]) + 1)}

    def _unique(self, entity: str, body: JsonObject) -> None:
        if entity in NAMES:
            name = body[NAMES[entity]].casefold()
            for other, field in NAMES.items():
                if (other == "Item") == (entity == "Item") and any(
                    thing[field].casefold() == name for thing in self.things.get(other, {}).values()
                ):
                    raise Refuse("6240", "Duplicate Name Exists Error : The name supplied already exists.")
        number = body.get("DocNumber")
        if self.unique_numbers and number and any(thing.get("DocNumber") == number for thing in self.live(entity)):
            raise Refuse("6140", "Duplicate Document Number Error : You must specify a different number.")


def _matches(thing: JsonObject, condition: str) -> bool:
    field, operator, value = condition.split(" ", 2)
    if field == "Active":
        return True
    here: Any = thing
    for part in field.split("."):
        here = (here or {}).get(part)
    if operator == "IN":
        wanted = [text.strip().strip("'").casefold() for text in value.strip("()").split("', '")]
        return str(here).casefold() in wanted
    wanted_one = value.strip("'")
    if operator == ">=":
        return datetime.fromisoformat(str(here)) >= datetime.fromisoformat(wanted_one)
    return str(here) == wanted_one


def _answer(status: int, body: JsonObject) -> Answer:
    return Answer(status, {"intuit_tid": "1-tid"}, json.dumps(body, default=float).encode(), 0.0)
