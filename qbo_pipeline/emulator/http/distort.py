"""Answers that are well-formed and yet not the whole truth: lagging queries, unknown fields, truncated reports."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.jsontext import dumps, loads
from qbo_pipeline.emulator.http.answers import Answer
from qbo_pipeline.emulator.http.operations import query_text, read_changes
from qbo_pipeline.emulator.http.requests import ApiRequest, Operation
from qbo_pipeline.emulator.http.state import EmulatorState

_COUNT = re.compile(r"count\s*\(\s*\*\s*\)", re.IGNORECASE)
PAGE = 1_000


def lagging_answer(state: EmulatorState, request: ApiRequest, operation: Operation, seconds: float) -> Answer:
    """A query that does not find what was created, or changes that miss what was changed, in the last `seconds`."""
    edge = state.clock.now() - timedelta(seconds=seconds)
    if operation.name == "query":
        payload: dict[str, Any] = {"QueryResponse": _lagging_query(state.company, query_text(request), edge)}
    else:
        names, since = read_changes(request.params.get("entities", ""), request.params.get("changedsince", ""))
        payload = state.company.changes(names, since)
        for response in payload["CDCResponse"]:
            response["QueryResponse"] = [_older(part, "LastUpdatedTime", edge) for part in response["QueryResponse"]]
    payload["time"] = state.time()
    return Answer(200, dumps(payload), reads=1)


def _lagging_query(company: Company, text: str, edge: datetime) -> dict[str, Any]:
    if not _COUNT.search(text):
        return _older(company.query(text), "CreateTime", edge)
    everything, count, start = _COUNT.sub("*", text, count=1), 0, 1
    while True:
        page = company.query(f"{everything} STARTPOSITION {start} MAXRESULTS {PAGE}")
        rows = sum(len(value) for value in page.values() if isinstance(value, list))
        older = _older(page, "CreateTime", edge)
        count += sum(len(value) for value in older.values() if isinstance(value, list))
        if rows < PAGE:
            return {"totalCount": count}
        start += PAGE


def _older(response: dict[str, Any], which: str, edge: datetime) -> dict[str, Any]:
    """A QueryResponse without the objects whose MetaData time `which` is after `edge`."""
    kept: dict[str, Any] = {}
    for name, value in response.items():
        if not isinstance(value, list):
            continue
        rows = [row for row in value if _time_of(row, which) <= edge]
        if rows:
            kept |= {name: rows, "startPosition": response.get("startPosition", 1), "maxResults": len(rows)}
    return kept


def _time_of(row: dict[str, Any], which: str) -> datetime:
    return datetime.fromisoformat(row["MetaData"][which])


def with_unknown_fields(body: bytes) -> bytes:
    """The answer with a field, a nested object and an enumeration value that no client knows."""
    value = loads(body)
    for part in value.values() if isinstance(value, dict) else ():
        if isinstance(part, dict):
            part["FutureField"] = {"value": "1", "kind": "NotYetInvented"}
            part["FutureStatus"] = "NotYetInvented"
    return dumps(value)


def truncated_report(body: bytes, rows: int, text: str) -> bytes:
    """A report that stops after so many top-level rows, with QBO's words for it in the last one."""
    report = loads(body)
    found = report.get("Rows", {}).get("Row", [])
    report["Rows"] = {"Row": [*found[:rows], {"ColData": [{"value": text}]}]}
    return dumps(report)
