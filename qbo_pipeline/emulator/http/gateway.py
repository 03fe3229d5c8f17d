"""The way of one API request: token, limits, ordered failure, operation, answer, meter, log."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.http import answers, wire
from qbo_pipeline.emulator.http.answers import Answer
from qbo_pipeline.emulator.http.batch import BatchItem, read_items
from qbo_pipeline.emulator.http.carry_out import Carrier
from qbo_pipeline.emulator.http.failing import DISTORTED, Failing
from qbo_pipeline.emulator.http.fault_rules import FaultRule
from qbo_pipeline.emulator.http.fault_texts import gateway_fault, injected_fault, system_fault
from qbo_pipeline.emulator.http.meter import LoggedRequest
from qbo_pipeline.emulator.http.operations import read_request_body
from qbo_pipeline.emulator.http.recording import Recorder
from qbo_pipeline.emulator.http.request_ids import check_format
from qbo_pipeline.emulator.http.requests import (
    BODY_LIMIT,
    READ,
    UPLOAD_LIMIT,
    WRITE,
    ApiRequest,
    Operation,
    find_operation,
    parse_request,
)
from qbo_pipeline.emulator.http.settings import limit_factor
from qbo_pipeline.emulator.http.state import EmulatorState
from qbo_pipeline.emulator.http.tokens import ACCOUNTING
from qbo_pipeline.emulator.http.xml_answers import as_xml, wants_xml

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Exchange:
    """What becomes known of a request on its way; the log shows it."""

    request: ApiRequest | None = None
    operation: Operation | None = None
    rule: FaultRule | None = None
    note: str = ""


class Gateway:
    """Everything under /v3/: an ASGI application of its own, without a router in between."""

    def __init__(self, state: EmulatorState) -> None:
        self.state = state
        self.carrier = Carrier(state)
        self.failing = Failing(state, self.carrier)
        self.recorder: Recorder | None = None
        self._storm_until = 0.0

    async def __call__(self, scope: wire.Scope, receive: wire.Receive, send: wire.Send) -> None:
        state, tid = self.state, answers.new_tid()
        upload = scope["path"].rstrip("/").endswith("/upload")
        try:
            body = await wire.read_body(receive, UPLOAD_LIMIT if upload else BODY_LIMIT)
        except ConnectionResetError:
            return
        state.schedule.run_due()
        if state.settings.latency_ms:
            await asyncio.sleep(state.settings.latency_ms / 1000)
        exchange = Exchange()
        state.meter.arrives(state.clock.seconds())
        answer = await self._answer(exchange, scope, body, upload)
        self._count(exchange, scope["method"], scope["path"], answer, tid)
        if self.recorder is not None and exchange.request is not None:
            self.recorder.record(state, exchange.request, scope["query_string"], exchange.operation, answer)
        if wants_xml(scope["headers"], state.settings.answers):
            answer = as_xml(answer, state.time())
        headers = [(b"intuit_tid", tid.encode()), (b"qbo-version", answers.QBO_VERSION)]
        if exchange.rule is not None and exchange.rule.kind in DISTORTED:
            await self.failing.deliver(exchange.rule, answer, headers, scope, receive)
        else:
            await wire.send_answer(send, answer, headers)

    def carry_out(self, request: ApiRequest) -> Answer:
        """Carry out a request that comes from a recording: no token, no limits, no ordered failures. Never raises."""
        exchange = Exchange(request, note="replayed from a recording")
        try:
            operation = exchange.operation = find_operation(request)
            content = read_request_body(operation, request)
            items = read_items(content) if operation.name == "batch" else []
            check_format(request.request_id, batch=operation.name == "batch", item_ids=[item.b_id for item in items])
            answer = self.carrier.carry_out(request, operation, content, items)
        except QboFault as fault:
            answer = self.refused(fault)
        except Exception:
            log.exception("the emulator failed at %s %r of a recording", request.method, request.path)
            answer = self.refused(system_fault())
        self._count(exchange, request.method, request.path, answer, answers.new_tid())
        return answer

    def refused(self, fault: QboFault) -> Answer:
        """The answer that tells a fault."""
        return answers.fault_answer(fault, self.state.time())

    async def _answer(self, exchange: Exchange, scope: wire.Scope, body: bytes | None, upload: bool) -> Answer:
        try:
            return await self._decide(exchange, scope, body, upload)
        except QboFault as fault:
            return answers.fault_answer(fault, self.state.time())
        except Exception:
            log.exception("the emulator failed at %s %r", scope["method"], scope["path"])
            return answers.fault_answer(system_fault(), self.state.time())

    async def _decide(self, exchange: Exchange, scope: wire.Scope, body: bytes | None, upload: bool) -> Answer:
        state, now = self.state, self.state.clock.now()
        request = parse_request(scope["method"], scope["path"], scope["query_string"], scope["headers"])
        exchange.request = request
        grant = state.tokens.check_access(request.bearer, now.timestamp())
        if isinstance(grant, str):
            exchange.note = grant
            return answers.unauthorised(grant, now)
        if grant.realm != request.realm or request.realm != state.realm or ACCOUNTING not in grant.scope.split():
            return answers.forbidden(now)
        batch = request.segments[0].lower() == "batch"
        if refused := self._throttled(now.timestamp(), grant.client_id, batch):
            exchange.note = refused
            return self._too_many()
        if body is None:
            raise gateway_fault("6020", UPLOAD_LIMIT if upload else BODY_LIMIT)
        request.body = body
        operation = exchange.operation = find_operation(request)
        content = read_request_body(operation, request)
        items = read_items(content) if operation.name == "batch" else []
        check_format(request.request_id, batch=batch, item_ids=[item.b_id for item in items])
        if operation.kind == READ and state.out_of_reads():
            exchange.note = "monthly block of metered reads"
            return self._too_many()
        rule = exchange.rule = state.faults.choose(
            operation.name, operation.entity, request.path, body or scope["query_string"]
        )
        if rule is not None:
            state.meter.faults_injected[rule.kind] += 1
            early = self._before(rule, request, operation, content)
            if early is not None:
                return early
        await self._check_intent(request, operation, items)
        if rule is not None:
            return self.failing.answer(rule, request, operation, content, items)
        return self.carrier.carry_out(request, operation, content, items)

    def _throttled(self, now: float, app: str, batch: bool) -> str | None:
        if now < self._storm_until:
            return "429 storm on order"
        return self.state.limits.admit(now, app, batch=batch, factor=limit_factor(self.state.settings.limits))

    def _too_many(self) -> Answer:
        return answers.throttled(self.state.settings.throttle_keys, self.state.clock.now(), self.state.time())

    def _before(
        self, rule: FaultRule, request: ApiRequest, operation: Operation, content: dict[str, Any]
    ) -> Answer | None:
        """The answer of a rule that keeps the request from being carried out at all."""
        now = self.state.clock.now()
        match rule.kind:
            case "refusal":
                raise injected_fault(rule.code, rule.message, rule.detail, rule.status)
            case "throttle":
                self._storm_until = now.timestamp() + (rule.seconds if "seconds" in rule.model_fields_set else 0.0)
                return self._too_many()
            case "expire_token":
                self.state.tokens.expire(request.bearer, now.timestamp())
                self.state.save_tokens()
                return answers.unauthorised(f"Token expired: {request.bearer[:4]}…", now)
            case "revoke_token":
                self.state.tokens.revoke(request.bearer)
                self.state.save_tokens()
                return answers.unauthorised("Token revoked", now)
            case "stale_object":
                self.carrier.change_as_somebody_else(operation, content)
        return None

    async def _check_intent(self, request: ApiRequest, operation: Operation, items: list[BatchItem]) -> None:
        if operation.kind != WRITE or self.state.intent is None:
            return
        if items and all(item.operation.kind == READ for item in items):
            return
        await self.state.intent.check(request, operation, items)

    def _count(self, exchange: Exchange, method: str, path: str, answer: Answer, tid: str) -> None:
        state, request, operation = self.state, exchange.request, exchange.operation
        now = state.clock.now()
        state.meter.replayed += answer.replayed
        ordered = f"on order: {exchange.rule.kind}" if exchange.rule else ""
        line = LoggedRequest(
            time=now.isoformat(timespec="milliseconds"),
            method=method,
            path=path,
            status=answer.status,
            operation=operation.name if operation else "",
            entity=operation.entity if operation else "",
            request_id=request.request_id[:50] if request else "",
            intuit_tid=tid,
            note="; ".join(part for part in (ordered, exchange.note, answer.note) if part),
        )
        state.meter.record(line, answer.writes, answer.reads, now)
