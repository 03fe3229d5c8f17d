"""A recorded week of a company's traffic played again, at its own pace, faster, or as fast as it goes.

Requests go the emulator's own way but for tokens and limits. Virtual time moves to each request's instant, so that what
falls due between two of them is done. Ids are those of here, and a SyncToken that was good then is good now.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.jsontext import dumps, loads
from qbo_pipeline.emulator.http.gateway import Gateway
from qbo_pipeline.emulator.http.requests import ApiRequest, id_in, parse_request
from qbo_pipeline.emulator.traffic.exchanges import Exchange
from qbo_pipeline.emulator.traffic.identities import Identities

MOST_TOLD: Final = 100
_LONGEST_REQUEST_ID: Final = 36
_NUMBER: Final = re.compile(r"[0-9]+")


@dataclass(slots=True)
class Outcome:
    """What came of a replay: how many requests, how many were answered as they were recorded, and the others."""

    requests: int = 0
    same: int = 0
    different: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    virtual_seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON; of the requests that were answered otherwise the first hundred."""
        return {
            "requests": self.requests,
            "same": self.same,
            "different": self.requests - self.same,
            "told": self.different,
            "seconds": round(self.seconds, 3),
            "virtual_seconds": round(self.virtual_seconds, 3),
        }


async def replay(gateway: Gateway, exchanges: Sequence[Exchange], speed: float = 0.0) -> Outcome:
    """Carry out recorded requests one after another on the gateway's company.

    `speed` is how many times as fast as recorded; 0 waits for nothing. Where virtual time is past the recording
    already, its first request is now.
    """
    state, outcome, ids = gateway.state, Outcome(), Identities()
    run, begun = uuid.uuid4(), time.perf_counter()
    first = exchanges[0].at
    base = max(first, state.clock.now())
    for exchange in exchanges:
        due = base + (exchange.at - first)
        if speed:
            await asyncio.sleep(
                max(0.0, (exchange.at - first) / timedelta(seconds=speed) - (time.perf_counter() - begun))
            )
        if due > state.clock.now():
            await state.schedule.advance_to(due)
        _carry_out(gateway, exchange, ids, run, outcome)
        await asyncio.sleep(0)  # whoever else talks to the emulator gets a turn
    outcome.seconds = time.perf_counter() - begun
    outcome.virtual_seconds = (exchanges[-1].at - first).total_seconds()
    state.save_clock()
    return outcome


def _carry_out(gateway: Gateway, exchange: Exchange, ids: Identities, run: uuid.UUID, outcome: Outcome) -> None:
    path, _, query = exchange.path.partition("?")
    try:
        request = _request(gateway, exchange, path, query, ids, run)
        answer = gateway.carry_out(request)
    except QboFault as fault:
        answer = gateway.refused(fault)
    try:
        answered = loads(answer.body)
    except ValueError:
        answered = None
    ids.learn(exchange.answer, answered)
    outcome.requests += 1
    was, now = (exchange.status, _code(exchange.answer)), (answer.status, _code(answered))
    if was == now or (exchange.answer is None and was[0] == now[0]):
        outcome.same += 1
    elif len(outcome.different) < MOST_TOLD:
        told = {"at": exchange.at.isoformat(), "method": exchange.method, "path": exchange.path[:200]}
        outcome.different.append(told | {"recorded": list(was), "answered": list(now)})


def _code(answer: Any) -> str:
    """The code of an answer's first fault, or ""."""
    if not isinstance(answer, dict):
        return ""
    fault = answer.get("Fault") or answer.get("fault") or {}
    errors = fault.get("Error") or fault.get("error") or [{}]
    return str(errors[0].get("code", ""))


def _request(
    gateway: Gateway, exchange: Exchange, path: str, query: str, ids: Identities, run: uuid.UUID
) -> ApiRequest:
    segments = path.strip("/").split("/")
    if len(segments) > 1 and _NUMBER.fullmatch(segments[1]):
        segments[1] = ids.here(segments[0], segments[1])
    parameters = [(name, _parameter(name, value, ids, run)) for name, value in parse_qsl(query, keep_blank_values=True)]
    state = gateway.state
    request = parse_request(
        exchange.method,
        f"/v3/company/{state.realm}/{'/'.join(segments)}",
        urlencode(parameters).encode(),
        [(b"content-type", exchange.type.encode("latin-1", "replace"))],
    )
    request.body = _body(state.company, exchange, segments[0], ids)
    return request


def _parameter(name: str, value: str, ids: Identities, run: uuid.UUID) -> str:
    """A parameter of here: ids in a query, and a requestid of this run, so that a second replay is carried out too."""
    if name.lower() == "query":
        return ids.statement(value)
    if name.lower() == "requestid" and 0 < len(value) <= _LONGEST_REQUEST_ID:
        return str(uuid.uuid5(run, value))
    return value


def _body(company: Company, exchange: Exchange, resource: str, ids: Identities) -> bytes:
    if not exchange.body or "json" not in exchange.type.lower():
        text = exchange.type.lower().startswith(("application/text", "text/plain"))
        return ids.statement(exchange.body.decode("utf-8", "replace")).encode() if text else exchange.body
    try:
        content = loads(exchange.body)
        kind = Company.entity_name(resource)
    except (ValueError, QboFault):
        kind = resource
        if resource.lower() != "batch":
            return exchange.body
    body = ids.translate(kind, content)
    if exchange.status == 200:
        for name, one in _objects(kind, body):
            _freshen(company, name, one)
    return dumps(body)


def _objects(kind: str, body: Any) -> list[tuple[str, dict[str, Any]]]:
    """The objects in a body, each with its entity: the body itself, or those of a batch."""
    if not isinstance(body, dict):
        return []
    items = body.get("BatchItemRequest")
    if not isinstance(items, list):
        return [(kind, body)]
    return [
        (name, one) for item in items if isinstance(item, dict) for name, one in item.items() if isinstance(one, dict)
    ]


def _freshen(company: Company, kind: str, body: dict[str, Any]) -> None:
    """Give an object the SyncToken that it has here."""
    id = id_in(kind, body)
    if not id or "SyncToken" not in json.dumps(body, default=str):
        return
    try:
        found = company.read(kind, id)
    except QboFault:
        return
    for holder, now in ((body, found), *((body.get(name), inner) for name, inner in found.items())):
        if isinstance(holder, dict) and "SyncToken" in holder and isinstance(now, dict) and "SyncToken" in now:
            holder["SyncToken"] = now["SyncToken"]
