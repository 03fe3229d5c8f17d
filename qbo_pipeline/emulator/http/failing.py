"""Failure on order at and after the moment of carrying out: answers lost, late, cut, torn, or not what they were."""

from __future__ import annotations

import asyncio
from typing import Any

from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.http import answers, distort, wire
from qbo_pipeline.emulator.http.answers import Answer, Headers
from qbo_pipeline.emulator.http.batch import BatchItem
from qbo_pipeline.emulator.http.carry_out import Carrier, join_items
from qbo_pipeline.emulator.http.fault_rules import FaultRule
from qbo_pipeline.emulator.http.fault_texts import injected_fault, system_fault
from qbo_pipeline.emulator.http.meter import LoggedRequest
from qbo_pipeline.emulator.http.requests import ApiRequest, Operation
from qbo_pipeline.emulator.http.state import EmulatorState

# Kinds whose answer needs the connection itself; all others are sent the ordinary way.
DISTORTED = frozenset({"lost_answer", "late_commit", "reset", "half_body", "wrong_length", "slow_drip"})

HTML_PAGE = (
    b"<!DOCTYPE html><html><head><title>Intuit</title></head>"
    b"<body><h1>We're sorry</h1><p>Something went wrong. Please try again later.</p></body></html>"
)


class Failing:
    """Carries out what a rule still lets happen, and spoils the answer."""

    def __init__(self, state: EmulatorState, carrier: Carrier) -> None:
        self.state = state
        self.carrier = carrier

    def answer(
        self,
        rule: FaultRule,
        request: ApiRequest,
        operation: Operation,
        content: dict[str, Any],
        items: list[BatchItem],
    ) -> Answer:
        """The answer as the rule wants it; where only its way to the client fails, the true answer."""
        if rule.kind == "late_commit":
            self._later(rule, request, operation, content, items)
            return Answer(0, b"", note=f"carried out {rule.seconds:g} s later")
        if rule.kind == "query_lag":
            return distort.lagging_answer(self.state, request, operation, rule.seconds)
        if not rule.commit:
            true = answers.fault_answer(system_fault(), self.state.time())
        else:
            kept = items[: rule.items] if rule.kind == "lost_answer" and "items" in rule.model_fields_set else items
            true = self._carried_out(request, operation, content, kept)
        match rule.kind:
            case "html":
                return _instead(true, Answer(rule.status or 200, HTML_PAGE, b"text/html;charset=UTF-8"))
            case "fault_200":
                fault = injected_fault(rule.code, rule.message, rule.detail, 200)
                return _instead(true, answers.fault_answer(fault, self.state.time()))
            case "server_error":
                return _instead(true, self._server_error(rule.status or 500))
            case "torn_batch" if true.items is not None:
                true.body = join_items(true.items[: rule.items], self.state.time())
            case "shuffled_batch" if true.items is not None:
                true.body = join_items(self.state.faults.shuffled(true.items), self.state.time())
            case "unknown_fields" if true.status == 200:
                true.body = distort.with_unknown_fields(true.body)
            case "truncated_report" if true.status == 200:
                text = self.state.company.settings.report_limit_text
                true.body = distort.truncated_report(true.body, rule.items, text)
        return true

    def _carried_out(
        self, request: ApiRequest, operation: Operation, content: dict[str, Any], items: list[BatchItem]
    ) -> Answer:
        try:
            return self.carrier.carry_out(request, operation, content, items)
        except QboFault as fault:
            return answers.fault_answer(fault, self.state.time())

    def _later(
        self,
        rule: FaultRule,
        request: ApiRequest,
        operation: Operation,
        content: dict[str, Any],
        items: list[BatchItem],
    ) -> None:
        def due() -> None:
            answer = self._carried_out(request, operation, content, items)
            now = self.state.clock.now()
            line = LoggedRequest(
                time=now.isoformat(timespec="milliseconds"),
                method=request.method,
                path=request.path,
                status=answer.status,
                operation=operation.name,
                entity=operation.entity,
                request_id=request.request_id[:50],
                note="late commit; nobody gets this answer",
            )
            self.state.meter.replayed += answer.replayed
            self.state.meter.record(line, answer.writes, answer.reads, now)

        self.state.schedule.after(rule.seconds, due)

    def _server_error(self, status: int) -> Answer:
        if status == 500:
            return answers.fault_answer(system_fault(), self.state.time())
        return Answer(status, HTML_PAGE, b"text/html;charset=UTF-8")

    async def deliver(
        self, rule: FaultRule, answer: Answer, headers: Headers, scope: wire.Scope, receive: wire.Receive
    ) -> None:
        """Send the answer in the broken way of a rule in DISTORTED."""
        connection = wire.Connection(scope, receive)
        if rule.kind in ("lost_answer", "late_commit") and rule.how == "hang":
            over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.state.schedule.after(rule.seconds, lambda: None if over.done() else over.set_result(None))
            await connection.hang(over)
            return
        if rule.kind in ("lost_answer", "late_commit", "reset"):
            await connection.reset()
            return
        all_headers = [(b"content-type", answer.media), *headers, *answer.headers]
        body = answer.body
        length = max(0, len(body) + rule.extra) if rule.kind == "wrong_length" else len(body)
        connection.write_head(answer.status, all_headers, length)
        if rule.kind == "slow_drip":
            seconds = rule.seconds if "seconds" in rule.model_fields_set else 1.0
            await connection.drip(body, rule.chunk, seconds)
            return
        connection.write(body[: len(body) // 2] if rule.kind == "half_body" else body)
        await connection.close()


def _instead(true: Answer, shown: Answer) -> Answer:
    """`shown`, metered as what really happened."""
    shown.writes, shown.reads, shown.replayed = true.writes, true.reads, true.replayed
    return shown
