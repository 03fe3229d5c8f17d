"""Carrying out an accepted request on the company: one operation or a batch, with the request ids kept beside it."""

from __future__ import annotations

from typing import Any

from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.jsontext import dumps
from qbo_pipeline.emulator.http.answers import Answer
from qbo_pipeline.emulator.http.batch import BatchItem, ItemAnswer, answer_item
from qbo_pipeline.emulator.http.fault_texts import injected_fault, throttle_fault
from qbo_pipeline.emulator.http.operations import TIMED, Raw, perform
from qbo_pipeline.emulator.http.request_ids import digest_of
from qbo_pipeline.emulator.http.requests import WRITE, ApiRequest, Operation
from qbo_pipeline.emulator.http.sending import send_form
from qbo_pipeline.emulator.http.state import EmulatorState


class Carrier:
    """The only place that writes to the company."""

    def __init__(self, state: EmulatorState) -> None:
        self.state = state

    def carry_out(
        self, request: ApiRequest, operation: Operation, content: dict[str, Any], items: list[BatchItem]
    ) -> Answer:
        """Do what the request asks and return its answer; raises QboFault. What it returns is durable."""
        if operation.name == "batch":
            return self._batch(request, items)
        if operation.kind == WRITE:
            return self._write(request, operation, content)
        return self._encoded(perform(self.state.company, operation, request, content), operation)

    def _write(self, request: ApiRequest, operation: Operation, content: dict[str, Any]) -> Answer:
        state, now = self.state, self.state.clock.seconds()
        digest = digest_of(request.path.encode(), operation.name.encode(), request.body)
        stored = state.request_ids.first_answer(request.request_id, "", digest, now)
        if stored is not None:
            return Answer(200, stored, writes=1, replayed=1, note="requestid replayed")
        refused: QboFault | None = None
        with state.writing():
            try:
                answer = self._encoded(self._performed(request, operation, content), operation)
                state.request_ids.remember(request.request_id, "", digest, answer.body, now)
            except QboFault as fault:
                refused = fault  # raised outside: to leave by an exception would undo more than this write
        if refused is not None:
            raise refused
        return answer

    def _performed(self, request: ApiRequest, operation: Operation, content: dict[str, Any]) -> dict[str, Any] | Raw:
        if operation.name == "send":
            return send_form(self.state, operation, request.params)
        return perform(self.state.company, operation, request, content)

    def _encoded(self, payload: dict[str, Any] | Raw, operation: Operation) -> Answer:
        writes, reads = (1, 0) if operation.kind == WRITE else (0, 1)
        if isinstance(payload, Raw):
            return Answer(200, payload.content, payload.media, writes=writes, reads=reads)
        if operation.name in TIMED:
            payload["time"] = self.state.time()
        return Answer(200, dumps(payload), writes=writes, reads=reads)

    def _batch(self, request: ApiRequest, items: list[BatchItem]) -> Answer:
        with self.state.writing():
            answered = [self._item(request, item) for item in items]
        return Answer(
            200,
            join_items([item.content for item in answered], self.state.time()),
            writes=sum(item.writes for item in answered),
            reads=sum(item.reads for item in answered),
            replayed=sum(item.replayed for item in answered),
            items=[item.content for item in answered],
        )

    def _item(self, request: ApiRequest, item: BatchItem) -> ItemAnswer:
        state, now = self.state, self.state.clock.seconds()
        digest = digest_of(item.as_bytes()) if request.request_id else b""
        try:
            if item.operation.kind == WRITE:
                stored = state.request_ids.first_answer(request.request_id, item.b_id, digest, now)
                if stored is not None:
                    return ItemAnswer(stored, writes=1, replayed=True)
            elif state.out_of_reads():
                raise throttle_fault()
            if state.faults.armed and item.problem is None:
                self._fail_item(request, item)
        except QboFault as fault:
            return ItemAnswer(dumps({"Fault": fault.as_json(), "bId": item.b_id}))

        def remember(_: BatchItem, content: bytes) -> None:
            state.request_ids.remember(request.request_id, item.b_id, digest, content, now)

        return answer_item(state.company, item, remember)

    def _fail_item(self, request: ApiRequest, item: BatchItem) -> None:
        operation = item.operation
        rule = self.state.faults.choose(operation.name, operation.entity, request.path, item.as_bytes(), item=True)
        if rule is None:
            return
        self.state.meter.faults_injected[rule.kind] += 1
        if rule.kind == "stale_object":
            self.change_as_somebody_else(operation, item.body)
        else:
            raise injected_fault(rule.code, rule.message, rule.detail, rule.status)

    def change_as_somebody_else(self, operation: Operation, content: dict[str, Any]) -> None:
        """Touch the object that a request is about to change, so that its SyncToken is out of date."""
        if operation.name not in ("update", "delete", "void") or not content.get("Id"):
            return
        there = self.state.company.read(operation.entity, str(content["Id"]))
        touch = {"Id": there["Id"], "SyncToken": there["SyncToken"], "sparse": True}
        self.state.company.update(operation.entity, touch)


def join_items(items: list[bytes], time: str) -> bytes:
    """The body of a batch answer from its encoded items."""
    return b'{"BatchItemResponse":[' + b",".join(items) + b'],"time":"' + time.encode() + b'"}'
